"""`slad check`: places, formats, scenarios, exit statuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.cli.invoke import slad

SOUND = """
coverages:
  office: {hours: {mon-fri: "08:00-16:00"}}
plans:
  small:
    priorities: [{id: P1}]
    targets: [{metric: resolution, coverage: office, time: 2h}]
    escalation: none
contracts:
  only: {plan: small, zone: Europe/Warsaw, roles: {on_call: [jan]}, people: {jan: {name: Jan, email: j@x.example}}}
tests:
  - {name: "two hours, in the afternoon", contract: only, opened: 2026-11-10T15:00,
     expect: {resolution: 2026-11-12T09:00}}
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "catalogue"
    folder.mkdir()
    folder.joinpath("all.yaml").write_text(SOUND.replace("2026-11-12", "2026-11-11"))
    return folder


def test_a_sound_catalogue_whose_tests_hold(files: Path) -> None:
    said = slad("check", files, "--tests")
    assert (said.status, said.out) == (0, "")
    assert "1 of 1 scenarios hold" in said.err


def test_a_failed_scenario_is_a_finding(files: Path) -> None:
    files.joinpath("all.yaml").write_text(SOUND)
    said = slad("check", files, "--tests", "--json")
    assert said.status == 1
    (scenario,) = said.json["scenarios"]
    assert not scenario["passed"]
    assert "expected 2026-11-12 09:00, found 2026-11-11 09:00" in scenario["failures"][0]
    assert slad("check", files).status == 0


def test_every_problem_has_its_place(files: Path) -> None:
    text = SOUND.replace("Europe/Warsaw", "Europe/Warschau").replace("time: 2h", "time: soon")
    files.joinpath("all.yaml").write_text(text)
    said = slad("check", files, "--format", "json")
    assert said.status == 1
    assert {(problem["line"], problem["code"]) for problem in said.json["problems"]} >= {(7, "duration")}
    assert said.json["errors"] == len(said.json["problems"])


def test_for_github_a_message_stays_on_its_line(files: Path) -> None:
    files.joinpath("all.yaml").write_text(SOUND.replace("Europe/Warsaw", "Europe/Warschau"))
    said = slad("check", files, "--format", "github")
    assert said.status == 1
    (line,) = said.out.splitlines()
    assert line.startswith("::error file=")
    assert ",line=10," in line
    assert "did you mean Europe/Warsaw" in line


def test_for_github_a_failed_scenario_is_an_error_where_it_stands(files: Path) -> None:
    files.joinpath("all.yaml").write_text(SOUND)
    said = slad("check", files, "--format", "github", "--tests")
    (line,) = said.out.splitlines()
    assert ",line=12," in line
    assert "title=two hours%2C in the afternoon" in line


def test_without_a_path_the_catalogue_in_force_is_checked(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert slad("check").status == 2
    monkeypatch.setenv("SLAD_CATALOGUE", str(files))
    assert slad("check").status == 0


def test_what_ends_soon_is_a_warning_on_the_day_that_is_asked_about(files: Path) -> None:
    text = files.joinpath("all.yaml").read_text()
    files.joinpath("all.yaml").write_text(text + "settings: {horizon: {first: 2020, last: 2027}}\n")
    early, late = slad("check", files, "--today", "2027-10-02"), slad("check", files, "--today", "2027-10-03", "--json")
    assert (early.status, early.out) == (0, "")
    assert late.status == 0, "the catalogue can be used"
    assert [(one["code"], one["severity"]) for one in late.json["problems"]] == [("horizon-ends-soon", "warning")]
    assert slad("check", files, "--today", "soon").status == 2
