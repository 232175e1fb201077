"""Which of a contract's entitlements covers an incident, and why each of the others does not.

The first entitlement, in the order written, that was in force at the opening, is for the type of the request and covers
the product. An incident that names no product or no type is covered by an entitlement that is limited to some. If none
covers it, the base plan applies of the first in force that has one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sla_domain.contract import Contract, ContractEntitlement, day_within
from sla_domain.incident import PassedOver, PassedReason, Scope
from sla_domain.normal import normal


class Chosen(NamedTuple):
    """The entitlement (one of the contract's plans) that applies to one incident."""

    bought: Contract
    """The contract with only the plan and products of that entitlement."""
    scope: Scope
    """Whether the entitlement covers the product."""
    entitlement: str
    """Id of the entitlement. "" for a contract with one plan."""


def choose(contract: Contract, attributes: Mapping[str, str], opened_at: datetime) -> Chosen:
    """Choose the entitlement of a contract that applies to an incident.

    An entitlement is a plan with its own products, dates and types of requests. A contract without entitlements has a
    single plan, which applies. Otherwise the first of these applies:

    1. The first entitlement that is valid on the local day of `opened_at` and covers the incident's product and type. A
       missing product or type is covered by all.
    2. The first valid entitlement with a base plan (a plan for products that are not covered).
    3. The first valid entitlement.

    In the last two cases, `scope` of the result says that no entitlement covers the incident. If no entitlement is
    valid on that day, all are treated as valid.

    Args:
        attributes: Attributes of the incident. `product` and `type` decide.
        opened_at: When the incident was opened.
    """
    product = attributes.get("product", "")
    if not contract.entitlements:
        return Chosen(contract, scope_of(contract, product, contract.base_plan is not None), "")
    day, used = _day(contract, opened_at), normal(attributes.get("type", ""))
    for one in contract.entitlements:
        if _refusal(one, product, used, day) is None:
            return Chosen(one.bought, scope_of(one.bought, product, has_base=True), one.id)
    current = [one for one in contract.entitlements if one.valid_on(day)] or list(contract.entitlements)
    last = next((one for one in current if one.bought.base_plan is not None), current[0])
    has_base = last.bought.base_plan is not None
    scope = scope_of(last.bought, product, has_base)
    if scope.word == "in":
        scope = Scope.NOT_ENTITLED if has_base else Scope.NOT_ENTITLED_NO_BASE
    return Chosen(last.bought, scope, last.id)


def passed_over(contract: Contract, attributes: Mapping[str, str], opened_at: datetime) -> tuple[PassedOver, ...]:
    """Return the contract's entitlements (plans) that do not apply to an incident, in order, with reasons.

    An entitlement applies only if the day of the opening, in the contract's zone, lies within its dates.

    Args:
        attributes: Attributes of the incident. `product` and `type` decide.
        opened_at: When the incident was opened.
    """
    product, used = attributes.get("product", ""), normal(attributes.get("type", ""))
    day, covered, found = _day(contract, opened_at), "", []
    for one in contract.entitlements:
        refusal = _refusal(one, product, used, day)
        if refusal is not None:
            actual = {PassedReason.TYPE: attributes.get("type", "")}.get(refusal, product)
            dates = {PassedReason.BEGINS: one.valid_from, PassedReason.ENDED: one.valid_to}
            found.append(PassedOver(one.id, refusal, str(dates.get(refusal, actual))))
        elif covered:
            found.append(PassedOver(one.id, PassedReason.LATER, covered))
        else:
            covered = one.id
    return tuple(found)


def scope_of(contract: Contract, product: str, has_base: bool) -> Scope:
    """Return whether the contract covers the product, and why.

    A product that the contract both covers and excludes is excluded.

    Args:
        product: Name of the product. "" if the incident names none.
        has_base: Whether a base plan applies to products that are not covered.
    """
    product = normal(product)
    if product and product in contract.normal_excluded:
        return Scope.EXCLUDED if has_base else Scope.EXCLUDED_NO_BASE
    if product and product in contract.normal_unavailable:
        return Scope.UNAVAILABLE if has_base else Scope.UNAVAILABLE_NO_BASE
    if not contract.products:
        return Scope.EVERY_PRODUCT
    if not product:
        return Scope.NO_PRODUCT
    if product in contract.normal_products:
        return Scope.IN_SCOPE
    return Scope.OUT_OF_SCOPE if has_base else Scope.OUT_OF_SCOPE_NO_BASE


def _day(contract: Contract, opened_at: datetime) -> date:
    return opened_at.astimezone(ZoneInfo(contract.zone)).date()


def _refusal(one: ContractEntitlement, product: str, request_type: str, day: date) -> PassedReason | None:
    """Why an entitlement does not cover an incident; None if it does."""
    if not one.valid_on(day):
        return PassedReason.ENDED if day_within(day, one.valid_from, None) else PassedReason.BEGINS
    if request_type and one.normal_types and request_type not in one.normal_types:
        return PassedReason.TYPE
    return _OF_SCOPE.get(scope_of(one.bought, product, has_base=True))


_OF_SCOPE = {
    Scope.OUT_OF_SCOPE: PassedReason.PRODUCT,
    Scope.EXCLUDED: PassedReason.EXCLUDED,
    Scope.UNAVAILABLE: PassedReason.UNAVAILABLE,
}
