"""Whom a breach notifies: plans that page nobody by oversight, levels that reach nobody or the wrong people."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from sla_catalogue.assembly.contract import BuiltContract
from sla_catalogue.document.escalation import PolicyDocument
from sla_catalogue.problem import Path
from sla_catalogue.rule.subject import CheckedCatalogue
from sla_domain.calendar import load_zone
from sla_domain.calendar.instant import instant_of, micros
from sla_domain.calendar.intervals import Interval, clip, merge, subtract
from sla_domain.contract import RoleHolder, Side
from sla_domain.errors import CalendarError
from sla_domain.escalation import NO_ESCALATION
from sla_domain.plan import Unspecified

_NO_ESCALATION_HINT = (
    f"escalation: an entry of `escalations`; or `escalation: {NO_ESCALATION}`: nobody is paged, and the operators are "
    "informed of a broken promise once"
)


def check_escalations(subject: CheckedCatalogue) -> None:
    """Report plans without an escalation, and levels of escalations that do not work for a contract.

    Such a level names nobody of the contract, or somebody on the customer's side, who is never paged. The first level
    is also reported if nobody of it is on duty at some hours that count. For a stored catalogue only levels that name
    nobody are reported: it was in force once and must stay readable.
    """
    if not subject.context.stored:
        _check_plans(subject)
    for built in subject.bought:
        for name in _escalations(built, subject):
            policy = subject.context.document.escalations.get(name)
            if policy is None:
                continue
            _check_levels(built, name, policy, subject)
            if not subject.context.stored:
                _check_customers_people(built, name, policy, subject)
                _check_duty(built, name, policy, subject)


def _escalations(built: BuiltContract, subject: CheckedCatalogue) -> tuple[str, ...]:
    """Return the escalation of a contract's plan, and that of its base plan, which serves what is out of scope."""
    base = subject.plan(built.contract.base_plan) if built.contract.base_plan is not None else None
    named = (built.built.plan.escalation, base.plan.escalation if base is not None else None)
    return tuple(dict.fromkeys(name for name in named if name))


def _check_plans(subject: CheckedCatalogue) -> None:
    """A plan for on top of another may leave its escalation to the base; laid over it, it has one."""
    for each in subject.plans:
        if each.plan.escalation is None and not (each.plan.requires_base and "+" not in each.plan.id):
            message = f"the plan {each.draft.path[1]} has no escalation: nobody would be told of a broken promise"
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
            holders = [holder.person for holder in contract.roles if holder.role == name] or [name]
            for person in dict.fromkeys(holders):
                if person in contract.people and contract.people[person].side is Side.CUSTOMER:
                    message = (
                        f"level {number} of {escalation} tells {_as(name, person)}, who is the "
                        f"customer's own in {contract.id} and is never paged"
                    )
                    hint = f"name somebody of the support; or, if {person} is of the support, say `side: support`"
                    subject.findings.error(_place(built, name), "customer-paged", message, hint)


def _as(name: str, person: str) -> str:
    return person if name == person else f"{person} ({name})"


def _place(built: BuiltContract, name: str) -> Path:
    return (*built.path, "roles", name) if name in built.document.roles else built.path


def _check_duty(built: BuiltContract, escalation: str, policy: PolicyDocument, subject: CheckedCatalogue) -> None:
    """Warn of hours that count in which nobody of the first level is on duty: then everybody of it is notified."""
    if not policy.levels:
        return
    tell = policy.levels[0].tell
    held = {role.role for role in built.contract.roles}
    holders = [
        each
        for each in built.contract.roles
        if each.role in tell and built.contract.people[each.person].side is Side.SUPPORT
    ]
    named = any(name in built.contract.people and name not in held for name in tell)
    if not holders or named or any(holder.coverage is None for holder in holders):
        return
    try:
        gap = _first_gap(built, holders, subject)
    except CalendarError:
        return  # `rule.calendar` reports calendars that cannot answer
    if gap is not None:
        local = gap.astimezone(load_zone(built.contract.zone))
        message = (
            f"nobody of level 1 of {escalation} ({', '.join(tell)}) is on duty in {built.contract.id} "
            f"at hours that count, such as {local:%Y-%m-%d %H:%M}: everybody of the level is told then"
        )
        hint = f"give {tell[0]} to somebody at these hours too: {{person: …, coverage: …, outside: true}}"
        subject.findings.warning((*built.path, "roles"), "nobody-on-duty", message, hint)


def _first_gap(built: BuiltContract, holders: Iterable[RoleHolder], subject: CheckedCatalogue) -> datetime | None:
    """In a year in the middle of those that are compiled, holidays and changes of the clock included."""
    years = subject.calendars.horizon
    middle = (years.first + years.last) // 2
    low, high = micros(datetime(middle, 1, 1, tzinfo=UTC)), micros(datetime(middle, 12, 31, tzinfo=UTC))
    duty: list[Interval] = []
    for holder in holders:
        assert holder.coverage is not None
        hours = _open(built, holder.coverage, low, high, subject)
        duty += subtract([(low, high)], hours) if holder.outside else hours
    rows = [*built.contract.targets, *built.built.plan.targets]
    counted = {row.coverage for row in rows if not isinstance(row.allowed, Unspecified)}
    for name in sorted(counted & set(built.built.plan.coverages)):
        if gaps := subtract(_open(built, name, low, high, subject), merge(duty)):
            return instant_of(gaps[0][0])
    return None


def _open(built: BuiltContract, coverage: str, low: int, high: int, subject: CheckedCatalogue) -> list[Interval]:
    known = built.coverage(coverage)
    assert known is not None  # a holder with an unknown one is left out
    calendar = subject.calendars.calendar(built.contract, known)
    table = calendar.table_over(low, high)
    return clip(table.intervals, low, high)
