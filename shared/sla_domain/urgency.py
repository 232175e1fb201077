"""How urgent a clock is: severity × plan rank × time left, one score for every list and alert.

Source: clauses I4 and B8 (docs/clauses.md). The higher, the more urgent. Time left weighs more the less there is of it,
and an overdue clock weighs more still, up to twice as much after a day; severity and plan rank divide, so of two clocks
with the same time left a P1 counts twice a P2, and the first plan twice the second. A paused clock keeps only a trace
of its rank: nobody can act on it now. Time left is wall-clock time here: clocks in different hours are compared by how
soon each is breached.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sla_domain.clock import Clock
from sla_domain.incident import Incident
from sla_domain.rulebook import Rulebook

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_PAUSED = 0.001
_UNKNOWN_RANK = 9


def pressure(left: timedelta) -> float:
    """Return a factor for the time left: the less time is left, the higher the factor.

    It is near 0 with much time left, 0.5 with an hour left, 1 at the due instant, and 2 if overdue by a day or more.

    Args:
        left: Time to the due instant. Negative if overdue.
    """
    if left > timedelta():
        return 1 / (1 + left / _HOUR)
    return 1 + min(-left / _DAY, 1.0)


def score(severity: int, plan_rank: int, left: timedelta | None) -> float:
    """Return the urgency of a clock, 0 to 200.

    A higher number is more urgent. The number is 100 * `pressure(left)` / (`severity` * `plan_rank`). Rank 1 is most
    urgent.

    Args:
        severity: Rank of the clock's priority, from 1.
        plan_rank: Rank of the clock's plan, from 1.
        left: Wall-clock time to the due instant. Negative if overdue. None if the clock is paused, which gives 0.1 at
            most.
    """
    pressed = _PAUSED if left is None else pressure(left)
    return round(100 * pressed / (max(severity, 1) * max(plan_rank, 1)), 6)


def weight(severity: int, plan_rank: int) -> float:
    """Return the part of a clock's urgency that does not change with time: 1 / (`severity` * `plan_rank`).

    The result is above 0 and at most 1. A rank below 1 is read as 1.

    Args:
        severity: Rank of the priority; 1 is most urgent.
        plan_rank: Rank of the plan; 1 is most urgent.
    """
    return 1 / (max(severity, 1) * max(plan_rank, 1))


def score_of_weight(weight: float, left: timedelta | None) -> float:
    """Return the urgency of a clock, 0 to 200, from its weight and the time left.

    It is 100 * `weight` * `pressure(left)`.

    Args:
        weight: A number above 0 and up to 1, from `weight_of`.
        left: Wall-clock time to the due instant. Negative if overdue. None if the clock is paused, which gives 0.1 at
            most.
    """
    return weight * score(1, 1, left)


def weight_of(incident: Incident, clock: Clock, rulebook: Rulebook) -> float:
    """Return the weight of a clock: the part of its urgency that does not change with time.

    The weight is 1 / (rank of the priority * rank of the contract's plan). Rank 1 is most urgent. A priority that the
    plan does not have gets rank 9.

    Args:
        incident: The clock's incident.
        rulebook: The plans.
    """
    bought = rulebook.plans[incident.contract.under(incident.entitlement).plan]
    plan = rulebook.plans.get(clock.plan, bought)
    priority = plan.priority(clock.priority)
    return weight(priority.rank if priority is not None else _UNKNOWN_RANK, bought.rank)


def urgency(incident: Incident, clock: Clock, rulebook: Rulebook, at: datetime) -> float:
    """Return the urgency of a clock at `at`, 0 to 200.

    A higher number is more urgent. The number is 0 for an ended clock, and 0.1 at most for a paused one.

    Args:
        incident: The clock's incident.
        rulebook: The plans.
    """
    if not clock.state.open:
        return 0.0
    left = None if clock.due_at is None else clock.due_at - at
    return round(score_of_weight(weight_of(incident, clock, rulebook), left), 6)
