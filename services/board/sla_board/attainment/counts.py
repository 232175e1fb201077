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
    """The counts of met, missed, open and exempt requests or clocks for one entitlement, metric and priority.

    An entitlement is one of several plans of a contract.
    """

    entitlement: str
    metric: str
    """"" if requests are counted."""
    priority: str
    tally: Tally


class ExemptClock(NamedTuple):
    """A clock that a person left out of the attainment of a period."""

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
    """Return the counts of a contract's clocks in a period, by entitlement, metric and priority.

    A clock is counted if it was decided in the period, or if it is undecided and due in the period.
    """
    keys = (_clock.entitlement, _clock.metric, _clock.decided_priority)
    return await _cells(connection, keys, _clock, counted_here(_clock, contract, bounds))


async def request_cells(connection: AsyncConnection, contract: str, bounds: PeriodBounds) -> tuple[CountCell, ...]:
    """Return the counts of a contract's requests in a period, by entitlement and priority.

    A request is an incident, counted once whatever the number of its clocks. It is counted if it was decided in the
    period, or if it is undecided and due in the period. Its entitlement (plan of the contract) and priority are those
    of the clock that decides its verdict.
    """
    keys = (_request.entitlement, literal(""), _request.priority)
    return await _cells(connection, keys, _request, counted_here(_request, contract, bounds))


def counted_here(columns: Any, contract: str, bounds: PeriodBounds) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Return the two SQL conditions for the rows of a contract that count in a period.

    The first condition selects rows that were decided in the period. The second selects rows that are undecided and due
    in the period. No row fulfils both.

    Args:
        columns: The columns of the table `board_clock` or `board_request`.
    """
    mine = (columns.contract if columns is _request else columns.decided_contract) == contract
    decided = and_(mine, *_within(columns.decided_at, bounds))
    return decided, and_(mine, tables.UNDECIDED, *_within(columns.due_at, bounds))


async def _cells(
    connection: AsyncConnection,
    keys: tuple[ColumnElement[str], ...],
    columns: Any,
    chosen: Sequence[ColumnElement[bool]],
) -> tuple[CountCell, ...]:
    exempt = case((columns.exempt != "", 1), else_=0)
    found: dict[tuple[str, str, str], Tally] = {}
    for condition in chosen:
        grouped = [key for key in keys if isinstance(key, Column)]
        query = select(*keys, columns.verdict, exempt, func.count()).where(condition)
        for *key, verdict, excused, number in (
            await connection.execute(query.group_by(*grouped, columns.verdict, exempt))
        ).all():
            place = (key[0], key[1], key[2])
            cell = Tally.of(PromiseVerdict(verdict).counted(bool(excused)), number)
            found[place] = found.get(place, Tally()) + cell
    return tuple(CountCell(*key, found[key]) for key in sorted(found) if found[key] != Tally())


def _within(at: ColumnElement[Any], bounds: PeriodBounds) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return at >= bounds.start, at < bounds.end


async def requests_of_metrics(
    connection: AsyncConnection, contract: str, metrics: Collection[str], bounds: PeriodBounds
) -> tuple[CountCell, ...]:
    """Return the counts of a contract's requests in a period, judged only by the clocks of some metrics.

    A request is an incident, counted once whatever the number of its clocks. It is counted if it was decided in the
    period, or if it is undecided and due in the period. The counts are by entitlement (plan of the contract) and
    priority.

    Args:
        metrics: Ids of the metrics. Clocks of other metrics are ignored.
    """
    found: dict[tuple[str, str, str], Tally] = {}
    async for request in judged_requests(connection, contract, metrics, bounds):
        place = (request.entitlement, "", request.priority)
        found[place] = found.get(place, Tally()) + Tally.of(request.counted)
    return tuple(CountCell(*key, found[key]) for key in sorted(found))


async def judged_requests(
    connection: AsyncConnection, contract: str, metrics: Collection[str], bounds: PeriodBounds
) -> AsyncIterator[JudgedRequest]:
    """Yield the requests that attainment counts for a contract in a period, in the order of the incidents' ids.

    A request is an incident, counted once. Its verdict, such as met, follows from its clocks of the given metrics.
    Other clocks are ignored.

    Args:
        metrics: Ids of the metrics.
    """
    async for request in _judged(connection, contract, metrics, bounds):
        at = request.counts_at
        if at is not None and bounds.hold(at) and request.contract == contract:
            yield request


async def _judged(
    connection: AsyncConnection, contract: str, metrics: Collection[str], bounds: PeriodBounds
) -> AsyncIterator[JudgedRequest]:
    named = _clock.metric.in_(sorted(metrics))
    wanted = select(_clock.incident).where(named, or_(*counted_here(_clock, contract, bounds))).distinct()
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
    """Return the clocks of a period that a person left out of the attainment.

    At most 200 clocks of the contract are returned, the oldest first.
    """
    query = (
        select(
            _clock.incident, _clock.metric, _clock.cycle, _clock.decided_priority, _clock.verdict, _clock.exempt,
            _clock.exempt_by,
        )
        .where(_clock.exempt != "", or_(*counted_here(_clock, contract, bounds)))
        .order_by(func.coalesce(_clock.decided_at, _clock.due_at), _clock.id)
        .limit(MOST_EXEMPT)
    )  # fmt: skip
    return [ExemptClock(*row) for row in (await connection.execute(query)).all()]


async def moved_away(connection: AsyncConnection, contract: str, bounds: PeriodBounds) -> int:
    """Return how many clocks count for a contract in a period although their incidents belong to another contract now.

    These clocks were decided in the period, before their incidents moved.
    """
    query = select(func.count()).where(
        _clock.decided_contract == contract, *_within(_clock.decided_at, bounds), _clock.contract != contract
    )
    return int((await connection.execute(query)).scalar_one())


async def zone_of_rows(connection: AsyncConnection, contract: str) -> str | None:
    """Return the time zone of a contract that is stored with its clocks.

    The result is None if the board has no clock of the contract.
    """
    query = select(_clock.zone).where(_clock.decided_contract == contract, _clock.contract == contract).limit(1)
    return (await connection.execute(query)).scalar_one_or_none()
