"""The escalation loop: take due steps, page the next level, in one transaction. Several instances may run it."""

from __future__ import annotations

import asyncio
import time

import structlog

from sla_notifier.alert import store as alerts
from sla_notifier.alert.batch import Batch
from sla_notifier.alert.decide import stepped
from sla_notifier.desk import Desk
from sla_notifier.telling.write import write
from sla_platform.errors import Retryable
from sla_platform.store.instant import store_now

_log = structlog.get_logger(__name__)
LIMIT = 200  # alerts in one transaction
TICK_SECONDS = 0.5
PAUSE_SECONDS = 1.0


class Escalator:
    """One per process."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.last_pass = time.monotonic()

    async def run(self) -> None:
        while True:
            try:
                more = await self.tick()
            except Retryable as error:
                _log.warning("escalation.refused", error=str(error))
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            self.last_pass = time.monotonic()
            if not more:
                await self._desk.time.sleep(TICK_SECONDS)

    async def tick(self) -> bool:
        """Take what is due now; True when there may be more."""
        async with self._desk.store.reading() as connection:
            if not await alerts.any_due(connection, await store_now(connection, self._desk.time)):
                return False
        async with self._desk.store.transaction() as connection:
            now = await store_now(connection, self._desk.time)
            known, steps = await alerts.take_due(connection, now, LIMIT)
            batch = Batch(known)
            for step in steps:
                batch.add(stepped(batch.alerts.get(step.alert) or known[step.alert], step, now))
            await write(connection, batch, self._desk.catalogue(), self._desk.manner, now)
        for step in steps:
            self._desk.metrics.steps.labels(str(step.level)).inc()
        if steps:
            _log.info("escalation.stepped", steps=len(steps))
            self._desk.ring()
        return len(known) == LIMIT
