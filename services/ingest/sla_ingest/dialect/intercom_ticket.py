"""Intercom: topics of tickets, beside those of conversations.

- **Incident**: the ticket's `id`. A conversation that was made a ticket keeps its id, so both are one incident.
- **Time**: `created_at` of the ticket's part where the notification has one, else of the notification; both exact, in
  seconds.
- **Staff**: by the type of the part's author, as for conversations; without a part the topic says it.
- **State**: every topic shows the ticket. It opens one that is not known, and mends one. Its state has a category of
  Intercom's own and the labels of the account; a ticket that is no longer `open` is closed.
- **Redelivery**: `id` stays the same.
- **Unknown**: names of admins to whom a ticket is assigned (numbers only), a priority of the ticket, and ratings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sla_catalogue.source import Source, TicketPhase
from sla_domain.event import NOTHING, Actor, EventKind, TimeQuality
from sla_ingest.dialect.intercom_person import author_of
from sla_ingest.dialect.port import (
    ClaimedTime,
    Delivery,
    EventDraft,
    Ignored,
    IgnoredBecause,
    Outcome,
    Parked,
    ParkedBecause,
    RemarkNote,
)
from sla_ingest.dialect.read import (
    MAX_DESCRIPTION,
    Node,
    array_at,
    claimed_time,
    clean_text,
    identifier_text,
    object_at,
    text_at,
)
from sla_ingest.dialect.speaker import Speaker
from sla_ingest.dialect.ticket import Ticket, category_remark, meaning_of, stood_in, with_lookups

USUAL_STATES: Mapping[str, TicketPhase] = {
    "submitted": TicketPhase.OPEN,
    "in_progress": TicketPhase.IN_PROGRESS,
    "waiting_on_customer": TicketPhase.WAITING_CUSTOMER,
    "resolved": TicketPhase.RESOLVED,
}
"""The categories of states, which Intercom fixes; the labels are each account's own."""
_USUAL_LABELS = frozenset({"submitted", "in progress", "waiting on customer", "waiting on you", "resolved"})
_WHOLE = ("ticket.ticket_attributes", "data.item.ticket_attributes", "data.item.ticket.ticket_attributes")
_QUIET = frozenset({"contact.attached", "contact.detached", "rating.provided", "admin.replied.translated"})


@dataclass(frozen=True, slots=True)
class IntercomTicket:
    """A notification of Intercom about a ticket, with its parsed JSON body."""

    source: Source
    """The settings of the sender."""
    payload: Node
    """The body."""
    topic: str
    """The topic without `ticket.`, such as `state.updated`."""

    @property
    def ticket(self) -> Node:
        """Return the ticket; under some topics it is wrapped in an object together with a part."""
        item = object_at(self.payload, "data", "item")
        return object_at(item, "ticket") or item

    @property
    def part(self) -> Node:
        """Return the part of the ticket that the notification is about; an empty object if it has none."""
        item = object_at(self.payload, "data", "item")
        if told := object_at(item, "ticket_part"):
            return told
        listed = [one for one in array_at(self.ticket, "ticket_parts", "ticket_parts") if isinstance(one, dict)]
        return listed[-1] if listed else {}


def ticket_outcome(delivery: Delivery, source: Source, payload: Node, id_: str, topic: str) -> Outcome:
    """Return the outcome of a notification about a ticket: events, or the reason why there are none.

    Args:
        delivery: The delivery.
        source: The settings of the sender.
        payload: The parsed JSON body.
        id_: The delivery's id.
        topic: The notification's topic without `ticket.`, such as `created`.
    """
    case = IntercomTicket(source, payload, topic)
    own = identifier_text(case.ticket.get("id"))
    if not own:
        return Parked(ParkedBecause.NO_INCIDENT, clean_text(f"ticket.{topic}", 60))
    ticket = _ticket(case)
    return ticket.outcome(delivery, own, id_, _found(case, ticket), shown="ticket_state" in case.ticket)


