"""How attainment counts the clocks and the whole of an incident, from the board's rows: in any order of arrival."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board import tables
from sla_board.projection.contract import periods_of
from sla_board.projection.mark import CountedOnce
from sla_domain.attainment import JudgedClock, PromiseVerdict, contract_then, judge_request
from sla_domain.clock import ClockState
from sla_domain.fact import Cancelled, Exempted, Met, Missed
from sla_domain.incident import Phase
from sla_platform.wire import ClockFact

_clock, _request = tables.clock.c, tables.request.c
_LIVE = frozenset(phase.value for phase in Phase if phase.live)


def verdict_columns(
    applied: Sequence[ClockFact], breach: ClockFact | None, state: ClockState, breached_at: datetime | None
) -> dict[str, Any]:
    """Return the columns of a clock's row in `board_clock` from which attainment is counted.

    `decided_contract` is the contract in the fact that decided the verdict. Call `decided_in` afterwards: it corrects
    this column for incidents that have moved to another contract.

    Args:
        applied: The facts about the clock except warnings and breaches, in order.
        breach: The fact of the breach in force. None if there is none.
        state: State of the clock.
        breached_at: The due instant that the clock passed. None if it passed none.
    """
    last = applied[-1]
    verdict, at = _verdict(last, state, breached_at)
    context = next((fact for fact in reversed(applied) if fact.metric), last)
    deciding = breach if verdict is PromiseVerdict.MISSED and breach is not None and breach.metric else context
    exempt, exempt_by = _exemption(applied)
    return {
        "verdict": verdict.value,
        "decided_at": at,
        "decided_contract": deciding.contract,
        "decided_priority": deciding.priority,
        "entitlement": deciding.entitlement,
        "exempt": exempt,
        "exempt_by": exempt_by,
    }


def _verdict(
    last: ClockFact, state: ClockState, breached_at: datetime | None
) -> tuple[PromiseVerdict, datetime | None]:
    """A breach that was published before its target was taken away stays on record; other cancelled clocks decide
    nothing."""
    if state is ClockState.MET:
        return PromiseVerdict.MET, last.at
    if state is ClockState.MISSED:
        return PromiseVerdict.MISSED, breached_at or last.at
    if state is ClockState.CANCELLED:
        earned = isinstance(last.body, Cancelled) and last.body.withdrawn and breached_at is not None
        return (PromiseVerdict.MISSED, breached_at) if earned else (PromiseVerdict.NONE, None)
    return (PromiseVerdict.OPEN, None) if breached_at is None else (PromiseVerdict.MISSED, breached_at)


def _exemption(applied: Sequence[ClockFact]) -> tuple[str, str]:
    """The last word on it: its reason and its author."""
    by = ""
    for fact in reversed(applied):
        body = fact.body
        if isinstance(body, Exempted):
            return body.exempt, body.exempt_by
        if isinstance(body, Met | Missed) and body.exempt:
            by = body.exempt  # the fact of the exemption itself, which names the author, lies before it
    return by, ""


async def decided_in(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Correct `decided_contract` in rows of `board_clock` whose incident has moved between contracts.

    The right contract is the one that applied to the incident when the clock was met or missed. Other rows stay
    unchanged.
    """
    named = sorted({row["incident"] for row in rows})
    if not named:
        return
    moved = tables.contract.c
    query = select(moved.incident, moved.periods).where(moved.incident.in_(named))
    periods = {row.incident: periods_of(row.periods) for row in (await connection.execute(query)).all()}
    for row in rows:
        then = row["decided_at"]
        found = contract_then(periods.get(row["incident"], ()), then) if then is not None else None
        if found is not None:
            row["decided_contract"] = str(found)


async def clocks_of_moved(connection: AsyncConnection, incidents: Collection[str]) -> list[UUID]:
    """Return the ids of all stored clocks of incidents that have moved between contracts.

    The column `decided_contract` of these clocks must be set again (see `decided_in`).

    Args:
        incidents: Ids of the moved incidents.
    """
    if not incidents:
        return []
    query = select(_clock.id).where(_clock.incident.in_(sorted(incidents)))
    return list((await connection.execute(query)).scalars())


