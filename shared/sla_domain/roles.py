"""Who holds a role of a contract at an instant, in or out of its hours, and why (PLANS H5, E11, I7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sla_domain.contract import Contract, Person, RoleHolder
from sla_domain.errors import CalendarError
from sla_domain.plan import Coverage
from sla_domain.rulebook import Rulebook


class RoleReason(StrEnum):
    ALWAYS = "holds the role at any hour"
    IN_HOURS = "holds the role in its hours, which are on"
    OUT_OF_HOURS = "holds the role outside its hours, which are off"
    EVERYBODY = "nobody holds the role at this hour: everybody who ever does is told"
    UNASSIGNED = "the contract gives the role to nobody"


@dataclass(frozen=True, slots=True)
class Holding:
    """One person who holds the role now."""

    person: Person
    reason: RoleReason


@dataclass(frozen=True, slots=True)
class RoleAnswer:
    role: str
    holdings: tuple[Holding, ...]
    reason: RoleReason

    @property
    def people(self) -> tuple[Person, ...]:
        return tuple(holding.person for holding in self.holdings)


def who_holds(rulebook: Rulebook, contract: Contract, role: str, at: datetime) -> RoleAnswer:
    """The people in a role at an instant; when the hours leave a gap everybody in the role, never nobody."""
    holders = [holder for holder in contract.roles if holder.role == role and holder.person in contract.people]
    if not holders:
        return RoleAnswer(role, (), RoleReason.UNASSIGNED)
    now = tuple(
        Holding(contract.people[holder.person], reason)
        for holder in holders
        for reason in _reason(rulebook, contract, holder, at)
    )
    if now:
        return RoleAnswer(role, now, now[0].reason)
    everybody = {holder.person: None for holder in holders}
    told = tuple(Holding(contract.people[person], RoleReason.EVERYBODY) for person in everybody)
    return RoleAnswer(role, told, RoleReason.EVERYBODY)


def _reason(rulebook: Rulebook, contract: Contract, holder: RoleHolder, at: datetime) -> Iterator[RoleReason]:
    """Why this holder holds the role at `at`; nothing when he does not."""
    coverage = None if holder.coverage is None else _coverage(rulebook, contract, holder.coverage)
    if coverage is None:
        yield RoleReason.ALWAYS
        return
    try:
        is_open = rulebook.calendars.calendar(contract, coverage).is_open(at)
    except CalendarError:
        is_open = not holder.outside  # no calendar for this instant: rather one too many than nobody
    if is_open is not holder.outside:
        yield RoleReason.OUT_OF_HOURS if holder.outside else RoleReason.IN_HOURS


def _coverage(rulebook: Rulebook, contract: Contract, name: str) -> Coverage | None:
    for id_ in (contract.plan, contract.base_plan):
        plan = rulebook.plans.get(id_) if id_ is not None else None
        if plan is not None and name in plan.coverages:
            return plan.coverages[name]
    return None
