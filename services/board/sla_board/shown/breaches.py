"""Breaches with their reasons, as a list that people work through, and those that lack a reason which is required."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board import tables
from sla_board.projection.store import envelope_of
from sla_board.reason.reason import SaidReason
from sla_board.reason.store import reasons_of
from sla_board.shown.row import incident_path
from sla_domain.breach_reason import BreachReasons, BreachRecord, lacking_reasons
from sla_domain.fact import Exempted, FactKind, Met, Missed
from sla_platform.store.types import from_micros, to_micros
from sla_platform.turn import LoopYielder
from sla_platform.wire import decode_clock_fact
from sla_platform.wire.clock import fact_type

ROWS = 50
MOST_ROWS = 500
_BATCH = 500
_LOOKS = 20  # batches that one page looks through
_clock, _reason = tables.clock.c, tables.breach_reason.c
_SAY_EXEMPT = [fact_type(kind) for kind in (FactKind.CLOCK_AMENDED, FactKind.CLOCK_MET, FactKind.CLOCK_MISSED)]

PlanReasons = Callable[[str], BreachReasons]
"""Plan id -> what the plan says of reasons."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachFilter:
    """Which breaches are asked for; "" and None mean any.

    `start`, `end`: those whose due instant lies in `[start, end)`. `unexplained`: that have no reason and count;
    `lacking`: of these, those whose plan requires one before a period is frozen. `only_contract`: the one contract that
    the viewer's key may see; it never comes from the URL.
    """

    contract: str = ""
    metric: str = ""
    start: datetime | None = None
    end: datetime | None = None
    unexplained: bool = False
    lacking: bool = False
    only_contract: str | None = None


@dataclass(frozen=True, slots=True)
class BreachCursor:
    """A place in the list of breaches, newest first: behind that of this clock, whose due instant was then."""

    breached_at: datetime
    clock: UUID

    def __str__(self) -> str:
        return f"{to_micros(self.breached_at)}.{self.clock}"

    @classmethod
    def of(cls, text: str) -> BreachCursor:
        """Return the cursor that a text states. Raises ValueError if it is none."""
        micros, _, clock = text.partition(".")
        return cls(from_micros(int(micros)), UUID(clock))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownBreach:
    """A breach: of which clock, since when, and why, as far as that was said.

    `title`: of the incident. `state`: of the clock now. `reasons`: what was said, the reason in force last. `required`:
    whether the plan requires a reason before a period is frozen. `exempt`: the clock counts in no attainment, so that
    nobody asks for a reason.
    """

    clock: UUID
    incident: str
    title: str
    contract: str
    plan: str
    metric: str
    cycle: int
    priority: str
    state: str
    zone: str
    breached_at: datetime
    stopped_at: datetime | None
    exempt: bool
    required: bool
    reasons: tuple[SaidReason, ...]

    @property
    def reason(self) -> SaidReason | None:
        """Return the reason in force; None while nobody has said one."""
        return self.reasons[-1] if self.reasons else None

    @property
    def page(self) -> str:
        """Return the path of the incident's page, at the breach."""
        return f"{incident_path(self.incident)}#b-{self.clock}"

    @property
    def record(self) -> BreachRecord:
        """Return the breach as the rules on reasons see it."""
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
    """A page of breaches, the newest first. `next`: where the next page begins; None at the end."""

    breaches: tuple[ShownBreach, ...]
    next: BreachCursor | None


async def read_breaches(
    connection: AsyncConnection, asked: BreachFilter, after: BreachCursor | None, limit: int, reasons: PlanReasons
) -> BreachPage:
    """Return a page of the breaches that `asked` describes, the newest first.

    `after`: `next` of the page before; None for the first page. `limit`: most rows; there may be fewer although `next`
    is not None, where many breaches had to be looked through. `reasons`: what each plan says of reasons.
    """
    found: list[ShownBreach] = []
    cursor = after
    for _ in range(_LOOKS):
        rows = (await connection.execute(_matching(asked, cursor).limit(limit + 1))).all()
        for one in await _shown(connection, rows[:limit], asked, reasons):
            cursor = BreachCursor(one.breached_at, one.clock)
            if _wanted(one, asked, reasons):
                found.append(one)
                if len(found) == limit:
                    break
        if len(found) == limit or len(rows) <= limit:
            more = bool(rows) and cursor != BreachCursor(rows[-1].breached_at, rows[-1].id)
            return BreachPage(tuple(found), cursor if more else None)
    return BreachPage(tuple(found), cursor)


