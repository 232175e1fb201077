"""What `slad check` says about who is told: no escalation, the customer's people in a level, hours without anybody."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.unit.catalogue.made import SOUND, changed, codes, errors, loaded, problems

from sla_catalogue import FindingLevel, load_text
from sla_domain.contract import ContractId, Side

CALLS = "escalations: {calls: {levels: [{after: 0m, tell: on_call}, {after: 10m, tell: lead}]}}\n"
CALLED = changed("escalation: none", "escalation: calls") + CALLS


def roles(written: str, text: str = CALLED) -> str:
    """The catalogue with these roles in its contract; ben and jan are people of it, too."""
    text = changed("people: {", "people: {ben: {name: Ben, email: b@x.example}, jan: {name: Jan, email: j@x.example}, ",
                   text)  # fmt: skip
    return changed("roles: {on_call: [anna]}", f"roles: {{{written}}}", text)


def test_a_plan_without_an_escalation_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, changed("    escalation: none\n", ""))
    assert (problem.code, problem.severity) == ("no-escalation", FindingLevel.ERROR)
    assert problem.message == "the plan gold has no escalation: nobody would be notified of a breach"
    assert "escalation: none" in problem.hint


@pytest.mark.parametrize(
    ("plans", "found"),
    [
        ("  child: {extends: gold}\n", []),
        ("  other: {priorities: [{id: P1}]}\n", ["no-escalation"]),
        ("  other: {priorities: [{id: P1}], escalation: calls}\n", []),
        ("  other: {priorities: [{id: P1}], escalation: ~}\n", ["no-escalation"]),
        ("  other: {priorities: [{id: P1}], requires_base: [gold]}\n", []),  # the base brings one
    ],
)
def test_an_escalation_may_come_from_the_plan_below(tmp_path: Path, plans: str, found: list[str]) -> None:
    text = changed("contracts:\n", plans + "contracts:\n") + CALLS
    assert errors(tmp_path, text) == found


def test_laid_over_a_base_without_one_a_plan_has_none(tmp_path: Path) -> None:
    plans = (
        "  base: {priorities: [{id: P1}, {id: P2}],"
        " targets: [{metric: first_response, coverage: office, time: 8h}]}\n"
        "  extra: {requires_base: [base], priorities: [{id: P1}, {id: P2}]}\n"
    )
    text = changed("plan: gold", "plan: extra\n    base_plan: base", changed("contracts:\n", plans + "contracts:\n"))
    assert errors(tmp_path, text) == ["no-escalation", "no-escalation"], "the base alone, and the contract's plan"


def test_no_policy_is_called_none(tmp_path: Path) -> None:
    text = SOUND + "escalations: {none: {levels: [{after: 0m, tell: on_call}]}}\n"
    assert errors(tmp_path, text) == ["reserved-name"]


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("on_call: [anna], lead: [ben]", []),
        ("on_call: [anna], lead: [ben], contact: [jan]", []),
        ("on_call: [anna, jan], lead: [ben], contact: [jan]", ["customer-paged"]),
        ("on_call: [anna], lead: [jan], contact: [jan]", ["customer-paged"]),
    ],
)
def test_the_customers_own_people_cannot_hold_a_level(tmp_path: Path, written: str, found: list[str]) -> None:
    assert errors(tmp_path, roles(written)) == found


def test_a_level_that_names_the_contact_is_refused_with_a_way_out(tmp_path: Path) -> None:
    text = roles("on_call: [anna], contact: [jan]", CALLED.replace("tell: lead", "tell: [contact]"))
    (problem,) = [each for each in problems(tmp_path, text) if each.severity is FindingLevel.ERROR]
    assert problem.message == (
        "level 2 of calls tells jan (contact), who is the customer's own in acme and is never paged"
    )
    assert "say `side: support`" in problem.hint
    ours = text.replace("jan: {name: Jan,", "jan: {name: Jan, side: support,")
    assert errors(tmp_path, ours) == []


def test_whose_somebody_is_follows_from_a_role_or_is_said(tmp_path: Path) -> None:
    text = roles("on_call: [anna], lead: [ben], client: [jan]", CALLED)
    text = changed("escalation: calls", "roles: [{id: client, side: customer}]\n    escalation: calls", text)
    text = changed("people: {ben: {", "people: {eva: {name: Eva, email: e@x.example, side: customer}, ben: {", text)
    people = loaded(tmp_path, text).rulebook.contracts[ContractId("acme")].people
    assert {id_ for id_, person in people.items() if person.side is Side.CUSTOMER} == {"jan", "eva"}


@pytest.mark.parametrize(
    ("written", "coverage", "found"),
    [
        ("on_call: [anna], lead: [ben]", "always", []),
        ("on_call: [{person: anna, coverage: office}], lead: [ben]", "office", []),
        ("on_call: [{person: anna, coverage: office}], lead: [ben]", "always", ["nobody-on-duty"]),
        ("on_call: [{person: anna, coverage: office}, ben], lead: [ben]", "always", []),
        (
            "on_call: [{person: anna, coverage: office}, {person: ben, coverage: office, outside: true}], lead: [ben]",
            "always", [],
        ),
        (  # the night shift knows no holidays and begins late
            "on_call: [{person: anna, coverage: office}, {person: ben, coverage: night}], lead: [ben]",
            "always", ["nobody-on-duty"],
        ),
        (  # on holidays only
            "on_call: [{person: anna, coverage: office}], lead: [ben]", "weekdays", ["nobody-on-duty"],
        ),
    ],
)  # fmt: skip
def test_hours_that_count_and_at_which_nobody_of_the_first_level_is_on_duty_are_seen(
    tmp_path: Path, written: str, coverage: str, found: list[str]
) -> None:
    text = changed("coverage: office", f"coverage: {coverage}", CALLED)
    text = changed("plans:\n", '  always: {hours: 24x7}\n  night: {hours: {mon-sun: "18:00-09:00"}}\n'
                   '  weekdays: {hours: {mon-fri: "09:00-17:00"}}\nplans:\n', text)  # fmt: skip
    assert [each for each in codes(tmp_path, roles(written, text)) if each != "over-midnight"] == found


@pytest.mark.parametrize(
    ("held", "found"),
    [
        ("nase: [anna]", ["level-unheld"]),  # of what is out of scope nobody would be told by name
        ("nase: [anna], on_call: [anna]", []),
        ("nase: [anna], on_call: [jan], contact: [jan]", ["customer-paged"]),
    ],
)
def test_the_escalation_of_the_base_plan_is_looked_at_too(tmp_path: Path, held: str, found: list[str]) -> None:
    over = "  extra: {requires_base: [gold], priorities: [{id: P1}, {id: P2}], escalation: own}\n"
    text = changed("plan: gold", "plan: extra\n    base_plan: gold", changed("contracts:\n", over + "contracts:\n"))
    text = changed("escalation: none", "escalation: base", text)
    text = roles(held, text) + (
        "escalations: {base: {levels: [{after: 0m, tell: on_call}]}, own: {levels: [{after: 0m, tell: nase}]}}\n"
    )
    assert codes(tmp_path, text) == found


def test_people_whom_the_base_plans_escalation_names_belong_to_the_contract(tmp_path: Path) -> None:
    over = "  extra: {requires_base: [gold], priorities: [{id: P1}, {id: P2}], escalation: own}\n"
    text = changed("plan: gold", "plan: extra\n    base_plan: gold", changed("contracts:\n", over + "contracts:\n"))
    text = changed("escalation: none", "escalation: base", text) + (
        "escalations: {base: {levels: [{after: 0m, tell: zoe}]}, own: {levels: [{after: 0m, tell: on_call}]}}\n"
        "people: {zoe: {name: Zoe, email: z@x.example}}\n"
    )
    assert "zoe" in loaded(tmp_path, text).rulebook.contracts[ContractId("acme")].people


def test_a_stored_catalogue_of_an_older_release_is_still_read(tmp_path: Path) -> None:
    """It judges incidents of then; whom it would have told wrongly is told by nobody's contact all the same."""
    text = loaded(tmp_path, roles("on_call: [anna], lead: [ben], contact: [jan]")).text
    content = json.loads(text)
    del content["catalogue"]["plans"]["gold"]["escalation"]
    content["catalogue"]["contracts"]["acme"]["roles"]["on_call"] = ["jan"]
    stored = load_text(json.dumps(content))
    assert stored.rulebook.contracts[ContractId("acme")].people["jan"].side is Side.CUSTOMER