async def counted_of(connection: AsyncConnection, incidents: Collection[str]) -> dict[str, list[CountedOnce]]:
    """Return the stored values of some incidents from which attainment is counted.

    The result is incident id -> the values of each of its clocks and of its request as a whole.
    """
    if not incidents:
        return {}
    names = sorted(incidents)
    found: dict[str, list[CountedOnce]] = {}
    for row in (await connection.execute(select(*JUDGED).where(_clock.incident.in_(names)))).all():
        once = CountedOnce(
            row.decided_contract, row.entitlement, f"{row.metric}/{row.id}", row.decided_priority, row.verdict,
            row.decided_at, row.due_at, bool(row.exempt),
        )  # fmt: skip
        found.setdefault(row.incident, []).append(once)
    for row in (await connection.execute(select(tables.request).where(_request.incident.in_(names)))).all():
        whole = CountedOnce(
            row.contract, row.entitlement, "", row.priority, row.verdict, row.decided_at, row.due_at, bool(row.exempt)
        )
        found.setdefault(row.incident, []).append(whole)
    return found


async def request_rows(connection: AsyncConnection, incidents: Collection[str]) -> list[dict[str, Any]]:
    """Compute the rows of `board_request` (each incident as counted once) from stored clocks and phases.

    Incidents without clocks are left out.

    Args:
        incidents: Ids of the incidents.
    """
    if not incidents:
        return []
    names = sorted(incidents)
    clocks = await _clocks(connection, names)
    phases = await phases_of(connection, names)
    return [_row(name, clocks[name], phases.get(name, "")) for name in names if name in clocks]


async def _clocks(connection: AsyncConnection, names: Sequence[str]) -> dict[str, list[JudgedClock]]:
    query = select(*JUDGED).where(_clock.incident.in_(names))
    found: dict[str, list[JudgedClock]] = {}
    for row in (await connection.execute(query)).all():
        found.setdefault(row.incident, []).append(judged_clock(row))
    return found


JUDGED = (
    _clock.id, _clock.incident, _clock.metric, _clock.cycle, _clock.verdict, _clock.decided_at, _clock.due_at,
    _clock.decided_contract, _clock.entitlement, _clock.decided_priority, _clock.exempt, _clock.exempt_by,
)  # fmt: skip


def judged_clock(row: Any) -> JudgedClock:
    """Return a row of `board_clock` as a `JudgedClock`, the form in which attainment (the share met) counts a clock.

    Args:
        row: A row with the columns that the constant `JUDGED` lists.
    """
    return JudgedClock(
        id=str(row.id),
        incident=row.incident,
        metric=row.metric,
        cycle=row.cycle,
        verdict=PromiseVerdict(row.verdict),
        at=row.decided_at,
        due_at=row.due_at,
        contract=row.decided_contract,
        entitlement=row.entitlement,
        priority=row.decided_priority,
        exempt=row.exempt,
        exempt_by=row.exempt_by,
    )


async def phases_of(connection: AsyncConnection, names: Sequence[str]) -> dict[str, str]:
    """Return incident id -> phase (state of work).

    The phase is the one that the timer published last. If there is none, it is computed from the incident's events.

    Args:
        names: Ids of the incidents.
    """
    own, told = tables.incident.c, tables.phase.c
    stored = await connection.execute(select(own.id, own.phase).where(own.id.in_(names)))
    found = {row.id: row.phase for row in stored.all()}
    said = await connection.execute(select(told.incident, told.phase).where(told.incident.in_(names)))
    return found | {row.incident: row.phase for row in said.all()}


def has_ended(phase: str) -> bool:
    """Return whether work has ended in a phase. False for an unknown phase ("")."""
    return bool(phase) and phase not in _LIVE


def _row(incident: str, clocks: Sequence[JudgedClock], phase: str) -> dict[str, Any]:
    return request_row(incident, clocks, has_ended(phase))


def request_row(incident: str, clocks: Sequence[JudgedClock], ended: bool) -> dict[str, Any]:
    """Return the row of `board_request` of one incident: the verdict by which the incident is counted once.

    Args:
        clocks: All clocks of the incident, at least one.
        ended: Whether work on the incident has ended.
    """
    found = judge_request(clocks, ended)
    if found is None:
        empty: Mapping[str, Any] = dict.fromkeys(
            ("metric", "contract", "entitlement", "priority", "exempt", "exempt_by"), ""
        )
        return {"incident": incident, "verdict": PromiseVerdict.NONE.value, "decided_at": None, "due_at": None, **empty}
    return {
        "incident": incident,
        "verdict": found.verdict.value,
        "decided_at": found.at,
        "due_at": found.due_at,
        "metric": found.metric,
        "contract": found.contract,
        "entitlement": found.entitlement,
        "priority": found.priority,
        "exempt": found.exempt,
        "exempt_by": found.exempt_by,
    }
