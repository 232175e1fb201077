"""One membership in a consumer group: fetch, hand over, commit, and leave each partition in good order.

A round fetches what has come, hands every partition its unit, and commits afterwards. Units and rebalances exclude
each other: when the group wants partitions back, the running units are finished (or, if they take too long,
abandoned), the offsets committed, and only then `Handler.revoked` is called.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka import errors as kafka

from sla_platform.backoff import Backoff
from sla_platform.bus.handing import FENCED_PAUSE_SECONDS, StallDetector, hand_over, revoke
from sla_platform.bus.interrupted import InterruptedAt, InterruptedRuns
from sla_platform.bus.kafka.lane import LaneUnit, PartitionLane
from sla_platform.bus.metrics import BusMetrics
from sla_platform.bus.port import Batch, Handler, KeepQuarantined, QuarantinedRecord
from sla_platform.envelope import Envelope, Topic
from sla_platform.errors import BusUnavailable, Fenced, Retryable

_log = structlog.get_logger(__name__)
_NOWHERE = TopicPartition("", -1)
_FETCH_SECONDS = 0.2
_FETCH_RECORDS = 4000
_COMMIT_SECONDS = 5.0  # the broker's time for one commit
_COMMIT_EVENTS_EVERY = 0.1
_COMMIT_MARKS_EVERY = 1.0


@dataclass(frozen=True, slots=True)
class Subscription:
    """How one consumer group reads from Kafka: topics, limits, and what to do with records that cannot be handled."""

    group: str
    topics: Mapping[str, Topic]
    """Name on Kafka -> slad's topic."""
    marked: bool
    """Whether all these topics carry watermarks. If not, a batch's `through` is None."""
    keep_quarantined: KeepQuarantined
    """Function to call with a record that cannot be handled."""
    runs: InterruptedRuns
    """The marks of this reader's runs."""
    at_once: int
    """How many partitions may be handled at the same time."""
    finish_seconds: float
    """For how long running work may delay a new distribution of the group's partitions."""
    watchdog: float
    """Seconds without progress after which the connection is considered stuck."""


