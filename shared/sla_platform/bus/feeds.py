"""Who writes and who reads which topic, and what a service gets of the bus by profile.

A consumer names topics and its group; it never imports the service that writes them. On the embedded profile the
writer's log is read by its name; on Kafka the writer's relay copies the log to topics.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from types import MappingProxyType
from typing import TYPE_CHECKING

from sqlalchemy import MetaData, Table

from sla_platform.bus.embedded import EmbeddedSource, LogFeed
from sla_platform.bus.interrupted import InterruptedRuns
from sla_platform.bus.metrics import BusMetrics
from sla_platform.bus.port import EventSource, KeepQuarantined, QuarantinedRecord
from sla_platform.bus.quarantine import RELAY, Quarantine, envelope_of
from sla_platform.bus.record import event_record
from sla_platform.bus.retention import trim
from sla_platform.bus.topics import TopicNames, largest_record
from sla_platform.bus.wake_signal import WakeSignal
from sla_platform.envelope import Topic
from sla_platform.errors import BadSettings
from sla_platform.settings import Settings
from sla_platform.store.engine import Store
from sla_platform.store.log import append, log_table
from sla_platform.store.quarantine import QuarantineEntry, quarantine_table
from sla_platform.timesource import TimeSource

if TYPE_CHECKING:
    from sla_platform.bus.kafka import KafkaAccess, QuarantineTopic
    from sla_platform.bus.relay import Relay

WRITERS: Mapping[Topic, str] = MappingProxyType(
    {
        Topic.INCIDENTS: "ingest",
        Topic.CLOCKS: "timer",
        Topic.NOTICES: "ingest",
        Topic.DELIVERIES: "notifier",
        Topic.OBJECTIVES: "board",
        Topic.CONTRACTS: "ingest",
    }
)
READERS: Mapping[Topic, tuple[str, ...]] = MappingProxyType(
    {
        Topic.INCIDENTS: ("timer", "board", "notifier"),
        Topic.CLOCKS: ("notifier", "board", "notifier_deadline"),
        Topic.NOTICES: ("notifier", "board"),
        Topic.DELIVERIES: ("board", "ingest"),
        Topic.OBJECTIVES: ("notifier",),
        # Readers of their own: contracts are not counted time, and wait for no watermark.
        Topic.CONTRACTS: ("timer_contract", "notifier_contract", "board_contract"),
    }
)
WATERMARKED = frozenset({Topic.INCIDENTS})  # the topics whose readers count time
# Between looks of a relay at a log without watermarks. What this process writes gives a wake signal; the looks find
# what another instance has written.
_POLL_SECONDS = 0.1
# Between looks of an embedded reader that counts time, and of the others: for them the wake signal is enough; the looks
# are for what another process may have written.
_COUNTING_POLL_SECONDS, _SIGNALLED_POLL_SECONDS = 0.05, 0.5
_FINISH_SECONDS = 20.0
WATCHDOG_SECONDS = 60.0
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._-]")


@dataclass(frozen=True, slots=True)
class AppendToLog:
    """Replays a quarantined event that could not be copied to Kafka, by appending it to its event log again.

    Call the object with the event's entry in the quarantine. Register the object with `Quarantine.register_replay` for
    the part `relay`.
    """

    log: Table
    """The event log to which the event is appended again. From there the relay copies it to Kafka."""
    store: Store
    wake_signal: WakeSignal
    """The signal by which the readers of the log are woken."""

    async def __call__(self, entry: QuarantineEntry) -> None:
        """Append the event to the log.

        Raises what is still wrong with the event, such as BadEnvelope.
        """
        envelope = envelope_of(entry)
        event_record(envelope, envelope.topic.value, 0)
        async with self.store.transaction() as connection:
            await append(connection, self.log, [envelope])
        self.wake_signal.wake()


class Feeds:
    """Creates the objects by which a service uses the event bus: wake signal, quarantine, event source and relay.

    On the embedded profile, services read each other's event logs in the database. Otherwise they read Kafka, to which
    a relay copies each log.

    Args:
        metrics: The metrics of the bus. None means new ones.
        watchdog: Seconds without progress after which an event source is not healthy. A Kafka source then also replaces
            its connection.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        time_source: TimeSource,
        metrics: BusMetrics | None = None,
        *,
        watchdog: float = WATCHDOG_SECONDS,
    ) -> None:
        """Prepare the feeds for the bus that the settings name.

        Raises:
            BadSettings: Kafka cannot be used with these settings.
        """
        if not settings.embedded and find_spec("aiokafka") is None:
            raise BadSettings("SLAD_BUS_URL names Kafka, whose client is missing: pip install 'slad[kafka]'")
        self._settings = settings
        self._access = None if settings.embedded else _access(settings)
        self._store = store
        self._time_source = time_source
        self._metrics = metrics or BusMetrics()
        self._watchdog = watchdog
        self._names = TopicNames(settings.bus_prefix)
        self._wake_signals: dict[str, WakeSignal] = {}
        self._alone = asyncio.Lock()  # see InterruptedRuns
        self._dead: list[QuarantineTopic] = []
        self._quarantines: dict[str, Quarantine] = {}

    def wake_signal(self, service: str) -> WakeSignal:
        """Return the signal that tells the readers of a service's event log that the log has new events.

        Every call returns the same object. Call its `wake` after each commit that appended to the log. Readers in this
        process then read the log at once.
        """
        return self._wake_signals.setdefault(service, WakeSignal())

    def quarantine(self, service: str) -> Quarantine:
        """Return the quarantine of a service, which keeps the rows that the service could not process.

        Every call returns the same object. The rows are in the table `<service>_quarantine`.
        """
        if service not in self._quarantines:
            table = quarantine_table(MetaData(), service)
            made = Quarantine(service, self._store, table, self._time_source, self._metrics)
            if topics_of(service):
                made.register_replay(RELAY, AppendToLog(_log(service), self._store, self.wake_signal(service)))
            self._quarantines[service] = made
        return self._quarantines[service]

    def source(
        self,
        group: str,
        topics: Sequence[Topic],
        cursor: Table,
        *,
        at_once: int = 1,
        batch: int = 500,
        keep_quarantined: KeepQuarantined | None = None,
    ) -> EventSource:
        """Return the event source that gives the events of `topics` to one consumer.

        Args:
            group: The consumer's name, such as `timer`.
            cursor: The table in which the embedded profile stores how far the consumer has read. On Kafka the broker
                stores it. On both, the table also has the marks by which a crash of the consumer is noticed (see
                `InterruptedRuns`).
            at_once: How many partitions may be handled at the same time. Only used on Kafka.
            batch: How many events of a log are handled at once. Only used on the embedded bus.
            keep_quarantined: Function to call with records that cannot be handled. None means that they go into the
                quarantine of `group`. On Kafka such records go to the topic `<prefix>-dead` as well.
        """
        keep = keep_quarantined or self.quarantine(group).keep_quarantined
        if self._access is None:
            return self._embedded(group, topics, cursor, keep, batch)
        return self._kafka(self._access, group, topics, at_once, keep, cursor)

    def relay(self, service: str) -> Relay | None:
        """Return the relay that copies the event log of `service` to Kafka.

        The result is None on the embedded profile, where the readers read the log itself.
        """
        if self._access is None:
            return None
        from sla_platform.bus.kafka import Publisher
        from sla_platform.bus.relay import Relay, RelayRoute

        topics = topics_of(service)
        watermarked = WATERMARKED.intersection(topics)
        route = RelayRoute(_log(service), topics, watermarked, self._names, self._settings.partitions)
        settings = self._settings
        publisher = Publisher(
            self._access, f"slad-relay-{service}-{self.instance}", largest_record=largest_record(settings)
        )
        period = settings.watermark_ms / 1000 if watermarked else _POLL_SECONDS
        return Relay(
            self._store,
            route,
            publisher,
            self._time_source,
            self.wake_signal(service),
            self.quarantine(service),
            period=period,
            metrics=self._metrics,
        )

    async def trim(self) -> int:
        """Delete from every event log the events that all their readers have read, and return how many.

        The readers of an event are the services that read its topic. With Kafka this deletes nothing and returns 0, as
        each log's relay deletes what it has copied.
        """
        if not self._settings.embedded:
            return 0
        removed = 0
        for service in sorted(set(WRITERS.values())):
            readers = {topic: READERS[topic] for topic in Topic if WRITERS[topic] == service}
            removed += await trim(self._store, _log(service), readers)
        return removed

    async def close(self) -> None:
        """Close this process's connections to the Kafka topic `<prefix>-dead`.

        Records that could not be handled are written over these connections. Call this last, as sources and relays
        close their own connections when they end. Without Kafka nothing is done.
        """
        for dead in self._dead:
            await dead.close()

    @property
    def instance(self) -> str:
        """Return the name under which this process joins consumer groups of Kafka.

        It is `SLAD_INSTANCE`, else `<host>-<port>`. By this name Kafka gives the process its partitions back after a
        restart. Two processes of a service must not have the same name: each would lose its partitions to the other,
        again and again.
        """
        name = self._settings.instance or f"{socket.gethostname()}-{self._settings.port}"
        return _NOT_IN_A_NAME.sub("-", name)

    def _embedded(
        self, group: str, topics: Sequence[Topic], cursor: Table, keep_quarantined: KeepQuarantined, batch: int
    ) -> EmbeddedSource:
        writers = sorted({WRITERS[topic] for topic in topics})
        feeds = [
            LogFeed(
                _log(writer), tuple(topic for topic in topics if WRITERS[topic] == writer), self.wake_signal(writer)
            )
            for writer in writers
        ]
        return EmbeddedSource(
            self._store,
            group,
            feeds,
            cursor,
            self._time_source,
            poll=_COUNTING_POLL_SECONDS if WATERMARKED.issuperset(topics) else _SIGNALLED_POLL_SECONDS,
            watchdog=self._watchdog,
            keep_quarantined=keep_quarantined,
            metrics=self._metrics,
            batch=batch,
            alone=self._alone,
        )

    def _kafka(
        self,
        access: KafkaAccess,
        group: str,
        topics: Sequence[Topic],
        at_once: int,
        keep_quarantined: KeepQuarantined,
        cursor: Table,
    ) -> EventSource:
        from sla_platform.bus.kafka import BrokerIdentity, KafkaSource, Publisher, QuarantineTopic, Subscription

        settings = self._settings
        largest = largest_record(settings)
        publisher = Publisher(access, f"slad-dead-{group}-{self.instance}", largest_record=largest)
        dead = QuarantineTopic(publisher, self._names.dead)
        self._dead.append(dead)

        async def keep(record: QuarantinedRecord) -> None:
            await dead.keep_quarantined(record)
            await keep_quarantined(record)

        reading = Subscription(
            group=group,
            topics={self._names.of(topic): topic for topic in topics},
            marked=WATERMARKED.issuperset(topics),
            keep_quarantined=keep,
            runs=InterruptedRuns(self._store, cursor, self._alone),
            at_once=at_once,
            finish_seconds=_FINISH_SECONDS,
            watchdog=self._watchdog,
        )
        broker = BrokerIdentity(access, f"{settings.bus_prefix}-{group}", f"{group}-{self.instance}", largest)
        return KafkaSource(broker, reading, self._metrics, probe=min(5.0, self._watchdog / 4))


def _access(settings: Settings) -> KafkaAccess:
    from sla_platform.bus.kafka import KafkaAccess

    return KafkaAccess.of(settings)


def topics_of(service: str) -> tuple[Topic, ...]:
    """Return the topics to which the service with this name publishes.

    The result is empty if there are none.
    """
    return tuple(topic for topic in Topic if WRITERS[topic] == service)


def _log(service: str) -> Table:
    return log_table(MetaData(), service)
