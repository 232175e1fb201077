"""Which open clocks fall due when: the most urgent, as many as a calendar shall hold, the earliest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board import tables
from sla_board.shown.filter import BoardFilter
from sla_board.shown.hours import HoursAt
from sla_board.shown.not_shown import Attempts
from sla_board.shown.queue import allowed_clocks, chosen_clocks, joined_clocks, known_columns, most_urgent_first
from sla_board.shown.row import ClockRow, row_of

_clock = tables.clock.c


@dataclass(frozen=True, slots=True)
class DueClocks:
    """The open clocks that a viewer may see and that match a filter, for the calendar of due instants."""

    rows: Sequence[ClockRow]
    """The most urgent clocks, at most as many as the filter's limit; the one due first comes first."""
    more: int
    """How many further clocks, less urgent ones, have a due instant."""
    paused: int
    """How many clocks have no due instant."""


async def read_due(connection: AsyncConnection, shown: BoardFilter, hours: HoursAt, attempts: Attempts) -> DueClocks:
    """Return the open clocks that match a filter, as of `hours.now`, for the calendar of due instants.

    The clock due first comes first.

    Args:
        hours: Gives the present instant, and finds the hours in which clocks count.
        attempts: Builds the rows. A row that cannot be built is logged, counted in the metrics and left out.
    """
    wanted = and_(allowed_clocks(shown), *chosen_clocks(shown))
    counting = joined_clocks(shown, select(func.count(), func.count(_clock.due_at))).where(wanted)
    total, dated = (await connection.execute(counting)).one()
    query = joined_clocks(shown, select(tables.clock, *known_columns(shown)))
    query = query.where(wanted, _clock.due_at.is_not(None)).order_by(*most_urgent_first(hours.now))
    rows = (await connection.execute(query.limit(shown.limit))).all()
    made = (attempts.make("row", str(row.id), row.incident, partial(row_of, row, hours)) for row in rows)
    shown_rows = sorted((row for row in made if isinstance(row, ClockRow)), key=_due_first)
    return DueClocks(shown_rows, dated - len(rows), total - dated)


def _due_first(row: ClockRow) -> tuple[bool, float, str, str]:
    return row.due_at is None, 0.0 if row.due_at is None else row.due_at.timestamp(), row.incident, row.id
