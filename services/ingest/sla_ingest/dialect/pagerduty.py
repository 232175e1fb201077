"""PagerDuty: webhook subscriptions of version 3, events of incidents.

- **Incident**: `event.data.id`, or `event.data.incident.id` where the data is a note or a status update.
- **Time**: `event.occurred_at`, exact; the opening has `created_at` of the incident where the delivery carries it.
- **Staff**: whoever acknowledges, assigns or resolves is of the staff; services and integrations are bots.
- **Answer**: acknowledging answers. A published status update informs the customer; a note is for responders alone.
- **Snapshot**: every event whose data is the incident shows all of it: state, priority, service, who holds it.
- **Merge**: PagerDuty resolves what is merged; `resolve_reason` names the incident in which it goes on.
- **Redelivery**: `event.id` stays the same, and so does the body.
- **Unknown**: waiting (PagerDuty has no such state), the customer's words, and what a note says to whom.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sla_catalogue.source import Lookup, Source
from sla_domain.event import ENDED, NOTHING, PHASE, Actor, EventKind, IncidentId, Snapshot, TimeQuality
from sla_domain.phase import Phase
from sla_ingest.dialect.document import priority_of, translate_object
from sla_ingest.dialect.port import (
    ClaimedTime,
    Delivery,
    DoesNotFit,
    EventDraft,
    Ignored,
    IgnoredBecause,
    Outcome,
    Parked,
    ParkedBecause,
    RemarkNote,
    Translation,
    incident_id,
    number_or_ignore,
)
from sla_ingest.dialect.read import (
    Node,
    array_at,
    attribute_lookups,
    claimed_time,
    clean_text,
    identifier_text,
    object_at,
    stated_lookups,
    text_at,
)
from sla_ingest.dialect.speaker import AccountDetails, Speaker, side_of

_USUAL_PRODUCT = Lookup(field="event.data.service.summary")
_KINDS: Mapping[str, EventKind] = {
    "triggered": EventKind.OPENED,
    "acknowledged": EventKind.RESPONDED,
    "reassigned": EventKind.ASSIGNED,
    "delegated": EventKind.ASSIGNED,
    "priority_updated": EventKind.PRIORITY_CHANGED,
    "reopened": EventKind.REOPENED,
    "resolved": EventKind.RESOLVED,
    "status_update_published": EventKind.UPDATED,
}
# Events that are known and move no clock; what they show of the incident is read all the same.
_QUIET = frozenset(
    {
        "unacknowledged", "conference_bridge.updated", "incident_type.changed", "responder.added", "responder.replied",
        "role.assigned", "role.unassigned", "action_invocation.created", "action_invocation.terminated",
        "action_invocation.updated", "workflow.started", "workflow.completed",
    }
)  # fmt: skip
_PHASES: Mapping[str, Phase] = {
    "triggered": Phase.OPEN,
    "acknowledged": Phase.OPEN,
    "resolved": Phase.RESOLVED,
}
# How an incident stood before these events, which tell it by their kind.
_BEFORE: Mapping[str, Mapping[str, str]] = {
    "resolved": {PHASE: Phase.OPEN.value},
    "reopened": {PHASE: ENDED},
}


@dataclass(frozen=True, slots=True)
class PagerdutyEvent:
    """An event of PagerDuty with its parsed JSON body."""

    source: Source
    """The settings of the sender."""
    payload: Node
    """The whole body."""
    event: Node
    """The body's field `event`."""
    at: ClaimedTime
    """When it happened."""

    @property
    def incident(self) -> Node:
        """Return the incident: all of its data, or only a reference to it (see `whole`)."""
        data = object_at(self.event, "data")
        return object_at(data, "incident") or data

    @property
    def whole(self) -> bool:
        """Return whether the event has all data of the incident, and not only a reference to it."""
        return text_at(self.event, "data", "type") == "incident"


