"""The Prometheus metrics of the timer service. No incident id is ever a label."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

LATENESS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 600)


class TimerMetrics:
    """The Prometheus metrics of the timer service, one in each attribute. A process creates one such object."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.fired = Counter("slad_timer_fired_total", "Timer rows claimed.", ["kind", "outcome"], registry=registry)
        self.fired_lateness = Histogram(
            "slad_timer_fired_lateness_seconds",
            "How long after its instant a warning or breach was fired (fired - due).",
            ["kind"],
            buckets=LATENESS,
            registry=registry,
        )
        self.applied = Counter("slad_timer_events_applied_total", "Incident events applied.", registry=registry)
        self.repeated = Counter(
            "slad_timer_events_repeated_total", "Incident events passed over: applied before.", registry=registry
        )
        self.parked = Counter(
            "slad_timer_events_unreadable_total", "Events on the bus that could not be read.", registry=registry
        )
        self.late = Counter(
            "slad_timer_events_late_total",
            "Incident events that changed nothing: their incident ended so long ago that it was forgotten.",
            registry=registry,
        )
        self.events_read = Counter(
            "slad_timer_events_read_total", "Stored incident events read back and decoded.", registry=registry
        )
        self.events_folded = Counter(
            "slad_timer_events_folded_total",
            "Incident events folded; many more than applied when late events come for incidents with very many.",
            registry=registry,
        )
        self.surplus = Counter(
            "slad_timer_events_surplus_total",
            "Incident events kept that do not count: their incident has too many.",
            registry=registry,
        )
        self.deferred = Counter(
            "slad_timer_events_deferred_total",
            "Incident events stored to be applied later: their incident has to be folded again from far back.",
            registry=registry,
        )
        self.removed = Counter(
            "slad_timer_rows_removed_total", "Rows of incidents forgotten by age.", ["table"], registry=registry
        )
        self.apply_seconds = Histogram(
            "slad_timer_apply_seconds", "Duration of one unit of work (a micro-batch).", registry=registry
        )
        self.decide_seconds = Histogram(
            "slad_timer_decide_seconds", "Time spent deciding (pure code) in one unit of work.", registry=registry
        )
        self.facts = Counter("slad_timer_facts_total", "Facts told about clocks.", ["kind"], registry=registry)
        self.replanned = Counter(
            "slad_timer_incidents_replanned_total", "Open incidents moved to a newer catalogue.", registry=registry
        )
        self.repaired = Counter(
            "slad_timer_clocks_repaired_total", "Running clocks found without their timers.", registry=registry
        )
        self.audited = Gauge(
            "slad_timer_audited_timestamp_seconds", "When the self-audit last completed.", registry=registry
        )
        self.clock_jumps = Counter(
            "slad_timer_clock_jumps_total", "Readings of the deciding clock that were not steady.", ["reading"],
            registry=registry,
        )  # fmt: skip
        self.open_clocks = Gauge("slad_timer_open_clocks", "Clocks not stopped.", ["state"], registry=registry)
        self.overdue_clocks = Gauge(
            "slad_timer_overdue_clocks", "Running clocks past their due instant.", ["contract"], registry=registry
        )
        self.due_soon_clocks = Gauge(
            "slad_timer_due_soon_clocks", "Running clocks due within an hour.", ["contract"], registry=registry
        )
        self.overdue = Gauge(
            "slad_timer_oldest_overdue_seconds", "Age of the oldest timer that is due and not fired.", registry=registry
        )
        self.partition_behind = Gauge(
            "slad_timer_partition_behind_seconds", "How far the slowest partition is behind now.", registry=registry
        )
        self.lag = Gauge("slad_timer_lag_events", "Events waiting to be applied.", registry=registry)
        self.outbox = Gauge("slad_timer_outbox_events", "Facts waiting in the log for the relay.", registry=registry)
        self.quarantined = Gauge("slad_timer_quarantined", "Timer rows quarantined: unfit to fire.", registry=registry)
