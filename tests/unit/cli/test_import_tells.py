"""What an import says that `--tell` would tell, and what it sends so that nobody is told without it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.unit.cli.invoke import Said, slad

from sla_platform.timesource import SystemTime

NOW = SystemTime().now()
CATALOGUE = """
people:
  ada: {name: Ada, email: ada@example.com}
  ben: {name: Ben, email: ben@example.com}
coverages: {always: {hours: 24x7}}
escalations:
  chain: {levels: [{after: 0m, tell: on_call}, {after: 30m, tell: lead}]}
plans:
  plain:
    priorities: [{id: P1}]
    rules: {default: P1}
    escalation: chain
    roles: [on_call, lead]
    targets:
      - {metric: first_response, coverage: always, time: 1h}
      - {metric: resolution, coverage: always, time: 100h, warn: [50%]}
contracts:
  one: {plan: plain, zone: UTC, default: true, holidays: false, roles: {on_call: [ada], lead: [ben]}}
"""
MAPPING = """
source: desk
incident: number
times: {format: "%Y-%m-%d %H:%M"}
events:
  - {event: opened, at: opened}
  - {event: responded, at: answered, actor: staff}
  - {event: resolved, at: resolved, actor: staff}
"""


def cell(hours: float | None) -> str:
    return "" if hours is None else f"{NOW - timedelta(hours=hours):%Y-%m-%d %H:%M}"


def imported(folder: Path, *rows: tuple[float | None, float | None, float | None], options: tuple[Any, ...]) -> Said:
    """A dry run over incidents that were opened, answered and resolved so many hours ago."""
    table, mapping = folder / "log.csv", folder / "map.yaml"
    mapping.write_text(MAPPING)
    lines = [f"A{number},{','.join(map(cell, row))}" for number, row in enumerate(rows)]
    table.write_text("\n".join(["number,opened,answered,resolved", *lines]) + "\n")
    return slad("import", table, "--map", mapping, "--dry-run", *options)


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    path = tmp_path / "catalogue.yaml"
    path.write_text(CATALOGUE)
    return path


def test_only_what_is_broken_or_near_its_end_and_open_would_be_told(tmp_path: Path, catalogue: Path) -> None:
    said = imported(
        tmp_path,
        (900, 800, 700),  # broken and over
        (900, 899.5, 899),  # kept
        (200, None, None),  # both broken; the warning was overtaken
        (60, 59.5, None),  # half of its time is over
        (0.2, None, None),
        options=("--catalogue", catalogue, "--json"),
    )  # fmt: skip
    assert said.status == 0, said.err
    assert said.json["would_tell"] == {
        "incidents": 2,
        "kinds": {"breached": 2, "warning": 1},
        "people": [{"contract": "one", "role": "on_call", "person": "ada", "messages": 3}],
    }
    assert said.json["tell"] is False


def test_the_summary_says_it_in_words(tmp_path: Path, catalogue: Path) -> None:
    said = imported(tmp_path, (200, None, None), options=("--catalogue", catalogue))
    assert "--tell would send: breached 2 of 1 open incident(s), to ada (on_call, one) 2" in said.out
    said = imported(tmp_path, (900, 800, 700), options=("--catalogue", catalogue))
    assert "--tell would send: nothing" in said.out


def test_without_a_catalogue_it_says_how_to_see_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLAD_CATALOGUE", str(tmp_path / "none"))
    said = imported(tmp_path, (200, None, None), options=())
    assert "give --catalogue to see what --tell would send, and to whom" in said.out
    assert imported(tmp_path, (200, None, None), options=("--json",)).json["would_tell"] is None


def test_a_catalogue_that_is_none_is_misuse(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("plans: 7\n")
    assert imported(tmp_path, (200, None, None), options=("--catalogue", broken)).status != 0
