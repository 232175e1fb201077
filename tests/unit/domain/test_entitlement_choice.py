"""Which of a contract's entitlements covers an incident, and why each of the others does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.build.rulebook import contract

from sla_domain.contract import Contract, ContractEntitlement
from sla_domain.fold.entitlement_choice import choose, passed_over
from sla_domain.incident import PassedReason, Scope
from sla_domain.plan import PlanId

NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)


def entitlement(id_: str, *products: str, base: str | None = "base", **more: object) -> ContractEntitlement:
    own = {name: more.pop(name) for name in ("excluded_products", "unavailable_products") if name in more}
    bought = contract(plan=f"plan-{id_}", base_plan=base and PlanId(base), products=frozenset(products), **own)
    return ContractEntitlement(id=id_, bought=bought, **more)  # type: ignore[arg-type]


def several(*entitlements: ContractEntitlement) -> Contract:
    return replace(entitlements[0].bought, entitlements=entitlements)


def test_a_contract_with_one_plan_is_chosen_as_it_is() -> None:
    whole = contract(products=frozenset({"shop"}))
    assert choose(whole, {"product": "Shop"}, NOON) == (whole, Scope.IN_SCOPE, "")
    assert passed_over(whole, {"product": "Shop"}, NOON) == ()


@pytest.mark.parametrize(
    ("first", "reason", "detail"),
    [
        (entitlement("a", "till"), PassedReason.PRODUCT, "Shop"),
        (entitlement("a", excluded_products=frozenset({"SHOP"})), PassedReason.EXCLUDED, "Shop"),
        (entitlement("a", unavailable_products=frozenset({"shop"})), PassedReason.UNAVAILABLE, "Shop"),
        (entitlement("a", types=frozenset({"incident"})), PassedReason.TYPE, "Question"),
        (entitlement("a", valid_from=date(2026, 11, 17)), PassedReason.BEGINS, "2026-11-17"),
        (entitlement("a", valid_to=date(2026, 11, 16)), PassedReason.ENDED, "2026-11-16"),
    ],
    ids=lambda value: value.value if isinstance(value, PassedReason) else "",
)
def test_one_that_does_not_cover_is_passed_over(first: ContractEntitlement, reason: PassedReason, detail: str) -> None:
    whole = several(first, entitlement("b", "shop"), entitlement("c"))
    attributes = {"product": "Shop", "type": "Question"}
    assert choose(whole, attributes, NOON).entitlement == "b"
    found = [(one.entitlement, one.reason, one.detail) for one in passed_over(whole, attributes, NOON)]
    assert found == [("a", reason, detail), ("c", PassedReason.LATER, "b")]


def test_its_days_are_those_of_the_zone_of_the_contract() -> None:
    whole = several(entitlement("a", valid_to=date(2026, 11, 17)), entitlement("b", valid_from=date(2026, 11, 17)))
    late = datetime(2026, 11, 16, 23, 30, tzinfo=UTC)  # half past midnight in Warsaw
    assert [choose(whole, {}, at).entitlement for at in (NOON, late)] == ["a", "b"]


def test_if_none_covers_the_base_plan_of_the_first_in_force_applies() -> None:
    ended, without, with_base = (
        entitlement("a", valid_to=date(2026, 1, 1)),
        entitlement("b", "till", base=None),
        entitlement("c", "pump"),
    )
    found = choose(several(ended, without, with_base), {"product": "shop"}, NOON)
    assert (found.entitlement, found.scope) == ("c", Scope.OUT_OF_SCOPE)
    assert choose(several(ended), {}, NOON).scope is Scope.NOT_ENTITLED
    assert choose(several(without), {"product": "shop"}, NOON).scope is Scope.OUT_OF_SCOPE_NO_BASE
    later = entitlement("a", base=None, valid_from=date(2027, 1, 1))
    assert choose(several(later), {}, NOON).scope is Scope.NOT_ENTITLED_NO_BASE


PRODUCTS = st.sampled_from(["", "shop", "SHOP", "till", "pump"])
SETS = st.frozensets(st.sampled_from(["shop", "till"]), max_size=2)
DAYS = st.none() | st.dates(date(2026, 11, 14), date(2026, 11, 18))


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    return several(
        *(
            entitlement(
                f"e{number}",
                *draw(SETS),
                excluded_products=draw(SETS),
                types=draw(SETS),
                valid_from=draw(DAYS),
                valid_to=draw(DAYS),
                base=draw(st.sampled_from([None, "base"])),
            )
            for number in range(draw(st.integers(1, 4)))
        )
    )


@given(contracts(), PRODUCTS, PRODUCTS)
def test_every_entitlement_applies_or_has_its_reason(whole: Contract, product: str, request_type: str) -> None:
    attributes = {"product": product, "type": request_type}
    found, others = choose(whole, attributes, NOON), passed_over(whole, attributes, NOON)
    ids = [one.id for one in whole.entitlements]
    refused = [one.entitlement for one in others if one.reason is not PassedReason.LATER]
    covering = [id_ for id_ in ids if id_ not in refused]
    assert [one.entitlement for one in others] == [id_ for id_ in ids if id_ not in covering[:1]]
    assert (found.scope.word == "in") is bool(covering)
    assert found.entitlement == covering[0] if covering else found.entitlement in ids
    assert found.bought is whole.under(found.entitlement)
