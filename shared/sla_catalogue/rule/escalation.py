"""Whom a breach notifies: plans that page nobody by oversight, levels that reach nobody or the wrong people."""

from __future__ import annotations

from sla_catalogue.assembly.contract import BuiltContract
from sla_catalogue.document.escalation import PolicyDocument
from sla_catalogue.problem import Path
from sla_catalogue.rule.subject import CheckedCatalogue
from sla_domain.contract import Side
from sla_domain.escalation import NO_ESCALATION

_NO_ESCALATION_HINT = (
    f"escalation: an entry of `escalations`; or `escalation: {NO_ESCALATION}`: nobody is paged, and the operators are "
    "informed of a breach once"
)


def check_escalations(subject: CheckedCatalogue) -> None:
    """Check that every plan has an escalation, and that its levels can notify somebody.

    A plan without an escalation, and a level that cannot work, are added to `subject.findings`. A level cannot work if
    nobody of the contract has its roles, or if it pages somebody on the customer's side, who is never paged. In a
    catalogue rebuilt from its stored text, only levels that notify nobody are reported.
    """
    if not subject.context.stored:
        _check_plans(subject)
    for built in subject.bought:
        for name in escalations_of(built, subject):
            policy = subject.context.document.escalations.get(name)
            if policy is None:
                continue
            _check_levels(built, name, policy, subject)
            if not subject.context.stored:
                _check_customers_people(built, name, policy, subject)


def escalations_of(built: BuiltContract, subject: CheckedCatalogue) -> tuple[str, ...]:
    """Return the ids of the escalations (whom to page) that a contract uses, each once.

    These are the escalation of its plan, and that of its base plan (the plan for products out of scope).
    """
    base = subject.plan(built.contract.base_plan) if built.contract.base_plan is not None else None
    named = (built.built.plan.escalation, base.plan.escalation if base is not None else None)
    return tuple(dict.fromkeys(name for name in named if name))


def _check_plans(subject: CheckedCatalogue) -> None:
    """A plan for on top of another may leave its escalation to the base; laid over it, it has one."""
    for each in subject.plans:
        if each.plan.escalation is None and not (each.plan.requires_base and "+" not in each.plan.id):
            message = f"the plan {each.draft.path[1]} has no escalation: nobody would be notified of a breach"
            subject.findings.error(each.draft.path, "no-escalation", message, _NO_ESCALATION_HINT)
    if NO_ESCALATION in subject.written.escalations:
        message = f"`escalation: {NO_ESCALATION}` says that nobody is paged: no policy can be called so"
        subject.findings.error(("escalations", NO_ESCALATION), "reserved-name", message, "give it another name")


def _check_levels(built: BuiltContract, escalation: str, policy: PolicyDocument, subject: CheckedCatalogue) -> None:
    known = {role.role for role in built.contract.roles} | set(built.contract.people)
    for number, level in enumerate(policy.levels, start=1):
        if not known & set(level.tell):
            message = f"level {number} of {escalation} tells {', '.join(level.tell)}, nobody here"
            subject.findings.warning(built.path, "level-unheld", message, "give the role to somebody")


def _check_customers_people(
    built: BuiltContract, escalation: str, policy: PolicyDocument, subject: CheckedCatalogue
) -> None:
    """The customer's own people are never paged: a level that names them would be silent where it looks held."""
    contract = built.contract
    for number, level in enumerate(policy.levels, start=1):
        for name in level.tell:
            for person in dict.fromkeys(_holders(built, name, subject)):
                if person in contract.people and contract.people[person].side is Side.CUSTOMER:
                    message = (
                        f"level {number} of {escalation} tells {_as(name, person)}, who is the "
                        f"customer's own in {contract.id} and is never paged"
                    )
                    hint = f"name somebody of the support; or, if {person} is of the support, say `side: support`"
                    subject.findings.error(_place(built, name), "customer-paged", message, hint)


def _holders(built: BuiltContract, name: str, subject: CheckedCatalogue) -> list[str]:
    """The people who hold a role, all of a rota included; or the person whom the level names itself."""
    found: list[str] = []
    for holder in built.contract.roles:
        if holder.role == name and holder.rota is None:
            found.append(holder.person)
        elif holder.role == name and holder.rota is not None:
            rota = subject.rotas.get(holder.rota)
            found += rota.people if rota is not None else ()
    return found or [name]


def _as(name: str, person: str) -> str:
    return person if name == person else f"{person} ({name})"


def _place(built: BuiltContract, name: str) -> Path:
    return (*built.path, "roles", name) if name in built.document.roles else built.path
