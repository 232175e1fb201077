"""The viewer's filter of the board, as in the URL. It is a value, so that equal filters share one rendering."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from urllib.parse import urlencode

from sla_board.shown.bucket import Bucket

ROWS = 200
MOST_ROWS = 1000


class ClockCondition(StrEnum):
    """What the board's state column and filter show of an open clock, such as breached or outside its hours."""

    RUNNING = "running"
    """The clock is in none of the other conditions."""
    WARNED = "warned"
    """The clock runs within its hours, and a warning was published."""
    BREACHED = "breached"
    """The target was missed, whether the clock runs or is paused."""
    OUTSIDE = "outside"
    """The clock runs and is not due yet, but its hours are closed now."""
    PAUSED = "paused"
    """The clock is paused, without a breach."""

    @property
    def words(self) -> str:
        """Return the condition as text for the filter's menu, such as `Outside hours`."""
        return "Outside hours" if self is ClockCondition.OUTSIDE else self.value.capitalize()


class QueueOrder(StrEnum):
    """The sort orders of the list of open clocks.

    Clocks with equal values in an order are sorted by urgency. An order without a description sorts by the column with
    the order's name.
    """

    URGENCY = "urgency"
    """Sorts by a score of priority, plan and time left, highest first."""
    STATE = "state"
    """Sorts by bucket (breached, how soon due, paused)."""
    DUE = "due"
    PRIORITY = "priority"
    CONTRACT = "contract"
    INCIDENT = "incident"
    METRIC = "metric"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardFilter:
    """The choices of a viewer of the board; an empty tuple or text means "any"."""

    contracts: tuple[str, ...] = ()
    """The ids of the contracts to show."""
    priorities: tuple[str, ...] = ()
    """The ids of the priorities to show."""
    conditions: tuple[ClockCondition, ...] = ()
    """The states to show, such as PAUSED."""
    buckets: tuple[Bucket, ...] = ()
    """How soon the clocks to show are due."""
    metrics: tuple[str, ...] = ()
    """The ids of the metrics to show."""
    text: str = ""
    """Searched in incident ids, titles, customers and contracts."""
    order: QueueOrder = QueueOrder.URGENCY
    """The order of the list."""
    descending: bool = False
    """Whether the order is reversed."""
    limit: int = ROWS
    cursor: str = ""
    only_contract: str | None = None
    """The only contract that the viewer's key may see. None means all contracts. The URL never sets it."""

    @property
    def hides_clocks(self) -> bool:
        """Return whether a choice of the viewer may hide open clocks. Order and limit are ignored."""
        return bool(self.contracts or self.priorities or self.conditions or self.buckets or self.metrics or self.text)

    def query(self, **changed: object) -> str:
        """Return this filter as the query of a URL: `contract=acme&sort=-due`; "" without choices.

        `only_contract` is never in the query.

        Args:
            changed: Maps a field to the value to use in place of the filter's own value.
        """
        asked = replace(self, **{"cursor": "", **changed})  # type: ignore[arg-type]  # names of fields, checked by `replace` itself
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
        if asked.cursor:
            pairs.append(("cursor", asked.cursor))
        return urlencode(pairs)

    def sort_query(self, order: QueueOrder) -> str:
        """Return the URL query of the link with which a column's heading sorts the list.

        The query is this filter with the order `order`, ascending. If the list has this order already, the query is
        descending.
        """
        turned = self.order is order and not self.descending
        return self.query(order=order, descending=turned)


def parse_order(written: str) -> tuple[QueueOrder, bool]:
    """Return the order of the list from a text, and whether the order is descending.

    An unknown text gives URGENCY, ascending: the most urgent first.

    Args:
        written: For example, `due`, or `-due` for descending.
    """
    try:
        return QueueOrder(written.removeprefix("-")), written.startswith("-")
    except ValueError:
        return QueueOrder.URGENCY, False


def parse_conditions(written: tuple[str, ...]) -> tuple[ClockCondition, ...]:
    """Return the conditions of clocks from their names, such as `paused`, in the order given.

    Unknown names are skipped.
    """
    known = {condition.value: condition for condition in ClockCondition}
    return tuple(known[name] for name in written if name in known)


def parse_buckets(written: tuple[str, ...]) -> tuple[Bucket, ...]:
    """Return the buckets (how soon a clock is due) from their names, in the order given.

    Args:
        written: Names as in URLs, such as `soon`. Unknown names are skipped.
    """
    known = {bucket.slug: bucket for bucket in Bucket}
    return tuple(known[name] for name in written if name in known)
