"""Attainment as Prometheus metrics: of a bounded number of contracts, read from the tables, alike on every instance."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board.attainment.counts import CountCell
from sla_board.attainment.kept import watched_contracts
from sla_board.attainment.model import ObjectiveResult
from sla_board.attainment.read import AttainmentReader, counted_contract
from sla_board.metrics import BoardMetrics
from sla_domain.attainment import PeriodBounds, Tally, bounds_of, period_at
from sla_domain.objective import PeriodKind
from sla_domain.rulebook import Rulebook
from sla_platform.bus import Quarantine, SkippedRows, WakeSignal, signalled_within
from sla_platform.store.engine import Store
from sla_platform.timesource import TimeSource
from sla_platform.turn import LoopYielder

LEAST_SECONDS, EVERY_SECONDS = 2.0, 60.0
MOST_CONTRACTS = 100  # some tens of series each
WINDOWS = {
    "1h": timedelta(hours=1),
    "6h": timedelta(hours=6),
    "1d": timedelta(days=1),
    "3d": timedelta(days=3),
}
"""How far back the burn of the misses allowed is looked at: name of a window -> its length."""


@dataclass(frozen=True, slots=True)
class _Shown:
    result: ObjectiveResult
    recent: dict[str, Tally]


class AttainmentGauges:
    """The loop that writes the attainment (share of promises met) of contracts to Prometheus metrics. Call `run`.

    At most 100 contracts with objectives (promised shares) are written: those whose objectives changed most recently.

    Args:
        rulebook: Returns the rulebook in force (plans, contracts, calendars). None if the board has no catalogue.
        counted: Signal that wakes the loop when the counts have changed.
        quarantine: Receives the contracts that cannot be read. They are left out for an hour.
    """

    def __init__(
        self,
        store: Store,
        time_source: TimeSource,
        rulebook: Callable[[], Rulebook | None],
        metrics: BoardMetrics,
        counted: WakeSignal,
        quarantine: Quarantine,
    ) -> None:
        self._store = store
        self._time_source = time_source
        self._rulebook = rulebook
        self._metrics = metrics
        self._counted = counted
        self._skipped = SkippedRows(quarantine, "attainment", self._again)

    async def run(self) -> None:
        """Update the metrics until cancelled: at each change of the counts, and once a minute.

        After each update the loop waits for at least 19 times as long as the update took.
        """
        with self._counted.listen() as counted:
            while True:
                counted.clear()
                began = time.monotonic()
                await self.read()
                await asyncio.sleep(max(LEAST_SECONDS, 19 * (time.monotonic() - began)))
                await signalled_within(counted, EVERY_SECONDS)

    async def read(self) -> None:
        """Read the attainment from the tables and set all metrics."""
        rulebook = self._rulebook()
        if rulebook is None:
            return
        now = self._time_source.now()
        objectives: list[_Shown] = []
        clocks: list[tuple[str, CountCell]] = []
        turn = LoopYielder()
        async with self._store.reading() as connection:
            names, left_out = await watched_contracts(connection, now, MOST_CONTRACTS)
        for name in names:
            if not self._skipped.skips(name):
                await self._skipped.tried(name, partial(self._one, rulebook, name, now, objectives, clocks))
            await turn.yield_if_due()
        self._show(objectives, clocks)
        self._metrics.contracts_left_out.set(left_out + len(self._skipped))

    async def _one(
        self,
        rulebook: Rulebook,
        contract: str,
        now: datetime,
        objectives: list[_Shown],
        clocks: list[tuple[str, CountCell]],
    ) -> None:
        async with self._store.reading() as connection:
            found = await _read_contract(connection, rulebook, contract, now)
        objectives += found[0]
        clocks += [(contract, cell) for cell in found[1]]

    async def _again(self, contract: str) -> None:
        rulebook = self._rulebook()
        if rulebook is not None:
            await self._one(rulebook, contract, self._time_source.now(), [], [])

    def _show(self, objectives: list[_Shown], clocks: list[tuple[str, CountCell]]) -> None:
        """At once, so that no scrape sees half of it."""
        m = self._metrics
        for gauge in (
            m.clocks, m.objective_counted, m.objective_recent, m.objective_ratio, m.objective_target, m.misses_allowed,
            m.misses_left,
        ):  # fmt: skip
            gauge.clear()
        for contract, cell in clocks:
            for verdict, number in _verdicts(cell.tally).items():
                m.clocks.labels(contract, cell.metric, cell.priority, verdict).inc(number)
        for shown in objectives:
            result, figure = shown.result, shown.result.figure
            names = (result.contract, result.entitlement, result.objective.id)
            for verdict, number in _verdicts(figure.tally).items():
                m.objective_counted.labels(*names, verdict).set(number)
            for window, tally in shown.recent.items():
                m.objective_recent.labels(*names, window, "met").set(tally.met)
                m.objective_recent.labels(*names, window, "missed").set(tally.missed)
            if figure.share is not None:
                m.objective_ratio.labels(*names).set(float(figure.share))
            m.objective_target.labels(*names).set(float(result.objective.percent / 100))
            m.misses_allowed.labels(*names).set(figure.allowed)
            m.misses_left.labels(*names).set(figure.misses_left)


def _verdicts(tally: Tally) -> dict[str, int]:
    return {"met": tally.met, "missed": tally.missed, "exempt": tally.exempt, "open": tally.open}


async def _read_contract(
    connection: AsyncConnection, rulebook: Rulebook, contract: str, now: datetime
) -> tuple[list[_Shown], tuple[CountCell, ...]]:
    of = await counted_contract(connection, rulebook, contract)
    if of is None or not of.objectives:
        return [], ()
    reader = AttainmentReader(connection, of, now)
    found: list[_Shown] = []
    for scoped in of.objectives:
        if scoped.objective.period is PeriodKind.CONTRACT_YEAR and of.first_day is None:
            continue
        period = period_at(scoped.objective.period, now, of.zones, of.first_day)
        recent = {
            name: await reader.tally(scoped, PeriodBounds(now - length, now, (of.zone,)))
            for name, length in WINDOWS.items()
        }
        found.append(_Shown(await reader.objective(scoped, period), recent))
    month = bounds_of(period_at(PeriodKind.MONTH, now, of.zones), of.zones)
    return found, await reader.clock_cells(month)
