"""Breaches with their reasons, as a list that people work through, and those that lack a reason which is required."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board import tables
from sla_board.reason.reason import SaidReason, reason_in_force
from sla_board.reason.store import reasons_of
from sla_board.shown.clock_cursor import ClockCursor
from sla_board.shown.hours import HoursAt
from sla_board.shown.row import incident_path
from sla_domain.breach_reason import BreachReasons, BreachRecord, lacking_reasons
from sla_domain.hours import CountedSpan
from sla_platform.turn import LoopYielder

ROWS = 50
MOST_ROWS = 500
_BATCH = 500
_LOOKS = 20  # batches that one page looks through
_clock, _reason = tables.clock.c, tables.breach_reason.c

PlanReasons = Callable[[str], BreachReasons]
"""Plan id -> what the plan says of reasons."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachFilter:
    """A filter of breaches. "" and None mean any."""

    contract: str = ""
    metric: str = ""
    start: datetime | None = None
    """Only breaches due at this instant or later."""
    end: datetime | None = None
    """Only breaches due before this instant."""
    unexplained: bool = False
    """Only breaches without a reason whose clock is not exempt."""
    lacking: bool = False
    """Only breaches without the reason that their plan requires."""
    only_contract: str | None = None
    """The one contract that the viewer's key may see. None for all. It is never part of the URL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownBreach:
    """A breach: a clock that ran past its due instant, with all reasons that were stated for it."""

    clock: UUID
    incident: str
    title: str
    """Title of the incident."""
    contract: str
    plan: str
    metric: str
    cycle: int
    priority: str
    state: str
    """The present state of the clock."""
    zone: str
    breached_at: datetime
    stopped_at: datetime | None
    late: CountedSpan | None
    """How late the clock stopped: in the hours in which it counts, and by the wall clock. None while it is open, and if
    it stopped in time after all."""
    exempt: bool
    """Whether the clock is left out of the attainment. Such a breach needs no reason."""
    required: bool
    """Whether the plan requires a reason before the period's report is frozen (stored unchangeably)."""
    reasons: tuple[SaidReason, ...]
    """All stated reasons, those too that were stated of it under another contract before the ticket moved."""

    @property
    def reason(self) -> SaidReason | None:
        """Return the newest reason that was stated under the breach's contract. None if nobody has stated one."""
        return reason_in_force(self.reasons, self.contract)

    @property
    def page(self) -> str:
        """Return the path of the breach on the incident's page."""
        return f"{incident_path(self.incident)}#b-{self.clock}"

    @property
    def record(self) -> BreachRecord:
        """Return the breach as a `BreachRecord`, the input of the rules on reasons."""
        return BreachRecord(
            clock=str(self.clock),
            incident=self.incident,
            contract=self.contract,
            plan=self.plan,
            metric=self.metric,
            breached_at=self.breached_at,
            exempt=self.exempt,
            code=self.reason.code if self.reason is not None else "",
        )


@dataclass(frozen=True, slots=True)
class BreachPage:
    """A page of breaches, the newest first."""

    breaches: tuple[ShownBreach, ...]
    next: ClockCursor | None
    """Where the next page begins. None on the last page."""


async def read_breaches(
    connection: AsyncConnection,
    asked: BreachFilter,
    after: ClockCursor | None,
    limit: int,
    reasons: PlanReasons,
    hours: HoursAt,
) -> BreachPage:
    """Return a page of the breaches that match a filter, the newest first.

    Args:
        after: `next` of the previous page. None for the first page.
        limit: The greatest number of breaches. A page may have fewer breaches although another page follows.
        reasons: Returns the rules of a plan on reasons, given the plan's id.
        hours: Gives the hours of clocks.
    """
    found: list[ShownBreach] = []
    cursor = after
    for _ in range(_LOOKS):
        rows = (await connection.execute(_matching(asked, cursor).limit(limit + 1))).all()
        for one in await _shown(connection, rows[:limit], asked, reasons, hours):
            cursor = ClockCursor(one.breached_at, one.clock)
            if _wanted(one, asked, reasons):
                found.append(one)
                if len(found) == limit:
                    break
        if len(found) == limit or len(rows) <= limit:
            more = bool(rows) and cursor != ClockCursor(rows[-1].breached_at, rows[-1].id)
            return BreachPage(tuple(found), cursor if more else None)
    return BreachPage(tuple(found), cursor)


async def read_breach(
    connection: AsyncConnection, clock: UUID, reasons: PlanReasons, only_contract: str | None, hours: HoursAt
) -> ShownBreach | None:
    """Return the breach of one clock.

    The result is None if the clock is unknown, was not breached, or is hidden from the viewer's key.

    Args:
        reasons: Returns the rules of a plan on reasons, given the plan's id.
        only_contract: The one contract that the viewer's key may see. None for all.
        hours: Gives the hours of clocks.
    """
    asked = BreachFilter(only_contract=only_contract)
    rows = (await connection.execute(_matching(asked, None).where(_clock.id == clock))).all()
    shown = await _shown(connection, rows, asked, reasons, hours)
    return shown[0] if shown else None