def _ticket(case: IntercomTicket) -> Ticket:
    shown_now, source = case.ticket, case.source
    phase, odd = _phase(source, shown_now.get("ticket_state"))
    if shown_now.get("open") is False:
        phase, odd = TicketPhase.CLOSED, ()
    fields = object_at(shown_now, "ticket_attributes")
    shown = {
        "key": text_at(shown_now, "ticket_id"),
        "title": text_at(fields, "_default_title_"),
        "description": clean_text(fields.get("_default_description_"), MAX_DESCRIPTION),
        "type": text_at(shown_now, "ticket_type", "name"),
        "status": _label(shown_now.get("ticket_state")),
    }
    if contacts := [one for one in array_at(shown_now, "contacts", "contacts") if isinstance(one, dict)]:
        shown |= {"reporter": text_at(contacts[0], "name") or text_at(contacts[0], "email")}
        shown |= {"reporter_id": text_at(contacts[0], "id")}
    if "admin_assignee_id" in shown_now:
        number = text_at(shown_now, "admin_assignee_id")
        shown["assignee"] = "" if number == "0" else number
    before = _phase_before(case)
    at, as_of = _when(case), claimed_time(shown_now.get("updated_at"), TimeQuality.OBJECT_UPDATED).at
    stated = {name: value for name, value in shown.items() if value or name == "assignee"}
    return Ticket(
        source=source,
        at=at,
        shown_at=as_of,
        before=stood_in(before, _label(case.part.get("previous_ticket_state"))) if before is not phase else NOTHING,
        attributes=with_lookups(stated, source, {**case.payload, "ticket": shown_now}, whole=_WHOLE),
        phase=phase,
        created=claimed_time(shown_now.get("created_at"), TimeQuality.EXACT),
        # The notification is of the change itself; the first one that shows the end dates it, unless it is sent late.
        ended_at=at.at if as_of is None or at.at is None or as_of <= at.at else None,
        remarks=odd,
    )


def _phase(source: Source, state: object) -> tuple[TicketPhase | None, tuple[RemarkNote, ...]]:
    """By number and labels, which the catalogue may name, then by the category: labels are in the account's words."""
    if not isinstance(state, dict):
        return meaning_of(source, (clean_text(state),), USUAL_STATES)
    number, category = text_at(state, "id"), text_at(state, "category")
    inner, outer = text_at(state, "internal_label"), text_at(state, "external_label")
    phase, odd = meaning_of(source, (number, inner, outer, category), {})
    if phase is not None or not category:
        return phase, odd
    phase, odd = meaning_of(source, (category,), USUAL_STATES)
    usual = dict.fromkeys(_USUAL_LABELS, phase) if phase is not None else {}
    label = inner or outer
    return phase, odd or category_remark(source, (number, label) if label else (), usual, category)


def _phase_before(case: IntercomTicket) -> TicketPhase | None:
    """What the state before the change means; None for another change."""
    told = case.part.get("previous_ticket_state") if case.topic in ("state.updated", "resolved") else None
    return _phase(case.source, told)[0] if told else None


def _label(state: object) -> str:
    if isinstance(state, dict):
        return text_at(state, "internal_label") or text_at(state, "category")
    return clean_text(state)


def _when(case: IntercomTicket) -> ClaimedTime:
    said = case.topic in ("admin.replied", "contact.replied", "note.created")
    part = claimed_time(case.part.get("created_at") if said else None, TimeQuality.EXACT)
    return part if part.at is not None else claimed_time(case.payload.get("created_at"), TimeQuality.EXACT)


def _found(case: IntercomTicket, ticket: Ticket) -> list[EventDraft] | Ignored | Parked:
    match case.topic:
        case "created":
            return ticket.opened()
        case "state.updated" | "resolved":
            before = _phase_before(case)
            # The topic says that the state changed; a part that says otherwise tells of something else.
            return ticket.moved(None if before is ticket.phase else before)
        case "closed":
            return [ticket.draft(EventKind.CLOSED)] if ticket.phase is TicketPhase.CLOSED else ticket.moved(None)
        case "admin.replied" | "contact.replied":
            return ticket.said(*_said_by(case))
        case "note.created":
            return Ignored(IgnoredBecause.INTERNAL_COMMENT, "a note")
        case "admin.assigned":
            return [ticket.draft(EventKind.ASSIGNED, attributes={"assignee": ticket.attributes.get("assignee", "")})]
        case "attribute.updated":
            return _classed(case, ticket)
        case "deleted":
            return [ticket.draft(EventKind.CANCELLED, reason="the ticket was deleted")]
        case "team.assigned":
            return Ignored(IgnoredBecause.NOTHING_RELEVANT, "a team holds it")
        case topic if topic in _QUIET:
            return Ignored(IgnoredBecause.NOTHING_RELEVANT, topic)
        case topic:
            return Parked(ParkedBecause.UNKNOWN_TYPE, clean_text(f"ticket.{topic}", 60))


def _classed(case: IntercomTicket, ticket: Ticket) -> list[EventDraft]:
    named = ("customer", "product", *case.source.attributes)
    stated = {name: ticket.attributes[name] for name in named if name in ticket.attributes}
    return [ticket.draft(EventKind.RECLASSIFIED, attributes=stated)] if stated else []


def _said_by(case: IntercomTicket) -> tuple[Speaker, str]:
    author = object_at(case.part, "author")
    if author:
        return author_of(case.source, author)
    return Speaker(Actor.CUSTOMER if case.topic == "contact.replied" else Actor.STAFF), ""
