"""Objectives of attainment: what a plan promises, what a contract makes of it, and what cannot be right (clause E4)."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from tests.unit.catalogue.made import SOUND, changed, codes, loaded, problems

from sla_domain.attainment import ScopedObjective, objectives_of
from sla_domain.contract import Contract, ContractId
from sla_domain.objective import CountedUnit, Objective, PeriodKind, ServiceCredit
from sla_domain.plan import PlanId

PROMISED = """\
    objectives:
      - {id: in-time, percent: 90%, tell: [on_call], credits: [{below: 80%, credit: 10%}, {below: 90%, credit: 5%}]}
"""


def with_(objectives: str, text: str = SOUND) -> str:
    """The sound catalogue with objectives in its plan."""
    return changed("    escalation: none\n", f"    escalation: none\n{objectives}", text)


def one(keys: str) -> str:
    return with_(f"    objectives: [{{id: in-time, percent: 90%, {keys}}}]\n")


def acme(tmp_path: Path, text: str) -> Contract:
    return loaded(tmp_path, text).rulebook.contracts[ContractId("acme")]


def test_a_plan_promises_a_share_by_month_over_all_requests_unless_it_says_otherwise(tmp_path: Path) -> None:
    text = with_(PROMISED)
    assert codes(tmp_path, text) == []
    expected = Objective(
        id="in-time",
        percent=Decimal(90),
        tell=("on_call",),
        credits=(ServiceCredit(Decimal(90), Decimal(5)), ServiceCredit(Decimal(80), Decimal(10))),
    )
    assert loaded(tmp_path, text).rulebook.plans[PlanId("gold")].objectives == (expected,)
    assert acme(tmp_path, text).objectives == (expected,)
    assert (expected.period, expected.of, expected.at_risk) == (PeriodKind.MONTH, CountedUnit.REQUESTS, Decimal(75))


def test_an_objective_may_be_about_some_metrics_and_priorities(tmp_path: Path) -> None:
    (found,) = acme(tmp_path, one("of: clocks, metrics: [first_response], priorities: [p1]")).objectives
    assert (found.of, found.metrics, found.priorities) == (
        CountedUnit.CLOCKS,
        frozenset({"first_response"}),
        frozenset({"P1"}),
    )
    assert found.counts("first_response", "P1")
    assert not found.counts("first_response", "P2")
    assert not found.counts("resolution", "P1")


def test_a_contract_changes_an_objective_of_its_plan_and_adds_its_own(tmp_path: Path) -> None:
    own = "    objectives: [{id: in-time, percent: 95%}, {id: quick, percent: 50%, period: quarter}]\n"
    contract = acme(tmp_path, changed("    plan: gold\n", f"    plan: gold\n{own}", with_(PROMISED)))
    assert [(each.id, each.percent) for each in contract.objectives] == [("in-time", 95), ("quick", 50)]
    assert contract.objectives[0].credits == (), "what a contract writes stands in the whole objective's place"


def test_a_child_plan_takes_over_objectives_and_changes_them(tmp_path: Path) -> None:
    child = "  child: {extends: gold, objectives: [{id: quick, percent: 50%}]}\n"
    text = changed("contracts:\n", f"{child}contracts:\n", changed("plan: gold", "plan: child", with_(PROMISED)))
    assert {each.id for each in acme(tmp_path, text).objectives} == {"in-time", "quick"}


def test_an_entitlement_has_the_objectives_of_its_plan_as_the_contract_changes_them(tmp_path: Path) -> None:
    """Those of the whole contract come first; those of a plan count only what stands under its entitlement."""
    bought = "    entitlements: [{id: desk, plan: gold, products: [Mail]}, {id: all, plan: plain}]\n"
    own = "    objectives: [{id: in-time, percent: 95%}, {id: whole, percent: 50%}]\n"
    text = changed("contracts:\n", "  plain: {extends: gold, objectives: []}\ncontracts:\n", SOUND)
    text = with_(PROMISED, text.replace("extends: gold, objectives: []", "extends: gold"))
    contract = acme(tmp_path, changed("    plan: gold\n", bought + own, text))
    found = [(scoped.entitlement, scoped.objective.id, scoped.objective.percent) for scoped in objectives_of(contract)]
    assert found == [("", "whole", 50), ("desk", "in-time", 95), ("all", "in-time", 95)]
    assert ScopedObjective("", contract.objectives[0]) in objectives_of(contract)


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ("metrics: [resolution]", "unknown-metric"),
        ("priorities: [P7]", "unknown-priority"),
        ("tell: [nobody_known]", "unknown-role"),
        ("credits: [{below: 95%, credit: 5%}]", "credit-while-kept"),
        ("credits: [{below: 80%, credit: 5%}, {below: 80%, credit: 6%}]", "duplicate-credit"),
        ("credits: [{below: 90%, credit: 5%}, {below: 80%, credit: 5%}]", "credit-order"),
        ("period: contract_year", "no-start"),
    ],
)
def test_an_objective_that_cannot_be_meant_so_is_reported(tmp_path: Path, keys: str, code: str) -> None:
    assert code in codes(tmp_path, one(keys))


def test_an_objective_that_counts_nothing_is_reported(tmp_path: Path) -> None:
    only = changed("by_priority: {P1: 1h, P2: 4h}", "by_priority: {P1: 1h}", one("priorities: [P2]"))
    assert "objective-counts-nothing" in codes(tmp_path, only)
    assert "objective-counts-nothing" not in codes(tmp_path, one("priorities: [P2]"))


def test_an_objective_that_tells_nobody_of_the_contract_is_reported(tmp_path: Path) -> None:
    text = one("tell: [manager]")
    text = changed("contracts:\n", "contracts:\n" + OTHER, text)
    (found,) = [each for each in problems(tmp_path, text) if each.code == "objective-unheld"]
    assert "tells manager, nobody here" in found.message


OTHER = """\
  other:
    customers: [Other]
    plan: gold
    zone: Europe/Warsaw
    country: PL
    people: {bob: {name: Bob, email: bob@example.com}}
    roles: {on_call: [bob], manager: [bob]}
"""


def test_two_objectives_have_two_ids(tmp_path: Path) -> None:
    twice = "    objectives: [{id: in-time, percent: 90%}, {id: in-time, percent: 80%}]\n"
    assert "duplicate-objective" in codes(tmp_path, with_(twice))


@pytest.mark.parametrize("percent", ["0%", "101%", "-5%", "many"])
def test_a_share_lies_between_nothing_and_all(tmp_path: Path, percent: str) -> None:
    assert codes(tmp_path, with_(f"    objectives: [{{id: in-time, percent: {percent}}}]\n"))
