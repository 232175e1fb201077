"""Rules and dashboards speak of what slad really shows, and Prometheus' own tools agree with all of it."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from ruamel.yaml import YAML
from tests.integration.deploy.conftest import ROOT, Remains
from tests.integration.deploy.promql import Selector, plain, selectors

from sla_notifier.delivery.state import DeliveryState, MessageKind

PROMETHEUS = ROOT / "deploy" / "prometheus"
GRAFANA = ROOT / "deploy" / "grafana"
RULES = (PROMETHEUS / "recording.yml", PROMETHEUS / "alerts.yml")
OF_PROMETHEUS = {"up", "job", "instance", "le"}


def load(file: Path) -> Any:
    return YAML(typ="safe").load(file.read_text())


def rules() -> Iterator[dict[str, Any]]:
    for file in RULES:
        for group in load(file)["groups"]:
            yield from group["rules"]


def panels() -> Iterator[tuple[str, str]]:
    """Title and expression of every query on a dashboard."""
    for file in sorted(GRAFANA.glob("*.json")):
        for panel in json.loads(file.read_text())["panels"]:
            for target in panel.get("targets", ()):
                yield f"{file.name}: {panel['title']}", plain(target["expr"])


EXPRESSIONS = [*((rule.get("alert") or rule["record"], rule["expr"]) for rule in rules()), *panels()]


def promtool_says(promtool: Path, *arguments: str | Path, text: str | None = None) -> str:
    """What promtool complains about; empty when it is content."""
    said = subprocess.run(
        [promtool, *map(str, arguments)], input=text, capture_output=True, text=True, check=False, timeout=100,
        env={**os.environ, "GOGC": "400"},  # memory is there; collecting it took a fifth of the processor time
    )  # fmt: skip
    return "" if said.returncode == 0 else said.stdout + said.stderr


@pytest.fixture(scope="module")
def shown(remains: Remains) -> dict[str, set[str]]:
    """Every metric slad shows -> the names of its labels; empty where no sample has been seen."""
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(remains.text):
        suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(family.type, ("",))
        for suffix in suffixes:
            labels = {
                label for sample in family.samples if sample.name == family.name + suffix for label in sample.labels
            }
            found[family.name + suffix] = labels
    return found


def test_prometheus_finds_nothing_to_say_about_the_metrics(remains: Remains, promtool: Path) -> None:
    assert promtool_says(promtool, "check", "metrics", text=remains.text) == ""


def test_who_asks_for_openmetrics_gets_it(remains: Remains) -> None:
    assert remains.openmetrics.endswith("# EOF\n")
    assert "# EOF" not in remains.text


@pytest.mark.parametrize(("what", "expression"), EXPRESSIONS, ids=[what for what, _ in EXPRESSIONS])
def test_what_is_asked_for_exists(what: str, expression: str, shown: dict[str, set[str]]) -> None:
    for selector in selectors(expression):
        if selector.name in OF_PROMETHEUS:
            continue
        assert selector.name in shown, f"{what} asks for {selector.name}, which slad does not show"
        _labels_exist(what, selector, shown[selector.name])


def _labels_exist(what: str, selector: Selector, labels: set[str]) -> None:
    if not labels and selector.name not in _ALWAYS_SAMPLED:
        return
    for label, _ in selector.matches:
        assert label in labels | OF_PROMETHEUS, f"{what} asks {selector.name} for a label {label} it does not have"


_ALWAYS_SAMPLED = {"slad_timer_fired_total", "slad_notifier_deliveries_total", "slad_timer_overdue_clocks"}


def test_an_expression_about_nothing_would_be_noticed(shown: dict[str, set[str]]) -> None:
    asked = list(selectors('sum by (le) (rate(slad_timer_fired_total{outcome="late"}[5m])) > up{job="slad"}'))
    assert asked == [Selector("slad_timer_fired_total", (("outcome", "late"),)), Selector("up", (("job", "slad"),))]
    assert {"kind", "outcome"} == shown["slad_timer_fired_total"]
    assert {"channel", "kind", "outcome", "reason"} == shown["slad_notifier_deliveries_total"]


def test_words_in_matchers_are_words_of_the_code() -> None:
    known = {
        ("slad_notifier_deliveries_total", "outcome"): {state.value for state in DeliveryState},
        ("slad_notifier_delivered_lateness_seconds_bucket", "kind"): {kind.value for kind in MessageKind},
        ("slad_timer_fired_total", "outcome"): {"fired", "provisional", "stale"},
    }
    seen = 0
    for what, expression in EXPRESSIONS:
        for selector in selectors(expression):
            for label, value in selector.matches:
                words = known.get((selector.name, label))
                if words is not None:
                    assert set(value.split("|")) <= words, what
                    seen += 1
    assert seen > 5


# The rules.


def test_promtool_accepts_rules_and_configuration(promtool: Path) -> None:
    assert promtool_says(promtool, "check", "rules", *RULES) == ""
    assert promtool_says(promtool, "check", "config", PROMETHEUS / "prometheus.yml") == ""


# Slow: the week, two thousand evaluations of every rule, takes ten seconds of the processor.
@pytest.mark.parametrize("name", ["alerts.test.yml", pytest.param("week.test.yml", marks=pytest.mark.slow)])
@pytest.mark.long
def test_alerts_fire_when_they_should_and_only_then(promtool: Path, name: str) -> None:
    assert promtool_says(promtool, "test", "rules", PROMETHEUS / "tests" / name) == ""


def test_every_alert_has_been_seen_firing() -> None:
    fired = set()
    for file in (PROMETHEUS / "tests").glob("*.yml"):
        for test in load(file)["tests"]:
            for one in test.get("promql_expr_test", ()):
                named = [sample["labels"] for sample in one["exp_samples"] if "alertname" in sample["labels"]]
                fired |= {labels.partition('alertname="')[2].rstrip('"}') for labels in named}
            fired |= {one["alertname"] for one in test.get("alert_rule_test", ()) if one["exp_alerts"]}
    assert {rule["alert"] for rule in rules() if "alert" in rule} == fired


def test_every_alert_says_how_bad_it_is_and_leads_to_its_runbook() -> None:
    for rule in rules():
        if "alert" in rule:
            name, notes = rule["alert"], rule["annotations"]
            assert rule["labels"]["severity"] in {"page", "ticket", "info", "none"}, name
            assert notes.keys() == {"summary", "description", "runbook_url"}, name
            assert notes["runbook_url"] == f"https://slad.io/runbooks/{name}"


def test_runbooks_and_alerts_belong_together() -> None:
    written = {file.stem: file.read_text() for file in (ROOT / "docs" / "runbooks").glob("Slad*.md")}
    assert written.keys() == {rule["alert"] for rule in rules() if "alert" in rule}
    for name, text in written.items():
        headings = [line for line in text.splitlines() if line.startswith("#")]
        assert headings == [f"# {name}", "## What it means", "## What to look at", "## What to do"], name


def test_documents_name_real_metrics(shown: dict[str, set[str]]) -> None:
    headers_of_dead_letters = "slad_dead_"
    for file in (ROOT / "docs").glob("**/*.md"):
        for name in {selector.name for selector in selectors(file.read_text())} - OF_PROMETHEUS:
            if name == "process_context":  # a module
                continue
            if name.startswith(headers_of_dead_letters) or name.endswith("_"):  # `slad_relay_*` means them all
                continue
            histogram = {f"{name}_bucket"}
            assert name in shown or histogram & shown.keys(), f"{file.name} names {name}"


# Dashboards and the alertmanager.


@pytest.fixture(scope="module")
def build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("slad_dashboards", GRAFANA / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_the_committed_dashboards_are_up_to_date(build: ModuleType) -> None:
    for name in build.DASHBOARDS:
        assert (GRAFANA / name).read_text() == build.written(name), "run: .venv/bin/python deploy/grafana/build.py"
    assert {file.name for file in GRAFANA.glob("*.json")} == set(build.DASHBOARDS)


def test_panels_do_not_overlap_and_have_names(build: ModuleType) -> None:
    for name, board in build.DASHBOARDS.items():
        taken: set[tuple[int, int]] = set()
        for panel in board["panels"]:
            place = panel["gridPos"]
            cells = {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            assert not cells & taken, f"{name}: {panel['title']} lies on another panel"
            assert place["x"] + place["w"] <= build.WIDTH
            taken |= cells
        ids = [panel["id"] for panel in board["panels"]]
        assert len(ids) == len(set(ids))


def test_every_query_of_a_dashboard_parses(promtool: Path, tmp_path: Path) -> None:
    queries = [{"record": f"panel:number_{number}", "expr": expr} for number, (_, expr) in enumerate(panels())]
    assert len(queries) > 40
    file = tmp_path / "queries.yml"
    file.write_text(json.dumps({"groups": [{"name": "panels", "rules": queries}]}))
    assert promtool_says(promtool, "check", "rules", file) == ""


def test_amtool_accepts_the_example_and_sends_alerts_where_they_belong(amtool: Path) -> None:
    file = ROOT / "deploy" / "alertmanager" / "alertmanager.yml"
    checked = subprocess.run([amtool, "check-config", file], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    routes = {
        "page": ("alertname=SladTimerStalled", "severity=page"),
        "tickets": ("alertname=SladIngestParked", "severity=ticket"),
        "dead-man": ("alertname=SladWatchdog", "severity=none"),
        "nobody": ("alertname=SladPromisesDueSoon", "severity=info"),
    }
    for receiver, labels in routes.items():
        asked = [amtool, "config", "routes", "test", "--config.file", file, f"--verify.receivers={receiver}", *labels]
        said = subprocess.run(asked, capture_output=True, text=True, check=False)
        assert said.returncode == 0, said.stdout + said.stderr


def test_inhibitions_speak_of_alerts_there_are() -> None:
    names = {rule["alert"] for rule in rules() if "alert" in rule}
    for inhibition in load(ROOT / "deploy" / "alertmanager" / "alertmanager.yml")["inhibit_rules"]:
        for matcher in (*inhibition["source_matchers"], *inhibition["target_matchers"]):
            said = matcher.partition("=")[2].lstrip("~ ").strip('" ')
            assert set(said.split("|")) <= names, matcher
