"""The audit of pauses: which clocks were paused for how long, who set each, who held it, did the customer speak."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board import tables
from sla_board.breakdown.stored import held_of, wall_until
from sla_board.shown.breakdown import count_behind, holder_name
from sla_board.shown.clock_cursor import ClockCursor
from sla_board.shown.hours import HoursAt
from sla_board.shown.row import incident_path
from sla_domain.breakdown import Holder
from sla_platform.turn import LoopYielder

ROWS = 50
MOST_ROWS = 500
MOST_SUMMED = 200_000  # pauses of one sum; of more the newest
_BATCH = 1_000
_LOOKS = 20  # batches that one page looks through
_pause = tables.pause.c


class PauseMeasure(StrEnum):
    """How the length of a pause is measured."""

    WALL = "wall"
    """By the wall clock."""
    COUNTED = "counted"
    """Only the time within the hours in which the clock counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseFilter:
    """A filter of pauses. "" and None mean any."""

    contract: str = ""
    start: datetime | None = None
    """Only pauses that began at this instant or later."""
    end: datetime | None = None
    """Only pauses that began before this instant."""
    longer_than: timedelta = timedelta()
    """Only pauses of at least this length, by `measure`."""
    measure: PauseMeasure = PauseMeasure.WALL
    waiting_on: str = ""
    """customer, vendor or other."""
    open: bool = False
    """Only pauses that still last."""
    met: bool = False
    """Only pauses in which the clock was met."""
    spoken: bool = False
    """Only pauses that wait on the customer although the customer has spoken."""
    only_contract: str | None = None
    """The one contract that the viewer's key may see. None for all. It is never part of the URL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPause:
    """A pause of a clock: a period in which no time counted, for example because the customer was asked for logs."""

    incident: str
    title: str
    """Title of the incident."""
    clock: UUID
    metric: str
    cycle: int
    contract: str
    priority: str
    waiting_on: str
    """customer, vendor or other. "" for nobody."""
    defect: str
    """The defect for which the clock waited on a vendor. "" for none."""
    why: str
    """The reason in the ticket's words."""
    set_by: str
    """Who set the pause: a name, or a side. "" if this is not stated."""
    holders: tuple[str, ...]
    """Who had the incident during the pause, in order."""
    started_at: datetime
    ended_at: datetime | None
    wall: timedelta
    """The length by the wall clock."""
    counted: timedelta | None
    """The length within the clock's hours. None if unknown."""
    verdict: str
    """Verdict on the clock if the clock ended in this pause. Else ""."""
    words: int
    """How often the customer spoke while the clock waited on the customer."""

    @property
    def page(self) -> str:
        """Return the path of the incident's page."""
        return incident_path(self.incident)


@dataclass(frozen=True, slots=True)
class PausePage:
    """A page of pauses, the newest first."""

    pauses: tuple[ShownPause, ...]
    next: ClockCursor | None
    """Where the next page begins. None on the last page."""
    behind: int
    """How many incidents have pauses that are not computed yet."""


@dataclass(frozen=True, slots=True)
class PauseSums:
    """The paused time of all pauses that match a filter: in total, by holder, by who set the pause, and by party.

    The holder is the one who had the incident during the pause. The party is the one for whom the clock waited, such as
    the customer. In each mapping the key "" has the time for which nobody is stated.
    """

    pauses: int
    """How many pauses are in the sums."""
    wall: timedelta
    """The total paused wall-clock time."""
    by_holder: Mapping[str, timedelta]
    """Who had the incident -> time."""
    by_setter: Mapping[str, timedelta]
    """Who set the pause -> time."""
    by_party: Mapping[str, timedelta]
    """On whom the clock waited -> time."""
    complete: bool
    """False if there are too many pauses for one sum. Only the newest are then included."""


async def read_pauses(
    connection: AsyncConnection, asked: PauseFilter, after: ClockCursor | None, limit: int, hours: HoursAt
) -> PausePage:
    """Return a page of the pauses that match a filter, the newest first.

    Args:
        after: `next` of the previous page. None for the first page.
        limit: The greatest number of pauses. A page may have fewer pauses although another page follows.
        hours: Gives the present instant, and finds the hours in which clocks count.
    """
    found: list[ShownPause] = []
    cursor = after
    for _ in range(_LOOKS):
        query = _with_titles(_matching(asked, hours.now, cursor), asked.only_contract).limit(limit + 1)
        rows = (await connection.execute(query)).all()
        for row in rows[:limit]:
            cursor = ClockCursor(row.started_at, row.clock)
            shown = _shown(row, hours)
            if (
                asked.measure is PauseMeasure.COUNTED
                and shown.counted is not None
                and shown.counted < asked.longer_than
            ):
                continue
            found.append(shown)
            if len(found) == limit:
                break
        if len(found) == limit or len(rows) <= limit:
            more = len(rows) > limit or (bool(rows) and cursor != ClockCursor(rows[-1].started_at, rows[-1].clock))
            return PausePage(tuple(found), cursor if more else None, await count_behind(connection))
    return PausePage(tuple(found), cursor, await count_behind(connection))


