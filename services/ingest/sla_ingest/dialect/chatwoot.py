"""Chatwoot: webhooks of an account about conversations and messages.

- **Incident**: the conversation's number in its account, `id`, or `conversation.id` of a message.
- **Time**: `created_at` of a message, exact. Of a conversation what `changed_attributes` tells of `updated_at`, else
  its own `updated_at`, else `X-Chatwoot-Timestamp` where the proof covers it: the instant of sending.
- **Staff**: a message goes out or comes in. Going out it is of the staff if the sender is a `user`; agent bots,
  templates and automations (no sender) are bots. Private notes are not seen by the customer.
- **State**: each body shows the conversation: status, priority, assignee. It opens one that is not known, and mends it.
- **Redelivery**: Chatwoot tries once; equal bodies are one delivery.
- **Unknown**: who changed the conversation, when it was resolved but for the delivery that tells it, and for whom a
  snoozed conversation waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sla_catalogue.source import Lookup, Source, TicketPhase
from sla_domain.event import Actor, EventKind, TimeQuality
from sla_ingest.dialect.document import translate_object
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
    Translation,
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
from sla_ingest.dialect.speaker import AccountDetails, Speaker, mail_domain, side_of
from sla_ingest.dialect.ticket import Ticket, meaning_of, plan_priority, stood_in, with_lookups

USUAL_STATUSES: Mapping[str, TicketPhase] = {
    "open": TicketPhase.OPEN,
    "pending": TicketPhase.OPEN,
    "snoozed": TicketPhase.WAITING_OTHER,
    "resolved": TicketPhase.RESOLVED,
}
"""A pending conversation is held by a bot, and the customer waits all the same. A message reopens a resolved one."""
_USUAL_CUSTOMER = Lookup(field="conversation.meta.sender.additional_attributes.company_name")
# Attributes of the account's own, which have no key without a value.
_WHOLE = tuple(
    f"conversation.{place}{kind}_attributes" for place in ("", "meta.sender.") for kind in ("additional", "custom")
)
_MESSAGE_TYPES = {"0": "incoming", "1": "outgoing", "2": "activity", "3": "template"}
_STATUS_EVENTS = frozenset({"conversation_opened", "conversation_resolved", "conversation_status_changed"})
_UNRELATED = ("contact_", "inbox_", "webwidget_", "conversation_typing_")
_SHOWN = ("automation_event.", "macro.")  # what rules and macros of the account send: a conversation
_STAMP = "x-chatwoot-timestamp"
_OF_THE_OPENING = timedelta(seconds=2)  # a conversation is made for its first message; both have whole seconds


@dataclass(frozen=True, slots=True)
class ChatwootDelivery:
    """A webhook of Chatwoot, with its parsed JSON body."""

    source: Source
    """The settings of the sender."""
    payload: Node
    """The body."""
    event: str
    """What happened, such as `message_created`."""
    sent: ClaimedTime
    """When Chatwoot sent the delivery."""

    @property
    def about_message(self) -> bool:
        """Return whether the webhook is about a message. If so, its body contains the message's conversation."""
        return self.event.startswith("message_")

    @property
    def conversation(self) -> Node:
        """Return the conversation that the webhook is about, or to which its message belongs."""
        return object_at(self.payload, "conversation") if self.about_message else self.payload

    def change(self, name: str) -> Node | None:
        """Return the change of one attribute of the conversation, with `previous_value` and `current_value`.

        The result is None if the attribute did not change.
        """
        listed = [one for one in array_at(self.payload, "changed_attributes") if isinstance(one, dict)]
        return next((object_at(one, name) for one in listed if name in one), None)


def translate(delivery: Delivery, source: Source) -> Translation:
    """Translate a webhook of Chatwoot into events of an incident.

    If there is no event, the result says why: the delivery is ignored (nothing to do), parked (not understood) or
    refused (cannot be read).

    Args:
        source: The settings of the sender.
    """
    return translate_object(delivery, lambda payload, id_: _outcome(delivery, source, payload, id_))


