"""Freshdesk: the webhook of an automation rule, whose body is a template that an administrator writes.

- **Incident**: `ticket_id`.
- **Time**: `event_time`, where the template has it (docs/connect/freshdesk.md). The template of Freshdesk's own
  integrations has no time: then the receipt stands for it, with the remark `no_time`.
- **Staff**: Freshdesk does not name who acted. The rule knows it, so the template may state `performed_by`: `agent` or
  `requester`. A reply without it is a comment of nobody known.
- **State**: every body shows status, priority and subject: it opens a ticket that is not known yet, and mends one.
- **Redelivery**: there is no id. With a time, the same body is the same delivery. Without one, the same body at
  another time is another change: a ticket may go to Pending twice.
- **Unknown**: who acted, when (without `event_time`), and words about any change that has no rule.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sla_catalogue.source import Lookup, Source, TicketPhase
from sla_domain.event import NOTHING, Actor, EventKind, TimeQuality
from sla_ingest.dialect.document import JSON, translate_object
from sla_ingest.dialect.port import (
    Delivery,
    DoesNotFit,
    EventDraft,
    Ignored,
    IgnoredBecause,
    Outcome,
    Parked,
    ParkedBecause,
    Translation,
    digest_id,
)
from sla_ingest.dialect.read import (
    MAX_DESCRIPTION,
    Node,
    claimed_time,
    clean_text,
    identifier_text,
    object_at,
    text_at,
)
from sla_ingest.dialect.speaker import AccountDetails, Speaker, mail_domain, side_of
from sla_ingest.dialect.ticket import Ticket, meaning_of, plan_priority, stood_in, with_lookups

MEDIA_TYPES = JSON
USUAL_STATUSES: Mapping[str, TicketPhase] = {
    "2": TicketPhase.OPEN,
    "3": TicketPhase.WAITING_OTHER,
    "4": TicketPhase.RESOLVED,
    "5": TicketPhase.CLOSED,
    "open": TicketPhase.OPEN,
    "pending": TicketPhase.WAITING_OTHER,
    "waiting on customer": TicketPhase.WAITING_CUSTOMER,
    "waiting on third party": TicketPhase.WAITING_VENDOR,
    "resolved": TicketPhase.RESOLVED,
    "closed": TicketPhase.CLOSED,
}
"""The statuses that every Freshdesk has. Numbers from 6 on are each account's own."""
_PRIORITIES = {"1": "Low", "2": "Medium", "3": "High", "4": "Urgent"}
_USUAL_CUSTOMER = Lookup(field="freshdesk_webhook.ticket_company_name")
_CHANGE = re.compile(r"\{\s*(?P<what>\w+)\s*:\s*\{\s*from\s*:(?P<before>[^,{}]*),\s*to\s*:(?P<after>[^{}]*)\}\s*\}")
_ACT = re.compile(r"\{\s*(?P<what>\w+)\s*:\s*(?P<act>[^{}]*)\}")
# Changes that are known and move no clock.
_QUIET = frozenset({"group_id", "tag_names", "due_by", "time_sheet_action", "customer_feedback", "source"})


@dataclass(frozen=True, slots=True)
class TriggeredEvent:
    """A change of a ticket or an action on it, from Freshdesk's placeholder `triggered_event` (`{status:{from:4}}`)."""

    what: str
    """The field that changed, or the kind of the act, such as `ticket_action`."""
    after: str
    """The new value, or the act, such as `created`."""
    before: str = ""
    """The value before. "" for an act."""


def translate(delivery: Delivery, source: Source) -> Translation:
    """Translate the webhook of a Freshdesk automation rule into events of an incident.

    If there is no event, the result says why: the delivery is ignored (nothing to do), parked (not understood) or
    refused (cannot be read).

    Args:
        source: The settings of the sender.
    """
    return translate_object(
        delivery,
        lambda payload, id_: _outcome(delivery, source, payload, id_),
        lambda payload: _own_id(delivery, payload),
    )


def triggered_event(written: str) -> TriggeredEvent | None:
    """Return the change or action that a value of Freshdesk's placeholder `triggered_event` describes.

    The result is None for a text of another form.
    """
    text = written.strip()
    if found := _CHANGE.fullmatch(text):
        return TriggeredEvent(found["what"].lower(), found["after"].strip(), found["before"].strip())
    if found := _ACT.fullmatch(text):
        return TriggeredEvent(found["what"].lower(), found["act"].strip().lower())
    return None


def _own_id(delivery: Delivery, payload: Node) -> str:
    """Without a time, equal bodies are equal changes only if they came at the same time."""
    body = object_at(payload, "freshdesk_webhook")
    if not body or claimed_time(body.get("event_time"), TimeQuality.EXACT).at is not None:
        return ""
    return digest_id(delivery.body, delivery.received_at.isoformat())


