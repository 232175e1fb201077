"""The fields that every fact of a clock carries, so that its readers need not query the timer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sla_domain.calendar import Calendar
from sla_domain.clock import Clock, ClockState
from sla_domain.errors import CalendarError
from sla_domain.explain import allowed_span, calendar_of
from sla_domain.hours import hours_name
from sla_domain.incident import Incident
from sla_domain.plan import Plan
from sla_domain.published import PublishedState
from sla_domain.published_mark import target_name
from sla_domain.rulebook import Rulebook
from sla_domain.target_text import target_text
from sla_domain.ticket_key import unstated_key
from sla_domain.urgency import weight_of
from sla_platform.wire.clock import NOT_BREACHED


def incident_context(incident: Incident, plan: Plan) -> dict[str, Any]:
    """Return the fields that every published event about a clock of the incident has.

    The fields are ready for JSON, such as `incident`, `contract`, `plan`, `customer`, `priority`, `zone` and `title`.

    Args:
        plan: The incident's plan. Only its escalation is used.
    """
    attributes = incident.attributes
    contract = incident.contract
    entitlement = {"entitlement": incident.entitlement} if incident.entitlement else {}  # facts stay as they were
    return entitlement | {
        "incident": incident.id,
        "contract": contract.id,
        "plan": incident.plan,
        "customer": attributes.get("customer", ""),
        "priority": incident.priority,
        "zone": contract.zone,
        "title": attributes.get("title", "")[:300],
        "url": attributes.get("url", "")[:2000],
        "ticket": unstated_key(incident.id, attributes.get("url", "")[:2000], attributes.get("key", "")),
        "product": attributes.get("product", ""),
        "language": contract.languages[0] if contract.languages else "en",
        "escalation": plan.escalation or "",
    }


def clock_context(
    shared: dict[str, Any], incident: Incident, clock: Clock, rulebook: Rulebook, urgency: float
) -> dict[str, Any]:
    """Return a copy of `shared` with the fields of one clock added, such as `metric` and `due_at`.

    Every published event about the clock has these fields.

    Args:
        shared: What `incident_context` returned.
        rulebook: The plans, contracts and calendars by which the clock is judged.
        urgency: The clock's urgency now.
    """
    calendar = calendar_of(clock, incident, rulebook)
    return (
        shared
        | _imported(clock, incident.imported_through)
        | {
            "clock": str(clock.id),
            "metric": clock.metric,
            "cycle": clock.cycle,
            "generation": clock.generation,
            "target": target_name(clock.target_event),
            "state": clock.state.value,
            "priority": clock.priority or shared["priority"],
            "due_at": clock.due_at.isoformat() if clock.due_at else None,
            "original_due_at": clock.original_due_at.isoformat() if clock.original_due_at else None,
            "allowed": target_text(clock.target.allowed),
            "hours": hours_name(calendar),
            "left_seconds": left_seconds(clock, calendar),
            "urgency": urgency,
            "weight": weight_of(incident, clock, rulebook),
        }
    )


def _imported(clock: Clock, through: datetime | None) -> dict[str, Any]:
    """What is told of marks up to that instant is history, unless a later event made the target."""
    if through is None:
        return {}
    own = [mark for mark in clock.marks if mark.generation == clock.generation]
    if not all(mark.known_since is not None and mark.known_since <= through for mark in own):
        return {}
    return {"imported_through": through.isoformat()}


def left_seconds(clock: Clock, calendar: Calendar | None) -> float | None:
    """Return the counted seconds that a paused clock has left, negative once the clock is late.

    The result is None if the clock is not paused, or if its allowed time cannot be computed.

    Args:
        calendar: The hours in which the clock counts time. None for wall-clock time.
    """
    if clock.state is not ClockState.PAUSED:
        return None
    try:
        allowed = allowed_span(clock, calendar)
    except CalendarError:
        return None
    return None if allowed is None else (allowed - clock.consumed).total_seconds()


def with_breach(context: dict[str, Any], told: PublishedState) -> dict[str, Any]:
    """Return a copy of `context` with the field `breached`: the due instant that the clock has passed.

    The due instant is ISO 8601 text. The value is `NOT_BREACHED` if no breach of the clock is published. Facts that
    follow from an incident event have this field. Facts published by a timer do not.

    Args:
        context: The fields that published facts (events) about the clock carry.
        told: What has been published about the clock.
    """
    return context | {"breached": told.breached_at.isoformat() if told.breached_at is not None else NOT_BREACHED}
