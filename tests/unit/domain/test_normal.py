"""Case and spaces say nothing where words of an incident meet the catalogue."""

from __future__ import annotations

import pytest
from tests.build.rulebook import contract, plan, row, rulebook
from tests.build.story import Telling

from sla_domain.diff import new_facts
from sla_domain.fact import FactKind
from sla_domain.incident import RemarkKind, Scope
from sla_domain.normal import normal
from sla_domain.plan import PlanId
from sla_domain.published import keys_after
from sla_domain.rulebook import MatchReason, Rulebook
from sla_platform.wire.fact_body import details_of

WORDS = [
    "Operations Bridge",
    "operations bridge",
    " OPERATIONS\u00a0BRIDGE ",
    "operations  bridge",
    "Operations\tBridge",
]


@pytest.mark.parametrize("word", WORDS)
def test_one_form_for_all_of_them(word: str) -> None:
    assert normal(word) == "operations bridge"


@pytest.mark.parametrize("word", WORDS)
def test_products_in_scope_and_excluded(word: str) -> None:
    plans = (plan(row("first_response", "1h")), plan(row("first_response", "8h"), id_="base"))
    scoped = rulebook(plans, contract(base_plan=PlanId("base"), products=frozenset({"Operations Bridge"})))
    barred = rulebook(plans, contract(base_plan=PlanId("base"), excluded_products=frozenset({"Operations Bridge"})))
    told = Telling().opened("Mon 09:00", product=word)
    assert told.fold(scoped).scope is Scope.IN_SCOPE
    assert told.fold(barred).scope is Scope.EXCLUDED
    assert told.fold(scoped).attributes["product"] == word, "kept as it was written"


@pytest.mark.parametrize("word", WORDS)
def test_what_rows_match_on(word: str) -> None:
    rules = rulebook(plan(row("resolution", "1h", when={"product": "Operations Bridge"}), row("resolution", "8h")))
    assert Telling().opened("Mon 09:00", product=word).clock(rules).due_at == Telling().at("Mon 10:00")


@pytest.mark.parametrize("word", ["phone", "Phone", " PHONE "])
def test_channels(word: str) -> None:
    rules = rulebook(
        plan(row("resolution", "1h"), channels=frozenset({"Phone"}), urgent_channels=frozenset({"phone"})),
    )
    kinds = {remark.kind for remark in Telling().opened("Mon 09:00", channel=word).fold(rules).remarks}
    assert kinds.isdisjoint({RemarkKind.CHANNEL_NOT_ENTITLED, RemarkKind.URGENT_CHANNEL})


@pytest.mark.parametrize("word", ["acme", "ACME", " Acme "])
def test_customers(word: str) -> None:
    rules = rulebook(plan(row("resolution", "1h")))
    assert Telling(customer=word).opened("Mon 09:00").fold(rules).match_reason is MatchReason.CUSTOMER


@pytest.mark.parametrize("word", ["p1", " P1", "P1 "])
def test_priorities(word: str) -> None:
    rules = rulebook(plan(row("resolution", "1h", priority="P1"), row("resolution", "8h")))
    assert Telling().opened("Mon 09:00", word).clock(rules).due_at == Telling().at("Mon 10:00")


class TestNothingPromised:
    """A target without a number has no clock: that is told once, so that somebody knows of the incident."""

    rules = rulebook(plan(row("first_response", "unspecified")))

    def said(self, told: Telling, rules: Rulebook | None = None) -> list[FactKind]:
        return [fact.kind for fact in new_facts(told.fold(rules or self.rules), {})]

    def test_it_is_told_once(self) -> None:
        incident = Telling().opened("Mon 09:00").fold(self.rules)
        facts = new_facts(incident, {})
        (fact,) = [fact for fact in facts if fact.kind is FactKind.PROMISE_NONE]
        assert "gives no number for first_response at priority P1" in details_of(fact.body)["why"]
        keys = keys_after((), facts)
        later = Telling().opened("Mon 09:00").updated("Mon 10:00").fold(self.rules)
        assert FactKind.PROMISE_NONE not in {fact.kind for fact in new_facts(later, {}, keys)}

    def test_out_of_scope_and_without_a_number_too(self) -> None:
        plans = (plan(row("first_response", "1h")), plan(row("first_response", "unspecified"), id_="base"))
        rules = rulebook(plans, contract(base_plan=PlanId("base"), products=frozenset({"shop"})))
        incident = Telling().opened("Mon 09:00", product="till").fold(rules)
        (fact,) = [fact for fact in new_facts(incident, {}) if fact.kind is FactKind.PROMISE_NONE]
        assert details_of(fact.body)["why"].startswith(Scope.OUT_OF_SCOPE.value)

    def test_not_where_another_clock_runs_or_where_the_incident_is_over(self) -> None:
        other = rulebook(plan(row("first_response", "unspecified"), row("resolution", "8h")))
        assert FactKind.PROMISE_NONE not in self.said(Telling().opened("Mon 09:00"), other)
        assert FactKind.PROMISE_NONE not in self.said(Telling().opened("Mon 09:00").resolved("Mon 10:00"))