def _outcome(delivery: Delivery, source: Source, payload: Node, id_: str) -> Outcome:
    event = text_at(payload, "event")
    if not event:
        raise DoesNotFit("a webhook of Chatwoot names its event", "/event")
    if event.startswith(_UNRELATED):
        return Ignored(IgnoredBecause.UNRELATED, clean_text(event, 60))
    if not event.startswith(("conversation_", "message_", *_SHOWN)):
        return Parked(ParkedBecause.UNKNOWN_TYPE, clean_text(event, 60))
    sent = claimed_time(delivery.headers.get(_STAMP), TimeQuality.OBJECT_UPDATED)
    case = ChatwootDelivery(source, payload, event, sent)
    own = identifier_text(case.conversation.get("id"))
    if not own:
        raise DoesNotFit("the conversation has no id", "/conversation/id" if case.about_message else "/id")
    ticket = _ticket(case)
    return ticket.outcome(delivery, own, id_, _found(case, ticket), shown="status" in case.conversation)


# -- the conversation as it stands ------------------------------------------------------------------------


def _ticket(case: ChatwootDelivery) -> Ticket:
    shown_now, source = case.conversation, case.source
    told = case.change("status") if case.event in _STATUS_EVENTS else None
    status = text_at(told, "current_value") or text_at(shown_now, "status")
    phase, odd = meaning_of(source, (status,), USUAL_STATUSES)
    contact = object_at(shown_now, "meta", "sender")
    shown = {"reporter": text_at(contact, "name") or text_at(contact, "email"), "reporter_id": text_at(contact, "id")}
    if status:
        shown["status"] = status
    if subject := text_at(shown_now, "additional_attributes", "mail_subject"):
        shown["title"] = subject
    if "assignee" in object_at(shown_now, "meta"):
        shown["assignee"] = text_at(shown_now, "meta", "assignee", "name")
    if "priority" in shown_now:
        shown["priority"], unknown = plan_priority(source, text_at(shown_now, "priority"))
        odd = (*odd, *unknown)
    at, was = _when(case), text_at(told, "previous_value")
    before = dict(stood_in(meaning_of(source, (was,), USUAL_STATUSES)[0], was))
    if (priority := case.change("priority")) is not None:
        before["priority"] = plan_priority(source, text_at(priority, "previous_value"))[0]
    document = {**case.payload, "conversation": shown_now}
    return Ticket(
        source=source,
        at=at,
        attributes=with_lookups(shown, source, document, customer=_USUAL_CUSTOMER, whole=_WHOLE),
        before=before,
        phase=phase,
        created=claimed_time(shown_now.get("created_at"), TimeQuality.EXACT),
        # A conversation's own webhook is sent as it changes; beside a message the conversation tells no date.
        ended_at=None if case.about_message else at.at,
        remarks=odd,
    )


def _when(case: ChatwootDelivery) -> ClaimedTime:
    """When the conversation changed last, as it stands in the delivery."""
    changed, shown_now = case.change("updated_at"), case.conversation
    told = [
        claimed_time(None if changed is None else changed.get("current_value"), TimeQuality.EXACT),
        claimed_time(shown_now.get("updated_at"), TimeQuality.EXACT),
        case.sent,
        claimed_time(shown_now.get("timestamp"), TimeQuality.OBJECT_UPDATED),
    ]
    return next((one for one in told if one.at is not None), told[-1])


# -- what happened ----------------------------------------------------------------------------------------


def _found(case: ChatwootDelivery, ticket: Ticket) -> list[EventDraft] | Ignored | Parked:
    match case.event:
        case "message_created":
            return _message(case, ticket)
        case "message_updated":
            return _rated(case, ticket)
        case "conversation_created":
            return ticket.opened()
        case event if event in _STATUS_EVENTS:
            told = case.change("status")
            before, _ = meaning_of(case.source, (text_at(told, "previous_value"),), USUAL_STATUSES)
            return ticket.moved(before)
        case "conversation_updated":
            return _updated(case, ticket)
        case event if event.startswith(_SHOWN):
            return ticket.only_shown(Ignored(IgnoredBecause.NOTHING_RELEVANT, "the conversation is shown"))
        case event:
            return Parked(ParkedBecause.UNKNOWN_TYPE, clean_text(event, 60))