async def read_breach(
    connection: AsyncConnection, clock: UUID, reasons: PlanReasons, only_contract: str | None
) -> ShownBreach | None:
    """Return the breach of one clock; None if the clock is unknown or was not breached.

    None as well if it belongs to another contract than `only_contract` (None: any will do).
    """
    asked = BreachFilter(only_contract=only_contract)
    rows = (await connection.execute(_matching(asked, None).where(_clock.id == clock))).all()
    shown = await _shown(connection, rows, asked, reasons)
    return shown[0] if shown else None


async def lacking_breaches(
    connection: AsyncConnection, contract: str, start: datetime, end: datetime, reasons: PlanReasons
) -> tuple[BreachRecord, ...]:
    """Return all breaches of a contract with a due instant in `[start, end)` that lack a reason which is required.

    While there is one, the period is not to be frozen. `reasons`: what each plan says of reasons.
    """
    asked = BreachFilter(contract=contract, start=start, end=end, unexplained=True)
    lacking: list[BreachRecord] = []
    cursor: BreachCursor | None = None
    turn = LoopYielder()
    while True:
        rows = (await connection.execute(_matching(asked, cursor).limit(_BATCH))).all()
        known = [one.record for one in await _shown(connection, rows, asked, reasons)]
        lacking += lacking_reasons(known, reasons)
        if len(rows) < _BATCH:
            return tuple(lacking)
        cursor = BreachCursor(rows[-1].breached_at, rows[-1].id)
        await turn.yield_if_due()


async def breaches_of_clocks(
    connection: AsyncConnection, clocks: Sequence[Any], reasons: PlanReasons, only_contract: str | None = None
) -> tuple[ShownBreach, ...]:
    """Return the breaches among some clocks, the oldest first. `clocks`: rows of the table `board_clock`."""
    broken = [clock for clock in clocks if clock.breached_at is not None]
    asked = BreachFilter(only_contract=only_contract)
    shown = await _shown(connection, broken, asked, reasons)
    return tuple(sorted(shown, key=lambda one: (one.breached_at, one.metric, one.cycle)))


def _wanted(one: ShownBreach, asked: BreachFilter, reasons: PlanReasons) -> bool:
    if asked.lacking:
        return bool(lacking_reasons([one.record], reasons))
    return one.record.unexplained or not asked.unexplained


def _matching(asked: BreachFilter, after: BreachCursor | None) -> Select[Any]:
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
        wanted.append(~exists().where(_reason.clock == _clock.id))
    if after is not None:
        wanted.append(_clock.breached_at <= after.breached_at)
        same = and_(_clock.breached_at == after.breached_at, _clock.id < after.clock)
        wanted.append(or_(_clock.breached_at < after.breached_at, same))
    return select(tables.clock).where(*wanted).order_by(_clock.breached_at.desc(), _clock.id.desc())


async def _shown(
    connection: AsyncConnection, rows: Sequence[Any], asked: BreachFilter, reasons: PlanReasons
) -> list[ShownBreach]:
    said = await reasons_of(connection, [UUID(str(row.id)) for row in rows])
    exempt = await _exempt(connection, [UUID(str(row.id)) for row in rows])
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
            exempt=id_ in exempt,
            required=reasons(row.plan).required_before_freeze,
            reasons=tuple(one for one in said.get(id_, ()) if asked.only_contract in (None, one.contract)),
        )
        for row in rows
    ]


async def _exempt(connection: AsyncConnection, clocks: Collection[UUID]) -> frozenset[UUID]:
    """Those of these clocks that were excused, by the facts about them."""
    if not clocks:
        return frozenset()
    kept = tables.event
    query = select(kept).where(kept.c.clock.in_(sorted(clocks)), kept.c.type.in_(_SAY_EXEMPT))
    found = set[UUID]()
    for row in (await connection.execute(query)).all():
        body = decode_clock_fact(envelope_of(row)).body
        if isinstance(body, Exempted | Met | Missed) and body.exempt:
            found.add(row.clock)
    return frozenset(found)


async def _moved(connection: AsyncConnection, incidents: Collection[str]) -> frozenset[str]:
    moved = tables.contract.c
    query = select(moved.incident).where(moved.incident.in_(sorted(incidents)))
    return frozenset((await connection.execute(query)).scalars())
