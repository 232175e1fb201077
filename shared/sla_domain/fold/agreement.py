"""Whether an agreement counts: a due date for one clock (clause B5), a lower priority (clause E9, docs/clauses.md).

An agreement needs the other side. The customer has agreed when the event is the customer's own, or when it names who of
the customer agreed: somebody other than the event's own actor. What does not count gets a remark and changes nothing.
"""

from __future__ import annotations

from datetime import datetime

from sla_domain.event import Actor, AgreedTarget, IncidentEvent
from sla_domain.plan import MustAgree, Plan
from sla_domain.sentence import Sentence

NOT_SHOWN = "not shown"
"""Stands for the name of a person who agreed, where the name is not to be shown."""
_NOBODY = frozenset({"", *(actor.value for actor in Actor if actor is not Actor.CUSTOMER)})


def customer_agreed(event: IncidentEvent, named: str) -> bool:
    """Return whether the customer agreed to the due date or lower priority that `event` states.

    The result is True if the customer caused the event. Otherwise `named` must be the name of another person than the
    event's author. These are not accepted as names: the empty name, `staff`, `bot` and `unknown`. If a nameless member
    of staff caused the event, no name is accepted, as `named` may be the same person. `NOT_SHOWN` is always accepted:
    it replaces an accepted name that a reader may not see.

    Args:
        named: Name of the person who agreed.
    """
    if event.actor is Actor.CUSTOMER:
        return True
    name, sender = named.strip().casefold(), event.actor_name.strip().casefold()
    if name == NOT_SHOWN.casefold():
        return True
    if event.actor is Actor.STAFF and not sender:
        return False
    return name not in _NOBODY and name != sender


def agreed_date_refusal(
    agreed: AgreedTarget, event: IncidentEvent, at: datetime, opened_at: datetime, plan: Plan, priority: str
) -> str:
    """Return in words why an agreed due date has no effect.

    The result is "" if the date takes effect. The date must lie after `opened_at` and after `at`. The plan must permit
    agreed dates for `priority`. If the plan asks for the customer's agreement, `event` must show that agreement.
    Source: clause B5 (docs/clauses.md).

    Args:
        at: The instant of the agreement.
        opened_at: The instant of the incident's opening.
    """
    date = agreed.due_at.isoformat()
    if agreed.due_at <= opened_at:
        return Sentence.DATE_BEFORE_OPENING.filled(date=date)
    if agreed.due_at <= at:
        return Sentence.DATE_PASSED.filled(date=date)
    rule = plan.agreed_dates
    if not rule.allows(priority):
        said = Sentence.DATE_FOR_PRIORITIES if rule.priorities else Sentence.DATE_FOR_NONE
        clause = f" ({rule.clause})" if rule.clause else ""
        named = ", ".join(sorted(rule.priorities or ()))
        return said.filled(plan=plan.id, priorities=named, clause=clause, priority=priority or "none")
    if rule.by is MustAgree.CUSTOMER and not customer_agreed(event, agreed.agreed_by):
        return Sentence.DATE_BY_STAFF.value
    return ""
