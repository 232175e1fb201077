"""`slad replay`: what is printed, in words and as JSON, and the exit status."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.cli.invoke import slad
from tests.unit.cli.logs import PLAN, Files, written


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return written(tmp_path)


def test_a_table_as_json(files: Files) -> None:
    said = slad("replay", files.table, "--plan", files.plan, "--map", files.mapping, "--json")
    assert said.status == 0
    found = said.json
    assert (found["incidents"], found["rejected"], found["from"], found["until"]) == (
        3, 0, "2026-03-02T09:00:00Z", "2026-03-04T15:00:00Z",
    )  # fmt: skip
    assert {(one["incident"], one["verdict"], one["due_at"]) for one in found["verdicts"]} == {
        ("desk:A1", "met", "2026-03-02T13:00:00Z"),
        ("desk:A2", "met", "2026-03-05T09:00:00Z"),  # an hour used, seven left when the customer's turn ends
        ("desk:A3", "missed", "2026-03-04T09:00:00Z"),
    }
    assert found["totals"]["resolution"]["ratio"] == 0.666667
    assert [(row["priority"], row["month"], row["met"], row["missed"]) for row in found["attainment"]] == [
        ("P1", "2026-03", 1, 0), ("P2", "2026-03", 1, 1),
    ]  # fmt: skip
    assert found["agreement"]["confusion"] == {"met_met": 1, "met_missed": 1, "missed_met": 0, "missed_missed": 1}
    assert [one["incident"] for one in found["agreement"]["disagreements"]] == ["desk:A2"]
    assert found["against"] is None


def test_a_table_in_words(files: Files) -> None:
    said = slad("replay", files.table, "--plan", files.plan, "--map", files.mapping, "--each")
    assert said.status == 0
    assert "desk:A3 resolution P2 missed due 2026-03-04 10:00 ended 2026-03-04 16:00" in said.out
    assert "desk:A2 resolution P2: ours met, theirs missed" in said.out
    assert "66.67%" in said.out
    assert "nothing was written or sent" in said.err


def test_events_with_a_verdict_of_their_own(files: Files) -> None:
    said = slad("replay", files.events, "--plan", files.plan, "--verdict", "made_sla", "--json")
    assert said.json["agreement"]["ratio"] == 1.0
    assert slad("replay", files.events, "--plan", files.plan, "--json").json["agreement"] is None


def test_an_agreement_below_the_expected_is_a_finding(files: Files) -> None:
    options = ("replay", files.table, "--plan", files.plan, "--map", files.mapping, "--expect")
    assert slad(*options, "0.6").status == 0
    said = slad(*options, "0.7")
    assert said.status == 1
    assert "the agreement of 0.6667 is below 0.7" in said.err
    assert slad("replay", files.events, "--plan", files.plan, "--expect", "0.5").status == 2


def test_another_plan_shows_which_outcomes_change(files: Files, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(PLAN.replace("P1: 4h, P2: 8h", "P1: 2h, P2: 20h"))
    options = ("replay", files.table, "--plan", files.plan, "--map", files.mapping, "--against", other)
    against = slad(*options, "--json").json["against"]
    assert {(one["incident"], one["turn"]) for one in against["changes"]} == {
        ("desk:A1", "broken"), ("desk:A2", "moved"), ("desk:A3", "mended"),
    }  # fmt: skip
    assert against["counts"]["broken"] == 1
    text = slad(*options).out
    assert "broken desk:A1 resolution: met due 2026-03-02 14:00, missed due 2026-03-02 12:00" in text
    assert "moved desk:A2" not in text  # counted, but its verdict stays


def test_two_contracts_of_the_shipped_plans(files: Files) -> None:
    options = ("replay", files.table, "--map", files.mapping, "--contract", "express-8x5")
    found = slad(*options, "--against-contract", "express-24x7", "--json").json
    assert (found["plan"]["contract"], found["against"]["contract"]) == ("express-8x5", "express-24x7")


def test_lines_that_cannot_be_read_are_named_and_counted(files: Files) -> None:
    files.table.write_text(files.table.read_text() + "A4,New,P1,soon,2026-03-02T10:00,\nA5,New\n")
    said = slad("replay", files.table, "--plan", files.plan, "--map", files.mapping)
    assert said.status == 1
    assert "line 9: 'soon' is no time in the format iso" in said.err
    assert "line 10: the row has 2 cells, the header 6" in said.err
    assert "2 line(s) could not be read" in said.err


def test_until_ends_the_log_early(files: Files) -> None:
    options = ("replay", files.table, "--plan", files.plan, "--map", files.mapping, "--json", "--until")
    verdicts = {one["incident"]: one["verdict"] for one in slad(*options, "2026-03-04T12:00Z").json["verdicts"]}
    assert verdicts == {"desk:A1": "met", "desk:A2": "met", "desk:A3": "overdue"}
    assert slad(*options, "tomorrow").status == 2


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("{table}", "--map", "{mapping}"), "by which plan?"),
        (("{table}", "--plan", "{plan}"), "a CSV file needs --map"),
        (("{table}", "--plan", "{plan}", "--catalogue", "{plan}", "--map", "{mapping}"), "two names for one thing"),
        (("{table}", "--plan", "{plan}", "--map", "{mapping}", "--contract", "two"), "no contract 'two'; known: one"),
        (("none.csv", "--plan", "{plan}", "--map", "{mapping}"), "No such file"),
        (("{table}", "--plan", "{plan}", "--map", "none.yaml"), "No such file"),
        (("{table}", "--plan", "{plan}", "--map", "{plan}"), "plan.yaml:2:1: incident: Field required"),
    ],
)
def test_a_call_that_makes_no_sense(files: Files, arguments: tuple[str, ...], why: str) -> None:
    names = {"table": files.table, "mapping": files.mapping, "plan": files.plan}
    said = slad("replay", *(argument.format(**names) for argument in arguments))
    assert said.status == 2
    assert why in said.err


def test_a_plan_that_is_not_sound_is_a_finding(files: Files) -> None:
    files.plan.write_text(PLAN.replace("P1: 4h", "P1: soon"))
    said = slad("replay", files.table, "--plan", files.plan, "--map", files.mapping)
    assert said.status == 1
    assert "[duration]" in said.err