async def read_pause_sums(connection: AsyncConnection, asked: PauseFilter, hours: HoursAt) -> PauseSums:
    """Return the total paused wall-clock time of the pauses that match a filter.

    The time is also summed by holder (assignee, group, support line), by the person who set the pause, and by the party
    for which the clock waited.

    Args:
        hours: Gives the present instant, and finds the hours in which clocks count.
    """
    sums = PauseSums(0, timedelta(), {}, {}, {}, True)
    holders, setters, parties = dict[str, timedelta](), dict[str, timedelta](), dict[str, timedelta]()
    turn, count, wall = LoopYielder(), 0, timedelta()
    async for row in _all(connection, asked, hours.now):
        if count == MOST_SUMMED:
            sums = replace(sums, complete=False)
            break
        await turn.yield_if_due()
        if row.within_seconds is None and _too_short(_counted(row, hours), asked):
            continue
        length = (row.ended_at or max(hours.now, row.started_at)) - row.started_at
        count, wall = count + 1, wall + length
        _add(setters, row.set_by, length)
        _add(parties, row.waiting_on, length)
        for span in held_of(row.held):
            _add(holders, holder_name(Holder(span.assignee, span.group, span.line)), wall_until(span, hours.now))
    return replace(
        sums, pauses=count, wall=wall, by_holder=_most(holders), by_setter=_most(setters), by_party=_most(parties)
    )


async def _all(connection: AsyncConnection, asked: PauseFilter, now: datetime) -> AsyncIterator[Any]:
    cursor: ClockCursor | None = None
    while True:
        rows = (await connection.execute(_matching(asked, now, cursor).limit(_BATCH))).all()
        for row in rows:
            yield row
        if len(rows) < _BATCH:
            return
        cursor = ClockCursor(rows[-1].started_at, rows[-1].clock)


def _matching(asked: PauseFilter, now: datetime, after: ClockCursor | None) -> Select[Any]:
    """The pauses asked for; of open ones that are measured within hours, some that may be too short."""
    wanted: list[ColumnElement[bool]] = []
    wanted += [_pause.contract == name for name in (asked.contract, asked.only_contract) if name]
    if asked.start is not None:
        wanted.append(_pause.started_at >= asked.start)
    if asked.end is not None:
        wanted.append(_pause.started_at < asked.end)
    if asked.longer_than:
        long = asked.longer_than.total_seconds()
        lasts = and_(_pause.ended_at.is_(None), _pause.started_at <= now - asked.longer_than)
        by_wall = or_(_pause.wall_seconds >= long, lasts)
        known = _pause.within_seconds >= long
        counted = or_(known, and_(_pause.within_seconds.is_(None), by_wall))
        wanted.append(by_wall if asked.measure is PauseMeasure.WALL else counted)
    if asked.waiting_on:
        wanted.append(_pause.waiting_on == asked.waiting_on)
    if asked.open:
        wanted.append(_pause.ended_at.is_(None))
    if asked.met:
        wanted.append(_pause.verdict == "met")
    if asked.spoken:
        wanted.append(_pause.words > 0)
    if after is not None:
        # The first comparison is implied, but an index can begin with it.
        wanted.extend(after.behind(_pause.started_at, _pause.clock))
    return select(tables.pause).where(*wanted).order_by(_pause.started_at.desc(), _pause.clock.desc())


def _with_titles(query: Select[Any], only_contract: str | None) -> Select[Any]:
    """With the incidents' titles; without that of one that has moved, for the key of one contract."""
    incident, moved = tables.incident.c, tables.contract.c
    of = incident.id == _pause.incident
    if only_contract is not None:
        of = and_(of, ~exists().where(moved.incident == _pause.incident))
    title = select(incident.title).where(of).scalar_subquery()
    return query.add_columns(func.coalesce(title, "").label("title"))


def _shown(row: Any, hours: HoursAt) -> ShownPause:
    held = held_of(row.held)
    names = (holder_name(Holder(span.assignee, span.group, span.line)) for span in held)
    return ShownPause(
        incident=row.incident,
        title=row.title or row.incident,
        clock=row.clock,
        metric=row.metric,
        cycle=row.cycle,
        contract=row.contract,
        priority=row.priority,
        waiting_on=row.waiting_on,
        defect=row.defect,
        why=row.why,
        set_by=row.set_by,
        holders=tuple(dict.fromkeys(name for name in names if name)),
        started_at=row.started_at,
        ended_at=row.ended_at,
        wall=(row.ended_at or max(hours.now, row.started_at)) - row.started_at,
        counted=_counted(row, hours),
        verdict=row.verdict,
        words=row.words,
    )


def _counted(row: Any, hours: HoursAt) -> timedelta | None:
    if row.within_seconds is not None:
        return timedelta(seconds=row.within_seconds)
    end = row.ended_at or max(hours.now, row.started_at)
    return hours.look(row.contract, row.hours).span(row.started_at, end).counted


def _too_short(counted: timedelta | None, asked: PauseFilter) -> bool:
    return asked.measure is PauseMeasure.COUNTED and counted is not None and counted < asked.longer_than


def _add(sums: dict[str, timedelta], name: str, length: timedelta) -> None:
    sums[name] = sums.get(name, timedelta()) + length


def _most(sums: Mapping[str, timedelta]) -> dict[str, timedelta]:
    """The longest first."""
    ordered: Sequence[tuple[str, timedelta]] = sorted(sums.items(), key=lambda one: (-one[1], one[0]))
    return dict(ordered)
