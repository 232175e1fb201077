"""Contracts against the terms of their plans: how long, for which products, where (clauses B11 and H17)."""

from __future__ import annotations

from sla_catalogue.assembly.contract import BuiltContract
from sla_catalogue.rule.subject import CheckedCatalogue
from sla_domain.normal import normal, normals


def check_terms(bought: BuiltContract, subject: CheckedCatalogue) -> None:
    """Check that a contract keeps the terms of its plan.

    Errors are added to `subject.findings` if the contract is shorter than the plan demands, if it leaves out products
    under a plan for all products, or if it names a product or country for which the plan is not sold.

    Args:
        bought: The contract.
    """
    _check_length(bought, subject)
    _check_products(bought, subject)
    _check_available(bought, subject)


def _check_length(bought: BuiltContract, subject: CheckedCatalogue) -> None:
    least, contract = bought.built.plan.terms.minimum_term, bought.contract
    if least is None or contract.valid_to is None:
        return
    plan = bought.document.plan
    if contract.valid_from is None:
        message = f"the plan {plan} is bought for {least} at least, and the contract does not say when it begins"
        subject.findings.error((*bought.place, "valid"), "minimum-term", message, "valid: {from: …, to: …}")
    elif contract.valid_to < least.after(contract.valid_from):
        message = f"the plan {plan} is bought for {least} at least; the contract lasts from {contract.valid_from}"
        hint = f"it may end on {least.after(contract.valid_from)} or later"
        subject.findings.error((*bought.place, "valid"), "minimum-term", f"{message} to {contract.valid_to}", hint)


def _check_products(bought: BuiltContract, subject: CheckedCatalogue) -> None:
    if not bought.built.plan.terms.all_products:
        return
    left_out = bought.contract.normal_excluded - bought.contract.normal_unavailable
    for key, narrows in (("products", bought.document.products), ("excluded_products", left_out)):
        if narrows:
            message = f"the plan {bought.document.plan} is bought for all products of the customer"
            subject.findings.error((*bought.place, key), "all-products", message, f"leave out `{key}`")


def _check_available(bought: BuiltContract, subject: CheckedCatalogue) -> None:
    terms, contract = bought.built.plan.terms, bought.contract
    clause = f" ({terms.unavailable_clause})" if terms.unavailable_clause else ""
    plan = bought.document.plan
    for name in bought.document.products:
        if normal(name) in contract.normal_unavailable:
            message = f"the plan {plan} is not available for the product {name}{clause}"
            subject.findings.error((*bought.place, "products"), "not-available", message, "leave it out")
    places = {normal(place) for place in _places(contract.country, contract.subdivision)}
    if places & normals(terms.unavailable_countries):
        message = (
            f"the plan {plan} is not available in {'-'.join(_places(contract.country, contract.subdivision)[-1:])}"
        )
        subject.findings.error((*bought.path, "country"), "not-available", message + clause, "choose another plan")


def _places(country: str | None, subdivision: str | None) -> list[str]:
    """`DE` and `DE-BY`, as far as the contract names them."""
    return [place for place in (country, f"{country}-{subdivision}" if subdivision else None) if place]