def translate(delivery: Delivery, source: Source) -> Translation:
    """Translate a delivery of a PagerDuty subscription into events of an incident.

    If there is no event, the result says why: the delivery is ignored (nothing to do), parked (not understood) or
    refused (cannot be read).

    Args:
        source: The settings of the sender.
    """
    return translate_object(
        delivery,
        lambda payload, id_: _outcome(delivery, source, payload, id_),
        lambda payload: identifier_text(object_at(payload, "event").get("id")),
    )


def _outcome(delivery: Delivery, source: Source, payload: Node, id_: str) -> Outcome:
    event = object_at(payload, "event")
    name = text_at(event, "event_type")
    if not name:
        raise DoesNotFit("an event of PagerDuty (webhooks v3) is expected here", "/event/event_type")
    if name == "pagey.ping":
        return Ignored(IgnoredBecause.PING)
    family, _, kind = name.partition(".")
    if family == "service":
        return Ignored(IgnoredBecause.UNRELATED, clean_text(name, 60))
    if family != "incident":
        return Parked(ParkedBecause.UNKNOWN_TYPE, clean_text(name, 60))
    at = claimed_time(event.get("occurred_at"), TimeQuality.EXACT)
    case = PagerdutyEvent(source, payload, event, at)
    own = identifier_text(case.incident.get("id"))
    if not own or not (case.whole or object_at(event, "data", "incident")):
        return Parked(ParkedBecause.NO_INCIDENT, clean_text(name, 60))
    incident = incident_id(source.id, own)
    found, state = _found(case, kind), _snapshot(case, delivery) if case.whole else None
    return found if isinstance(found, Parked) else number_or_ignore(delivery, source, incident, id_, found, state)


def _found(case: PagerdutyEvent, kind: str) -> list[EventDraft] | Ignored | Parked:
    if kind == "annotated":
        return Ignored(IgnoredBecause.INTERNAL_COMMENT, "a note is for responders")
    if kind in _QUIET:
        return Ignored(IgnoredBecause.NOTHING_RELEVANT, kind)
    if kind == "escalated":
        # A manual one is an escalation; after a timeout PagerDuty only calls the next person.
        assigned = _draft(case, EventKind.ASSIGNED, {"assignee": _assignee(case)})
        by_hand = _who(case).actor is Actor.STAFF
        return [_draft(case, EventKind.ESCALATED, {}), assigned] if by_hand else [assigned]
    if kind in ("service_updated", "custom_field_values.updated"):
        if named := stated_lookups(_lookups(case), case.payload):
            return [_draft(case, EventKind.RECLASSIFIED, named)]
        return Ignored(IgnoredBecause.NOTHING_RELEVANT, kind)
    found = _KINDS.get(kind)
    if found is None:
        return Parked(ParkedBecause.UNKNOWN_TYPE, f"incident.{clean_text(kind, 60)}")
    match found:
        case EventKind.OPENED:
            return [_opened(case)]
        case EventKind.ASSIGNED:
            return [_draft(case, found, {"assignee": _assignee(case)})]
        case EventKind.PRIORITY_CHANGED:
            priority, odd = _priority(case)
            return [_draft(case, found, {"priority": priority}, odd)]
        case EventKind.RESOLVED if (there := _merged_into(case)) is not None:
            return [_draft(case, EventKind.MERGED, {}, merged_into=there)]
        case EventKind.RESOLVED if _is_merged(case):
            return [
                _draft(case, EventKind.CANCELLED, {}, reason="merged into an incident that PagerDuty does not name")
            ]
        case _:
            return [_draft(case, found, {})]


def _opened(case: PagerdutyEvent) -> EventDraft:
    began = claimed_time(case.incident.get("created_at"), TimeQuality.EXACT)
    attributes, odd = _attributes(case)
    shown = {name: value for name, value in attributes.items() if value}
    return EventDraft(
        kind=EventKind.OPENED, stamp=began if began.at is not None else case.at, actor=_who(case).actor,
        actor_name=text_at(case.event, "agent", "summary"), attributes=shown, remarks=odd,
    )  # fmt: skip


