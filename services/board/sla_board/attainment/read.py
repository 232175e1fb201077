"""The attainment of contracts, read from the board's tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board.attainment.counts import (
    CountCell,
    clock_cells,
    exempt_clocks,
    moved_away,
    request_cells,
    requests_of_metrics,
    zone_of_rows,
)
from sla_board.attainment.kept import amendments_of, standings_of
from sla_board.attainment.model import ContractAttainment, ObjectiveResult
from sla_domain.attainment import (
    AttainmentPeriod,
    PeriodBounds,
    ScopedObjective,
    Tally,
    ZoneHistory,
    bounds_of,
    figure_of,
    objectives_of,
    parse_period,
    period_at,
    period_of,
    zones_of,
)
from sla_domain.contract import ContractId
from sla_domain.objective import CountedUnit, Objective, PeriodKind
from sla_domain.rulebook import Rulebook

_LENGTHS = {PeriodKind.MONTH: 1, PeriodKind.QUARTER: 3, PeriodKind.CONTRACT_YEAR: 12}


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedContract:
    """A contract with what is needed to compute its attainment, such as its objectives and time zones."""

    id: str
    title: str
    zone: str
    zones: ZoneHistory
    """The time zones that the contract has had."""
    catalogued: bool = True
    """Whether the catalogue has the contract. If not, its data come from the stored clocks."""
    first_day: date | None
    """The day from which contract years are counted. None if unknown."""
    end_day: date | None
    """The first day on which the contract is no longer in force. None if it has no end."""
    objectives: tuple[ScopedObjective, ...]
    """The objectives in force now."""


async def counted_contract(
    connection: AsyncConnection, rulebook: Rulebook | None, contract: str
) -> CountedContract | None:
    """Return a contract with what is needed to compute its attainment. None for an unknown contract.

    A contract that is not in the catalogue is known if stored clocks name it. Such a contract has no objectives.
    """
    known = None if rulebook is None else rulebook.contracts.get(ContractId(contract))
    zones = None if rulebook is None else zones_of(rulebook, ContractId(contract))
    if known is None or zones is None:
        zone = await zone_of_rows(connection, contract)
        if zone is None:
            return None
        return CountedContract(
            id=contract,
            title=contract,
            zone=zone,
            zones=ZoneHistory(zone),
            catalogued=False,
            first_day=None,
            end_day=None,
            objectives=(),
        )
    return CountedContract(
        id=contract,
        title=known.title or contract,
        zone=known.zone,
        zones=zones,
        first_day=known.valid_from,
        end_day=known.valid_to,
        objectives=objectives_of(known),
    )


def asked_period(of: CountedContract, written: str, now: datetime) -> AttainmentPeriod:
    """Return the period for which a request asks.

    Args:
        of: The contract, which gives the time zone and the beginning of contract years.
        written: Such as `2026-11`. "" for the month that contains `now`.

    Raises:
        BadPeriod: The text names no period. The error's message says what to write instead.
    """
    if not written:
        return period_at(PeriodKind.MONTH, now, of.zones)
    return parse_period(written, of.first_day)


def periods_within(kind: PeriodKind, asked: AttainmentPeriod, first_day: date | None) -> tuple[AttainmentPeriod, ...]:
    """Return the periods of an objective to show when a caller asks for the period `asked`.

    For example, a quarter as `asked` gives the three months of a monthly objective. If the objective's own periods are
    as long as `asked`, or longer, the result is only the period with the last day of `asked`. The result is empty for
    an objective by contract year if `first_day` is None.

    Args:
        kind: The kind of the objective's periods, such as month.
        asked: The period for which the caller asks.
        first_day: The contract's first day. None if unknown.
    """
    if kind is PeriodKind.CONTRACT_YEAR and first_day is None:
        return ()
    last = period_of(kind, asked.end - timedelta(days=1), first_day)
    if _LENGTHS[kind] >= _LENGTHS[asked.kind]:
        return (last,)
    found = [last]
    while found[-1].first > asked.first:
        found.append(found[-1].previous())
    return tuple(reversed(found))


class AttainmentReader:
    """Computes the attainment of one contract, with one database connection.

    Counts are read once for each period and cached in the reader.
    """

    def __init__(self, connection: AsyncConnection, of: CountedContract, now: datetime) -> None:
        self._connection = connection
        self._of = of
        self._now = now
        self._clocks: dict[PeriodBounds, tuple[CountCell, ...]] = {}
        self._requests: dict[tuple[PeriodBounds, frozenset[str]], tuple[CountCell, ...]] = {}

    async def whole(self, asked: AttainmentPeriod) -> ContractAttainment:
        """Return the attainment of the contract in a period, with the result of each objective.

        Args:
            asked: The period.
        """
        bounds = bounds_of(asked, self._of.zones)
        results = [
            await self.objective(scoped, period)
            for scoped in self._of.objectives
            for period in periods_within(scoped.objective.period, asked, self._of.first_day)
        ]
        results = await self._as_recorded(results)
        exempt = await exempt_clocks(self._connection, self._of.id, bounds)
        ended = self._of.end_day
        return ContractAttainment(
            contract=self._of.id,
            title=self._of.title,
            zone=self._of.zone,
            list_zone="" if self._of.catalogued else self._of.zone,
            period=asked,
            bounds=bounds,
            provisional=self._now < bounds.end,
            ended=ended if ended is not None and ended < asked.end else None,
            objectives=tuple(results),
            requests=await self._request_cells(bounds, frozenset()),
            clocks=await self.clock_cells(bounds),
            exempt=tuple(exempt),
            moved=await moved_away(self._connection, self._of.id, bounds),
        )

    async def _as_recorded(self, results: list[ObjectiveResult]) -> list[ObjectiveResult]:
        """With the figures that ended periods have had; the last of them, if incidents were removed by age."""
        if not results:
            return results
        kept = await standings_of(self._connection, self._of.id)
        amended = await amendments_of(self._connection, self._of.id, [one.period.label for one in results])
        found: list[ObjectiveResult] = []
        for one in results:
            key = (one.entitlement, one.objective.id, one.period.label)
            standing = kept.get(key)
            if standing is not None and standing.sealed:
                one = replace(one, figure=figure_of(one.objective, standing.tally, Tally(), provisional=False))
            found.append(replace(one, amendments=tuple(amended.get(key, ()))))
        return found

    async def objective(self, scoped: ScopedObjective, period: AttainmentPeriod) -> ObjectiveResult:
        """Return the result of an objective of the contract in a period, such as a month for a monthly objective."""
        bounds = bounds_of(period, self._of.zones)
        tally = await self.tally(scoped, bounds)
        before = await self.tally(scoped, bounds_of(period.previous(), self._of.zones))
        return ObjectiveResult(
            contract=self._of.id,
            entitlement=scoped.entitlement,
            objective=scoped.objective,
            period=period,
            bounds=bounds,
            figure=figure_of(scoped.objective, tally, before, self._now < bounds.end),
        )

    async def tally(self, scoped: ScopedObjective, bounds: PeriodBounds) -> Tally:
        """Return how many promises of an objective were met, missed or exempt, or are open, between two instants."""
        objective = scoped.objective
        if objective.of is CountedUnit.CLOCKS:
            return _sum(await self.clock_cells(bounds), scoped, objective.metrics)
        cells = await self._request_cells(bounds, objective.metrics)
        return _sum(cells, scoped, frozenset())

    async def clock_cells(self, bounds: PeriodBounds) -> tuple[CountCell, ...]:
        """Return the counts of the contract's clocks, by entitlement (plan of the contract), metric and priority.

        A clock is counted if it was decided between the two instants of `bounds`, or is undecided and due between them.
        """
        if bounds not in self._clocks:
            self._clocks[bounds] = await clock_cells(self._connection, self._of.id, bounds)
        return self._clocks[bounds]

    async def _request_cells(self, bounds: PeriodBounds, metrics: frozenset[str]) -> tuple[CountCell, ...]:
        key = (bounds, metrics)
        if key not in self._requests:
            self._requests[key] = (
                await requests_of_metrics(self._connection, self._of.id, metrics, bounds)
                if metrics
                else await request_cells(self._connection, self._of.id, bounds)
            )
        return self._requests[key]


def _sum(cells: Sequence[CountCell], scoped: ScopedObjective, metrics: frozenset[str]) -> Tally:
    found = Tally()
    for cell in cells:
        here = scoped.entitlement in ("", cell.entitlement)
        if here and (not metrics or cell.metric in metrics) and _wanted(scoped.objective, cell.priority):
            found += cell.tally
    return found


def _wanted(objective: Objective, priority: str) -> bool:
    return not objective.priorities or priority in objective.priorities
