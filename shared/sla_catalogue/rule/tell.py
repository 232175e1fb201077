"""Rules on who is notified of what that reach nobody or the wrong people, or repeat another rule."""

from __future__ import annotations

from collections.abc import Iterator

from sla_catalogue.assembly.contract import BuiltContract
from sla_catalogue.problem import Path
from sla_catalogue.rule.subject import CheckedCatalogue
from sla_domain.contract import Side
from sla_domain.escalation import NO_ESCALATION, TellKind
from sla_domain.tell import Happening, TellRule

_Placed = tuple[Path, TellRule]


def check_tell(subject: CheckedCatalogue) -> None:
    """Check that the notification rules (whom to notify of what) can work as written.

    A finding is added to `subject.findings`, with one of these codes:

    - `tell-unheld`: nobody of the contract holds a role of the rule
    - `unknown-role`: a rule names a role that no plan or contract has
    - `customer-paged`: a rule pages people of the customer
    - `tell-page`: a rule pages, but the plan says that nobody is paged
    - `tell-never`: a rule is for something that never happens under the contract, such as a warning if no target warns
    - `tell-shadowed`: an earlier rule already notifies the same people in all of these cases
    - `unheard`: no rule is for escalations by the customer, although there are rules for other happenings

    For a catalogue rebuilt from its stored text, only `unknown-role` is checked.
    """
    known = subject.known_roles()
    for path, names in _written(subject):
        for name in names:
            if name not in known:
                subject.context.report_unknown(name, known, (*path, "to"), "role")
    if subject.context.stored:
        return
    for built in subject.contracts:
        for one in built.bought:
            rules = list(_of_contract(one, built))
            _check_held(rules, built, known, subject)
            _check_pages(rules, one, built, subject)
            _check_possible(rules, one, built, subject)
            _check_shadowed(rules, subject)
            _check_heard([rule for _, rule in rules], one, subject)


def _written(subject: CheckedCatalogue) -> Iterator[tuple[Path, list[str]]]:
    for id_, plan in subject.written.plans.items():
        for index, rule in enumerate(plan.tell):
            yield ("plans", id_, "tell", index), rule.to
    for id_, contract in subject.written.contracts.items():
        for index, rule in enumerate(contract.tell):
            yield ("contracts", id_, "tell", index), rule.to
        for number, entitlement in enumerate(contract.entitlements):
            for index, rule in enumerate(entitlement.tell):
                yield ("contracts", id_, "entitlements", number, "tell", index), rule.to


def _of_contract(one: BuiltContract, whole: BuiltContract) -> Iterator[_Placed]:
    """The rules for incidents under one of the plans of a contract, with where each is written."""
    yield from zip([path for path, _ in one.built.draft.tell], one.built.plan.tell, strict=True)
    for place, contract in {one.place: one.contract, whole.path: whole.contract}.items():
        for index, rule in enumerate(contract.tell):
            yield (*place, "tell", index), rule


def _check_held(rules: list[_Placed], built: BuiltContract, known: set[str], subject: CheckedCatalogue) -> None:
    here = {role.role for role in built.contract.roles} | set(built.contract.people)
    for path, rule in rules:
        if known & set(rule.to) and not here & set(rule.to) and not _promised(rule, built):
            message = f"{built.contract.id}: `{rule.on.value}` is told to {', '.join(rule.to)}, nobody here"
            subject.findings.warning(path, "tell-unheld", message, "give the role to somebody")


def _promised(rule: TellRule, built: BuiltContract) -> bool:
    """Whether a role of the rule is one that the plan promises: `role-unheld` warns of those; or an optional one."""
    promised = {role.id for one in built.bought for role in one.built.plan.roles}
    return bool(promised & set(rule.to))


def _check_pages(rules: list[_Placed], one: BuiltContract, whole: BuiltContract, subject: CheckedCatalogue) -> None:
    contract = whole.contract
    for path, rule in rules:
        if rule.kind is not TellKind.PAGE:
            continue
        if one.built.plan.escalation == NO_ESCALATION:
            message = f"the plan of {contract.id} says `escalation: {NO_ESCALATION}`: nobody is paged"
            subject.findings.error((*path, "kind"), "tell-page", message, "kind: notice; or give it an escalation")
        for name in rule.to:
            holders = [holder.person for holder in contract.roles if holder.role == name] or [name]
            for person in dict.fromkeys(holders):
                if person in contract.people and contract.people[person].side is Side.CUSTOMER:
                    message = f"{person} is the customer's own in {contract.id} and is never paged"
                    subject.findings.error((*path, "to"), "customer-paged", message, "kind: notice")


def _check_possible(rules: list[_Placed], one: BuiltContract, whole: BuiltContract, subject: CheckedCatalogue) -> None:
    """A rule on warnings where no target warns of anything would never apply, and so on."""
    id_ = whole.contract.id
    for path, rule in rules:
        match rule.on:
            case Happening.WARNED:
                possible = any(row.target.warnings for row in (*one.rows, *one.built.rows))
                message, hint = f"no target of {one.contract.plan} warns", "warn: 75% in a target"
            case Happening.WINDOW_BOOKED | Happening.WINDOW_CANCELLED:
                possible = any(each.built.plan.windows for each in whole.bought)
                message, hint = f"no plan of {id_} has `windows` that can be booked", "leave the rule out"
            case Happening.ALLOWANCE_LOW:
                possible = any(warning.days is None for each in whole.contract.allowances for warning in each.warnings)
                message, hint = f"no allowance of {id_} warns of its balance", "warn: [20% left] in an allowance"
            case Happening.ALLOWANCE_EXPIRING:
                possible = any(
                    warning.days is not None for each in whole.contract.allowances for warning in each.warnings
                )
                message, hint = f"no allowance of {id_} warns of its expiry", "warn: [30 days before expiry]"
            case Happening.ALLOWANCE_OVERDRAWN:
                possible = bool(whole.contract.allowances)
                message, hint = f"{id_} has no allowance", "leave the rule out"
            case _:
                continue
        if not possible:
            subject.findings.warning((*path, "on"), "tell-never", f"{message}: nobody would ever be told", hint)


def _check_shadowed(rules: list[_Placed], subject: CheckedCatalogue) -> None:
    for number, (path, rule) in enumerate(rules):
        wider = next((other for _, other in rules[:number] if _covers(other, rule)), None)
        if wider is not None:
            message = f"an earlier rule tells {', '.join(rule.to)} of `{rule.on.value}` in any of these cases"
            subject.findings.warning(path, "tell-shadowed", message, "leave one of them out")


def _covers(wider: TellRule, rule: TellRule) -> bool:
    same_hours = wider.coverage is None or (wider.coverage, wider.outside) == (rule.coverage, rule.outside)
    return (
        (wider.on, wider.kind) == (rule.on, rule.kind)
        and set(rule.to) <= set(wider.to)
        and set(wider.match.conditions) <= set(rule.match.conditions)
        and same_hours
    )


def _check_heard(rules: list[TellRule], one: BuiltContract, subject: CheckedCatalogue) -> None:
    """A client who escalates waits for an answer: where rules tell of other things, somebody must hear of that."""
    if rules and not any(rule.on is Happening.ESCALATED for rule in rules):
        message = f"{one.contract.id}: nobody is told that the client escalates an incident"
        hint = "tell: [{on: escalated, to: …}]"
        subject.findings.warning(one.place, "unheard", message, hint)
