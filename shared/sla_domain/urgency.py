"""Which clock is looked at first: severity × plan rank × time left, one score for every list and alert (I4, B8).

The higher, the more urgent. Time left presses harder the less there is of it, and an overdue clock presses harder
still, up to twice as hard after a day; severity and plan rank divide, so an equally pressed P1 counts twice a P2, and
the first plan twice the second. A paused clock keeps only a trace of its rank: nobody can act on it now. Time left is
the wall's here: clocks in different hours are compared by how soon each breaks.
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
    """From just above 0 (much time left) over 1 (due now) to 2 (a day overdue or more)."""
    if left > timedelta():
        return 1 / (1 + left / _HOUR)
    return 1 + min(-left / _DAY, 1.0)


def score(severity: int, plan_rank: int, left: timedelta | None) -> float:
    """0 to 200. Ranks count from 1, the most urgent; `left` is None for a paused clock."""
    pressed = _PAUSED if left is None else pressure(left)
    return round(100 * pressed / (max(severity, 1) * max(plan_rank, 1)), 6)


def weight(severity: int, plan_rank: int) -> float:
    """Return the part of the score that time does not change; 1 for the most urgent."""
    return 1 / (max(severity, 1) * max(plan_rank, 1))


def score_of_weight(weight: float, left: timedelta | None) -> float:
    """Return the score of what weighs so much, with so much time left (None: paused)."""
    return weight * score(1, 1, left)


def weight_of(incident: Incident, clock: Clock, rulebook: Rulebook) -> float:
    """Return the weight of a clock. The rank is that of the plan the customer bought."""
    bought = rulebook.plans[incident.contract.plan]
    plan = rulebook.plans.get(clock.plan, bought)
    priority = plan.priority(clock.priority)
    return weight(priority.rank if priority is not None else _UNKNOWN_RANK, bought.rank)


def urgency(incident: Incident, clock: Clock, rulebook: Rulebook, at: datetime) -> float:
    """Return the score of a clock at an instant; 0 once it has ended."""
    if not clock.state.open:
        return 0.0
    left = None if clock.due_at is None else clock.due_at - at
    return round(score_of_weight(weight_of(incident, clock, rulebook), left), 6)
