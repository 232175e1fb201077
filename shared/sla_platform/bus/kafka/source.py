"""Reading Kafka for one group, for ever: sessions one after the other, watched from outside.

A session that breaks, or that the watchdog finds stuck (aiokafka issue 1154: alive, silent, and only a restart
helps), is replaced by a new one. A broker that is away at the start or for hours costs patience, never the process.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import NoReturn

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka import errors as kafka

from sla_platform.backoff import Backoff
from sla_platform.bus.handing import StallDetector
from sla_platform.bus.kafka.access import KafkaAccess
from sla_platform.bus.kafka.client import START_SECONDS, close_consumer, new_consumer
from sla_platform.bus.kafka.lane import PartitionLane
from sla_platform.bus.kafka.session import GroupSession, Subscription
from sla_platform.bus.metrics import BusMetrics
from sla_platform.bus.port import Handler
from sla_platform.errors import BusUnavailable, Retryable
from sla_platform.runtime import asked_to_end
from sla_platform.timesource import SystemTime

_log = structlog.get_logger(__name__)
_ANSWER_SECONDS = 5.0
_SETTLED_SECONDS = 30.0  # seconds: after a session of this length, the pauses between attempts start from the shortest
_TROUBLE = (kafka.KafkaError, OSError, TimeoutError, Retryable)


@dataclass(frozen=True, slots=True)
class BrokerIdentity:
    """How a `KafkaSource` connects to Kafka: the access, its consumer group, and its own name in the group."""

    access: KafkaAccess
    group_id: str
    """The name of the consumer group."""
    instance: str
    """A name of this process, by which a restarted process gets its partitions back."""
    largest_record: int
    """The greatest size of a record in bytes."""


class KafkaSource:
    """An `EventSource` that reads Kafka for one consumer group: await `run`.

    A broken or stuck connection is replaced.

    Args:
        broker: How to connect.
        reading: The topics to read, and how.
        metrics: The metrics of the bus. None means new ones.
        probe: Seconds between checks of how many records are unread.
    """

    def __init__(
        self, broker: BrokerIdentity, reading: Subscription, metrics: BusMetrics | None = None, *, probe: float = 5.0
    ) -> None:
        self._broker = broker
        self._reading = reading
        self._metrics = metrics or BusMetrics()
        self._probe = probe
        self._pulse = StallDetector(reading.watchdog)  # whether there is a session at all
        self._session: GroupSession | None = None

    @property
    def lag(self) -> int:
        """Return how many records of the assigned partitions were unread at the last check.

        Watermarks are counted too. A watermark is a record that says up to which instant its partition has all events.
        """
        return sum(lane.waiting for lane in self._lanes())

    @property
    def healthy(self) -> bool:
        """Return whether events are being handled.

        The result is False if records have waited for more than `Subscription.watchdog` seconds without any being
        handled. The result is also False if the group has assigned no partitions for that long, for example because
        there is no connection.
        """
        return not self._pulse.stalled and not any(lane.pulse.stalled for lane in self._lanes())

    async def run(self, handler: Handler) -> NoReturn:
        """Read batches of events and pass them to the handler until cancelled.

        If Kafka fails, the failure is logged, and a new connection is opened after a pause of 0.1 s. The pause doubles
        with each failure up to 5 s. After a connection that lasted for more than 30 s the pause is 0.1 s again. Other
        errors are raised, such as an error of the handler at a batch without events.
        """
        patience = Backoff()
        while True:
            self._pulse.note_waiting()
            started = time.monotonic()
            try:
                await self._one_session(handler)
            except _TROUBLE as error:
                _log.warning("bus.session_ended", group=self._reading.group, error=str(error) or repr(error))
            except asyncio.CancelledError:
                if asked_to_end():
                    raise
                # The client's own tasks cancel each other and it lets that out: this task was not cancelled.
                _log.warning("bus.session_ended", group=self._reading.group, error="the client cancelled itself")
            self._metrics.restarted.labels(self._reading.group).inc()
            if time.monotonic() - started > _SETTLED_SECONDS:
                patience.reset()
            await asyncio.sleep(patience.pause())

    def _lanes(self) -> tuple[PartitionLane, ...]:
        return () if self._session is None else tuple(self._session.lanes)

    async def _one_session(self, handler: Handler) -> None:
        broker = self._broker
        consumer = new_consumer(broker.access, broker.group_id, broker.instance, broker.largest_record)
        try:
            await self._start(consumer)
            await self._check_topics(consumer)
            session = self._session = GroupSession(consumer, self._reading, handler, self._metrics)
            await self._run_watched(consumer, session)
        finally:
            await close_consumer(consumer)
            self._session = None

    async def _start(self, consumer: AIOKafkaConsumer) -> None:
        try:
            async with asyncio.timeout(START_SECONDS):
                await consumer.start()
        except (kafka.KafkaError, OSError, TimeoutError) as error:
            raise BusUnavailable(await self._broker.access.why(error)) from error

    async def _check_topics(self, consumer: AIOKafkaConsumer) -> None:
        async with asyncio.timeout(_ANSWER_SECONDS):
            there = await consumer.topics()
        if missing := sorted(set(self._reading.topics) - there):
            raise BusUnavailable(f"no topic {', '.join(missing)} on {self._broker.access.servers}: run `slad migrate`")

    async def _run_watched(self, consumer: AIOKafkaConsumer, session: GroupSession) -> None:
        running = asyncio.create_task(session.run())
        watching = asyncio.create_task(self._watch(consumer, session))
        try:
            done, _ = await asyncio.wait({running, watching}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (running, watching):
                task.cancel()
            await asyncio.gather(running, watching, return_exceptions=True)
            await session.leave()

    async def _watch(self, consumer: AIOKafkaConsumer, session: GroupSession) -> NoReturn:
        """Ask for the ends of our partitions and compare. Raises BusUnavailable when the session is stuck."""
        while True:
            await asyncio.sleep(self._probe)
            lanes = tuple(session.lanes)
            if session.joining_since is None:
                self._pulse.note_handled()
            elif time.monotonic() - session.joining_since > self._reading.watchdog:
                raise BusUnavailable("the group does not give us an assignment; joining anew")
            try:
                await self._look_at_ends(consumer, lanes)
            except (kafka.KafkaError, OSError, TimeoutError) as error:
                _log.info("bus.probe_failed", group=self._reading.group, error=repr(error))
                for lane in lanes:
                    lane.pulse.note_waiting()  # it is not known whether records wait
            if silent := session.silent:
                where = ", ".join(f"{lane.at.topic}/{lane.at.partition}" for lane in silent)
                raise BusUnavailable(f"records wait in {where} and none comes; starting a new consumer")

    async def _look_at_ends(self, consumer: AIOKafkaConsumer, lanes: tuple[PartitionLane, ...]) -> None:
        if not lanes:
            return
        async with asyncio.timeout(_ANSWER_SECONDS):
            ends = await consumer.end_offsets([lane.at for lane in lanes])
            now_ms = SystemTime().now().timestamp() * 1000  # what Kafka's timestamps are compared with
            for lane in lanes:
                start = lane.done
                if start is None:
                    start = lane.hand[0].offset if lane.hand else await consumer.position(lane.at)
                lane.waiting = max(ends[lane.at] - start, 0)
                if lane.waiting:
                    lane.pulse.note_waiting()
                else:
                    lane.pulse.note_handled()
                labels = (self._reading.group, lane.at.topic, str(lane.at.partition))
                self._metrics.lag.labels(*labels).set(lane.waiting)
                behind = (now_ms - lane.newest_ms) / 1000 if lane.waiting and lane.newest_ms else 0.0
                self._metrics.behind.labels(*labels).set(max(behind, 0.0))
