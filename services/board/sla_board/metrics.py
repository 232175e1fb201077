"""The Prometheus metrics of the board. No incident id is ever a label."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_LAG = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 3600)


class BoardMetrics:
    """The Prometheus metrics of the board. There is one such object in a process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.applied = Counter("slad_board_events_applied_total", "Events projected.", ["topic"], registry=registry)
        self.repeated = Counter(
            "slad_board_events_repeated_total", "Events passed over: projected before.", registry=registry
        )
        self.unreadable = Counter(
            "slad_board_events_unreadable_total", "Events that could not be read.", ["topic"], registry=registry
        )
        self.late = Counter(
            "slad_board_events_late_total", "Events of incidents that were forgotten: not shown.", registry=registry
        )
        self.refolded = Counter(
            "slad_board_breakdowns_total", "Incidents whose breakdowns and pauses were computed.", registry=registry
        )
        self.removed = Counter(
            "slad_board_rows_removed_total", "Rows of what is over, removed by age.", ["table"], registry=registry
        )
        self.apply_seconds = Histogram(
            "slad_board_apply_seconds", "Duration of one projection transaction.", registry=registry
        )
        self.lag_seconds = Histogram(
            "slad_board_projection_lag_seconds",
            "From the instant the sender knew of an event to its projection.",
            buckets=_LAG,
            registry=registry,
        )
        self.lag = Gauge("slad_board_lag_events", "Events waiting to be projected.", registry=registry)
        self.rows = Gauge("slad_board_open_clocks", "Open clocks in the projection.", registry=registry)
        self.streams = Gauge("slad_board_streams_open", "Browsers that follow a page live.", registry=registry)
        self.refused = Counter(
            "slad_board_streams_refused_total",
            "Streams refused: `share`, the caller has his already; `full`, there is no place.",
            ["why"],
            registry=registry,
        )
        self.channels = Gauge("slad_board_channels_open", "Different pages rendered for them.", registry=registry)
        self.renders = Histogram(
            "slad_board_render_seconds", "Query and rendering of one page for all its viewers.", registry=registry
        )
        objective = ["contract", "entitlement", "objective"]
        self.clocks = Gauge(
            "slad_attainment_clocks",
            "Clocks decided in the present month of their contract: met, missed or exempt; and open ones due in it.",
            ["contract", "metric", "priority", "verdict"],
            registry=registry,
        )
        self.objective_counted = Gauge(
            "slad_attainment_objective_counted",
            "What an objective counts in its present period: met, missed, exempt, and open ones due in it.",
            [*objective, "verdict"],
            registry=registry,
        )
        self.objective_recent = Gauge(
            "slad_attainment_objective_recent",
            "What an objective counts in the time just past: met or missed within the window.",
            [*objective, "window", "verdict"],
            registry=registry,
        )
        self.objective_ratio = Gauge(
            "slad_attainment_objective_ratio",
            "Met by met and missed in the present period; absent while no promise fell due.",
            objective,
            registry=registry,
        )
        self.objective_target = Gauge(
            "slad_attainment_objective_target", "The ratio that is promised.", objective, registry=registry
        )
        self.misses_allowed = Gauge(
            "slad_attainment_misses_allowed",
            "Misses that an objective allows in its present period, among those expected.",
            objective,
            registry=registry,
        )
        self.misses_left = Gauge(
            "slad_attainment_misses_left",
            "Misses still allowed; negative once it cannot be met.",
            objective,
            registry=registry,
        )
        self.contracts_left_out = Gauge(
            "slad_attainment_contracts_left_out",
            "Contracts with objectives beyond the number of those whose attainment is shown as metrics.",
            registry=registry,
        )
        self.not_shown = Counter(
            "slad_board_not_shown_total",
            "Things that could not be shown, each counted once a process: their place says so.",
            ["part"],
            registry=registry,
        )
        self.render_failures = Counter(
            "slad_board_render_failures_total", "Renderings of a whole page that failed.", registry=registry
        )
        self.frames = Counter("slad_board_frames_sent_total", "Updates sent to browsers.", registry=registry)
        self.dropped = Counter(
            "slad_board_streams_dropped_total", "Browsers let go because they did not read.", registry=registry
        )
