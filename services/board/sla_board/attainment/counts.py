"""Counting clocks and requests of one contract in one period, by entitlement, metric and priority."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Row, Select, and_, case, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board import tables
from sla_board.projection.verdict import JUDGED, has_ended, judged_clock, phases_of
from sla_domain.attainment import PeriodBounds, PromiseVerdict, Tally, judge_request
from sla_domain.attainment.verdict import JudgedRequest
from sla_platform.turn import LoopYielder

_clock, _request = tables.clock.c, tables.request.c
_PART = 500  # incidents
MOST_EXEMPT = 200


class CountCell(NamedTuple):
    """The counts of met, missed, open and exempt promises for one entitlement, metric and priority.

    An entitlement is one of several plans of a contract.
    """

    entitlement: str
    metric: str
    """"" if requests are counted."""
    priority: str
    tally: Tally


class ExemptClock(NamedTuple):
    """A clock that was decided in a period and is left out of the attainment."""

    incident: str
    metric: str
    cycle: int
    priority: str
    verdict: str
    exempt: str
    """Why a person left the clock out."""
    exempt_by: str
    """Who left the clock out."""


async def clock_cells(connection: AsyncConnection, contract: str, bounds: PeriodBounds) -> tuple[CountCell, ...]:
    """Count the clocks of a contract that were decided in a period.

    Open clocks that are still due in the period are counted as well.

    Args:
        bounds: The instants at which the period begins and ends.
    """
    keys = (_clock.entitlement, _clock.metric, _clock.decided_priority)
    decided = and_(_clock.decided_contract == contract, *_within(_clock.decided_at, bounds))
    ahead = and_(
        _clock.decided_contract == contract, tables.UNDECIDED, _clock.exempt == "", *_within(_clock.due_at, bounds)
    )
    return await _cells(connection, keys, _clock.verdict, _clock.exempt, (decided, ahead))


async def request_cells(connection: AsyncConnection, contract: str, bounds: PeriodBounds) -> tuple[CountCell, ...]:
    """Count the requests of a contract that were decided in a period.

    Open requests that are still due in the period are counted as well. The entitlement (plan of the contract) and
    priority of a request are those of its deciding clock.
    """
    keys = (_request.entitlement, literal(""), _request.priority)
    decided = and_(_request.contract == contract, *_within(_request.decided_at, bounds))
    ahead = and_(
        _request.contract == contract, tables.UNDECIDED, _request.exempt == "", *_within(_request.due_at, bounds)
    )
    return await _cells(connection, keys, _request.verdict, _request.exempt, (decided, ahead))


async def _cells(
    connection: AsyncConnection,
    keys: tuple[ColumnElement[str], ...],
    verdict: ColumnElement[str],
    exempt: ColumnElement[str],
    chosen: Sequence[ColumnElement[bool]],
) -> tuple[CountCell, ...]:
    counts = case((exempt != "", 1), else_=0)
    found: dict[tuple[str, str, str], Tally] = {}
    for condition in chosen:
        grouped = [key for key in keys if isinstance(key, Column)]
        query = select(*keys, verdict, counts, func.count()).where(condition).group_by(*grouped, verdict, counts)
        for *key, decision, excused, number in (await connection.execute(query)).all():
            cell = _tally(decision, bool(excused), number)
            place = (key[0], key[1], key[2])
            found[place] = found.get(place, Tally()) + cell
    return tuple(CountCell(*key, found[key]) for key in sorted(found) if found[key] != Tally())


def _tally(verdict: str, exempt: bool, number: int) -> Tally:
    match PromiseVerdict(verdict):
        case PromiseVerdict.MET:
            return Tally(exempt=number) if exempt else Tally(met=number)
        case PromiseVerdict.MISSED:
            return Tally(exempt=number) if exempt else Tally(missed=number)
        case PromiseVerdict.OPEN:
            return Tally(open=number)
        case PromiseVerdict.NONE:
            return Tally()


def _within(at: ColumnElement[Any], bounds: PeriodBounds) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return at >= bounds.start, at < bounds.end


async def requests_of_metrics(
    connection: AsyncConnection, contract: str, metrics: Collection[str], bounds: PeriodBounds
) -> tuple[CountCell, ...]:
    """Count the requests of a contract in a period by their clocks of some metrics.

    A request is counted if it was decided, or is still due, in the period. Clocks of other metrics do not matter.

    Args:
        metrics: Ids of the metrics.
    """
    found: dict[tuple[str, str, str], Tally] = {}
    async for request in _judged(connection, contract, metrics, bounds):
        at = request.due_at if request.verdict is PromiseVerdict.OPEN else request.at
        if at is None or not bounds.hold(at) or request.contract != contract:
            continue
        if request.exempt and request.verdict is PromiseVerdict.OPEN:
            continue
        place = (request.entitlement, "", request.priority)
        found[place] = found.get(place, Tally()) + _tally(request.verdict.value, bool(request.exempt), 1)
    return tuple(CountCell(*key, found[key]) for key in sorted(found))


async def _judged(
    connection: AsyncConnection, contract: str, metrics: Collection[str], bounds: PeriodBounds
) -> AsyncIterator[JudgedRequest]:
    named = _clock.metric.in_(sorted(metrics))
    here = or_(and_(*_within(_clock.decided_at, bounds)), and_(tables.UNDECIDED, *_within(_clock.due_at, bounds)))
    wanted = select(_clock.incident).where(_clock.decided_contract == contract, named, here).distinct()
    after, turn = "", LoopYielder()
    while True:
        page = wanted.where(_clock.incident > after).order_by(_clock.incident).limit(_PART)
        names = list((await connection.execute(page)).scalars())
        if not names:
            return
        after = names[-1]
        query: Select[Any] = select(*JUDGED).where(_clock.incident.in_(names), named).order_by(_clock.incident)
        phases = await phases_of(connection, names)
        rows = (await connection.execute(query)).all()
        for incident, clocks in groupby(rows, key=_incident_of):
            judged = judge_request([judged_clock(row) for row in clocks], has_ended(phases.get(incident, "")))
            if judged is not None:
                yield judged
            await turn.yield_if_due()


def _incident_of(row: Row[Any]) -> str:
    name: str = row.incident
    return name


async def exempt_clocks(connection: AsyncConnection, contract: str, bounds: PeriodBounds) -> list[ExemptClock]:
    """Return the clocks decided in a period that are left out of the attainment.

    At most 200 clocks of the contract are returned, the oldest first.
    """
    query = (
        select(
            _clock.incident, _clock.metric, _clock.cycle, _clock.decided_priority, _clock.verdict, _clock.exempt,
            _clock.exempt_by,
        )
        .where(_clock.decided_contract == contract, *_within(_clock.decided_at, bounds), _clock.exempt != "")
        .order_by(_clock.decided_at, _clock.id)
        .limit(MOST_EXEMPT)
    )  # fmt: skip
    return [ExemptClock(*row) for row in (await connection.execute(query)).all()]


async def moved_away(connection: AsyncConnection, contract: str, bounds: PeriodBounds) -> int:
    """Count a contract's clocks that were decided in a period and whose incident now belongs to another contract.

    Args:
        bounds: The instants at which the period begins and ends.
    """
    query = select(func.count()).where(
        _clock.decided_contract == contract, *_within(_clock.decided_at, bounds), _clock.contract != contract
    )
    return int((await connection.execute(query)).scalar_one())


async def zone_of_rows(connection: AsyncConnection, contract: str) -> str | None:
    """Return the time zone of a contract, as the facts about its clocks state it.

    The result is None if no clock was decided under the contract.
    """
    query = select(_clock.zone).where(_clock.decided_contract == contract, _clock.contract == contract).limit(1)
    return (await connection.execute(query)).scalar_one_or_none()