class GroupSession(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka ships no types
    """One membership of this process in a consumer group, from joining the group to leaving it.

    Await `run` until it raises or is cancelled, then `leave`. aiokafka calls the methods `on_…` when the group
    distributes its partitions. While this process waits for the group to assign partitions, the attribute
    `joining_since` is the time (`time.monotonic()`) at which the wait began. Otherwise it is None.

    Args:
        reading: The topics to read, and how.
        handler: The handler to which the batches of events are passed.
    """

    def __init__(
        self, consumer: AIOKafkaConsumer, reading: Subscription, handler: Handler, metrics: BusMetrics
    ) -> None:
        self._consumer = consumer
        self._reading = reading
        self._handler = handler
        self._metrics = metrics
        self._working = asyncio.Lock()  # a round's units, or a rebalance
        self._lanes: dict[TopicPartition, PartitionLane] = {}
        self._fresh: set[int] = set()  # assigned by the group, not yet to the handler
        self._ours: set[int] = set()  # assigned to the handler
        self._units: set[asyncio.Task[None]] = set()
        self._assign_patience = Backoff()
        self._assign_due = 0.0
        self._committing: asyncio.Task[None] | None = None
        self._committed_at = 0.0
        self.joining_since: float | None = time.monotonic()

    @property
    def lanes(self) -> Iterable[PartitionLane]:
        """Return the state of each partition that is now assigned to this process."""
        return self._lanes.values()

    @property
    def silent(self) -> list[PartitionLane]:
        """Return the state of each partition that looks stuck.

        A partition looks stuck if records have waited for more than `Subscription.watchdog` seconds, but none was
        handled and none was fetched.
        """
        return [
            lane
            for lane in self._lanes.values()
            if lane.pulse.stalled and not lane.hand and lane.at.partition in self._ours
        ]

    async def run(self) -> NoReturn:
        """Fetch records, pass them to the handler and commit offsets, until an error or cancellation."""
        self._consumer.subscribe(topics=list(self._reading.topics), listener=self)
        while True:
            records = await self._fetch()
            for at, fetched in records.items():
                if at in self._lanes:
                    self._lanes[at].hand.extend(fetched)
            async with self._working:
                await self._take_up()
                await self._hand_out()
            self._commit_soon()

    async def leave(self) -> None:
        """Commit the offsets of the handled records, and tell the handler that it loses its partitions.

        Call this after `run` has ended. The consumer is not closed.
        """
        async with self._working:
            await self._give_up()

    # called by the group's coordinator

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Finish running work, commit its offsets, and tell the handler that it loses its partitions.

        aiokafka calls this method. Work that takes longer than `Subscription.finish_seconds` is abandoned.
        """
        self.joining_since = time.monotonic()
        try:
            async with asyncio.timeout(self._reading.finish_seconds):
                await self._working.acquire()
        except TimeoutError:
            _log.warning("bus.units_abandoned", group=self._reading.group, units=len(self._units))
            for unit in tuple(self._units):
                unit.cancel()
            await self._working.acquire()
        try:
            await self._give_up()
        finally:
            self._working.release()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Start to track the partitions that the group has assigned to this process.

        aiokafka calls this method. `run` passes their numbers to `Handler.assigned` before it reads from them.
        """
        for at in assigned:
            self._lanes[at] = PartitionLane(at, self._reading.topics[at.topic], StallDetector(self._reading.watchdog))
        self._fresh = {at.partition for at in self._lanes}
        self._assign_due = 0.0
        self.joining_since = None
        _log.info("bus.assigned", group=self._reading.group, partitions=sorted(self._fresh))

    async def _give_up(self) -> None:
        await self._commit_now()
        begun = [lane.name for lane in self._lanes.values() if lane.care is not None]
        if begun:
            await self._reading.runs.end(begun)
        if self._ours:
            await revoke(self._handler, frozenset(self._ours))
        for lane in self._lanes.values():
            self._forget_metrics(lane)
        self._lanes.clear()
        self._ours.clear()
        self._fresh.clear()

    # a round

    async def _fetch(self) -> Mapping[TopicPartition, list[ConsumerRecord]]:
        """New records for the lanes that have none in hand; the others must not be fetched past."""
        empty = [at for at, lane in self._lanes.items() if not lane.hand and at.partition in self._ours]
        if self._lanes and not empty:
            # Nothing may be fetched, but without a poll the client takes this consumer for dead.
            empty = [_NOWHERE]
        timeout_ms = int(min(self._until_due(), _FETCH_SECONDS) * 1000)
        try:
            fetched: Mapping[TopicPartition, list[ConsumerRecord]] = await self._consumer.getmany(
                *empty, timeout_ms=timeout_ms, max_records=_FETCH_RECORDS
            )
        except (kafka.KafkaError, OSError, TimeoutError):
            raise
        except Exception as error:
            # Bytes that the client cannot read as records: a new session may, so this must not end the process.
            raise BusUnavailable(f"the client cannot read what lies on the topic: {error!r}") from error
        return fetched

    def _until_due(self) -> float:
        """Seconds until the next thing we wait for by ourselves."""
        now = time.monotonic()
        dues = [lane.due for lane in self._lanes.values() if lane.hand]
        dues += [max(lane.due, self._assign_due) for lane in self._lanes.values() if lane.at.partition in self._fresh]
        return max(min(dues, default=now + _FETCH_SECONDS) - now, 0.001)

    async def _take_up(self) -> None:
        """Assign new partitions to the handler."""
        now = time.monotonic()
        paused = {at.partition for at, lane in self._lanes.items() if not lane.hand and lane.due > now}
        fresh = frozenset(self._fresh - paused)
        if not fresh or now < self._assign_due:
            return
        # Owned from here on: a handler that was interrupted in `assigned` must get `revoked` too.
        self._fresh -= fresh
        self._ours |= fresh
        try:
            if not await self._abandonable(self._begin(fresh)):
                return
        except (Retryable, Fenced) as error:
            self._ours -= fresh
            self._fresh |= fresh
            self._assign_due = time.monotonic() + self._assign_patience.pause()
            self._retried(error)
            for lane in self._lanes.values():
                lane.pulse.note_waiting()
            return
        self._assign_patience.reset()
        self._metrics.assignments.labels(self._reading.group).inc()

    async def _begin(self, partitions: frozenset[int]) -> None:
        ours = [lane for lane in self._lanes.values() if lane.at.partition in partitions]
        if fresh := {lane.name: lane for lane in ours if lane.care is None}:
            for name, care in (await self._reading.runs.begin(fresh)).items():
                fresh[name].care = care
        await self._handler.assigned(partitions)

    async def _abandonable(self, work: Coroutine[Any, Any, None]) -> bool:
        """Run something that a rebalance may cut short; False if it did."""
        return (await self._all_abandonable([work]))[0]

    async def _all_abandonable(self, works: Iterable[Coroutine[Any, Any, None]]) -> list[bool]:
        self._units = {asyncio.create_task(work) for work in works}
        units = tuple(self._units)
        try:
            results = await asyncio.gather(*units, return_exceptions=True)
        finally:
            # This task was cancelled: none of its subtasks may go on.
            for unit in units:
                unit.cancel()
            await asyncio.gather(*units, return_exceptions=True)
            self._units = set()
        for result in results:
            if isinstance(result, BaseException) and not isinstance(result, asyncio.CancelledError):
                raise result
        return [result is None for result in results]

    async def _hand_out(self) -> None:
        """One unit for every partition that has one, several partitions at once if the handler allows."""
        numbers = sorted(
            {at.partition for at, lane in self._lanes.items() if lane.ready and at.partition in self._ours}
        )
        if not numbers:
            return
        gate = asyncio.Semaphore(self._reading.at_once)

        async def one(number: int) -> None:
            async with gate:
                for lane in [lane for lane in self._lanes.values() if lane.at.partition == number]:
                    while lane.ready and number in self._ours:
                        await self._handle(lane)

        await self._all_abandonable(one(number) for number in numbers)

    async def _handle(self, lane: PartitionLane) -> None:
        lane.pulse.note_waiting()
        try:
            unit = await self._handled(lane)
        except Retryable as error:
            lane.retry_later()
            self._retried(error)
        except Fenced as error:
            await self._lost(lane, error)
        else:
            lane.finish_unit(unit)
            self._metrics.handled.labels(self._reading.group).inc(len(unit.events))
            if lane.care is not None and lane.care.unsettled and lane.first_handled:
                with contextlib.suppress(Retryable):  # after the next unit
                    await lane.care.settle()

    async def _handled(self, lane: PartitionLane) -> LaneUnit:
        """The next unit, handed over: a single record after an interrupted run, as far as it was not handled then."""
        care = lane.care
        assert care is not None, "no partition is handled before the handler has it"
        if not care.careful:
            return await self._whole(lane, lane.next_unit())
        if harmless := lane.harmless():
            return await self._whole(lane, lane.next_unit(harmless))
        first = lane.hand[0]
        if care.unfit(first.offset):
            await self._quarantine(first, InterruptedAt())
            return LaneUnit((), (), None, first.offset, 1, first.timestamp)
        async with care.alone(first.offset):
            unit = await self._whole(lane, lane.next_unit(1))
        await care.note_alone()
        return unit

    async def _whole(self, lane: PartitionLane, unit: LaneUnit) -> LaneUnit:
        for unreadable in unit.unreadable:
            await self._quarantine(unreadable.record, unreadable.error)
        await self._hand_over(lane, unit)
        return unit

    async def _hand_over(self, lane: PartitionLane, unit: LaneUnit) -> None:
        through = self._through(lane, unit)
        if not unit.events and through is None:
            return

        async def dead(envelope: Envelope, error: Exception) -> None:
            record = next(record for event, record in unit.events if event is envelope)
            await self._quarantine(record, error)

        batch = Batch(lane.at.partition, tuple(event for event, _ in unit.events), through)
        await hand_over(self._handler, batch, dead)

    def _through(self, lane: PartitionLane, unit: LaneUnit) -> datetime | None:
        """Return the instant through which the partition is complete after this unit: the least of its topics."""
        if unit.through is None or not self._reading.marked:
            return None
        instants = [unit.through]
        for other in self._lanes.values():
            if other is not lane and other.at.partition == lane.at.partition:
                if other.through is None:
                    return None
                instants.append(other.through)
        return min(instants)

    async def _quarantine(self, record: ConsumerRecord, error: Exception) -> None:
        """Keep what cannot be handled elsewhere, so that what follows can be."""
        found = QuarantinedRecord(
            self._reading.group,
            record.topic,
            record.partition,
            record.offset,
            record.key,
            record.value,
            tuple(record.headers),
            error,
            self._reading.topics[record.topic],
        )
        await self._reading.keep_quarantined(found)
        self._metrics.dead.labels(self._reading.group).inc()
        _log.error(
            "bus.dead_letter", group=found.group, topic=found.topic, partition=found.partition,
            offset=found.offset, error=str(error),
        )  # fmt: skip

    async def _lost(self, lane: PartitionLane, error: Fenced) -> None:
        """Another instance owns the partition. If the group still assigns it to us after a while, take it anew."""
        number = lane.at.partition
        self._metrics.fenced.labels(self._reading.group).inc()
        _log.warning("bus.fenced", group=self._reading.group, partition=number, error=str(error))
        self._ours.discard(number)
        await revoke(self._handler, frozenset({number}))
        for other in self._lanes.values():
            if other.at.partition == number and (start := other.drop(FENCED_PAUSE_SECONDS)) is not None:
                with contextlib.suppress(kafka.KafkaError):  # already lost: its next owner starts at the commit
                    self._consumer.seek(other.at, start)
        lane.due = time.monotonic() + FENCED_PAUSE_SECONDS
        self._fresh.add(number)

    def _retried(self, error: Exception) -> None:
        self._metrics.retried.labels(self._reading.group).inc()
        _log.warning("bus.retry", group=self._reading.group, error=str(error))

    # offsets

    def _commit_soon(self) -> None:
        """Commit in the background. Late is harmless: what comes again is known by its event ids."""
        if self._committing is not None and not self._committing.done():
            return
        behind = self._uncommitted()
        every = _COMMIT_EVENTS_EVERY if any(lane.events_done for lane in behind) else _COMMIT_MARKS_EVERY
        if behind and time.monotonic() - self._committed_at >= every:
            self._committed_at = time.monotonic()
            self._committing = asyncio.create_task(self._commit(behind))

    def _uncommitted(self) -> list[PartitionLane]:
        return [lane for lane in self._lanes.values() if lane.done is not None and lane.done != lane.committed]

    async def _commit_now(self) -> None:
        if self._committing is not None:
            self._committing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._committing
            self._committing = None
        await self._commit(self._uncommitted())

    async def _commit(self, lanes: list[PartitionLane]) -> None:
        offsets = {lane.at: lane.done for lane in lanes}
        if not offsets:
            return
        for lane in lanes:
            lane.events_done = False
        try:
            async with asyncio.timeout(_COMMIT_SECONDS):
                await self._consumer.commit(offsets)
        except (kafka.KafkaError, OSError, TimeoutError) as error:
            # Lost in a rebalance or an outage: the group decides anew, and the inbox knows what was done.
            _log.info("bus.commit_failed", group=self._reading.group, error=repr(error))
            return
        for lane in lanes:
            lane.committed = offsets[lane.at]

    def _forget_metrics(self, lane: PartitionLane) -> None:
        for gauge in (self._metrics.lag, self._metrics.behind):
            with contextlib.suppress(KeyError):
                gauge.remove(self._reading.group, lane.at.topic, str(lane.at.partition))
