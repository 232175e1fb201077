"""What a viewer asked to see, as it stands in the URL. Equal filters share one rendering, so this is a value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from urllib.parse import urlencode

from sla_board.shown.bucket import Bucket

ROWS = 200
MOST_ROWS = 1000


class ClockCondition(StrEnum):
    """What the state column shows for an open clock.

    `breached` and `warned` may hold for running and paused clocks; `outside`: running, not breached, and its hours are
    closed now.
    """

    RUNNING = "running"
    WARNED = "warned"
    BREACHED = "breached"
    OUTSIDE = "outside"
    PAUSED = "paused"

    @property
    def words(self) -> str:
        """Return the condition for the filter's menu."""
        return "Outside hours" if self is ClockCondition.OUTSIDE else self.value.capitalize()


class QueueOrder(StrEnum):
    """The orders of the queue. `urgency` is `sla_domain.urgency.score`; `state` is by bucket."""

    URGENCY = "urgency"
    STATE = "state"
    DUE = "due"
    PRIORITY = "priority"
    CONTRACT = "contract"
    INCIDENT = "incident"
    METRIC = "metric"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardFilter:
    """What a viewer chose to see; empty tuples and texts mean "any".

    `only_contract` comes from the viewer's key, never from the URL.
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
    def narrowed(self) -> bool:
        """Return whether the viewer's choice may hide open clocks."""
        return bool(self.contracts or self.priorities or self.conditions or self.buckets or self.metrics or self.text)

    def query(self, **changed: object) -> str:
        """Return the URL query of this filter with some fields changed; "" for the plain board."""
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

    def sorted_by(self, order: QueueOrder) -> str:
        """Return the query of a column's sort link: a second click reverses the order."""
        turned = self.order is order and not self.descending
        return self.query(order=order, descending=turned)


def parse_order(written: str) -> tuple[QueueOrder, bool]:
    """Return the order and whether it is descending, of `due` or `-due`; unknown words give the usual order."""
    try:
        return QueueOrder(written.removeprefix("-")), written.startswith("-")
    except ValueError:
        return QueueOrder.URGENCY, False


def parse_conditions(written: tuple[str, ...]) -> tuple[ClockCondition, ...]:
    """Return the known conditions among these words."""
    known = {condition.value: condition for condition in ClockCondition}
    return tuple(known[name] for name in written if name in known)


def parse_buckets(written: tuple[str, ...]) -> tuple[Bucket, ...]:
    """Return the known buckets among these slugs."""
    known = {bucket.slug: bucket for bucket in Bucket}
    return tuple(known[name] for name in written if name in known)
