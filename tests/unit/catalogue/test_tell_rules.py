"""`tell`: what `slad check` says of rules on who is told of what."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.catalogue.made import changed, codes, loaded, problems

from sla_domain.contract import ContractId
from sla_domain.escalation import TellKind
from sla_domain.match import Match, MatchCondition
from sla_domain.plan import PlanId
from sla_domain.tell import Happening, TellRule

HEARD = "{on: escalated, to: on_call}"


def with_(*rules: str) -> str:
    body = "".join(f"      - {rule}\n" for rule in rules)
    return changed("    escalation: none\n", f"    escalation: none\n    tell:\n{body}")


def test_a_rule_is_what_it_says(tmp_path: Path) -> None:
    text = with_(
        "{on: opened, to: [on_call], priority: p1, when: {product: {not: toy}},"
        " coverage: office, outside: true, clause: H5}",
        HEARD,
    )
    assert codes(tmp_path, text) == []
    rule, _ = loaded(tmp_path, text).rulebook.plans[PlanId("gold")].tell
    conditions = (
        MatchCondition("priority", frozenset({"P1"})),
        MatchCondition("product", frozenset({"toy"}), negated=True),
    )
    assert rule == TellRule(
        on=Happening.OPENED, to=("on_call",), kind=TellKind.NOTICE, match=Match(conditions), coverage="office",
        outside=True, clause="H5",
    )  # fmt: skip


def test_a_contract_adds_rules_of_its_own(tmp_path: Path) -> None:
    text = changed(
        "    country: PL\n", "    country: PL\n    tell: [{on: rated, to: anna}, {on: escalated, to: anna}]\n"
    )
    assert codes(tmp_path, text) == []
    own = loaded(tmp_path, text).rulebook.contracts[ContractId("acme")].tell
    assert [(rule.on, rule.to) for rule in own] == [(Happening.RATED, ("anna",)), (Happening.ESCALATED, ("anna",))]


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        (("{on: opened, to: nobody_knows}", HEARD), "unknown-role"),
        (("{on: breached, to: on_call, kind: page}", HEARD), "tell-page"),
        (("{on: opened, to: on_call, metric: first_response}", HEARD), "tell-condition"),
        (("{on: opened, to: on_call, when: {score: ['1']}}", HEARD), "tell-condition"),
        (("{on: opened, to: on_call, priority: P9}", HEARD), "unknown-priority"),
        (("{on: opened, to: on_call, coverage: nights}", HEARD), "unknown-coverage"),
        (("{on: opened, to: on_call, outside: true}", HEARD), "tell-hours"),
        (("{on: warned, to: on_call}", HEARD), "tell-never"),
        (("{on: window_booked, to: on_call}", HEARD), "tell-never"),
        (("{on: window_cancelled, to: on_call}", HEARD), "tell-never"),
        (("{on: allowance_low, to: on_call}", HEARD), "tell-never"),
        (("{on: allowance_expiring, to: on_call}", HEARD), "tell-never"),
        (("{on: allowance_overdrawn, to: on_call}", HEARD), "tell-never"),
        (("{on: opened, to: on_call}", "{on: opened, to: on_call, priority: P1}", HEARD), "tell-shadowed"),
        (("{on: opened, to: on_call}",), "unheard"),
    ],
)
def test_what_cannot_be_meant_is_said(tmp_path: Path, rules: tuple[str, ...], code: str) -> None:
    assert codes(tmp_path, with_(*rules)) == [code]


def test_a_page_of_what_nobody_can_acknowledge_is_refused(tmp_path: Path) -> None:
    text = with_("{on: opened, to: on_call, kind: page}", HEARD)
    said = [each.message for each in problems(tmp_path, text) if each.code == "tell-page"]
    assert "a page asks for an acknowledgement that ends with a clock, and `opened` is none" in said


def test_a_narrower_rule_before_a_wider_one_is_fine(tmp_path: Path) -> None:
    text = with_("{on: opened, to: on_call, priority: P1}", "{on: opened, to: [anna, on_call]}", HEARD)
    assert codes(tmp_path, text) == []


def test_a_role_that_nobody_holds_here_is_said_with_the_contract(tmp_path: Path) -> None:
    text = with_("{on: opened, to: [manager]}", HEARD)
    other = text + (
        "  house: {plan: gold, zone: UTC, people: {bo: {name: Bo, email: b@example.com}},\n"
        "          roles: {manager: [bo], on_call: [bo]}}\n"
    )
    found = [each for each in problems(tmp_path, other) if each.code == "tell-unheld"]
    assert [each.message for each in found] == ["acme: `opened` is told to manager, nobody here"]


def test_the_customers_people_hear_and_are_never_paged(tmp_path: Path) -> None:
    text = with_("{on: breached, to: anna, kind: page}", HEARD)
    text = text.replace("email: anna@example.com}", "email: anna@example.com, side: customer}")
    assert "customer-paged" in codes(tmp_path, text)
    told = with_("{on: opened, to: anna}", HEARD).replace(
        "email: anna@example.com}", "email: anna@example.com, side: customer}"
    )
    assert "customer-paged" not in codes(tmp_path, told)