def _outcome(delivery: Delivery, source: Source, payload: Node, id_: str) -> Outcome:
    body = object_at(payload, "freshdesk_webhook")
    if not body:
        raise DoesNotFit("the webhook of a Freshdesk automation is expected here", "/freshdesk_webhook")
    own = identifier_text(body.get("ticket_id"))
    if not own:
        raise DoesNotFit("the ticket has no id: put {{ticket.id}} into the template", "/freshdesk_webhook/ticket_id")
    written = text_at(body, "triggered_event")
    if not written:
        return Parked(ParkedBecause.UNKNOWN_TYPE, "the template has no {{triggered_event}}")
    event = triggered_event(written)
    if event is None:
        return Parked(ParkedBecause.UNKNOWN_TYPE, clean_text(written, 60))
    ticket = _ticket(source, payload, body, event)
    if event.what == "ticket_action" and event.after.startswith("delete"):
        gone = [ticket.draft(EventKind.CANCELLED, reason="the ticket was deleted")]
        return ticket.outcome(delivery, own, id_, gone, shown=False)
    return ticket.outcome(delivery, own, id_, _found(source, body, event, ticket))


def _ticket(source: Source, payload: Node, body: Node, event: TriggeredEvent) -> Ticket:
    name = text_at(body, "ticket_status")
    number = event.after if event.what == "status" else ""
    phase, odd = meaning_of(source, (number, name), USUAL_STATUSES)
    shown: dict[str, str] = {}
    for attribute, key in (
        ("title", "ticket_subject"), ("url", "ticket_url"), ("type", "ticket_type"), ("status", "ticket_status"),
        ("reporter", "requester_name"), ("reporter_id", "requester_email"), ("assignee", "ticket_agent_name"),
    ):  # fmt: skip
        if key in body:
            shown[attribute] = text_at(body, key)
    if "ticket_description" in body:
        shown["description"] = clean_text(body.get("ticket_description"), MAX_DESCRIPTION)
    if "ticket_priority" in body:
        word = text_at(body, "ticket_priority")
        shown["priority"], unknown = plan_priority(source, _PRIORITIES.get(word, word))
        odd = (*odd, *unknown)
    created = claimed_time(body.get("created_time"), TimeQuality.EXACT, zone=source.zone)
    return Ticket(
        source=source,
        at=claimed_time(body.get("event_time"), TimeQuality.OBJECT_UPDATED, zone=source.zone),
        attributes=with_lookups(shown, source, payload, customer=_USUAL_CUSTOMER),
        phase=phase,
        before=stood_in(meaning_of(source, (event.before,), USUAL_STATUSES)[0]) if event.what == "status" else NOTHING,
        created=created if created.at is not None else None,
        ends_with_word=True,
        remarks=odd,
    )


def _found(source: Source, body: Node, event: TriggeredEvent, ticket: Ticket) -> list[EventDraft] | Ignored | Parked:
    who, name = _who(source, body)
    match event.what:
        case "ticket_action" if event.after == "created":
            return ticket.opened(who, name)
        case "ticket_action" if event.after in ("update", "updated"):
            return Ignored(IgnoredBecause.NOTHING_RELEVANT, "only what the ticket shows is read")
        case "status":
            before, _ = meaning_of(source, (event.before,), USUAL_STATUSES)
            return ticket.moved(before, who, name)
        case "priority":
            priority, odd = plan_priority(source, event.after, _PRIORITIES.get(event.after, event.after))
            return [ticket.draft(EventKind.PRIORITY_CHANGED, who, name, attributes={"priority": priority}, remarks=odd)]
        case "responder_id":
            assigned = {"assignee": ticket.attributes["assignee"]} if "assignee" in ticket.attributes else {}
            return [ticket.draft(EventKind.ASSIGNED, who, name, attributes=assigned)]
        case "ticket_type":
            return [ticket.draft(EventKind.RECLASSIFIED, who, name, attributes={"type": clean_text(event.after)})]
        case "note_type" if event.after == "private":
            return Ignored(IgnoredBecause.INTERNAL_COMMENT, "a private note")
        case "note_type" | "reply_sent":
            return ticket.said(who, name)
        case what if what in _QUIET:
            return Ignored(IgnoredBecause.NOTHING_RELEVANT, what)
        case what:
            return Parked(ParkedBecause.UNKNOWN_TYPE, clean_text(f"{what}: {event.after}", 60))


def _who(source: Source, body: Node) -> tuple[Speaker, str]:
    """Freshdesk names nobody; the rule that sends knows on whose acts it is triggered."""
    by = text_at(body, "performed_by").lower()
    if by == "system":
        return Speaker(Actor.BOT), "Freshdesk"
    requester, address = text_at(body, "requester_name"), text_at(body, "requester_email")
    agent = text_at(body, "ticket_agent_name")
    asked = by == "requester"
    name = requester if asked else agent if by == "agent" else ""
    person = AccountDetails(
        names=frozenset(filter(None, [address if asked else ""])),
        shown=name,
        account=address if asked else "",
        domain=mail_domain(address if asked else ""),
        customer=asked,
        member=by == "agent",
    )
    return side_of(source, person, reported=asked), name
