"""The viewer's filter of the board, as in the URL. It is a value, so that equal filters share one rendering."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from urllib.parse import urlencode

from sla_board.shown.bucket import Bucket

ROWS = 200
MOST_ROWS = 1000


class ClockCondition(StrEnum):
    """The state of an open clock, as its column shows it.

    BREACHED and WARNED apply to running and paused clocks; OUTSIDE to a running clock that is not breached and whose
    hours are closed now.
    """

    RUNNING = "running"
    WARNED = "warned"
    BREACHED = "breached"
    OUTSIDE = "outside"
    PAUSED = "paused"

    @property
    def words(self) -> str:
        """Return the condition as text for the filter's menu."""
        return "Outside hours" if self is ClockCondition.OUTSIDE else self.value.capitalize()


class QueueOrder(StrEnum):
    """The orders in which open clocks are listed; URGENCY is that of `sla_domain.urgency.score`, STATE that of the
    buckets.
    """

    URGENCY = "urgency"
    STATE = "state"
    DUE = "due"
    PRIORITY = "priority"
    CONTRACT = "contract"
    INCIDENT = "incident"
    METRIC = "metric"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardFilter:
    """The choices of a viewer; an empty tuple or text means "any".

    `only_contract` comes from the viewer's key, never from the URL; None for a key of all contracts.
    """

    contracts: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    conditions: tuple[ClockCondition, ...] = ()
    buckets: tuple[Bucket, ...] = ()
    metrics: tuple[str, ...] = ()
    text: str = ""
    order: QueueOrder = QueueOrder.URGENCY
    descending: bool = False
    limit: int = ROWS
    only_contract: str | None = None

    @property
    def hides_clocks(self) -> bool:
        """Return whether the viewer has chosen anything that may hide open clocks."""
        return bool(self.contracts or self.priorities or self.conditions or self.buckets or self.metrics or self.text)

    def query(self, **changed: object) -> str:
        """Return this filter as the query of a URL, with some fields changed; "" for the plain board."""
        asked = replace(self, **changed)  # type: ignore[arg-type]  # names of fields, checked by `replace` itself
        pairs: list[tuple[str, str]] = []
        pairs += [("contract", name) for name in asked.contracts]
        pairs += [("priority", name) for name in asked.priorities]
        pairs += [("state", condition.value) for condition in asked.conditions]
        pairs += [("bucket", bucket.slug) for bucket in asked.buckets]
        pairs += [("metric", name) for name in asked.metrics]
        if asked.text:
            pairs.append(("q", asked.text))
        if asked.order is not QueueOrder.URGENCY or asked.descending:
            pairs.append(("sort", f"{'-' if asked.descending else ''}{asked.order.value}"))
        if asked.limit != ROWS:
            pairs.append(("limit", str(asked.limit)))
        return urlencode(pairs)

    def sort_query(self, order: QueueOrder) -> str:
        """Return the URL query of a column's sort link; it reverses the order if that column is sorted by already."""
        turned = self.order is order and not self.descending
        return self.query(order=order, descending=turned)


def parse_order(written: str) -> tuple[QueueOrder, bool]:
    """Return the order in a text such as `due`, and whether it is descending (`-due`).

    An unknown text means ascending urgency order, which lists the most urgent first.
    """
    try:
        return QueueOrder(written.removeprefix("-")), written.startswith("-")
    except ValueError:
        return QueueOrder.URGENCY, False


def parse_conditions(written: tuple[str, ...]) -> tuple[ClockCondition, ...]:
    """Return the conditions with these names; unknown names are skipped."""
    known = {condition.value: condition for condition in ClockCondition}
    return tuple(known[name] for name in written if name in known)


def parse_buckets(written: tuple[str, ...]) -> tuple[Bucket, ...]:
    """Return the buckets with these slugs; unknown slugs are skipped."""
    known = {bucket.slug: bucket for bucket in Bucket}
    return tuple(known[name] for name in written if name in known)
