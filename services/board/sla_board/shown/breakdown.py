"""Whose time an incident and its clocks were, up to now, as their page shows it: by party and by holder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board import tables
from sla_board.breakdown.compute import WHOLE
from sla_board.breakdown.stored import breakdown_of, going_on_of
from sla_board.shown.hours import HoursAt
from sla_domain.breakdown import Breakdown, Holder, Party, TimeSums, extended
from sla_domain.calendar import Calendar
from sla_domain.errors import CalendarError
from sla_domain.hours import UNKNOWN, WALL

WIDTH = 100.0  # of a bar
MOST = 100  # clocks on a page, the latest


@dataclass(frozen=True, slots=True)
class ShownPiece:
    """The time of one party (who had to act), drawn as a piece of the bar for an incident or clock."""

    party: Party
    x: float
    """Where the piece begins on a line of length 100."""
    width: float
    """The length of the piece on a line of length 100."""
    sums: TimeSums


@dataclass(frozen=True, slots=True)
class ShownBreakdown:
    """The time of an incident or of one of its clocks, by holder (assignee, group, support line) and by party."""

    clock: str
    """Id of the clock. "" for the incident."""
    metric: str
    """"" for the incident."""
    cycle: int
    known: Breakdown
    counted: bool
    """Whether the counted time is known. If not, only wall-clock time can be shown."""

    @property
    def parties(self) -> Mapping[Party, TimeSums]:
        """Return party (who had to act) -> time."""
        return self.known.by_party()

    @property
    def holders(self) -> Mapping[str, TimeSums]:
        """Return holder -> time. A holder is written as `ann · desk · line 2`, or "" if none is stated."""
        named: dict[str, TimeSums] = {}
        for holder, sums in self.known.by_holder().items():
            named[holder_name(holder)] = named.get(holder_name(holder), TimeSums()) + sums
        return named

    @property
    def pieces(self) -> tuple[ShownPiece, ...]:
        """Return the pieces of the bar that divides the wall-clock time by party. The bar has the length 100."""
        return tuple(_pieces(self.parties))


@dataclass(frozen=True, slots=True)
class WhoseTime:
    """The breakdowns of an incident and of its clocks: who had the incident, and who had to act, for how long."""

    incident: ShownBreakdown | None = None
    """None until the first computation."""
    clocks: tuple[ShownBreakdown, ...] = ()
    """At most 100 clocks."""
    behind: bool = False
    """Whether a newer event is not included yet."""


def holder_name(holder: Holder) -> str:
    """Return the names of a holder as one text, such as `ann · desk · line 2`.

    The result is "" if no name is stated.
    """
    line = f"line {holder.line}" if holder.line else ""
    return " · ".join(name for name in (holder.assignee, holder.group, line) if name)


async def count_behind(connection: AsyncConnection) -> int:
    """Return the number of incidents whose stored breakdowns and pauses are out of date.

    Events of these incidents are stored but not included in the breakdowns and pauses yet.
    """
    return (await connection.execute(select(func.count()).select_from(tables.unfolded))).scalar_one()


async def read_whose_time(
    connection: AsyncConnection, incident: str, only_contract: str | None, until: datetime | None, hours: HoursAt
) -> WhoseTime:
    """Return the breakdowns of an incident and its clocks, up to `hours.now`, or up to `until` if that is earlier.

    A breakdown divides time by holder (assignee, group, support line) and party (who had to act).

    Args:
        only_contract: The one contract that the viewer's key may see. None for all.
        until: When the incident left that contract. None if it has not.
        hours: Gives the present instant, and finds the hours in which clocks count.
    """
    kept, moved, mark = tables.breakdown, tables.contract.c, tables.unfolded.c
    query = select(kept).where(kept.c.incident == incident).order_by(kept.c.started_at, kept.c.subject)
    rows = (await connection.execute(query)).all()
    behind = (await connection.execute(select(mark.mark).where(mark.incident == incident))).first() is not None
    view = WHOLE
    if only_contract is not None:
        several = (await connection.execute(select(moved.rank).where(moved.incident == incident))).first() is not None
        view = only_contract if several or any(row.view != WHOLE for row in rows) else WHOLE
    mine = [row for row in rows if row.view == view]
    at = hours.now if until is None else min(until, hours.now)
    whole = next((_shown(row, hours, at) for row in mine if not row.subject), None)
    clocks = tuple(_shown(row, hours, at) for row in [row for row in mine if row.subject][-MOST:])
    return WhoseTime(whole, clocks, behind)


def _shown(row: Any, hours: HoursAt, at: datetime) -> ShownBreakdown:
    known, on = breakdown_of(row.parts), going_on_of(row.going_on)
    counted = row.hours != UNKNOWN
    calendar: Calendar | None = None
    if on is not None and row.hours != WALL:
        look = hours.look(row.contract, row.hours)
        calendar, counted = look.calendar, look.known
    try:
        known = extended(known, on, calendar, at)
    except CalendarError:
        known, counted = extended(known, on, None, at), False
    return ShownBreakdown(row.subject, row.metric, row.cycle, known, counted)


def _pieces(parties: Mapping[Party, TimeSums]) -> Iterator[ShownPiece]:
    whole, x = sum(sums.wall.total_seconds() for sums in parties.values()), 0.0
    for party, sums in parties.items():
        width = WIDTH * sums.wall.total_seconds() / whole if whole else 0.0
        yield ShownPiece(party, round(x, 3), round(width, 3), sums)
        x += width
