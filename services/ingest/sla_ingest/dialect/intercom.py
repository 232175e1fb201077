"""Intercom: notifications of an app's webhook, topics of conversations and of tickets (`intercom_ticket`).

- **Incident**: the conversation, `data.item.id`.
- **Time**: `created_at` of the newest conversation part where the topic is about one, else `created_at` of the
  notification; both exact, in seconds.
- **Staff**: authors of the type `admin` and `team`. Contacts (`user`, `lead`, `contact`) are the customer, `bot` and
  the operator are bots.
- **State**: every conversation topic shows the whole conversation: open, snoozed or closed, and who holds it. It opens
  a conversation that is not known yet, and a customer's reply to one that was closed reopens it.
- **Redelivery**: `id` stays the same; `delivery_attempts` differs.
- **Unknown**: for whom a snoozed conversation waits (`statuses: {snoozed: waiting_customer}` says it), and when a
  conversation was closed if the delivery about it was lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sla_catalogue.source import Lookup, Source, TicketPhase
from sla_domain.event import Actor, EventKind, TimeQuality
from sla_ingest.dialect.document import JSON, translate_object
from sla_ingest.dialect.intercom_person import CUSTOMERS, author_of
from sla_ingest.dialect.intercom_ticket import ticket_outcome
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
from sla_ingest.dialect.ticket import Ticket, meaning_of, plan_priority, stood_in, with_lookups

MEDIA_TYPES = JSON
USUAL_STATES: Mapping[str, TicketPhase] = {
    "open": TicketPhase.OPEN,
    "snoozed": TicketPhase.WAITING_OTHER,
    "closed": TicketPhase.RESOLVED,
}
"""A closed conversation is reopened by any reply, so closing it resolves."""
_USUAL_CUSTOMER = Lookup(field="data.item.company.name")
_WHOLE = ("data.item.custom_attributes",)
# Topics whose newest conversation part is the thing that happened.
_OF_A_PART = frozenset(
    {
        "admin.assigned", "admin.closed", "admin.noted", "admin.open.assigned", "admin.opened", "admin.replied",
        "admin.snoozed", "admin.unsnoozed", "operator.replied", "user.replied",
    }
)  # fmt: skip
_QUIET = frozenset({"read", "contact.attached", "contact.detached", "priority.updated"})
# What concerns people, companies and the app itself.
_UNRELATED = frozenset(
    {"admin", "company", "contact", "content_stat", "event", "job", "user", "visitor", "subscription"}
)
_PRIORITY = "priority"


@dataclass(frozen=True, slots=True)
class IntercomNotification:
    """A notification about a conversation, with its parsed JSON body."""

    source: Source
    """The settings of the sender."""
    payload: Node
    """The body."""
    topic: str
    """The topic without `conversation.`, such as `admin.replied`."""

    @property
    def item(self) -> Node:
        """Return the conversation."""
        return object_at(self.payload, "data", "item")

    @property
    def part(self) -> Node:
        """Return the conversation part that the notification is about; an empty object if it is about none."""
        parts = [
            one for one in array_at(self.item, "conversation_parts", "conversation_parts") if isinstance(one, dict)
        ]
        return parts[-1] if parts and self.topic in _OF_A_PART else {}


def translate(delivery: Delivery, source: Source) -> Translation:
    """Translate a notification of Intercom into events of an incident.

    If there is no event, the result says why: the delivery is ignored (nothing to do), parked (not understood) or
    refused (cannot be read).

    Args:
        source: The settings of the sender.
    """
    return translate_object(
        delivery,
        lambda payload, id_: _outcome(delivery, source, payload, id_),
        lambda payload: identifier_text(payload.get("id")),
    )


def _outcome(delivery: Delivery, source: Source, payload: Node, id_: str) -> Outcome:
    topic = text_at(payload, "topic")
    if text_at(payload, "type") != "notification_event" or not topic:
        raise DoesNotFit("a notification of Intercom is expected here: it has a topic", "/topic")
    if topic == "ping":
        return Ignored(IgnoredBecause.PING)
    family, _, rest = topic.partition(".")
    if family in _UNRELATED:
        return Ignored(IgnoredBecause.UNRELATED, clean_text(topic, 60))
    if family == "ticket":
        return ticket_outcome(delivery, source, payload, id_, rest)
    if family not in ("conversation", "conversation_part"):
        return Parked(ParkedBecause.UNKNOWN_TYPE, clean_text(topic, 60))
    case = IntercomNotification(source, payload, rest if family == "conversation" else "part")
    own = identifier_text(case.item.get("id"))
    if not own:
        return Parked(ParkedBecause.NO_INCIDENT, clean_text(topic, 60))
    whole = text_at(case.item, "type") == "conversation" and "state" in case.item
    ticket = _ticket(case)
    if family == "conversation_part":
        found: list[EventDraft] | Ignored | Parked = Ignored(IgnoredBecause.NOTHING_RELEVANT, clean_text(topic, 60))
        return ticket.outcome(delivery, own, id_, found, shown=whole)
    return ticket.outcome(delivery, own, id_, _found(case, ticket), shown=whole and rest != "deleted")


def _ticket(case: IntercomNotification) -> Ticket:
    item, source = case.item, case.source
    phase, odd = meaning_of(source, (text_at(item, "state"),), USUAL_STATES)
    shown: dict[str, str] = {}
    first = object_at(item, "conversation_message") or object_at(item, "source")
    if first:
        shown["title"] = text_at(item, "title") or text_at(first, "subject") or clean_text(_plain(first), 200)
        shown["description"] = clean_text(_plain(first), MAX_DESCRIPTION)
    if url := text_at(item, "links", "conversation_web"):
        shown["url"] = url
    if asker := _asker(item):
        shown |= {"reporter": text_at(asker, "name") or text_at(asker, "email"), "reporter_id": text_at(asker, "id")}
    if "assignee" in item:
        shown["assignee"] = text_at(item, "assignee", "name")
    if "priority" in item:
        shown["priority"], unknown = _priority(case)
        odd = (*odd, *unknown)
    return Ticket(
        source=source,
        at=_when(case),
        shown_at=claimed_time(item.get("updated_at"), TimeQuality.OBJECT_UPDATED).at,
        attributes=with_lookups(shown, source, case.payload, customer=_USUAL_CUSTOMER, whole=_WHOLE),
        before=_stood(case),
        phase=phase,
        created=claimed_time(item.get("created_at"), TimeQuality.EXACT),
        ends_with_word=True,
        ended_at=claimed_time(object_at(item, "statistics").get("last_close_at"), TimeQuality.EXACT).at,
        remarks=odd,
    )


def _when(case: IntercomNotification) -> ClaimedTime:
    part = claimed_time(case.part.get("created_at"), TimeQuality.EXACT)
    return part if part.at is not None else claimed_time(case.payload.get("created_at"), TimeQuality.EXACT)


def _asker(item: Node) -> Node:
    """The contact: `user` in older versions of the API, a list of contacts in newer ones."""
    listed = [one for one in array_at(item, "contacts", "contacts") if isinstance(one, dict)]
    author = object_at(item, "source", "author")
    told = author if text_at(author, "type") in CUSTOMERS else {}
    return object_at(item, "user") or told or (listed[0] if listed else {})


def _plain(message: Node) -> str:
    """A message without its markup: what stands between `<` and `>`."""
    text, inside = [], False
    for sign in clean_text(message.get("body"), MAX_DESCRIPTION):
        inside = (inside or sign == "<") and not (inside and sign == ">")
        if not inside and sign != ">":
            text.append(sign)
    return "".join(text)


def _priority(case: IntercomNotification) -> tuple[str, tuple[RemarkNote, ...]]:
    word = text_at(case.item, "priority")
    if word.lower() != _PRIORITY and case.source.priority_of(word) is None:
        return "", ()
    return plan_priority(case.source, word)


def _found(case: IntercomNotification, ticket: Ticket) -> list[EventDraft] | Ignored | Parked:
    who, name = _who(case)
    match case.topic:
        case "user.created":
            asker = _asker(case.item)
            return ticket.opened(Speaker(Actor.CUSTOMER), text_at(asker, "name") or text_at(asker, "email"))
        case "admin.single.created":
            return Ignored(IgnoredBecause.NOTHING_RELEVANT, "staff wrote first: nobody has asked for anything yet")
        case "user.replied" | "admin.replied" | "operator.replied":
            return ticket.said(who, name, ticket.at)
        case "admin.noted":
            return Ignored(IgnoredBecause.INTERNAL_COMMENT, "a note")
        case "admin.assigned" | "admin.open.assigned":
            return [ticket.draft(EventKind.ASSIGNED, who, name, attributes=_holder(ticket))]
        case "admin.opened" | "admin.unsnoozed" | "admin.snoozed" | "admin.closed":
            return ticket.moved(USUAL_STATES.get(_BEFORE.get(case.topic, "")), who, name)
        case "priority.updated":
            priority, odd = _priority(case)
            return [ticket.draft(EventKind.PRIORITY_CHANGED, who, name, attributes={"priority": priority}, remarks=odd)]
        case "rating.added":
            return _rated(case, ticket)
        case "deleted":
            return [ticket.draft(EventKind.CANCELLED, who, name, reason="the conversation was deleted")]
        case topic if topic in _QUIET:
            return Ignored(IgnoredBecause.NOTHING_RELEVANT, topic)
        case topic:
            return Parked(ParkedBecause.UNKNOWN_TYPE, clean_text(f"conversation.{topic}", 60))


# The state before, where the topic tells it. An opened conversation had been closed, or snoozed.
_BEFORE: Mapping[str, str] = {"admin.unsnoozed": "snoozed", "admin.snoozed": "open", "admin.closed": "open"}


def _stood(case: IntercomNotification) -> Mapping[str, str]:
    """How the conversation stood before the change, where the topic tells it."""
    if case.topic == "admin.opened":
        return stood_in(TicketPhase.CLOSED)
    return stood_in(meaning_of(case.source, (_BEFORE.get(case.topic, ""),), USUAL_STATES)[0])


def _holder(ticket: Ticket) -> Mapping[str, str]:
    return {"assignee": ticket.attributes["assignee"]} if "assignee" in ticket.attributes else {}


def _rated(case: IntercomNotification, ticket: Ticket) -> list[EventDraft] | Ignored:
    score = object_at(case.item, "conversation_rating").get("rating")
    if isinstance(score, bool) or not isinstance(score, int) or not 1 <= score <= 5:
        return Ignored(IgnoredBecause.NOTHING_RELEVANT, "the rating has no number from 1 to 5")
    return [ticket.draft(EventKind.RATED, Speaker(Actor.CUSTOMER), score=score)]


def _who(case: IntercomNotification) -> tuple[Speaker, str]:
    author = object_at(case.part, "author")
    return author_of(case.source, author) if author else (Speaker(Actor.UNKNOWN), "")
