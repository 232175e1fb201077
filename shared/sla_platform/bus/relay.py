"""The relay copies a service's log to Kafka and removes what Kafka has acknowledged.

Each look takes the instant, then everything the log holds, in the order of its positions; publishes it; removes it
once every record is acknowledged. A row that is not in the log any more is therefore on the topic, whoever put it
there, which gives both things that consumers build on:

- order per key: every relay sends what it finds from the beginning on, so the first copy of an event always lies
  behind the first copies of its predecessors, also when two relays work at once or one repeats a round;
- watermarks: when a look has found the log empty, or all it found has been acknowledged, everything accepted up to
  the instant taken *before* the look is on its partition. A short record says so to every partition.

Accepted means committed to the log. A commit that a look did not see happened after the look's instant.

A row that is no event, or that cannot be written as a record, is moved into the quarantine with its raw bytes, so that
nothing waits for it: neither the rows after it nor the watermarks. An event that Kafka refuses for its size is another
thing: the broker's settings may be mended, so its key alone is held back in the log (see `_isolate`).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NoReturn

import structlog
from sqlalchemy import Table

from sla_platform.backoff import Backoff
from sla_platform.bus.kafka.publisher import Publisher
from sla_platform.bus.lease import while_held
from sla_platform.bus.lease_locks import lock_for
from sla_platform.bus.metrics import BusMetrics
from sla_platform.bus.partition import partition_of
from sla_platform.bus.quarantine import RELAY, Quarantine, row_of_event
from sla_platform.bus.record import OutgoingRecord, event_record, watermark_record
from sla_platform.bus.topics import TopicNames
from sla_platform.bus.wake_signal import WakeSignal, signalled_within
from sla_platform.envelope import Envelope, Topic
from sla_platform.errors import Retryable
from sla_platform.fault import Fault, fault_of
from sla_platform.rows import in_parts
from sla_platform.store import log as logs
from sla_platform.store.engine import Store
from sla_platform.store.instant import store_now
from sla_platform.store.quarantine import QuarantineRow
from sla_platform.timesource import TimeSource

_log = structlog.get_logger(__name__)
_COUNT_EVERY_SECONDS = 2.0
_COUNT_CAP = 1_000_000


@dataclass(frozen=True, slots=True)
class RelayRoute:
    """Which event log a relay copies, and to which topics on Kafka."""

    log: Table
    """The table of the events."""
    topics: tuple[Topic, ...]
    """The topics of these events."""
    watermarked: frozenset[Topic]
    """The topics that also get watermarks (records that say up to when all accepted events were copied)."""
    names: TopicNames
    """The names of the topics on Kafka."""
    partitions: int
    """The number of partitions of each topic."""


class Relay:
    """Copies the event log of one service (its outbox table) to Kafka: await `run`.

    Events that Kafka has acknowledged are deleted from the log. An event that cannot be written as a record goes to
    `quarantine`.

    Args:
        route: The log to copy, and the topics to copy it to.
        period: Seconds between reads of the log when no wake signal comes, and between watermarks.
        batch: The number of events copied at once.
        metrics: The metrics of the bus. None means new ones.
    """

    def __init__(
        self,
        store: Store,
        route: RelayRoute,
        publisher: Publisher,
        time_source: TimeSource,
        wake_signal: WakeSignal,
        quarantine: Quarantine,
        *,
        period: float = 0.04,
        batch: int = 1000,
        metrics: BusMetrics | None = None,
    ) -> None:
        self._store = store
        self._route = route
        self._publisher = publisher
        self._time_source = time_source
        self._wake_signal = wake_signal
        self._quarantine = quarantine
        self._period = period
        self._batch = batch
        self._metrics = metrics or BusMetrics()
        self._name = route.log.name
        self._refused: set[str] = set()  # keys with an event that Kafka will never take
        self._looked: datetime | None = None  # the instant of the latest look
        self._marked = float("-inf")
        self._emptied = time.monotonic()
        self._counted = float("-inf")
        self._show_refused()

    @property
    def waiting_seconds(self) -> float:
        """Return the seconds since the relay last found the log empty, with everything copied to Kafka.

        A large number means that Kafka lags behind. While another process holds the lease (the lock that lets only one
        relay copy the log), the number restarts from 0 about every second.
        """
        return time.monotonic() - self._emptied

    async def run(self) -> NoReturn:
        """Copy the event log to Kafka until cancelled, while this process holds the lease.

        The lease is a lock that lets only one relay at a time copy the log. This method waits until it gets the lease.
        If the surroundings fail, such as Kafka or the database, copying is tried again after a pause. Other errors are
        raised.
        """
        lock = lock_for(self._store, self._name)
        try:
            await while_held(lock, self._drain, self._note_lease)
        finally:
            await self._publisher.close()

    def _note_lease(self, ours: bool) -> None:
        self._metrics.active.labels(self._name).set(int(ours))
        self._emptied = time.monotonic()

    async def _drain(self) -> None:
        patience = Backoff()
        checked = False
        with self._wake_signal.listen() as signalled:
            while True:
                signalled.clear()
                try:
                    if not checked:
                        await self._check_topics()
                        checked = True
                    more = await self._round()
                except Exception as error:
                    if fault_of(error) is not Fault.PASSING:
                        raise
                    await self._wait(patience, error)
                    continue
                patience.reset()
                if not more:
                    await signalled_within(signalled, self._period)

    async def _check_topics(self) -> None:
        names = [self._route.names.of(topic) for topic in self._route.topics]
        await self._publisher.expect_partitions(names, self._route.partitions)

    async def _wait(self, patience: Backoff, error: Exception) -> None:
        """Nothing is lost by waiting: the log keeps what is accepted, and ingest goes on accepting."""
        self._metrics.publish_failed.labels(self._name).inc()
        _log.warning("relay.retry", log=self._name, error=str(error))
        with contextlib.suppress(Retryable):
            await self._count()
        await asyncio.sleep(patience.pause())

    async def _round(self) -> bool:
        """One look; True when the log holds more."""
        async with self._store.reading() as connection:
            through = self._looked = await store_now(connection, self._time_source)
            entries, unreadable = await logs.oldest(connection, self._route.log, self._batch, without=self._refused)
        complete = len(entries) + len(unreadable) < self._batch
        for each in unreadable:
            await self._move_to_quarantine(each.position, logs.event_row(self._route.log, each, RELAY), each.error)
        await in_parts(entries, self._publish, self._unfit)
        if not complete:
            await self._count()
            return True
        self._emptied = time.monotonic()
        self._show(0)
        await self._mark(through)
        return False

    async def _publish(self, entries: Sequence[logs.LogEntry]) -> None:
        records = [self._record(entry.envelope) for entry in entries]
        refused = await self._publisher.publish(records)
        if refused:
            refused = await self._isolate(entries, sorted(refused))
        done = [entry.position for index, entry in enumerate(entries) if index not in refused]
        async with self._store.transaction() as connection:
            await logs.remove(connection, self._route.log, done)
        self._metrics.published.labels(self._name).inc(len(done))

    async def _unfit(self, entry: logs.LogEntry, error: Exception) -> None:
        """An event that cannot be written as a record, alone."""
        row = row_of_event(entry.envelope, RELAY, f"{self._name}/{entry.position}")
        await self._move_to_quarantine(entry.position, row, error)

    async def _move_to_quarantine(self, position: int, row: QuarantineRow, error: Exception) -> None:
        async with self._store.transaction() as connection:
            await self._quarantine.put_within(connection, row, error)
            await logs.remove(connection, self._route.log, [position])
        self._quarantine.report(row, error)

    def _record(self, envelope: Envelope) -> OutgoingRecord:
        partition = partition_of(envelope.key, self._route.partitions)
        return self._stamped(event_record(envelope, self._route.names.of(envelope.topic), partition))

    def _stamped(self, record: OutgoingRecord) -> OutgoingRecord:
        """By the guarded instant: Kafka refuses stamps of a clock far ahead and soon drops those of one far behind."""
        if self._time_source.authoritative or self._looked is None:
            return record
        return replace(record, at_ms=int(self._looked.timestamp() * 1000))

    async def _isolate(self, entries: Sequence[logs.LogEntry], suspects: Sequence[int]) -> frozenset[int]:
        """Kafka refuses whole batches: send the suspects one by one, and hold back the keys of the guilty.

        Held back means left in the log, with everything of the same key after it: order is kept, nothing is lost,
        and the partition gets no watermark, so that its timers do not take silence for inaction.
        """
        held = set()
        for index in suspects:
            envelope = entries[index].envelope
            if envelope.key in self._refused or await self._publisher.publish([self._record(envelope)]):
                held.add(index)
                if envelope.key not in self._refused:
                    _log.error("relay.refused", log=self._name, event_id=envelope.id, bytes=len(envelope.data))
                self._refused.add(envelope.key)
        self._show_refused()
        return frozenset(held)

    async def _mark(self, through: datetime) -> None:
        if not self._route.watermarked or time.monotonic() - self._marked < self._period:
            return
        silent = {partition_of(key, self._route.partitions) for key in self._refused}
        records = [
            self._stamped(watermark_record(through, self._route.names.of(topic), partition))
            for topic in sorted(self._route.watermarked)
            for partition in range(self._route.partitions)
            if partition not in silent
        ]
        if await self._publisher.post(records):
            self._marked = time.monotonic()

    async def _count(self) -> None:
        """Bring the known backlog up to date, now and then."""
        if time.monotonic() - self._counted < _COUNT_EVERY_SECONDS:
            return
        self._counted = time.monotonic()
        async with self._store.reading() as connection:
            self._show(await logs.waiting(connection, self._route.log, self._route.topics, logs.Cursor(), _COUNT_CAP))

    def _show(self, backlog: int) -> None:
        self._metrics.backlog.labels(self._name).set(backlog)
        self._metrics.unpublished.labels(self._name).set(self.waiting_seconds if backlog else 0)

    def _show_refused(self) -> None:
        self._metrics.refused.labels(self._name).set(len(self._refused))
