"""Who is on duty in hours that are booked once: the booking's people, else the holders of the window's role.

Source: clauses H10 and I6 (docs/clauses.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from sla_domain.contract import Contract, Person, Side
from sla_domain.rota import on_call
from sla_domain.rulebook import Rulebook
from sla_domain.window import BookedWindow


def booked_duty(
    rulebook: Rulebook, contract: Contract, booked: Iterable[BookedWindow], at: datetime
) -> dict[str, Person]:
    """Return the people who are on duty at the instant `at` because of booked hours, as id -> person.

    Args:
        rulebook: The plans, contracts and on-call plans.
        booked: The booked windows (extra hours) to consider, such as those that count for an incident. Those that have
            not begun at `at`, or are over, are ignored.
    """
    current = (one for one in booked if one.start <= at < one.end)
    return {person.id: person for one in current for person in booked_people(rulebook, contract, one, at)}


def booked_people(rulebook: Rulebook, contract: Contract, window: BookedWindow, at: datetime) -> tuple[Person, ...]:
    """Return the support's people who are on duty in a booked window (extra hours that a customer booked).

    These are the people whom the booking names. If it names nobody, they are the holders of the role that the plan
    gives for the window. If a rota (on-call plan) holds the role, it is whoever is on call at `at`. The customer's own
    people, and people who have left by `at`, are missing.

    Args:
        rulebook: The plans, contracts and on-call plans.
    """
    found = [contract.people[one] for one in window.people if one in contract.people]
    if not window.people:
        found = list(_holders(rulebook, contract, window, at))
    ours = (one for one in found if one.side is not Side.CUSTOMER and not one.gone(at, contract.zone))
    return tuple({one.id: one for one in ours}.values())


def window_role(rulebook: Rulebook, contract: Contract, window: BookedWindow) -> str | None:
    """Return the role whose holders are on duty in a booked window (extra hours), or None if the plans name no role.

    Args:
        rulebook: The plans, among which are those of the contract.
    """
    plans = (rulebook.plan_of(one) for one in contract.bought)
    return next((one.role for plan in plans for one in plan.windows if one.id == window.window), None)


def _holders(rulebook: Rulebook, contract: Contract, window: BookedWindow, at: datetime) -> Iterator[Person]:
    role = window_role(rulebook, contract, window)
    for holder in contract.roles:
        if role is None or holder.role != role:
            continue
        if holder.rota is None:
            if holder.person in contract.people:
                yield contract.people[holder.person]
            continue
        rota = rulebook.rotas.get(holder.rota)
        now = None if rota is None else on_call(rota, at)
        person = None if now is None else rulebook.person(contract, now.person)
        if person is not None:
            yield person
