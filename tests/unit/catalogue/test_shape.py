"""Shape and references: every problem at once, each with its place and advice."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.catalogue.made import SOUND, changed, errors, loaded, problems, written

from sla_catalogue import CatalogueInvalid, check_files, load_catalogue
from sla_domain.contract import ContractId

LIST = "priorities: [{id: P1}, {id: P2}]"


def test_the_sound_catalogue_is_sound(tmp_path: Path) -> None:
    assert problems(tmp_path, SOUND) == []
    assert loaded(tmp_path, SOUND).rulebook.contracts.keys() == {"acme"}


def test_every_problem_is_told_at_once_with_its_place(tmp_path: Path) -> None:
    text = changed("plan: gold", "plan: golden")
    text = changed("zone: Europe/Warsaw", "zone: Europe/Warsav", text)
    text = changed("P1: 1h", "P1: 1 month", text)
    text = changed("country: PL", "contry: PL", text)
    text += "keys:\n  k: {scopes: [read]}\n"
    found = {(p.code, p.line): p for p in problems(tmp_path, text)}
    assert ("duration", 7) in found
    assert ("unknown-key", 14) in found
    assert ("key", 18) in found
    assert found[("unknown-key", 14)].hint == "did you mean 'country'?"
    assert "write hours or working days" in found[("duration", 7)].hint


def test_references_are_checked_where_they_stand(tmp_path: Path) -> None:
    text = changed("plan: gold", "plan: golden")
    text = changed("zone: Europe/Warsaw", "zone: Europe/Warsav", text)
    found = {p.code: p for p in problems(tmp_path, text)}
    assert (found["unknown-plan"].line, found["unknown-plan"].column) == (12, 5)
    assert found["unknown-plan"].hint == "did you mean 'gold'?"
    assert "Europe/Warsaw" in found["unknown-zone"].hint


def test_a_broken_entry_is_one_problem_not_many(tmp_path: Path) -> None:
    """The plan cannot be read; that the contract names it is no second problem."""
    assert errors(tmp_path, changed("P1: 1h", "P1: soon")) == ["duration"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("plan: gold", "plan: golden", "unknown-plan"),
        ("zone: Europe/Warsaw", "zone: CEST", "unknown-zone"),
        ("coverage: office", "coverage: ofice", "unknown-coverage"),
        ("metric: first_response", "metric: first_reply", "unknown-metric"),
        ("{P1: 1h, P2: 4h}", "{P1: 1h, P9: 4h}", "unknown-priority"),
        ("on_call: [anna]", "on_call: [anne]", "unknown-person"),
        ("country: PL", "country: XX", "unknown-region"),
        ("country: PL", "country: PL\n    subdivision: 99", "unknown-region"),
        ("zone: Europe/Warsaw", "zone: Europe/Warsaw\n    plans: gold", "unknown-key"),
        ("    zone: Europe/Warsaw\n", "", "missing-key"),
        ("country: PL", "holidays: maybe", "shape"),
        ('"09:00-17:00"', '"09:00-17:00, 12:00-18:00"', "overlap"),
        ('{mon-fri: "09:00-17:00"}', "{}", "empty-coverage"),
        ("    country: PL\n", "", "no-country"),
        ("by_priority: {P1: 1h, P2: 4h}", "time: 1h, by_priority: {P1: 1h}", "target"),
        ("by_priority: {P1: 1h, P2: 4h}", "when: {}", "target"),
        ("by_priority: {P1: 1h, P2: 4h}", "by_priority: {P1: 1h, P2: unspecified}", "unspecified-target"),
        ("by_priority: {P1: 1h, P2: 4h}", "by_priority: {P1: 1h, P2: 4h}, warn: [100%]", "duration"),
        ("by_priority: {P1: 1h, P2: 4h}", "by_priority: {P1: 1h, P2: 4h}, warn: [2h before]", "warning-beyond-target"),
        ("email: anna@example.com", "email: anna", "email"),
        ("email: anna@example.com", "webhook: pager", "unknown-channel"),
        ("customers: [Acme]", "customers: [Acme, Acme]", "duplicate"),
        (LIST, "priorities: [{id: P1}, {id: P2, also: p1}]", "duplicate-priority"),
        (LIST, "priorities: [{id: P1}, {id: P2}, {id: P1}]", "duplicate-priority"),
        (LIST, f"extends: silver\n    {LIST}", "unknown-plan"),
        (LIST, f"extends: gold\n    {LIST}", "cycle"),
        ("escalation: none", "escalation: x", "unknown-escalation"),
        (LIST, f"{LIST}\n    rules: {{default: P3}}", "unknown-priority"),
    ],
)  # fmt: skip
def test_what_is_refused(tmp_path: Path, old: str, new: str, code: str) -> None:
    assert errors(tmp_path, changed(old, new)) == [code]


@pytest.mark.parametrize("word", ["true", "false", "yes", "no", "No", "off"])
def test_a_coverage_that_says_only_whether_there_are_holidays_is_told_what_to_write(tmp_path: Path, word: str) -> None:
    (problem,) = problems(tmp_path, changed("holidays: contract", f"holidays: {word}"))
    assert problem.code == "coverage"
    assert "`contract`" in problem.hint


def test_the_code_of_norway_is_no_denial(tmp_path: Path) -> None:
    assert problems(tmp_path, changed("holidays: contract", "holidays: NO")) == []


def test_what_is_refused_raises_with_every_problem(tmp_path: Path) -> None:
    with pytest.raises(CatalogueInvalid) as refused:
        load_catalogue(written(tmp_path, changed("plan: gold", "plan: golden")), environment={})
    assert [problem.code for problem in refused.value.problems] == ["unknown-plan"]
    assert "catalogue.yaml:12:5: error [unknown-plan]" in str(refused.value)


def test_sections_of_all_files_of_a_directory_are_merged(tmp_path: Path) -> None:
    head, tail = SOUND.split("contracts:\n")
    written(tmp_path, head, "all/b/plans.yml")
    written(tmp_path, "contracts:\n" + tail, "all/a.yaml")
    written(tmp_path, "not: ours", "all/.hidden.yaml")
    assert check_files(tmp_path / "all", environment={}) == []


@pytest.mark.parametrize("section", ["plans: [gold]", "coverages: 5", "calendars: x", "tests: {a: 1}"])
def test_a_section_of_another_shape_than_in_the_first_file_is_told(tmp_path: Path, section: str) -> None:
    written(tmp_path, SOUND + "tests: []\n", "a.yaml")
    written(tmp_path, section, "b.yaml")
    (problem,) = check_files(tmp_path, environment={})
    assert (problem.code, problem.line, problem.column) == ("shape", 1, 1)
    assert problem.file.endswith("b.yaml")
    assert "a.yaml" in problem.message


def test_one_id_in_two_files_is_told_with_both_places(tmp_path: Path) -> None:
    written(tmp_path, SOUND, "a.yaml")
    written(tmp_path, "plans:\n  gold: {}\n", "b.yaml")
    (problem,) = check_files(tmp_path, environment={})
    assert problem.code == "duplicate-id"
    assert problem.file.endswith("b.yaml")
    assert "a.yaml:4:3" in problem.message


def test_tests_of_all_files_are_run_one_after_another(tmp_path: Path) -> None:
    case = "tests:\n  - {name: %s, contract: acme, opened: 2026-11-10T09:00, expect: {}}\n"
    written(tmp_path, SOUND + case % "one", "a.yaml")
    written(tmp_path, case % "two", "b.yaml")
    names = [scenario.name for scenario in load_catalogue(tmp_path, environment={}).scenarios]
    assert names == ["one", "two"]


@pytest.mark.parametrize(
    ("content", "code"),
    [("", "no-contracts"), ("- a\n", "shape"), ("plans: [a]\n", "shape"), ("plan: {}\n", "unknown-key"),
     ("plans:\n", "no-contracts"), ("tests: {}\n", "shape")],
)  # fmt: skip
def test_files_of_the_wrong_shape(tmp_path: Path, content: str, code: str) -> None:
    assert code in errors(tmp_path, content)


def test_a_path_that_is_not_there_is_a_problem_not_a_crash(tmp_path: Path) -> None:
    assert [p.code for p in check_files(tmp_path / "absent", environment={})] == ["unreadable"]
    assert [p.code for p in check_files(tmp_path, environment={})] == ["no-files"]


def test_a_file_that_is_not_utf8_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(b"plans: \xff\xfe")
    assert "encoding" in [p.code for p in check_files(tmp_path, environment={})]


def test_calendars_is_another_name_of_coverages(tmp_path: Path) -> None:
    assert problems(tmp_path, changed("coverages:\n", "calendars:\n")) == []


def test_a_number_may_stand_where_a_name_is_wanted(tmp_path: Path) -> None:
    text = changed("country: PL", "country: PL\n    environment: [{product: 7zip, versions: [1.10]}]")
    (item,) = loaded(tmp_path, text).rulebook.contracts[ContractId("acme")].environment
    assert item.versions == ("1.10",)
