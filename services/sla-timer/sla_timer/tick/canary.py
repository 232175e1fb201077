"""The canary: a clock of slad itself that is due every full minute; its breach passes through every service."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from sqlalchemy import or_, update

from sla_domain.clock import ClockId, clock_id
from sla_domain.event import IncidentId
from sla_domain.plan import MetricId
from sla_platform.store.dialect import insert_new, upsert
from sla_platform.store.engine import Store
from sla_platform.store.types import to_micros
from sla_platform.timesource import TimeSource
from sla_platform.wire.clock import CANARY
from sla_timer import tables
from sla_timer.tick.port import Firing

MINUTE = timedelta(minutes=1)
KIND = "warn-canary"
MOST_AHEAD = 2  # minutes by which another instance may be ahead
CLOCK: ClockId = clock_id(IncidentId(CANARY), MetricId("canary"), 0)


class Canary:
    """Sets the timer of the canary: a test clock of slad's own, which is due every full minute.

    If it fires, timers work. Call `run` to set the timer for every minute, `once` to set it for the next.
    """

    def __init__(self, store: Store, firing: Firing, time_source: TimeSource) -> None:
        self._store = store
        self._firing = firing
        self._time_source = time_source
        self._set: datetime | None = None

    async def run(self) -> None:
        """Set the timer of slad's own test clock (the canary) for each coming full minute, until cancelled.

        Every five seconds the next timer is set, if necessary.
        """
        while True:
            await self.once()
            await asyncio.sleep(5)

    async def once(self) -> None:
        """Set the timer of slad's own test clock (the canary) for the next full minute.

        Nothing is done if this or another process has set the timer already.

        Raises:
            Retryable: A passing failure of the database.
        """
        minute = _next_minute(self._time_source.now())
        if minute == self._set:
            return
        generation = int(to_micros(minute) // 60_000_000) % 2_000_000_000
        partitions = await self._firing.partitions()
        async with self._store.transaction() as connection:
            await connection.execute(insert_new(connection, tables.incident), [self._incident(minute)])
            await connection.execute(insert_new(connection, tables.clock), [self._clock(minute)])
            # One that lies further ahead was set while the clock was: it would stay silent until that time comes.
            armed_before = tables.clock.c.generation
            armed = (
                update(tables.clock)
                .where(
                    tables.clock.c.id == CLOCK,
                    or_(armed_before < generation, armed_before > generation + MOST_AHEAD),
                )
                .values(generation=generation, told="")
            )
            if (await connection.execute(armed)).rowcount:
                timer = {
                    "clock_id": CLOCK, "kind": KIND, "generation": generation,
                    "partition": partitions[generation % len(partitions)], "fire_at": minute,
                }  # fmt: skip
                await connection.execute(upsert(connection, tables.timer), [timer])
        self._set = minute

    def _incident(self, at: datetime) -> dict[str, object]:
        return {
            "id": CANARY, "partition": 0, "catalogue": "", "contract": "", "plan": "", "customer": "", "priority": "",
            "phase": "canary", "opened_at": at, "changed_at": at, "told": "",
        }  # fmt: skip

    def _clock(self, at: datetime) -> dict[str, object]:
        context = {"incident": CANARY, "clock": str(CLOCK), "metric": "canary"}
        return {
            "id": CLOCK, "incident": CANARY, "partition": 0, "catalogue": "", "contract": "", "metric": "canary",
            "cycle": 0, "priority": "", "state": "running", "generation": -1, "started_at": at, "urgency": 0.0,
            "exempt": "", "told": "", "context": context,
        }  # fmt: skip


def _next_minute(now: datetime) -> datetime:
    return now.replace(second=0, microsecond=0) + MINUTE
