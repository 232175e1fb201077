"""Whom a level of an escalation notifies at an instant: role holders, in or out of their hours, and why.

Source: clauses H5, E11 and I7 (docs/clauses.md). The gap rule is of the level, not of the role: roles whose hours
complement each other take turns, and only if nobody of a whole level is on duty are all of them notified. Outside their
hours people are notified of one thing once; reminders wait until their hours begin. Of a rota whoever is on call at the
instant is on duty, and whoever is next is off duty until then; nobody else of it is notified. The customer's own people
hold roles and are never notified by one. Booked hours are hours of every role for the incidents that they count for,
and whoever is on duty in them (`booked_duty`) is on duty in every role that they hold.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from sla_domain.booked_duty import booked_duty
from sla_domain.calendar import Calendar
from sla_domain.contract import Contract, Person, RoleHolder, Side
from sla_domain.errors import CalendarError
from sla_domain.plan import Coverage
from sla_domain.rota import RotaId, next_shift, on_call
from sla_domain.rulebook import Rulebook
from sla_domain.window import BookedWindow


class RoleReason(StrEnum):
    """Why a person whom an escalation level lists is on duty, or off duty. The value is the reason in words.

    OFF_DUTY and EVERYBODY are the reasons for being off duty.
    """

    ALWAYS = "holds the role at any hour"
    IN_HOURS = "holds the role in its hours, which are on"
    OUT_OF_HOURS = "holds the role outside its hours, which are off"
    ON_CALL = "is on call in the rota that holds the role"
    BOOKED = "is on duty in the booked hours"
    """On duty by a booking, whatever their usual hours."""
    NAMED = "named by the policy"
    """The level names the person, not a role."""
    OFF_DUTY = "holds the role at other hours"
    """Not on duty now."""
    EVERYBODY = "nobody of this level who can be reached is on duty at this hour: everybody of it is told"
    """Off duty and still notified, as nobody of the level who can be reached is on duty."""


@dataclass(frozen=True, slots=True)
class RoleHolding:
    """One person whom an escalation level may notify, on duty or not (see `reason`)."""

    person: Person
    name: str
    """The role or the person's id by which the level lists the person."""
    reason: RoleReason
    begins: datetime | None = None
    """When a person off duty is next on duty. None if that never happens, or if it is not known."""
    quiet: Calendar | None = field(default=None, compare=False)
    """The person's quiet hours in this role, as the open time of a calendar. None means none."""


@dataclass(frozen=True, slots=True)
class LevelRoster:
    """The people of an escalation level, on duty and off duty. The order is that of the level's list.

    Each person appears once.
    """

    on_duty: tuple[RoleHolding, ...] = ()
    off_duty: tuple[RoleHolding, ...] = ()

    @property
    def empty(self) -> bool:
        """Return whether the roster has nobody, neither on duty nor off duty."""
        return not self.on_duty and not self.off_duty

    def filtered(self, wanted: Callable[[Person], bool]) -> LevelRoster:
        """Return a copy of the roster with only the people for whom `wanted` is true."""
        on, off = ([each for each in part if wanted(each.person)] for part in (self.on_duty, self.off_duty))
        return LevelRoster(tuple(on), tuple(off))


@dataclass(frozen=True, slots=True)
class LevelDecision:
    """Whom an escalation level notifies now, or until when it waits."""

    now: tuple[RoleHolding, ...] = ()
    """The people to notify at once."""
    until: datetime | None = None
    """The instant until which the level waits, if `now` is empty. None for a level without people."""


def level_roster(
    rulebook: Rulebook,
    contract: Contract,
    names: Iterable[str],
    at: datetime,
    booked: tuple[BookedWindow, ...] = (),
    first: bool = False,
) -> LevelRoster:
    """Return the people of one level of an escalation policy, on duty and off duty at `at`.

    The name of a role means all people who hold the role. If a rota holds the role, it means only the person on call
    and the next one. A name that is no role of the contract is the id of a person, who is always on duty. The
    customer's own people and people who have left are missing. A person whose hours are not known is treated as on
    duty.

    Args:
        names: The names of roles and ids of people, as the level lists them.
        booked: The booked windows (extra hours) that count for the incident. They are open hours of every role.
        first: Whether the level is the first of its policy. People on duty in the booked windows are then added to the
            level, even if it does not list them.
    """
    on: dict[str, RoleHolding] = {}
    off: dict[str, RoleHolding] = {}
    duty = booked_duty(rulebook, contract, booked, at) if booked else {}
    if first:
        on |= {who: RoleHolding(person, who, RoleReason.BOOKED, quiet=person.quiet) for who, person in duty.items()}
    for name in names:
        for holding in _holdings(rulebook, contract, name, at, booked):
            who = holding.person.id
            if holding.person.side is Side.CUSTOMER:
                continue
            if who in duty and holding.reason is not RoleReason.NAMED:
                on.setdefault(who, replace(holding, reason=RoleReason.BOOKED, begins=None))
            elif holding.reason is not RoleReason.OFF_DUTY:
                on.setdefault(who, holding)
            elif who not in off or _earlier(holding, off[who]):
                off[who] = holding
    return LevelRoster(tuple(on.values()), tuple(each for who, each in off.items() if who not in on))


