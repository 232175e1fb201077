"""What would be due: every metric of the plan, with its warnings and its row, or the number that is missing."""

from __future__ import annotations

from datetime import date

from tests.build.rulebook import contract, plan, row, rulebook
from tests.build.story import Telling, instant

from sla_domain.plan import PriorityRules
from sla_domain.preview import PreviewLine, preview
from sla_domain.promise import promise
from sla_domain.rulebook import Rulebook

RULES = rulebook(
    plan(
        row("first_response", "1h", priority="P1", warn=[75, "30m"], clause="H1"),
        row("first_response", "4h", clause="H1b"),
        row("next_response", "2h"),
        row("resolution", "unspecified"),
        row("workaround", "2 working days", priority="P1"),
        rules=PriorityRules(without_description="P4"),
    ),
    contract(country="PL"),
    holidays={"PL": [date(2026, 11, 11)]},
)


def lines(rules: Rulebook = RULES, priority: str = "P1") -> dict[str, PreviewLine]:
    shown = preview(rules.contracts["acme"], priority, {}, instant("2026-11-10 16:30"), rules)
    return {line.metric: line for line in shown.lines}


def test_the_due_instant_its_warnings_and_the_row_that_matched() -> None:
    line = lines()["first_response"]
    assert line.due_at == instant("2026-11-12 09:30")
    assert [(w.key, w.at) for w in line.warnings] == [
        ("warn-1800s", instant("2026-11-12 09:00")),
        ("warn-75", instant("2026-11-12 09:15")),
    ]
    assert line.target is not None
    assert (line.target.clause, line.coverage, line.conditional) == ("H1", "office", False)


def test_it_is_what_the_fold_promises() -> None:
    told = Telling().opened("2026-11-10 16:30", "P2")
    promised = {line.metric: line.due_at for line in promise(told.fold(RULES))}
    assert promised == {
        line.metric: line.due_at for line in lines(priority="P2").values() if line.due_at and not line.conditional
    }
    assert [line.zone for line in promise(told.fold(RULES))] == ["Europe/Warsaw"]


def test_a_metric_armed_later_is_shown_as_if_it_were_armed_now() -> None:
    line = lines()["next_response"]
    assert (line.due_at, line.conditional) == (instant("2026-11-12 10:30"), True)


def test_a_missing_number_is_named_and_a_missing_row_is_no_line() -> None:
    assert lines()["resolution"].missing == (
        "plan plan gives no number for resolution at priority P1: contract acme must supply it"
    )
    assert "workaround" not in lines(priority="P2")
    assert "update" not in lines()


def test_it_is_taken_as_described() -> None:
    shown = preview(RULES.contracts["acme"], "P1", {}, instant("Mon 09:00"), RULES)
    plain = preview(RULES.contracts["acme"], "P1", {"description": ""}, instant("Mon 09:00"), RULES)
    assert (shown.priority, plain.priority) == ("P1", "P4")


def test_where_the_calendars_end_a_line_says_which_years_they_know() -> None:
    shown = preview(RULES.contracts["acme"], "P1", {}, instant("2200-12-31 16:30"), RULES)
    found = {line.metric: line for line in shown.lines}
    for metric in ("first_response", "next_response", "workaround"):
        assert (found[metric].due_at, found[metric].out_of_reach) == (None, True)
        assert found[metric].missing
    assert "knows 1969-01-01 to 2200-12-31" in found["first_response"].missing
    assert not found["resolution"].out_of_reach, "its number is missing, not its calendar"
    assert not any(line.out_of_reach for line in lines().values())
