"""Who writes and who reads which topic, and the source a service gets by profile.

A consumer names topics and its group; it never imports the service that writes them. On the embedded profile the
writer's log is read by its name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from sqlalchemy import MetaData, Table

from sla_platform.bus.doorbell import Doorbell
from sla_platform.bus.embedded import EmbeddedSource, Feed
from sla_platform.bus.metrics import BusMetrics
from sla_platform.bus.port import EventSource
from sla_platform.envelope import Topic
from sla_platform.settings import Settings
from sla_platform.store.engine import Store
from sla_platform.store.log import log_table
from sla_platform.timesource import TimeSource

WRITERS: Mapping[Topic, str] = MappingProxyType(
    {Topic.INCIDENTS: "ingest", Topic.CLOCKS: "timer", Topic.NOTICES: "ingest", Topic.DELIVERIES: "notifier"}
)
READERS: Mapping[Topic, tuple[str, ...]] = MappingProxyType(
    {
        Topic.INCIDENTS: ("timer", "board"),
        Topic.CLOCKS: ("notifier", "board"),
        Topic.NOTICES: ("notifier", "board"),
        Topic.DELIVERIES: ("board",),
    }
)


class Feeds:
    """The bus of one process. A service's group is its name; its cursors lie in its own `<service>_cursor`."""

    def __init__(self, settings: Settings, store: Store, time: TimeSource, metrics: BusMetrics | None = None) -> None:
        self._settings = settings
        self._store = store
        self._time = time
        self._metrics = metrics or BusMetrics()
        self._doorbells: dict[str, Doorbell] = {}

    def doorbell(self, service: str) -> Doorbell:
        """The bell of a service's log; the service rings it after each commit that appended to the log."""
        return self._doorbells.setdefault(service, Doorbell())

    def source(self, group: str, topics: Sequence[Topic], cursor: Table) -> EventSource:
        """What the service `group` reads; `cursor` is its own cursor table (unused on Kafka, which keeps offsets)."""
        return self._embedded(group, topics, cursor)

    def _embedded(self, group: str, topics: Sequence[Topic], cursor: Table) -> EmbeddedSource:
        writers = sorted({WRITERS[topic] for topic in topics})
        feeds = [
            Feed(
                log_table(MetaData(), writer),
                tuple(topic for topic in topics if WRITERS[topic] == writer),
                self.doorbell(writer),
            )
            for writer in writers
        ]
        return EmbeddedSource(self._store, group, feeds, cursor, self._time, metrics=self._metrics)