def level_recipients(level: LevelRoster, notified: Collection[str]) -> LevelDecision:
    """Return whom one level of an escalation policy notifies now.

    The first rule that fits applies:

    1. Everybody on duty is notified.
    2. Everybody off duty who is not in `notified` is notified.
    3. If it is known when somebody is next on duty, the level waits until then.
    4. Everybody off duty is notified again.

    Args:
        level: The people of the level, on duty and off duty.
        notified: Ids of the people notified before.
    """
    if level.on_duty:
        return LevelDecision(level.on_duty)
    awake = tuple(replace(each, reason=RoleReason.EVERYBODY) for each in level.off_duty)
    unheard = tuple(each for each in awake if each.person.id not in notified)
    begins = min((each.begins for each in level.off_duty if each.begins is not None), default=None)
    if unheard or begins is None:
        return LevelDecision(unheard or awake)
    return LevelDecision(until=begins)


def _earlier(one: RoleHolding, other: RoleHolding) -> bool:
    return one.begins is not None and (other.begins is None or one.begins < other.begins)


def _holdings(
    rulebook: Rulebook, contract: Contract, name: str, at: datetime, booked: tuple[BookedWindow, ...]
) -> list[RoleHolding]:
    holders = [each for each in contract.roles if each.role == name and (each.rota or each.person in contract.people)]
    if not holders and name in contract.people:
        return (
            []
            if contract.people[name].gone(at, contract.zone)
            else [RoleHolding(contract.people[name], name, RoleReason.NAMED, quiet=contract.people[name].quiet)]
        )
    found: list[RoleHolding] = []
    for holder in holders:
        if holder.rota is not None:
            found += _of_rota(rulebook, contract, holder, holder.rota, at, booked)
        elif not contract.people[holder.person].gone(at, contract.zone):
            reason, begins = _duty(rulebook, contract, holder, at, booked)
            person = contract.people[holder.person]
            found.append(RoleHolding(person, holder.role, reason, begins, holder.quiet or person.quiet))
    return found


def _of_rota(
    rulebook: Rulebook,
    contract: Contract,
    holder: RoleHolder,
    name: RotaId,
    at: datetime,
    booked: tuple[BookedWindow, ...],
) -> list[RoleHolding]:
    """Who is on call now, on duty in the holder's hours, and who is next, off duty until then."""
    rota = rulebook.rotas.get(name)
    if rota is None:
        return []
    now = on_call(rota, at)
    reason, begins = _duty(rulebook, contract, holder, at, booked)
    found: list[tuple[str, RoleReason, datetime | None]] = []
    if reason is not RoleReason.OFF_DUTY:
        found += [(now.person, RoleReason.ON_CALL, None)] if now is not None else []
        following = next_shift(rota, at, but=now.person if now is not None else "")
        found += [(following.person, RoleReason.OFF_DUTY, following.start)] if following is not None else []
    elif begins is not None and (then := on_call(rota, begins) or next_shift(rota, begins)) is not None:
        found = [(then.person, RoleReason.OFF_DUTY, max(begins, then.start))]
    elif now is not None:
        found = [(now.person, RoleReason.OFF_DUTY, None)]
    known = ((rulebook.person(contract, person), why, since) for person, why, since in found)
    return [
        RoleHolding(person, holder.role, why, since, holder.quiet or person.quiet)
        for person, why, since in known
        if person is not None
    ]


def _duty(
    rulebook: Rulebook, contract: Contract, holder: RoleHolder, at: datetime, booked: tuple[BookedWindow, ...]
) -> tuple[RoleReason, datetime | None]:
    """Why the holder is on duty at `at`, or that the holder is not, and when the next duty begins.

    The hours are those of the role with the booked ones, else the person's own.
    """
    coverage = None if holder.coverage is None else _coverage(rulebook, contract, holder.coverage)
    own = contract.people[holder.person].hours if holder.rota is None else None
    on = RoleReason.OUT_OF_HOURS if holder.outside else RoleReason.IN_HOURS
    try:
        calendar = own if coverage is None else rulebook.calendars.calendar(contract, coverage, booked)
        if calendar is None:
            return RoleReason.ALWAYS, None
        if calendar.is_open(at) is not holder.outside:
            return on, None
    except CalendarError:
        return on, None  # no calendar for this instant: better to notify one person too many than nobody
    try:
        begins = calendar.next_close(at) if holder.outside else calendar.next_open(at)
    except CalendarError:
        begins = None
    return RoleReason.OFF_DUTY, begins


def _coverage(rulebook: Rulebook, contract: Contract, name: str) -> Coverage | None:
    for id_ in contract.plans:
        plan = rulebook.plans.get(id_)
        if plan is not None and name in plan.coverages:
            return plan.coverages[name]
    return None
