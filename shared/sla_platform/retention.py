"""Deleting what is finished: when, in which order of services, and in how small steps (SLAD_RETENTION_DAYS).

A sweep is an async generator that removes a little in a transaction of its own and yields what it removed; between two
steps everybody else goes first. Where it has come to is nowhere but in the rows themselves, so a sweep that is
interrupted goes on where it stopped, and two at once share the work.
"""

from __future__ import annotations

import asyncio
from collections import Counter as Tally
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from time import monotonic

import structlog
from prometheus_client import Counter
from sqlalchemy import Column, func, select

from sla_platform.errors import Retryable
from sla_platform.settings import Settings
from sla_platform.store.engine import Store
from sla_platform.timesource import TimeSource

_log = structlog.get_logger(__name__)

Removed = Mapping[str, int]  # rows by table
Sweep = Callable[[datetime], AsyncIterator[Removed]]
Newest = Callable[[], Awaitable[datetime | None]]

FIRST_SECONDS = 60.0  # after a start, when everybody has more urgent things to do
EVERY_SECONDS = 3600.0
AGAIN_SECONDS = 60.0  # after the store was away
MOST_SILENT = timedelta(days=1)  # how long nothing may have come before the clock is doubted
BETWEEN_SECONDS = 0.05  # lets writers go first
_LEAST_LINGER = timedelta(days=7)


class RetentionOrder(IntEnum):
    """The order in which services delete the data of finished incidents: TOLD first, COUNTED second, SHOWN last.

    TOLD: what senders delivered, and the notifications. COUNTED: incidents and their clocks. SHOWN: the data of the
    board, which follow from both.
    """

    TOLD = 0  # what was received, and the notifications of it
    COUNTED = 1  # incidents and their clocks
    SHOWN = 2  # what follows from both


@dataclass(frozen=True, slots=True)
class Retention:
    """For how long finished incidents, alerts and deliveries are kept.

    `keep`: time since their end; None: for ever. `linger`: how much later the services of each `RetentionOrder` delete
    than those of the order before.
    """

    keep: timedelta | None = None
    linger: timedelta = _LEAST_LINGER

    @classmethod
    def of(cls, settings: Settings) -> Retention:
        """Return the retention that the settings state: `SLAD_RETENTION_DAYS`, where 0 means for ever.

        `linger` is seven days, or as long as Kafka keeps records if that is longer.
        """
        keep = timedelta(days=settings.retention_days) if settings.retention_days else None
        return cls(keep, max(_LEAST_LINGER, timedelta(hours=settings.kafka_retention_hours)))

    def horizon(self, now: datetime, turn: RetentionOrder) -> datetime | None:
        """Return the instant before which an incident must have ended to be deleted now; None: nothing is deleted.

        For services whose `turn` is TOLD, the instant is `now` minus `keep`. For COUNTED it is earlier by `linger`, for
        SHOWN by twice `linger`.
        """
        return None if self.keep is None else now - self.keep - turn * self.linger


@dataclass(frozen=True, slots=True)
class ServiceSweeps:
    """What one service deletes of finished incidents, and in which turn; for a `RetentionLoop`.

    `sweeps`: functions that delete, in small steps, what ended before a given instant. `removed`: the counter of
    deleted rows, with the label `table`. `newest`: returns the latest instant that the service has stored; None if
    there is none. Because the machine's clock may be wrong, the present is assumed to be at most a day after that
    instant. Without `newest` the clock is believed.
    """

    service: str
    turn: RetentionOrder
    sweeps: Sequence[Sweep]
    removed: Counter
    newest: Newest | None = None


class RetentionLoop:
    """Deletes finished incidents that are old enough, every hour, for the services of one process (`keepings`).

    `retention`: the age at which they are deleted. A wrong clock cannot delete them too early: the present is assumed
    to be at most a day after the newest stored instant (`doubted_now`).
    """

    def __init__(self, retention: Retention, time_source: TimeSource, keepings: Sequence[ServiceSweeps]) -> None:
        self._retention = retention
        self._time_source = time_source
        self._keepings = keepings

    async def run(self) -> None:
        """Delete what is due every hour until cancelled, for the first time a minute after the start.

        After a Retryable error, such as StoreBusy, deleting continues a minute later.
        """
        await asyncio.sleep(FIRST_SECONDS)
        while True:
            try:
                await self.once()
                pause = EVERY_SECONDS
            except Retryable as error:
                _log.warning("retention.later", error=str(error))
                pause = AGAIN_SECONDS
            await asyncio.sleep(pause)

    async def once(self, between: float = BETWEEN_SECONDS) -> Removed:
        """Delete everything that is due now; return the numbers of deleted rows, as table -> number.

        `between`: seconds to wait after each transaction, so that writers go first. Raises StoreBusy; the next call
        deletes the rest.
        """
        removed = Tally[str]()
        for keeping in self._keepings:
            horizon = self._retention.horizon(await self._now(keeping), keeping.turn)
            if horizon is not None:
                removed += await _swept(keeping, horizon, between)
        return removed

    async def _now(self, keeping: ServiceSweeps) -> datetime:
        return await doubted_now(self._time_source, keeping.newest)


async def doubted_now(time_source: TimeSource, newest: Newest | None) -> datetime:
    """Return the present instant, but at most a day (MOST_SILENT) after the latest stored instant.

    So a clock that is far ahead deletes nothing too early. `newest`: returns the latest stored instant, or None when
    nothing is stored. The limit does not apply if nothing is stored, if `newest` itself is None, or if the time source
    is `authoritative`.
    """
    now = time_source.now()
    found = None if time_source.authoritative or newest is None else await newest()
    return now if found is None else min(now, found + MOST_SILENT)


def newest_in(store: Store, column: Column[datetime]) -> Newest:
    """Return a function that reads the latest instant in a column, or None when the table is empty.

    Choose a column that slad fills from its own clock. With instants from outside, a sender could decide what is
    deleted.
    """

    async def ask() -> datetime | None:
        async with store.reading() as connection:
            found: datetime | None = (await connection.execute(select(func.max(column)))).scalar()
        return found

    return ask


async def _swept(keeping: ServiceSweeps, horizon: datetime, between: float) -> Tally[str]:
    removed, started = Tally[str](), monotonic()
    try:
        for sweep in keeping.sweeps:
            async for step in sweep(horizon):
                for table, rows in step.items():
                    keeping.removed.labels(table).inc(rows)
                removed.update(step)
                await asyncio.sleep(between)
    finally:
        if removed.total():
            _log.info(
                "retention.removed",
                service=keeping.service,
                rows=dict(removed),
                finished_before=horizon.isoformat(),
                seconds=round(monotonic() - started, 1),
            )
    return removed
