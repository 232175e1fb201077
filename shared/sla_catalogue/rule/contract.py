"""Contracts that cannot be as written: base plans, dates of sale, customers named twice, nobody to notify."""

from __future__ import annotations

from datetime import date

from sla_catalogue.assembly.contract import BuiltContract
from sla_catalogue.problem import Path
from sla_catalogue.rule.subject import CheckedCatalogue
from sla_catalogue.rule.terms import check_terms
from sla_domain.contract import Contract
from sla_domain.normal import normal
from sla_domain.plan import Plan


def check_contracts(subject: CheckedCatalogue) -> None:
    """Check contracts as a whole, and add mistakes to `subject.findings`.

    Mistakes are impossible dates, a missing base plan, nobody to notify, and a customer of two contracts at the same
    time. The terms of the plan are checked too (`check_terms`), except for a catalogue rebuilt from its stored text.
    """
    for built in subject.contracts:
        for bought in built.bought:
            _check_dates(bought, subject)
            _check_base(bought, subject)
            if not subject.context.stored:
                check_terms(bought, subject)
        _check_people(built, subject)
    _check_customers(subject)


def _check_dates(built: BuiltContract, subject: CheckedCatalogue) -> None:
    contract = built.contract
    if contract.valid_from and contract.valid_to and contract.valid_to <= contract.valid_from:
        hint = "`to` is exclusive and comes after `from`"
        subject.findings.error((*built.path, "valid"), "validity", "the contract ends before it begins", hint)
    for id_ in (built.document.plan, built.document.base_plan):
        plan = subject.plan(id_) if id_ else None
        if plan is not None:
            _check_sold(contract, plan.plan, built.place, subject)


def _check_sold(contract: Contract, plan: Plan, path: Path, subject: CheckedCatalogue) -> None:
    """Report a contract bought while its plan was not on sale (clause H3, docs/clauses.md)."""
    signed = contract.valid_from
    if plan.valid_to is not None and signed is None:
        message = f"the plan {plan.id} was sold until {plan.valid_to} only, and the contract has no valid.from"
        subject.findings.error(path, "not-on-sale", message, "valid: {from: …} says when it was bought")
    elif plan.valid_to is not None and signed is not None and signed >= plan.valid_to:
        message = f"the plan {plan.id} was withdrawn from sale on {plan.valid_to}, the contract begins on {signed}"
        subject.findings.error(path, "not-on-sale", message, "choose a plan that was on sale")
    elif plan.valid_from is not None and signed is not None and signed < plan.valid_from:
        message = f"the plan {plan.id} is sold from {plan.valid_from}, the contract begins on {signed}"
        subject.findings.error(path, "not-on-sale", message, "choose a plan that was on sale")


def _check_base(built: BuiltContract, subject: CheckedCatalogue) -> None:
    """Report a contract without the base plan that its plan requires (clause H3, docs/clauses.md)."""
    needed = sorted(built.built.draft.document.requires_base)
    if needed and built.document.base_plan not in needed:
        has = f"it has {built.document.base_plan}" if built.document.base_plan else "it has none"
        message = f"the plan {built.document.plan} needs one of {', '.join(needed)} as base plan; {has}"
        subject.findings.error(built.place, "base-plan", message, f"base_plan: {needed[0]}")


def _check_people(built: BuiltContract, subject: CheckedCatalogue) -> None:
    findings, contract = subject.findings, built.contract
    if not contract.people:
        message = f"the contract {contract.id} has no people: its breaches reach nobody"
        findings.warning(built.path, "no-people", message, "roles: {on_call: [somebody]}")
        return
    held = {role.role for role in contract.roles}
    roles = [role for each in built.bought for role in each.built.plan.roles]
    # If one of several plans promises a role, the role is owed.
    owed = {role.id: None for role in roles if not role.optional}
    for id_ in owed:
        if id_ not in held:
            message = f"the plan promises the role {id_!r}, and nobody holds it in {contract.id}"
            findings.warning(built.path, "role-unheld", message, f"roles: {{{id_}: [somebody]}}")
    for id_ in {role.id: None for role in roles if role.sole}:
        holders = [one for one in contract.roles if one.role == id_]
        if len(holders) > 1 or any(one.rota for one in holders):
            message = f"the plan has the customer report through one person as {id_!r}, and {contract.id} names others"
            findings.error((*built.path, "roles", id_), "sole-role", message, f"roles: {{{id_}: [somebody]}}")
    for person in contract.people.values():
        if not person.addresses:
            message = f"{person.id} has no address: word cannot reach them"
            findings.warning(_person_place(built, person.id), "no-address", message, "email: somebody@example.com")


def _person_place(built: BuiltContract, person: str) -> Path:
    return (*built.path, "people", person) if person in built.document.people else ("people", person)


def _check_customers(subject: CheckedCatalogue) -> None:
    """Two contracts in force for one customer at one time: which would apply depended on the order of files."""
    known: dict[str, list[int]] = {}
    for index, other in enumerate(subject.contracts):
        earlier = {number for name in other.contract.normal_customers for number in known.get(name, ())}
        for name in other.contract.normal_customers:
            known.setdefault(name, []).append(index)
        for one in (subject.contracts[number] for number in sorted(earlier)):
            if not dates_overlap(one.contract, other.contract):
                continue
            shared = one.contract.normal_customers & other.contract.normal_customers
            named = sorted(name for name in other.contract.customers if normal(name) in shared)
            message = f"{', '.join(named)} is a customer of {one.contract.id} at the same time"
            hint = "give the contracts dates that do not meet, or the customer another name"
            subject.findings.error((*other.path, "customers"), "duplicate-customer", message, hint)


def dates_overlap(one: Contract, other: Contract) -> bool:
    """Return whether there is a day on which both contracts are valid.

    The last valid day of a contract is the day before its `valid_to`.
    """

    def bounds(contract: Contract) -> tuple[date, date]:
        return contract.valid_from or date.min, contract.valid_to or date.max

    (start, end), (begin, finish) = bounds(one), bounds(other)
    return start < finish and begin < end
