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
    """In which of three steps a service deletes the data of finished incidents: first, second or last.

    The steps are at least seven days apart (`Retention.linger`).
    """

    TOLD = 0
    """First: what senders delivered, and the notifications."""
    COUNTED = 1
    """Second: incidents and their clocks."""
    SHOWN = 2
    """Last: the data of the board, which follow from both."""


@dataclass(frozen=True, slots=True)
class Retention:
    """For how long finished incidents, alerts and deliveries are kept."""

    keep: timedelta | None = None
    """Time since their end. None means that they are kept for ever."""
    linger: timedelta = _LEAST_LINGER
    """How much later the services of each `RetentionOrder` delete than those of the order before."""

    @classmethod
    def of(cls, settings: Settings) -> Retention:
        """Return for how long finished incidents are kept, according to the settings.

        `SLAD_RETENTION_DAYS` is the number of days; 0 means for ever. The services delete one after another
        (`RetentionOrder`). The time from one to the next (`linger`) is seven days, or as long as Kafka keeps records if
        that is longer.
        """
        keep = timedelta(days=settings.retention_days) if settings.retention_days else None
        return cls(keep, max(_LEAST_LINGER, timedelta(hours=settings.kafka_retention_hours)))

    def horizon(self, now: datetime, turn: RetentionOrder) -> datetime | None:
        """Return the limit for deleting incidents now: those that ended before this instant are deleted.

        Services that delete first have the limit `now` minus the retention time (`keep`). The limit is earlier by
        `linger` for those that delete second, and by twice `linger` for those that delete last. The result is None if
        nothing is ever deleted.

        Args:
            turn: Whether the service deletes first (TOLD), second (COUNTED) or last (SHOWN).
        """
        return None if self.keep is None else now - self.keep - turn * self.linger


@dataclass(frozen=True, slots=True)
class ServiceSweeps:
    """The functions by which one service deletes data of finished incidents, for a `RetentionLoop`.

    `turn` says whether the service deletes before or after the other services.
    """

    service: str
    turn: RetentionOrder
    sweeps: Sequence[Sweep]
    """Functions that delete, in small steps, what ended before a given instant."""
    removed: Counter
    """The counter of deleted rows, with the label `table`."""
    newest: Newest | None = None
    """Function that returns the latest instant that the service has stored, or None if there is none. The present is
    assumed to be at most a day after that instant, because the machine's clock may be wrong. Without this function the
    clock is believed."""


class RetentionLoop:
    """Deletes finished incidents that are old enough, every hour, for the services of one process.

    A clock that is wrong cannot make the loop delete incidents too early: the present is assumed to be at most a day
    after the newest stored instant (`doubted_now`).

    Args:
        retention: How long after its end an incident is deleted.
        keepings: For each service, the functions by which it deletes.
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
        """Delete everything that is due now.

        The result is table -> number of deleted rows.

        Args:
            between: Seconds to wait after each transaction, so that writers go first.

        Raises:
            StoreBusy: The database cannot be used now. The next call deletes the rest.
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

    This limit keeps a clock that is far ahead from deleting data too early. The limit does not apply if nothing is
    stored, if `newest` itself is None, or if the time source is `authoritative` (an artificial time, as in tests).

    Args:
        newest: Function that returns the latest stored instant, or None if nothing is stored.
    """
    now = time_source.now()
    found = None if time_source.authoritative or newest is None else await newest()
    return now if found is None else min(now, found + MOST_SILENT)


def newest_in(store: Store, column: Column[datetime]) -> Newest:
    """Return a function that reads the latest instant in a column, or None when the table is empty.

    Choose a column that slad fills from its own clock. An instant from outside could lie in the future, and
    would then not limit a clock that is far ahead.
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
