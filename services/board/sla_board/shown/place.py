"""Where a page of the board's list ended, from which the next one goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, unquote

from sqlalchemy import ColumnElement, and_, or_

from sla_board.shown.filter import QueueOrder
from sla_platform.store.types import from_micros, to_micros
from sla_platform.store.urgency import UrgencyCursor, UrgencyOrder

LONGEST = 1_500


class BadPlace(ValueError):
    """Raised when a text is no position in the board's list, or is a position in a list with another order."""


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """The position of a clock in the board's list, after which a page begins."""

    order: QueueOrder
    """The column by which the list is sorted."""
    descending: bool
    """Whether the list is sorted in descending order."""
    chosen: str
    """The clock's value in this column, as text. "" in the order by urgency, and for a clock without a due instant."""
    urgency: UrgencyCursor
    """The clock's place in the order by urgency."""

    @property
    def at(self) -> datetime:
        """Return the instant as of which all pages of the list are sorted."""
        return self.urgency.at

    def __str__(self) -> str:
        turned = "-" if self.descending else ""
        return f"{turned}{self.order.value}_{_quoted(self.chosen)}_{self.urgency}"


def parse_place(written: str, order: QueueOrder, descending: bool) -> QueuePlace:
    """Parse a position in the board's list that was written by `str(place)`.

    Args:
        order: The column by which the list is sorted now.
        descending: Whether the list is sorted in descending order now.

    Raises:
        BadPlace: The text is no position, or is a position in a list of another order.
    """
    try:
        name, chosen, urgency = written[:LONGEST].split("_", 2)
        place = QueuePlace(order, descending, unquote(chosen), UrgencyCursor.parse(urgency))
        int(place.urgency.last)
        _value(place)
    except (ValueError, OverflowError):
        raise BadPlace("this is no place in the list: pass `next` of the page before as it is") from None
    if name != f"{'-' if descending else ''}{order.value}" or "\0" in place.chosen:
        raise BadPlace("the place is of a list that is sorted otherwise: begin without it")
    return place


def place_of(row: Any, order: QueueOrder, descending: bool, now: datetime) -> QueuePlace:
    """Return the position of a clock in the board's list.

    Args:
        row: A row of `Queue.rows`, with the columns `place_score` and `place_bucket`.
        order: The column by which the list is sorted.
        now: The instant as of which the list is sorted.
    """
    urgency = UrgencyCursor(now, row.place_score, row.due_at, row.incident, row.metric, str(row.cycle))
    texts: Mapping[QueueOrder, str] = {
        QueueOrder.URGENCY: "",
        QueueOrder.STATE: str(row.place_bucket),
        QueueOrder.DUE: "" if row.due_at is None else str(to_micros(row.due_at)),
        QueueOrder.PRIORITY: row.priority,
        QueueOrder.CONTRACT: row.contract,
        QueueOrder.INCIDENT: row.incident,
        QueueOrder.METRIC: row.metric,
    }
    return QueuePlace(order, descending, texts[order], urgency)


def follows(place: QueuePlace, column: ColumnElement[Any], by_urgency: UrgencyOrder) -> ColumnElement[bool]:
    """Return the SQL condition for the clocks that the board's list has after the position `place`.

    Args:
        column: The column by which the list is sorted.
        by_urgency: The order by urgency, which sorts clocks with equal values in this column.
    """
    behind = by_urgency.after(place.urgency, int(place.urgency.last))
    if place.order is QueueOrder.URGENCY and not place.descending:
        return behind
    value = place.urgency.score if place.order is QueueOrder.URGENCY else _value(place)
    if value is None:
        return and_(column.is_(None), behind)
    further = column < value if place.descending else column > value
    if place.order is QueueOrder.URGENCY:
        further = column > value  # turned round: the least urgent come first
    if place.order is QueueOrder.DUE:
        further = or_(further, column.is_(None))
    return or_(further, and_(column == value, behind))


def _value(place: QueuePlace) -> Any:
    match place.order:
        case QueueOrder.STATE:
            return int(place.chosen)
        case QueueOrder.DUE:
            return from_micros(int(place.chosen)) if place.chosen else None
        case _:
            return place.chosen


def _quoted(text: str) -> str:
    return quote(text, safe="").replace("_", "%5F")
