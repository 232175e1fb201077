"""The notifier's metrics. Neither an incident nor a person is ever a label."""

from __future__ import annotations

from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from sla_notifier.delivery.row import DeliveryRow
from sla_notifier.delivery.state import DeliveryState

LATENESS = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 600)


class NotifierMetrics:
    """The notifier's Prometheus metrics.

    Args:
        registry: The collector registry in which they are registered.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.attempts = Counter(
            "slad_notifier_deliveries_total",
            "Attempts to deliver and their outcome; reason is the class of failure, or why it ended unsent.",
            ["channel", "kind", "outcome", "reason"],
            registry=registry,
        )
        self.lateness = Histogram(
            "slad_notifier_delivered_lateness_seconds",
            "From the instant of what it reports to the acceptance of its message (delivered - due).",
            ["channel", "kind"],
            buckets=LATENESS,
            registry=registry,
        )
        self.queued = Gauge(
            "slad_notifier_queue_deliveries", "Deliveries that are not finished.", ["state"], registry=registry
        )
        self.oldest = Gauge(
            "slad_notifier_queue_oldest_seconds", "Age of the oldest unfinished delivery.", registry=registry
        )
        self.alerts = Gauge("slad_notifier_alerts", "Alerts not closed.", ["state"], registry=registry)
        self.disabled = Gauge(
            "slad_notifier_endpoints_disabled", "Endpoints that nothing is sent to.", registry=registry
        )
        self.overdue_steps = Gauge(
            "slad_notifier_oldest_overdue_step_seconds",
            "Age of the oldest escalation step not taken.",
            registry=registry,
        )
        self.outbox = Gauge(
            "slad_notifier_outbox_events", "Events in the log, for readers or the relay.", registry=registry
        )
        self.lag = Gauge("slad_notifier_lag_events", "Facts waiting to be taken in.", registry=registry)
        self.waiting = Gauge(
            "slad_notifier_facts_waiting", "Facts and notices taken in whose turn has not come.", registry=registry
        )
        self.oldest_waiting = Gauge(
            "slad_notifier_facts_waiting_oldest_seconds", "How long the oldest of them has waited.", registry=registry
        )
        self.quarantined = Gauge(
            "slad_notifier_facts_set_aside", "Facts and notices that could not be worked on.", registry=registry
        )
        self.facts = Counter("slad_notifier_facts_total", "Facts taken in.", ["kind"], registry=registry)
        self.history = Counter(
            "slad_notifier_history_total",
            "Facts nobody is notified of: over, or imported, when slad received them.",
            ["kind"],
            registry=registry,
        )
        self.irrelevant = Counter(
            "slad_notifier_facts_unheeded_total", "Facts that can concern no alert, passed over.", registry=registry
        )
        self.repeated = Counter("slad_notifier_facts_repeated_total", "Facts taken in before.", registry=registry)
        self.acknowledged = Counter(
            "slad_notifier_acknowledgements_total", "Acknowledgements.", ["via"], registry=registry
        )
        self.canary = Gauge(
            "slad_notifier_canary_timestamp_seconds", "When the last canary arrived here.", registry=registry
        )
        self.canary_lateness = Histogram(
            "slad_notifier_canary_lateness_seconds",
            "From the canary's instant to its arrival here (the whole way but the sending).",
            buckets=LATENESS,
            registry=registry,
        )
        self.heartbeats = Counter(
            "slad_notifier_heartbeats_total", "Signs of life to the outside watchdog.", ["outcome"], registry=registry
        )
        self.removed = Counter(
            "slad_notifier_rows_removed_total", "Rows of what is over, removed by age.", ["table"], registry=registry
        )
        self.steps = Counter("slad_notifier_steps_total", "Escalation steps taken.", ["level"], registry=registry)

    def delivered(self, row: DeliveryRow, now: datetime) -> None:
        """Count an attempt to send a delivery; for a sent delivery, observe its lateness too.

        The lateness is the time from `row.due_at` to `now`, in seconds, at least zero. Time in which the delivery
        waited for the end of quiet hours is not counted.

        Args:
            row: The delivery after the attempt.
            now: When the attempt ended.
        """
        reason = row.failure or row.reason
        self.attempts.labels(row.channel, row.kind.value, row.state.value, reason).inc()
        if row.state is DeliveryState.SENT:
            late = (now - (row.due_at if row.held_since is None else row.created_at)).total_seconds()
            self.lateness.labels(row.channel, row.kind.value).observe(max(late, 0.0))
