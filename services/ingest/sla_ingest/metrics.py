"""The Prometheus metrics of ingest. Labels are sources and reasons of the catalogue and the code, never a sender's
text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

ACCEPTED = "accepted"  # the outcome that a healthy source has
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_LATENESS = (0.1, 0.5, 1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400, 604_800)
_SIZES = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000)


class IngestMetrics:
    """The Prometheus metrics of ingest, one in each attribute. A process makes one such object."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.deliveries = Counter(
            "slad_ingest_deliveries",
            "Authentic deliveries by what became of them; duplicate: answered like the first, without effect.",
            ["source", "outcome"],
            registry=registry,
        )
        self.events = Counter("slad_ingest_events", "Incident events accepted.", ["source", "kind"], registry=registry)
        self.refused = Counter(
            "slad_ingest_refused",
            "Requests turned away before anything was kept.",
            ["source", "reason"],
            registry=registry,
        )
        self.remarks = Counter(
            "slad_ingest_remarks",
            "Oddities that dropped no event: times, mappings.",
            ["source", "remark"],
            registry=registry,
        )
        self.notices = Counter(
            "slad_ingest_notices",
            "Critical-fix notices accepted, by whether somebody of a contract hears of them.",
            ["reaches"],
            registry=registry,
        )
        self.parked = Gauge(
            "slad_ingest_parked", "Deliveries kept because they were not understood.", ["source"], registry=registry
        )
        self.last_delivery = Gauge(
            "slad_ingest_last_delivery_timestamp_seconds",
            "When the last delivery of a source was received, as the inbox has it.",
            ["source"],
            registry=registry,
        )
        self.expected_silence = Gauge(
            "slad_ingest_expected_silence_seconds",
            "The longest silence of a source after its last delivery that its own history lets expect.",
            ["source"],
            registry=registry,
        )
        self.ledger_warnings = Gauge(
            "slad_ingest_ledger_warnings",
            "Ledgers that are low (balance), about to lose something (expiry), or short of work done (over).",
            ["about"],
            registry=registry,
        )
        self.contracts_unheld = Gauge(
            "slad_ingest_contracts_unheld",
            "Recorded contracts that promise hours in which nobody of the first escalation level is on duty.",
            registry=registry,
        )
        self.pending = Gauge("slad_ingest_pending", "Deliveries waiting for their commit.", registry=registry)
        self.removed = Counter(
            "slad_ingest_rows_removed", "Rows of what is done with, removed by age.", ["table"], registry=registry
        )
        self.lag = Histogram(
            "slad_ingest_sender_lag_seconds",
            "Receipt minus the sender's claim of when it happened.",
            ["source"],
            buckets=_LATENESS,
            registry=registry,
        )
        self.commit_seconds = Histogram(
            "slad_ingest_commit_seconds", "Group commit, from gathered to durable.", buckets=_SECONDS, registry=registry
        )
        self.commit_deliveries = Histogram(
            "slad_ingest_commit_deliveries", "Deliveries that shared a commit.", buckets=_SIZES, registry=registry
        )
        self.commit_failures = Counter(
            "slad_ingest_commit_failures", "Group commits that did not happen.", registry=registry
        )

    def expect(self, sources: Iterable[str]) -> None:
        """Create the counter of accepted deliveries for each source, at 0; existing counters are not changed.

        Call this at the start and for new sources. Otherwise a source that sends nothing after a restart has no
        counter, and the alert SladIngestSilent would not notice its silence.
        """
        for source in sources:
            self.deliveries.labels(source, ACCEPTED)

    def note_parked(self, counts: Mapping[str, int], sources: Iterable[str], other: str) -> None:
        """Set the metric of parked (not understood) deliveries of each source, also for sources without any.

        Args:
            counts: Source -> parked deliveries.
            sources: The sources of the catalogue.
            other: The label for all other sources together. Their names were chosen by their senders, so slad does not
                use the names as labels.
        """
        found = dict.fromkeys((*sources, other), 0)
        for source, count in counts.items():
            found[source if source in found else other] += count
        self.parked.clear()
        for label, count in found.items():
            self.parked.labels(label).set(count)
