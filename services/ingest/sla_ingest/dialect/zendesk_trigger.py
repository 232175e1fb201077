"""Zendesk's triggers: the body that docs/connect/zendesk.md gives to paste, beside the event webhooks.

- **Incident**: `detail.id`.
- **Time**: `detail.updated_at` of the template; Zendesk writes it to the minute. Changes of a minute stay as they came.
- **Staff**: the trigger is bound to the acts of agents or of end users, and says so as `performed_by`.
- **State**: each body shows the ticket as it stood when the trigger fired: it opens one that is not known, and mends
  one. Zendesk has no placeholder for a value before, so nothing else says what was changed.
- **Redelivery**: equal bodies are one delivery; the comment's number tells comments of one minute apart.
- **Unknown**: what changed besides the state that is shown, and words of a language that `statuses` lacks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sla_catalogue.source import Lookup, Source, TicketPhase, fold_case
from sla_domain.event import Actor, EventKind, TimeQuality
from sla_ingest.dialect.port import (
    Delivery,
    DoesNotFit,
    EventDraft,
    Ignored,
    IgnoredBecause,
    Outcome,
    Parked,
    ParkedBecause,
)
from sla_ingest.dialect.read import Node, claimed_time, clean_text, identifier_text, object_at, text_at
from sla_ingest.dialect.speaker import AccountDetails, Speaker, mail_domain, side_of
from sla_ingest.dialect.ticket import Ticket, meaning_of, plan_priority, with_lookups

BY_MERGE = "closed_by_merge"
"""The tag that Zendesk sets on a ticket that it closes because of a merge. Such a close resolves nothing."""
TRIGGER = "slad:trigger:"
"""What the `type` of a trigger's body begins with."""
USUAL_STATUSES: Mapping[str, TicketPhase] = {
    "new": TicketPhase.OPEN,
    "open": TicketPhase.OPEN,
    "pending": TicketPhase.WAITING_CUSTOMER,
    "hold": TicketPhase.WAITING_VENDOR,
    "on hold": TicketPhase.WAITING_VENDOR,
    "on-hold": TicketPhase.WAITING_VENDOR,
    "solved": TicketPhase.RESOLVED,
    "closed": TicketPhase.CLOSED,
    "deleted": TicketPhase.CANCELLED,
}
"""Pending waits for the requester and hold for a third party, by Zendesk's own definition."""
_USUAL_CUSTOMER = Lookup(field="detail.organization_id")
_USUAL_PRODUCT = Lookup(field="detail.brand_id")
_SHOWN = (
    ("title", "subject"), ("url", "url"), ("type", "type"), ("status", "status"), ("assignee", "assignee_name"),
    ("reporter", "requester_name"), ("reporter_id", "requester_id"),
)  # fmt: skip


def trigger_outcome(delivery: Delivery, source: Source, payload: Node, id_: str) -> Outcome:
    """Return the outcome of a webhook of a Zendesk trigger: events, or the reason why there are none.

    Args:
        delivery: The delivery.
        source: The settings of the sender.
        payload: The parsed JSON body. Its `type` begins with `TRIGGER`.
        id_: The delivery's id.

    Raises:
        DoesNotFit: The body names no ticket.
    """
    detail, kind = object_at(payload, "detail"), text_at(payload, "type").removeprefix(TRIGGER)
    own = identifier_text(detail.get("id"))
    if not own:
        raise DoesNotFit("the ticket has no id: put {{ticket.id}} into the template", "/detail/id")
    if not text_at(detail, "status"):
        raise DoesNotFit("the ticket has no status: put {{ticket.status}} into the template", "/detail/status")
    ticket = _ticket(source, payload, detail)
    return ticket.outcome(delivery, own, id_, _found(source, payload, ticket, kind))


def _ticket(source: Source, payload: Node, detail: Node) -> Ticket:
    phase, odd = meaning_of(source, (text_at(detail, "status"),), USUAL_STATUSES)
    if phase is TicketPhase.CLOSED and BY_MERGE in text_at(detail, "tags").split():
        phase, odd = TicketPhase.CANCELLED, ()
    shown = {name: text_at(detail, key) for name, key in _SHOWN if key in detail}
    if "type" in shown:
        shown["type"] = shown["type"].lower()
    if "priority" in detail:
        word = text_at(detail, "priority").lower()
        shown["priority"], unknown = plan_priority(source, "" if word == "-" else word)
        odd = (*odd, *unknown)
    at = claimed_time(detail.get("updated_at"), TimeQuality.OBJECT_UPDATED)
    return Ticket(
        source=source,
        at=at,
        attributes=with_lookups(shown, source, payload, customer=_USUAL_CUSTOMER, product=_USUAL_PRODUCT),
        phase=phase,
        created=claimed_time(detail.get("created_at"), TimeQuality.OBJECT_UPDATED),
        # A trigger fires at the update itself, so the first one that shows the end dates it.
        ended_at=at.at,
        remarks=odd,
    )


def _found(source: Source, payload: Node, ticket: Ticket, kind: str) -> list[EventDraft] | Ignored | Parked:
    who, name = _who(source, payload)
    match kind:
        case "created":
            return ticket.opened(who, name)
        case "updated":
            return ticket.only_shown(Ignored(IgnoredBecause.NOTHING_RELEVANT, "the ticket alone: its state is read"))
        case "commented":
            if fold_case(text_at(payload, "comment", "is_public")) == "false":
                return ticket.only_shown(Ignored(IgnoredBecause.INTERNAL_COMMENT, "the comment is not public"))
            said = ticket.said(who, name)
            if isinstance(said, Ignored):
                return ticket.only_shown(said)
            return [replace(one, remarks=(*one.remarks, *ticket.remarks)) for one in said]
        case "deleted":
            return [ticket.draft(EventKind.CANCELLED, who, name, reason="the ticket was deleted")]
        case _:
            return Parked(ParkedBecause.UNKNOWN_TYPE, clean_text(f"{TRIGGER}{kind}", 80))


def _who(source: Source, payload: Node) -> tuple[Speaker, str]:
    """Who updated the ticket, and on which side by the trigger's own word."""
    by, user = fold_case(text_at(payload, "performed_by")), object_at(payload, "current_user")
    account, address = text_at(user, "id"), text_at(user, "email")
    name = text_at(user, "name") or address or account
    if by == "system":
        return Speaker(Actor.BOT), name
    asked = bool(account) and account == text_at(payload, "detail", "requester_id")
    person = AccountDetails(
        names=frozenset(filter(None, (account, address))),
        shown=text_at(user, "name"),
        account=account,
        domain=mail_domain(address),
        customer=by in ("end_user", "end-user", "requester"),
        member=by == "agent",
    )
    return side_of(source, person, reported=asked), name
