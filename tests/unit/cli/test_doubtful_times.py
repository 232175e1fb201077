"""Local times that come twice or never, and orders that cannot be: judged as well as can be, and said."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.unit.cli.invoke import Said, slad

PLAN = """
coverages: {always: {hours: 24x7}}
plans:
  plain:
    priorities: [{id: P1}]
    rules: {default: P1}
    escalation: none
    targets:
      - {metric: first_response, coverage: always, time: 1h}
      - {metric: resolution, coverage: always, time: 4h}
contracts:
  one: {plan: plain, zone: Europe/Warsaw, default: true}
"""
MAPPING = """
source: desk
incident: number
times: {format: "%Y-%m-%d %H:%M", zone: Europe/Warsaw}
events:
  - {event: opened, at: opened}
  - {event: responded, at: answered, actor: staff}
  - {event: resolved, at: resolved, actor: staff}
"""


@dataclass(frozen=True, slots=True)
class Told:
    """One incident in a table of one row."""

    folder: Path

    def replay(self, opened: str, answered: str, resolved: str = "", *more: str) -> Said:
        plan, mapping, table = (self.folder / name for name in ("plan.yaml", "map.yaml", "log.csv"))
        plan.write_text(PLAN)
        mapping.write_text(MAPPING)
        table.write_text(f"number,opened,answered,resolved\nA1,{opened},{answered},{resolved}\n")
        return slad("replay", table, "--map", mapping, "--plan", plan, *more)

    def judged(self, opened: str, answered: str, resolved: str = "") -> tuple[dict[str, Any], dict[str, Any]]:
        """The whole answer, and the verdicts by metric."""
        said = self.replay(opened, answered, resolved, "--json")
        return said.json, {one["metric"]: one for one in said.json["verdicts"]}


@pytest.fixture
def told(tmp_path: Path) -> Told:
    return Told(tmp_path)


def test_what_cannot_precede_the_opening_is_the_second_showing(told: Told) -> None:
    found, verdicts = told.judged("2026-10-25 02:50", "2026-10-25 02:10")
    response = verdicts["first_response"]
    assert (response["verdict"], response["consumed_seconds"], response["quality"]) == ("met", 1200, "doubtful")
    assert found["incident_remarks"]["mapping"] == 1
    texts = [one["text"] for one in found["remarked"]]
    assert any("2026-10-25 02:50 came twice in Europe/Warsaw: read as the first" in text for text in texts)
    assert any("2026-10-25 02:10 came twice in Europe/Warsaw: read as the second" in text for text in texts)


@pytest.mark.parametrize(
    ("opened", "answered", "seconds"),
    [
        ("2026-10-25 02:10", "2026-10-25 02:50", 2_400),  # nothing says that either was the second
        ("2026-10-25 01:50", "2026-10-25 02:10", 1_200),
        ("2026-10-25 01:50", "2026-10-25 03:10", 8_400),  # 02:00 came twice in between
        ("2026-10-25 02:50", "2026-10-25 03:10", 4_800),
        ("2026-03-29 01:50", "2026-03-29 02:30", 600),  # never came: the instant of the change
        ("2026-03-29 01:50", "2026-03-29 03:10", 1_200),
    ],
)
def test_readings_on_the_days_the_clocks_change(told: Told, opened: str, answered: str, seconds: int) -> None:
    _, verdicts = told.judged(opened, answered)
    assert verdicts["first_response"]["consumed_seconds"] == seconds


@pytest.mark.parametrize(
    ("opened", "answered", "quality"),
    [
        ("2026-03-29 01:50", "2026-03-29 02:30", "doubtful"),
        ("2026-10-25 02:10", "2026-10-25 02:50", "doubtful"),
        ("2026-10-25 01:50", "2026-10-25 03:10", "exact"),
        ("2026-11-02 10:00", "2026-11-02 09:50", "doubtful"),  # answered before it was opened
        ("2026-11-02 10:00", "2026-11-02 10:00", "exact"),
    ],
)
def test_a_reading_of_ours_is_not_exact_and_says_so(told: Told, opened: str, answered: str, quality: str) -> None:
    found, verdicts = told.judged(opened, answered)
    assert verdicts["first_response"]["quality"] == quality
    kinds = {one["kind"] for one in found["remarked"]}
    assert bool(kinds & {"mapping", "before_opening"}) is (quality != "exact")


def test_two_readings_that_never_came_are_both_named(told: Told) -> None:
    found, _ = told.judged("2026-03-29 02:20", "2026-03-29 02:40")
    texts = [one["text"] for one in found["remarked"]]
    assert any("opened: 2026-03-29 02:20 never came" in text for text in texts)
    assert any("responded: 2026-03-29 02:40 never came" in text for text in texts)


def test_a_resolution_follows_the_answer(told: Told) -> None:
    _, verdicts = told.judged("2026-10-25 01:30", "2026-10-25 02:50", "2026-10-25 02:10")
    assert verdicts["first_response"]["consumed_seconds"] == 4_800
    assert verdicts["resolution"]["consumed_seconds"] == 6_000


def test_a_local_time_that_comes_twice_is_printed_with_its_offset(told: Told) -> None:
    said = told.replay("2026-10-25 02:50", "2026-10-25 02:10", "2026-10-25 03:30", "--each")
    first, resolution = [line for line in said.out.splitlines() if line.startswith("desk:A1 ") and " P1 " in line]
    assert "due 2026-10-25 02:50 +0100 ended 2026-10-25 02:10 +0100" in first
    assert "due 2026-10-25 05:50 ended 2026-10-25 03:30 (doubtful)" in resolution


def test_an_impossible_order_is_told_in_text_and_counted(told: Told) -> None:
    said = told.replay("2026-11-02 10:00", "2026-11-02 09:50", "", "--each")
    assert "desk:A1 first_response P1 met" in said.out
    assert "(doubtful)" in said.out
    assert "desk:A1 remark before_opening: responded claims to precede the opening" in said.out
    assert "remark before_opening: 1 incident(s), such as desk:A1:" in said.err


def test_explain_shows_the_remarks_in_text_and_json(told: Told) -> None:
    told.replay("2026-10-25 02:50", "2026-10-25 02:10")
    folder = told.folder
    given = ("explain", "A1", "--events", folder / "log.csv", "--map", folder / "map.yaml", "--catalogue")
    said = slad(*given, folder / "plan.yaml")
    assert "4 remark(s) on the incident:" in said.out  # two on the contract: nobody named it, and it names nobody
    assert "read as the second" in said.out
    remarks = slad(*given, folder / "plan.yaml", "--json").json["remarks"]
    assert [one["kind"] for one in remarks].count("mapping") == 2


def test_an_import_says_so_too_and_sends_the_quality(told: Told) -> None:
    told.replay("2026-10-25 02:50", "2026-10-25 02:10")
    said = slad("import", told.folder / "log.csv", "--map", told.folder / "map.yaml", "--dry-run", "--json")
    assert said.status == 0
    assert any("read as the second" in remark for remark in said.json["remarks"])
