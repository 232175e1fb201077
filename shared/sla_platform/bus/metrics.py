"""What the bus shows of itself. Built once per process on the process' registry; prefix slad_bus_, slad_relay_."""

from __future__ import annotations

from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Gauge


@dataclass(slots=True)
class BusMetrics:
    """The Prometheus metrics of the bus, one in each field, shown by `/metrics`.

    The metrics of readers have the consumer group as label. The metrics of relays have the label `log`. A
    quarantine keeps the rows that could not be processed; its metrics have as labels the service and its part.
    """

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    """The registry of the metrics."""
    lag: Gauge = field(init=False)
    """Unread events of a reader."""
    behind: Gauge = field(init=False)
    """Age in seconds of the newest record that a reader handled. 0 if no more records wait."""
    handled: Counter = field(init=False)
    """Events that a reader handled."""
    retried: Counter = field(init=False)
    """Batches given to a reader again after a failure."""
    fenced: Counter = field(init=False)
    """Partitions that a reader lost to another owner."""
    dead: Counter = field(init=False)
    """Events of a reader that were quarantined."""
    restarted: Counter = field(init=False)
    """Connections of a reader replaced after a failure."""
    assignments: Counter = field(init=False)
    """How often partitions were assigned to a reader."""
    published: Counter = field(init=False)
    """Events of a relay that Kafka acknowledged."""
    publish_failed: Counter = field(init=False)
    """Rounds of copying in which a relay failed."""
    backlog: Gauge = field(init=False)
    """Events of a relay that wait for Kafka."""
    unpublished: Gauge = field(init=False)
    """Seconds since a relay's log was last empty."""
    refused: Gauge = field(init=False)
    """Keys whose events wait in a relay because Kafka refuses an event of the key."""
    active: Gauge = field(init=False)
    """1 while a relay copies."""
    quarantined: Gauge = field(init=False)
    """Rows that wait in a quarantine."""
    quarantined_total: Counter = field(init=False)
    """How often a row was put into a quarantine."""

    def __post_init__(self) -> None:
        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(name, text, labels, registry=self.registry)

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(name, text, labels, registry=self.registry)

        self.lag = gauge("slad_bus_lag_events", "Known unread events", "group", "topic", "partition")
        self.behind = gauge(
            "slad_bus_behind_seconds", "Age of the newest handled record while more are waiting, else 0",
            "group", "topic", "partition",
        )  # fmt: skip
        self.handled = counter("slad_bus_handled_total", "Events handled, repetitions included", "group")
        self.retried = counter("slad_bus_retries_total", "Batches given again after a passing failure", "group")
        self.fenced = counter("slad_bus_fenced_total", "Partitions lost to another owner", "group")
        self.dead = counter(
            "slad_bus_dead_letters_total", "Events quarantined because they cannot be read or handled", "group"
        )
        self.restarted = counter("slad_bus_restarts_total", "Consumers replaced by the watchdog or a failure", "group")
        self.assignments = counter("slad_bus_assignments_total", "Times partitions were assigned", "group")
        self.published = counter("slad_relay_published_total", "Events acknowledged by Kafka", "log")
        self.publish_failed = counter("slad_relay_failures_total", "Rounds that did not end well", "log")
        self.backlog = gauge("slad_relay_backlog_events", "Events in the log that wait for Kafka", "log")
        self.unpublished = gauge("slad_relay_waiting_seconds", "For how long the log has not been read empty", "log")
        self.refused = gauge(
            "slad_relay_refused_keys", "Keys held back because Kafka refuses an event of theirs", "log"
        )
        self.quarantined = gauge(
            "slad_quarantined_rows", "Rows in quarantine that were not replayed", "service", "part"
        )
        self.quarantined_total = counter(
            "slad_quarantined_total", "Times a row was quarantined, repetitions included", "service", "part"
        )
        self.active = gauge("slad_relay_active", "1 in the instance whose relay drains the log", "log")
