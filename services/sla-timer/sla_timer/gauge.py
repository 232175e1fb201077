"""Gauges that need queries of the timer's tables, refreshed every few seconds by indexed queries."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_platform.bus.port import EventSource
from sla_platform.store import quarantine
from sla_platform.store.engine import Store
from sla_platform.timesource import TimeSource
from sla_platform.wire.clock import CANARY
from sla_timer import tables
from sla_timer.apply.quarantine import TICK
from sla_timer.metrics import TimerMetrics

EVERY_SECONDS = 5.0
OPEN_STATES = ("running", "paused")
SOON = timedelta(hours=1)


class TimerGauges:
    """Sets the timer's Prometheus gauges, such as open and overdue clocks, from its tables. Call `run`.

    Args:
        events: The subscription to incident events. Its lag is a gauge too.
    """

    def __init__(self, store: Store, events: EventSource, time_source: TimeSource, metrics: TimerMetrics) -> None:
        self._store = store
        self._events = events
        self._time_source = time_source
        self._metrics = metrics
        self._contracts: set[str] = set()  # those shown before: a contract with nothing due shows 0 and does not vanish

    async def run(self) -> None:
        """Set the timer's Prometheus gauges every 5 seconds until cancelled."""
        while True:
            await self.once()
            await asyncio.sleep(EVERY_SECONDS)

    async def once(self) -> None:
        """Set the timer's Prometheus gauges once, from queries of its tables.

        Raises:
            Retryable: A passing failure of the database.
        """
        now = self._time_source.now()
        self._metrics.lag.set(self._events.lag)
        async with self._store.reading() as connection:
            by_state = (
                select(tables.clock.c.state, func.count())
                .where(tables.clock.c.state.in_(OPEN_STATES), tables.clock.c.incident != CANARY)
                .group_by(tables.clock.c.state)
            )
            counts = {row[0]: row[1] for row in (await connection.execute(by_state)).all()}
            for state in OPEN_STATES:
                self._metrics.open_clocks.labels(state).set(counts.get(state, 0))
            await self._count_due(connection, now)
            oldest = (await connection.execute(select(func.min(tables.timer.c.fire_at)))).scalar()
            slowest = (await connection.execute(select(func.min(tables.progress.c.caught_up_through)))).scalar()
            quarantined = (await quarantine.count_waiting(connection, tables.quarantine)).get(TICK)
            waiting = (await connection.execute(select(func.count()).select_from(tables.log))).scalar()
        self._metrics.overdue.set(max((now - oldest).total_seconds(), 0.0) if oldest else 0.0)
        self._metrics.partition_behind.set(max((now - slowest).total_seconds(), 0.0) if slowest else 0.0)
        self._metrics.quarantined.set(quarantined or 0)
        self._metrics.outbox.set(waiting or 0)

    async def _count_due(self, connection: AsyncConnection, now: datetime) -> None:
        clock = tables.clock.c
        overdue = case((clock.due_at <= now, 1), else_=0)
        due = (
            select(clock.contract, func.count(), func.sum(overdue))
            # Paused clocks have no due instant; their state is named so that the index of open clocks serves.
            .where(clock.state.in_(OPEN_STATES), clock.due_at <= now + SOON)
            .group_by(clock.contract)
        )
        found = {contract: (count, over) for contract, count, over in await connection.execute(due)}
        self._contracts |= found.keys()
        for contract in self._contracts:
            count, over = found.get(contract, (0, 0))
            self._metrics.overdue_clocks.labels(contract).set(over)
            self._metrics.due_soon_clocks.labels(contract).set(count - over)
