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
    """Return a factor for the time left; the more is left, the nearer it is to 0.

    It is 0.5 with an hour left, 1 if due now, 2 if overdue by a day or more. `left`: time to the due instant, negative
    if overdue.
    """
    if left > timedelta():
        return 1 / (1 + left / _HOUR)
    return 1 + min(-left / _DAY, 1.0)


def score(severity: int, plan_rank: int, left: timedelta | None) -> float:
    """Return the urgency of a clock, 0 to 200; the higher, the more urgent.

    It is 100 * a factor for the time left / (`severity` * `plan_rank`). `severity`: the rank of the clock's priority.
    `plan_rank`: the rank of its plan. Both count from 1, the most urgent. `left`: wall-clock time to the due instant,
    negative if overdue; None if the clock is paused, which gives 0.1 at most.
    """
    pressed = _PAUSED if left is None else pressure(left)
    return round(100 * pressed / (max(severity, 1) * max(plan_rank, 1)), 6)


def weight(severity: int, plan_rank: int) -> float:
    """Return the part of the urgency of a clock that does not change with time.

    It is 1 / (`severity` * `plan_rank`), a number in (0, 1]. Both are ranks, of the priority and of the plan, counted
    from 1, the most urgent; less than 1 counts as 1.
    """
    return 1 / (max(severity, 1) * max(plan_rank, 1))


def score_of_weight(weight: float, left: timedelta | None) -> float:
    """Return the urgency of a clock, 0 to 200, from its weight and the time left.

    It is 100 * `weight` * a factor for the time left. The factor is 0.5 an hour before the due instant, 1 at it, and 2
    a day or more after it. `weight`: in (0, 1], from `weight_of`. `left`: wall-clock time to the due instant, negative
    if overdue; None if the clock is paused, which gives 0.1 at most.
    """
    return weight * score(1, 1, left)


def weight_of(incident: Incident, clock: Clock, rulebook: Rulebook) -> float:
    """Return the weight of a clock: the part of its urgency that does not change with time.

    It is 1 / (rank of its priority * rank of the contract's plan), where rank 1 is most urgent. A priority that the
    plan does not have counts as rank 9. `incident`: the clock's. `rulebook`: has the plans.
    """
    bought = rulebook.plans[incident.contract.under(incident.entitlement).plan]
    plan = rulebook.plans.get(clock.plan, bought)
    priority = plan.priority(clock.priority)
    return weight(priority.rank if priority is not None else _UNKNOWN_RANK, bought.rank)


def urgency(incident: Incident, clock: Clock, rulebook: Rulebook, at: datetime) -> float:
    """Return the urgency of a clock at `at`, 0 to 200; the higher, the more urgent.

    It is 0 once the clock has ended, and 0.1 at most while it is paused. `incident`: the clock's. `rulebook`: has the
    plans, whose ranks count.
    """
    if not clock.state.open:
        return 0.0
    left = None if clock.due_at is None else clock.due_at - at
    return round(score_of_weight(weight_of(incident, clock, rulebook), left), 6)
