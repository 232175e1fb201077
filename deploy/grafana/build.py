"""Writes the dashboards beside it: `python deploy/grafana/build.py`. A test compares.

Levels that the database knows are the same on every instance, so they are shown as their max; what a process counts is
summed. Made for Grafana 10 and later.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
Json = dict[str, Any]
WIDTH = 24
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}


@dataclass(frozen=True, slots=True)
class Panel:
    """`queries`: legend -> PromQL. `kind`: stat, timeseries, bargauge or heatmap."""

    title: str
    queries: dict[str, str]
    kind: str = "timeseries"
    unit: str = "short"
    width: int = 8
    text: str = ""
    warn: float | None = None
    bad: float | None = None
    stacked: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    title: str
    panels: Sequence[Panel]


def rate(metric: str, by: str = "", match: str = "") -> str:
    grouped = f" by ({by})" if by else ""
    return f"sum{grouped} (rate({metric}{{{match}}}[$__rate_interval]))"


def quantile(q: float, histogram: str, by: str = "", match: str = "") -> str:
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({q}, sum by ({labels}) (rate({histogram}_bucket{{{match}}}[$__rate_interval])))"


def heat(histogram: str, match: str = "") -> dict[str, str]:
    return {"{{le}}": f"sum by (le) (increase({histogram}_bucket{{{match}}}[$__rate_interval]))"}


CONTRACT = 'contract=~"$contract"'

OVERVIEW = (
    Row(
        "Now",
        (
            Panel("Overdue", {"": f"sum(max by (contract) (slad_timer_overdue_clocks{{{CONTRACT}}}))"}, "stat",
                  width=4, text="Running clocks past their due instant.", bad=1),
            Panel("Due within an hour", {"": f"sum(max by (contract) (slad_timer_due_soon_clocks{{{CONTRACT}}}))"},
                  "stat", width=4, text="Running clocks that will breach within an hour if nothing happens.", warn=1),
            Panel("Open clocks", {"{{state}}": "max by (state) (slad_timer_open_clocks)"}, "stat", width=4,
                  text="A paused clock has no due instant."),
            Panel("Open alerts", {"{{state}}": "max by (state) (slad_notifier_alerts)"}, "stat", width=4,
                  text="Escalations under way; acknowledged ones wait for the clock to stop."),
            Panel("Oldest message waiting", {"": "max(slad_notifier_queue_oldest_seconds)"}, "stat", "s", 4, warn=60,
                  bad=300),
            Panel("Last canary", {"": "time() - max(slad_notifier_canary_timestamp_seconds)"}, "stat", "s", 4,
                  "slad's own clock, due every minute, has come the whole way so long ago.", 90, 180),
        ),
    ),
    Row(
        "Promises",
        (
            Panel("Overdue by contract",
                  {"{{contract}}": f"max by (contract) (slad_timer_overdue_clocks{{{CONTRACT}}})"}, "bargauge",
                  width=12, bad=1),
            Panel("Due within an hour by contract",
                  {"{{contract}}": f"max by (contract) (slad_timer_due_soon_clocks{{{CONTRACT}}})"}, "bargauge",
                  width=12, warn=1),
            Panel("Warnings and breaches per hour",
                  {"{{kind}}": 'sum by (kind) (increase(slad_timer_fired_total{outcome!="stale"}[1h]))'}, width=12,
                  text="Told by time alone; a provisional one was told before the latest events were known."),
            Panel("Facts per minute", {"{{kind}}": "60 * " + rate("slad_timer_facts_total", "kind")}, width=12,
                  text="What events changed: clocks started, met, missed, moved, amended.", stacked=True),
        ),
    ),
    Row(
        "In time",
        (
            Panel("Fired after the instant, p99", {"{{kind}}": quantile(0.99,
                  "slad_timer_fired_lateness_seconds", "kind")}, unit="s", warn=0.25, bad=1),
            Panel("Told after the instant, p99",
                  {"{{kind}}": quantile(0.99, "slad_notifier_delivered_lateness_seconds", "kind",
                  'kind=~"warning|page"')}, unit="s",
                  text="Until the mail server or endpoint accepted. Pages of later levels count from the breach too."),
            Panel("Canary through slad, p99", {"": quantile(0.99, "slad_notifier_canary_lateness_seconds")}, unit="s",
                  warn=1, bad=5),
        ),
    ),
    Row(
        "In and out",
        (
            Panel("Deliveries in, per minute",
                  {"{{source}} {{outcome}}": "60 * " + rate("slad_ingest_deliveries_total", "source, outcome")},
                  width=12, stacked=True),
            Panel("Messages out, per minute",
                  {"{{channel}} {{outcome}}": "60 * " + rate("slad_notifier_deliveries_total", "channel, outcome")},
                  width=12, stacked=True),
        ),
    ),
)  # fmt: skip

HEALTH = (
    Row(
        "Instances",
        (
            Panel("Up", {"{{instance}}": 'up{job="slad"}'}, "stat", width=12, text="1: its metrics can be read."),
            Panel("Catalogue on disk is good", {"{{instance}}": "slad_catalogue_good"}, "stat", width=12,
                  text="0: an earlier version stays in force, and a restart would fail."),
            Panel("CPU", {"{{instance}}": 'rate(process_cpu_seconds_total{job="slad"}[$__rate_interval])'},
                  unit="percentunit"),
            Panel("Memory", {"{{instance}}": 'process_resident_memory_bytes{job="slad"}'}, unit="bytes"),
            Panel("File descriptors", {"{{instance}}": 'process_open_fds{job="slad"}'}),
        ),
    ),
    Row(
        "Ingest",
        (
            Panel("Group commit", {"p50": quantile(0.5, "slad_ingest_commit_seconds"),
                  "p99": quantile(0.99, "slad_ingest_commit_seconds")}, unit="s"),
            Panel("Deliveries per commit", {"p50": quantile(0.5, "slad_ingest_commit_deliveries"),
                  "p99": quantile(0.99, "slad_ingest_commit_deliveries")}),
            Panel("Waiting for their commit", {"{{instance}}": "slad_ingest_pending"}),
            Panel("Refused per minute", {"{{source}} {{reason}}": "60 * " + rate("slad_ingest_refused_total",
                  "source, reason")}),
            Panel("Parked", {"{{source}}": "max by (source) (slad_ingest_parked)"}, warn=1),
            Panel("Oddities per minute", {"{{source}} {{remark}}": "60 * " + rate("slad_ingest_remarks_total",
                  "source, remark")}),
        ),
    ),
    Row(
        "Bus",
        (
            Panel("Unread events", {"{{group}}": "sum by (group) (slad_bus_lag_events)"}),
            Panel("Behind", {"{{group}}": "max by (group) (slad_bus_behind_seconds)"}, unit="s", bad=30,
                  text="Kafka alone."),
            Panel("Handled", {"{{group}}": rate("slad_bus_handled_total", "group")}, unit="ops"),
            Panel("Log waits for Kafka", {"{{log}}": "max by (log) (slad_relay_waiting_seconds)"}, unit="s", bad=60),
            Panel("Events waiting for Kafka", {"{{log}}": "max by (log) (slad_relay_backlog_events)"}),
            Panel("Rows in quarantine", {"{{service}} {{part}}": "max by (service, part) (slad_quarantined_rows)"},
                  bad=1, text="`slad quarantine list` names them."),
            Panel("Trouble per minute", {
                "{{group}} again": "60 * " + rate("slad_bus_retries_total", "group"),
                "{{group}} fenced": "60 * " + rate("slad_bus_fenced_total", "group"),
                "{{group}} quarantined": "60 * " + rate("slad_bus_dead_letters_total", "group"),
                "{{log}} relay": "60 * " + rate("slad_relay_failures_total", "log"),
            }),
        ),
    ),
    Row(
        "Timer",
        (
            Panel("Fired", {"{{kind}} {{outcome}}": rate("slad_timer_fired_total", "kind, outcome")}, unit="ops"),
            Panel("Lateness of fires", heat("slad_timer_fired_lateness_seconds"), "heatmap", "s", 16),
            Panel("Slowest partition is behind", {"": "max(slad_timer_partition_behind_seconds)"}, unit="s", bad=60,
                  text="No timer fires past it. PostgreSQL alone."),
            Panel("Oldest timer that is due", {"": "max(slad_timer_oldest_overdue_seconds)"}, unit="s", bad=30),
            Panel("One unit of work", {"p99": quantile(0.99, "slad_timer_apply_seconds"),
                  "p99 deciding": quantile(0.99, "slad_timer_decide_seconds")}, unit="s"),
            Panel("Events", {"applied": rate("slad_timer_events_applied_total"),
                  "known before": rate("slad_timer_events_repeated_total")}, unit="ops"),
            Panel("Quarantined, mended", {"quarantined": "max(slad_timer_quarantined)",
                  "mended by the audit": "sum(slad_timer_clocks_repaired_total)"}, bad=1),
            Panel("Last audit", {"": "time() - max(slad_timer_audited_timestamp_seconds)"}, unit="s", bad=120),
        ),
    ),
    Row(
        "Notifier",
        (
            Panel("Attempts", {"{{channel}} {{outcome}} {{reason}}": rate("slad_notifier_deliveries_total",
                  "channel, outcome, reason")}, unit="ops"),
            Panel("Lateness of messages", heat("slad_notifier_delivered_lateness_seconds"), "heatmap", "s", 16),
            Panel("Queue", {"{{state}}": "max by (state) (slad_notifier_queue_deliveries)"}, stacked=True),
            Panel("Oldest message", {"": "max(slad_notifier_queue_oldest_seconds)"}, unit="s", bad=300),
            Panel("Oldest step not taken", {"": "max(slad_notifier_oldest_overdue_step_seconds)"}, unit="s", bad=30),
            Panel("Facts whose turn has not come", {"waiting": "max(slad_notifier_facts_waiting)",
                  "quarantined": "max(slad_notifier_facts_set_aside)"}),
            Panel("Acknowledgements per hour",
                  {"{{via}}": "sum by (via) (increase(slad_notifier_acknowledgements_total[1h]))"}),
            Panel("Endpoints switched off", {"": "max(slad_notifier_endpoints_disabled)"}, bad=1),
            Panel("Heartbeats per minute",
                  {"{{outcome}}": "60 * " + rate("slad_notifier_heartbeats_total", "outcome")}),
        ),
    ),
    Row(
        "Board",
        (
            Panel("From event to page, p99", {"": quantile(0.99, "slad_board_projection_lag_seconds")}, unit="s"),
            Panel("Open streams", {"{{instance}}": "slad_board_streams_open"}),
            Panel("Rendering a page, p99", {"": quantile(0.99, "slad_board_render_seconds")}, unit="s"),
        ),
    ),
)  # fmt: skip

OBJECTIVE = "contract, entitlement, objective"
NAMED = "{{contract}} {{entitlement}} {{objective}}"


def kept(metric: str, match: str = CONTRACT, by: str = OBJECTIVE) -> str:
    return f"max by ({by}) ({metric}{{{match}}})"


def burn(window: str) -> str:
    return f"slad:attainment_burn:{window}{{{CONTRACT}}}"


ATTAINMENT = (
    Row(
        "Now",
        (
            Panel("Objectives that cannot be kept",
                  {"": f"count({kept('slad_attainment_misses_left')} < 0) or vector(0)"}, "stat", width=6,
                  text="In their present period, among all that are expected.", bad=1),
            Panel("Objectives without a miss left",
                  {"": f"count({kept('slad_attainment_misses_left')} == 0) or vector(0)"}, "stat", width=6, warn=1),
            Panel("Contracts not shown here", {"": "max(slad_attainment_contracts_left_out)"}, "stat", width=6,
                  text="Metrics are bounded; pages, commands and the API show every contract.", warn=1),
            Panel("Exempt in the present period", {"": "sum(" + kept("slad_attainment_objective_counted",
                  f'{CONTRACT}, verdict="exempt"', f"{OBJECTIVE}, verdict") + ")"}, "stat", width=6),
        ),
    ),
    Row(
        "Objectives",
        (
            Panel("In time, present period", {NAMED: kept("slad_attainment_objective_ratio")}, "bargauge",
                  "percentunit", 12, "Met by met and missed. Absent while no promise fell due."),
            Panel("Misses left", {NAMED: kept("slad_attainment_misses_left")}, "bargauge", width=12,
                  text="Negative: the objective cannot be kept any more."),
            Panel("In time less what is promised",
                  {NAMED: f"{kept('slad_attainment_objective_ratio')} - {kept('slad_attainment_objective_target')}"},
                  unit="percentunit", width=24, text="Below 0: so far the objective is not kept."),
        ),
    ),
    Row(
        "How fast misses are used up",
        (
            Panel("Burn over 6 hours", {NAMED: burn("6h")}, width=12, warn=1, bad=6,
                  text="1: exactly as fast as a period allows."),
            Panel("Burn over 3 days", {NAMED: burn("3d")}, width=12, warn=1, bad=2),
        ),
    ),
)  # fmt: skip

ONE_CONTRACT = (
    Row(
        "This period",
        (
            Panel("In time", {NAMED: kept("slad_attainment_objective_ratio")}, "stat", "percentunit", 6),
            Panel("Promised", {NAMED: kept("slad_attainment_objective_target")}, "stat", "percentunit", 6),
            Panel("Misses left", {NAMED: kept("slad_attainment_misses_left")}, "stat", width=6),
            Panel("Overdue now", {"": f"max(slad_timer_overdue_clocks{{{CONTRACT}}})"}, "stat", width=6, bad=1),
        ),
    ),
    Row(
        "Counted",
        (
            Panel("By the objective", {"{{objective}} {{verdict}}": kept("slad_attainment_objective_counted",
                  by=f"{OBJECTIVE}, verdict")}, width=12, text="Met, missed, exempt, and open ones due in the period."),
            Panel("Misses, and how many are allowed", {
                "missed {{objective}}": kept("slad_attainment_objective_counted", f'{CONTRACT}, verdict="missed"'),
                "allowed {{objective}}": kept("slad_attainment_misses_allowed"),
            }, width=12),
            Panel("Clocks of the month by metric and priority",
                  {"{{metric}} {{priority}} {{verdict}}": kept("slad_attainment_clocks",
                  by="metric, priority, verdict")}, "bargauge", width=24),
        ),
    ),
    Row(
        "How fast misses are used up",
        (
            Panel("Burn", {f"{window} {{{{objective}}}}": burn(window) for window in ("1h", "6h", "1d", "3d")},
                  width=12, warn=1, bad=6, text="1: exactly as fast as a period allows."),
            Panel("Missed in the time just past", {"{{window}} {{objective}}": kept("slad_attainment_objective_recent",
                  f'{CONTRACT}, verdict="missed"', f"{OBJECTIVE}, window")}, width=12),
        ),
    ),
)  # fmt: skip


def dashboard(uid: str, title: str, rows: Sequence[Row], variables: Sequence[Json]) -> Json:
    return {
        "uid": uid,
        "title": title,
        "tags": ["slad"],
        "schemaVersion": 39,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser",
        "links": [{"type": "dashboards", "tags": ["slad"], "title": "slad", "asDropdown": True}],
        "templating": {"list": [_datasource_variable(), *variables]},
        "panels": list(_placed(rows)),
    }


def _placed(rows: Sequence[Row]) -> Iterator[Json]:
    """Panels from left to right, a new line when the next does not fit, a heading before each row."""
    number, top = 1, 0
    for row in rows:
        yield {"type": "row", "id": number, "title": row.title, "collapsed": False, "panels": [],
               "gridPos": {"x": 0, "y": top, "w": WIDTH, "h": 1}}  # fmt: skip
        number, top, left, height = number + 1, top + 1, 0, 0
        for panel in row.panels:
            if left + panel.width > WIDTH:
                left, top = 0, top + height
            height = 4 if panel.kind == "stat" else 8
            yield _panel(panel, number, {"x": left, "y": top, "w": panel.width, "h": height})
            number, left = number + 1, left + panel.width
        top += height


def _panel(panel: Panel, number: int, place: Json) -> Json:
    targets = [
        {"refId": chr(ord("A") + index), "expr": expr, "legendFormat": legend or "__auto", "datasource": _SOURCE}
        | ({"format": "heatmap"} if panel.kind == "heatmap" else {})
        for index, (legend, expr) in enumerate(panel.queries.items())
    ]
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.text,
        "datasource": _SOURCE,
        "gridPos": place,
        "targets": targets,
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "options": _options(panel),
    }


def _defaults(panel: Panel) -> Json:
    steps: list[Json] = [{"color": "green", "value": None}]
    if panel.warn is not None:
        steps.append({"color": "orange", "value": panel.warn})
    if panel.bad is not None:
        steps.append({"color": "red", "value": panel.bad})
    defaults: Json = {"unit": panel.unit, "min": 0, "thresholds": {"mode": "absolute", "steps": steps}}
    if panel.kind == "timeseries":
        marked = "dashed" if len(steps) > 1 else "off"
        defaults["color"] = {"mode": "palette-classic"}
        defaults["custom"] = {
            "fillOpacity": 20 if panel.stacked else 5,
            "stacking": {"mode": "normal" if panel.stacked else "none", "group": "A"},
            "thresholdsStyle": {"mode": marked},
        }
    else:
        defaults["color"] = {"mode": "thresholds"}
    return defaults


def _options(panel: Panel) -> Json:
    match panel.kind:
        case "stat":
            return {"colorMode": "value", "graphMode": "area", "reduceOptions": {"calcs": ["lastNotNull"]}}
        case "bargauge":
            return {"displayMode": "basic", "orientation": "horizontal", "reduceOptions": {"calcs": ["lastNotNull"]}}
        case "heatmap":
            return {"calculate": False, "yAxis": {"unit": panel.unit}, "tooltip": {"mode": "single"}}
        case _:
            return {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}}


def _datasource_variable() -> Json:
    return {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Prometheus"}


def _contract_variable(metric: str = "slad_timer_due_soon_clocks", *, several: bool = True) -> Json:
    query = f"label_values({metric}, contract)"
    chosen = {"includeAll": True, "multi": True, "allValue": ".*", "current": {"text": "All", "value": "$__all"}}
    return {
        "name": "contract", "type": "query", "label": "Contract", "datasource": _SOURCE, "query": query,
        "definition": query, "refresh": 2, **(chosen if several else {"includeAll": False, "multi": False}),
    }  # fmt: skip


DASHBOARDS = {
    "overview.json": dashboard("slad-overview", "slad: promises", OVERVIEW, [_contract_variable()]),
    "attainment.json": dashboard(
        "slad-attainment", "slad: attainment", ATTAINMENT, [_contract_variable("slad_attainment_objective_target")]
    ),
    "contract.json": dashboard(
        "slad-contract",
        "slad: one contract",
        ONE_CONTRACT,
        [_contract_variable("slad_attainment_objective_target", several=False)],
    ),
    "health.json": dashboard("slad-health", "slad: health of the services", HEALTH, []),
}


def written(name: str) -> str:
    """A dashboard as it is committed."""
    return json.dumps(DASHBOARDS[name], indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for name in DASHBOARDS:
        (HERE / name).write_text(written(name))