async def lacking_breaches(
    connection: AsyncConnection, contract: str, start: datetime, end: datetime, reasons: PlanReasons
) -> tuple[BreachRecord, ...]:
    """Return a contract's breaches due in `[start, end)` that lack the reason required by their plan.

    A report on a period with such a breach must not be frozen.

    Args:
        reasons: Returns the rules of a plan on reasons, given the plan's id.
    """
    asked = BreachFilter(contract=contract, start=start, end=end, unexplained=True)
    lacking: list[BreachRecord] = []
    cursor: ClockCursor | None = None
    turn = LoopYielder()
    while True:
        rows = (await connection.execute(_matching(asked, cursor).limit(_BATCH))).all()
        known = [one.record for one in await _shown(connection, rows, asked, reasons, None)]
        lacking += lacking_reasons(known, reasons)
        if len(rows) < _BATCH:
            return tuple(lacking)
        cursor = ClockCursor(rows[-1].breached_at, rows[-1].id)
        await turn.yield_if_due()


async def breaches_of_clocks(
    connection: AsyncConnection, clocks: Sequence[Any], reasons: PlanReasons, hours: HoursAt, only_contract: str | None
) -> tuple[ShownBreach, ...]:
    """Return the breaches among some clocks, the oldest first.

    Args:
        clocks: Rows of the table `board_clock`.
        reasons: Returns the rules of a plan on reasons, given the plan's id.
        hours: Gives the hours of clocks.
        only_contract: The one contract that the viewer's key may see. None for all.
    """
    broken = [clock for clock in clocks if clock.breached_at is not None]
    asked = BreachFilter(only_contract=only_contract)
    shown = await _shown(connection, broken, asked, reasons, hours)
    return tuple(sorted(shown, key=lambda one: (one.breached_at, one.metric, one.cycle)))


def _wanted(one: ShownBreach, asked: BreachFilter, reasons: PlanReasons) -> bool:
    if asked.lacking:
        return bool(lacking_reasons([one.record], reasons))
    return one.record.unexplained or not asked.unexplained


def _matching(asked: BreachFilter, after: ClockCursor | None) -> Select[Any]:
    """The breaches asked for; of those without a reason, some that need none."""
    wanted: list[ColumnElement[bool]] = [_clock.breached_at.is_not(None)]
    wanted += [_clock.contract == name for name in (asked.contract, asked.only_contract) if name]
    if asked.metric:
        wanted.append(_clock.metric == asked.metric)
    if asked.start is not None:
        wanted.append(_clock.breached_at >= asked.start)
    if asked.end is not None:
        wanted.append(_clock.breached_at < asked.end)
    if asked.unexplained or asked.lacking:
        wanted.append(~exists().where(_reason.clock == _clock.id, _reason.contract == _clock.contract))
    if after is not None:
        wanted.extend(after.behind(_clock.breached_at, _clock.id))
    return select(tables.clock).where(*wanted).order_by(_clock.breached_at.desc(), _clock.id.desc())


async def _shown(
    connection: AsyncConnection, rows: Sequence[Any], asked: BreachFilter, reasons: PlanReasons, hours: HoursAt | None
) -> list[ShownBreach]:
    said = await reasons_of(connection, [UUID(str(row.id)) for row in rows])
    moved = await _moved(connection, {row.incident for row in rows}) if asked.only_contract is not None else frozenset()
    return [
        ShownBreach(
            clock=(id_ := UUID(str(row.id))),
            incident=row.incident,
            title=row.incident if row.incident in moved else row.title or row.incident,
            contract=row.contract,
            plan=row.plan,
            metric=row.metric,
            cycle=row.cycle,
            priority=row.priority,
            state=row.state,
            zone=row.zone,
            breached_at=row.breached_at,
            stopped_at=row.stopped_at,
            late=None if hours is None else _late(row, hours),
            exempt=bool(row.exempt),
            required=reasons(row.plan).required_before_freeze,
            reasons=tuple(one for one in said.get(id_, ()) if asked.only_contract in (None, one.contract)),
        )
        for row in rows
    ]


def _late(row: Any, hours: HoursAt) -> CountedSpan | None:
    if row.stopped_at is None or row.stopped_at < row.breached_at:
        return None
    return hours.look(row.contract, row.hours).span(row.breached_at, row.stopped_at)


async def _moved(connection: AsyncConnection, incidents: Collection[str]) -> frozenset[str]:
    moved = tables.contract.c
    query = select(moved.incident).where(moved.incident.in_(sorted(incidents)))
    return frozenset((await connection.execute(query)).scalars())
