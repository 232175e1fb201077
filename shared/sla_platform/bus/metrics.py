"""What the bus shows of itself. Built once per process on the process' registry; prefix slad_bus_, slad_relay_."""

from __future__ import annotations

from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Gauge


@dataclass(slots=True)
class BusMetrics:
    """The Prometheus metrics of the bus, one in each field, shown by `/metrics`.

    Of readers, by consumer group:

    - `lag`: unread events.
    - `behind`: age in seconds of the newest handled record; 0 if no more records wait.
    - `handled`: events handled.
    - `retried`: batches given again after a failure.
    - `fenced`: partitions lost to another owner.
    - `dead`: events quarantined.
    - `restarted`: connections replaced after a failure.
    - `assignments`: how often partitions were assigned.

    Of relays, by `log`:

    - `published`: events that Kafka acknowledged.
    - `publish_failed`: rounds of copying that failed.
    - `backlog`: events that wait for Kafka.
    - `unpublished`: seconds since the log was last empty.
    - `refused`: keys whose events wait because Kafka refuses an event of the key.
    - `active`: 1 while relaying.

    Of quarantines, by service and part:

    - `quarantined`: rows that wait.
    - `quarantined_total`: how often a row was quarantined.

    `registry`: where the metrics are registered.
    """

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    lag: Gauge = field(init=False)
    behind: Gauge = field(init=False)
    handled: Counter = field(init=False)
    retried: Counter = field(init=False)
    fenced: Counter = field(init=False)
    dead: Counter = field(init=False)
    restarted: Counter = field(init=False)
    assignments: Counter = field(init=False)
    published: Counter = field(init=False)
    publish_failed: Counter = field(init=False)
    backlog: Gauge = field(init=False)
    unpublished: Gauge = field(init=False)
    refused: Gauge = field(init=False)
    active: Gauge = field(init=False)
    quarantined: Gauge = field(init=False)
    quarantined_total: Counter = field(init=False)

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