def _updated(case: ChatwootDelivery, ticket: Ticket) -> list[EventDraft] | Ignored:
    """A changed status has a delivery of its own; if that one is lost, the state that is shown makes up for it."""
    found: list[EventDraft] = []
    if (priority := case.change("priority")) is not None:
        word, odd = plan_priority(case.source, text_at(priority, "current_value"))
        found.append(ticket.draft(EventKind.PRIORITY_CHANGED, attributes={"priority": word}, remarks=odd))
    if case.change("assignee_id") is not None:
        stated = {"assignee": ticket.attributes.get("assignee", "")}
        found.append(ticket.draft(EventKind.ASSIGNED, attributes=stated))
    if case.change("custom_attributes") is not None:
        named = ("customer", "product", *case.source.attributes)
        stated = {name: ticket.attributes[name] for name in named if name in ticket.attributes}
        found += [ticket.draft(EventKind.RECLASSIFIED, attributes=stated)] if stated else []
    return found or ticket.only_shown(Ignored(IgnoredBecause.NOTHING_RELEVANT, "what changed moves no clock"))


def _message(case: ChatwootDelivery, ticket: Ticket) -> list[EventDraft] | Ignored:
    kind = text_at(case.payload, "message_type")
    kind = _MESSAGE_TYPES.get(kind, kind)
    if case.payload.get("private") is True:
        return Ignored(IgnoredBecause.INTERNAL_COMMENT, "a private note")
    sender = object_at(case.payload, "sender") or object_at(case.payload, "contact")
    name = text_at(sender, "name") or text_at(sender, "email")
    if kind not in ("incoming", "outgoing"):
        return Ignored(IgnoredBecause.BOT_COMMENT, f"a message of the kind {clean_text(kind, 40) or 'none'}")
    who = _side(case.source, sender, incoming=kind == "incoming")
    at = claimed_time(case.payload.get("created_at"), TimeQuality.EXACT)
    if kind == "incoming" and who.actor is Actor.CUSTOMER and _opens(ticket, at):
        text = clean_text(case.payload.get("content"), MAX_DESCRIPTION)
        return replace(ticket, attributes={**ticket.attributes, "description": text}).opened(who, name)
    return ticket.said(who, name, at)


def _opens(ticket: Ticket, said: ClaimedTime) -> bool:
    """Whether a message is that for which the conversation was made: it tells what `conversation_created` does."""
    made = None if ticket.created is None else ticket.created.at
    return made is not None and said.at is not None and abs(said.at - made) <= _OF_THE_OPENING


def _side(source: Source, sender: Node, *, incoming: bool) -> Speaker:
    kind, account, address = text_at(sender, "type"), text_at(sender, "id"), text_at(sender, "email")
    person = AccountDetails(
        # The numbers of users and of contacts are counted apart, so they would be mistaken for one another.
        names=frozenset(filter(None, (address, f"{kind}:{account}" if account else ""))),
        shown=text_at(sender, "name"),
        account=address or (f"{kind}:{account}" if account else ""),
        domain=mail_domain(address),
        bot=not incoming and kind != "user",
        customer=incoming,
        member=not incoming and kind == "user",
    )
    return side_of(source, person, reported=False)


def _rated(case: ChatwootDelivery, ticket: Ticket) -> list[EventDraft] | Ignored:
    """An edited message moves no clock; the answer to a survey is written into the survey's message."""
    score: Any = object_at(case.payload, "content_attributes", "submitted_values", "csat_survey_response").get("rating")
    if isinstance(score, bool) or not isinstance(score, int) or not 1 <= score <= 5:
        return Ignored(IgnoredBecause.COMMENT_CHANGED)
    return [ticket.draft(EventKind.RATED, Speaker(Actor.CUSTOMER), score=score)]