def _draft(
    case: PagerdutyEvent,
    kind: EventKind,
    attributes: Mapping[str, str],
    remarks: tuple[RemarkNote, ...] = (),
    reason: str = "",
    merged_into: IncidentId | None = None,
) -> EventDraft:
    return EventDraft(
        kind=kind, stamp=case.at, actor=_who(case).actor, actor_name=text_at(case.event, "agent", "summary"),
        attributes=attributes, remarks=remarks, reason=reason, merged_into=merged_into,
    )  # fmt: skip


def _who(case: PagerdutyEvent) -> Speaker:
    """Nobody but responders acts in PagerDuty; what is no user (a service, an integration, a workflow) is a program."""
    agent = object_at(case.event, "agent")
    kind, account = text_at(agent, "type"), identifier_text(agent.get("id"))
    if not agent:
        return Speaker(Actor.UNKNOWN)
    person = AccountDetails(
        names=frozenset(filter(None, [account])),
        shown=text_at(agent, "summary"),
        account=account,
        bot=not kind.startswith("user"),
        member=True,
    )
    return side_of(case.source, person, reported=False)


def _assignee(case: PagerdutyEvent) -> str:
    return ", ".join(filter(None, (text_at(one, "summary") for one in array_at(case.incident, "assignees"))))


def _is_merged(case: PagerdutyEvent) -> bool:
    """Whether the incident was resolved because it was merged into another."""
    return text_at(case.incident, "resolve_reason", "type") == "merge_resolve_reason"


def _merged_into(case: PagerdutyEvent) -> IncidentId | None:
    """Where the incident goes on; None if it was not merged, or if the delivery does not say into which."""
    there = identifier_text(object_at(case.incident, "resolve_reason", "incident").get("id"))
    if not there or not _is_merged(case) or there == identifier_text(case.incident.get("id")):
        return None
    return incident_id(case.source.id, there)


def _priority(case: PagerdutyEvent) -> tuple[str, tuple[RemarkNote, ...]]:
    """The priority, or what the table makes of the urgency; an urgency that it lacks is no priority."""
    stated = object_at(case.incident, "priority")
    if stated:
        by_id = case.source.priority_of(identifier_text(stated.get("id")))
        return (by_id, ()) if by_id else priority_of(case.source, text_at(stated, "summary"))
    return case.source.priority_of(text_at(case.incident, "urgency")) or "", ()


def _lookups(case: PagerdutyEvent) -> Mapping[str, Lookup]:
    return attribute_lookups(case.source, None, _USUAL_PRODUCT)


def _attributes(case: PagerdutyEvent) -> tuple[dict[str, str], tuple[RemarkNote, ...]]:
    incident = case.incident
    odd: tuple[RemarkNote, ...] = ()
    found: dict[str, str] = {}
    for name, key in (("title", "title"), ("url", "html_url"), ("key", "number")):
        if key in incident:
            found[name] = text_at(incident, key)
    if "priority" in incident or "urgency" in incident:
        found["priority"], odd = _priority(case)
    if "assignees" in incident:
        found["assignee"] = _assignee(case)
    return found | stated_lookups(_lookups(case), case.payload), odd


def _snapshot(case: PagerdutyEvent, delivery: Delivery) -> Snapshot:
    status = text_at(case.incident, "status")
    # A merge is stated by its own event; a status shown afterwards changes nothing.
    phase = _PHASES.get(status) if not _is_merged(case) else None
    attributes, _ = _attributes(case)
    kind = text_at(case.event, "event_type").removeprefix("incident.")
    return Snapshot(
        at=case.at.at or delivery.received_at,
        created_at=claimed_time(case.incident.get("created_at"), TimeQuality.EXACT).at,
        phase=phase,
        ended_at=case.at.at if phase is Phase.RESOLVED and kind == "resolved" else None,
        attributes=attributes,
        before=_BEFORE.get(kind, NOTHING),
    )
