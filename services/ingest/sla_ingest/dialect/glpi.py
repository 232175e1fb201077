"""GLPI 11: its own webhooks of tickets, follow-ups and solutions.

- **Incident**: the ticket, which is `item` itself or, of what was written on it, `parent_item`.
- **Time**: `date_mod` of the ticket and `date_creation` of a follow-up, exact, in whole seconds. A solution and a
  deletion have none: `X-GLPI-timestamp` stands for it where the proof covers it, the instant of queueing.
- **Staff**: GLPI names an author since its API tells `user`, and no side. Requesters of the ticket are the customer,
  whom it is assigned to is taken for staff, with a remark; of anybody else the catalogue says it.
- **State**: nothing says what was changed. Each body shows the whole ticket: it opens one that is not known, and what
  it shows otherwise than the last one mends the incident.
- **Redelivery**: a retry has the same body and timestamp; equal bodies are one delivery.
- **Unknown**: when a ticket was solved, but for the update that tells it, who changed it, and the author of a follow-up
  in versions whose API has no `user`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sla_catalogue.source import Lookup, Source, TicketPhase
from sla_domain.event import EventKind, TimeQuality
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
from sla_ingest.dialect.speaker import AccountDetails, Speaker, side_of
from sla_ingest.dialect.ticket import Ticket, meaning_of, plan_priority, with_lookups

USUAL_STATUSES: Mapping[str, TicketPhase] = {
    "1": TicketPhase.OPEN,
    "2": TicketPhase.IN_PROGRESS,
    "3": TicketPhase.IN_PROGRESS,
    "4": TicketPhase.WAITING_OTHER,
    "5": TicketPhase.RESOLVED,
    "6": TicketPhase.CLOSED,
    "10": TicketPhase.WAITING_OTHER,
}
"""The statuses of tickets, fixed by GLPI: new, assigned, planned, pending, solved, closed, approval."""
_PRIORITIES = {"1": "Very low", "2": "Low", "3": "Medium", "4": "High", "5": "Very high", "6": "Major"}
_TYPES = {"1": "Incident", "2": "Request"}
_USUAL_CUSTOMER = Lookup(field="ticket.entity.name")
_STAMP = "x-glpi-timestamp"
_NUMBER = re.compile(r"[?&]id=(\d+)")
_ENDED = frozenset({TicketPhase.RESOLVED, TicketPhase.CLOSED})


@dataclass(frozen=True, slots=True)
class GlpiDelivery:
    """A webhook of GLPI, with its parsed JSON body."""

    source: Source
    """The settings of the sender."""
    payload: Node
    """The body."""
    queued: ClaimedTime
    """When GLPI queued the delivery."""

    @property
    def item(self) -> Node:
        """Return the object that the webhook is about: a ticket, or a followup, task or solution on a ticket."""
        return object_at(self.payload, "item")

    @property
    def about_ticket(self) -> bool:
        """Return whether the object is a ticket: it has a `type`, which GLPI's changes and problems lack."""
        return {"status", "urgency", "type"} <= self.item.keys()

    @property
    def ticket(self) -> Node:
        """Return the ticket, or an empty object if the body has none."""
        return self.item if self.about_ticket else object_at(self.payload, "parent_item")

    def members(self, role: str) -> list[Node]:
        """Return the ticket's people and groups of a role: `requester`, `assigned` or `observer`."""
        return [one for one in array_at(self.ticket, "team") if text_at(one, "role") == role]


def translate(delivery: Delivery, source: Source) -> Translation:
    """Translate a webhook of GLPI into events of an incident.

    If there is no event, the result says why: the delivery is ignored (nothing to do), parked (not understood) or
    refused (cannot be read).

    Args:
        source: The settings of the sender.
    """
    return translate_object(delivery, lambda payload, id_: _outcome(delivery, source, payload, id_))


def _outcome(delivery: Delivery, source: Source, payload: Node, id_: str) -> Outcome:
    event = text_at(payload, "event")
    queued = claimed_time(delivery.headers.get(_STAMP), TimeQuality.EXACT)
    case = GlpiDelivery(source, payload, queued)
    if not case.item or not event:
        raise DoesNotFit("the default body of GLPI's webhooks is expected here: event and item", "/item")
    if event not in ("new", "update", "delete"):
        return Parked(ParkedBecause.UNKNOWN_TYPE, clean_text(event, 60))
    if case.about_ticket:
        own = identifier_text(case.item.get("id"))
        if not own:
            raise DoesNotFit("the ticket has no id", "/item/id")
        ticket = _ticket(case)
        return ticket.outcome(delivery, own, id_, _of_ticket(ticket, case, event), shown=event != "delete")
    if "urgency" in case.item:
        return Ignored(IgnoredBecause.UNRELATED, "a change or problem is no ticket")
    kind, own = _written_on(case)
    if kind == "":
        return Parked(ParkedBecause.UNKNOWN_TYPE, "an item that is neither a ticket nor written on one")
    if kind == "other":
        return Ignored(IgnoredBecause.UNRELATED, "written on something that is no ticket")
    if not own:
        raise DoesNotFit("the item does not name its ticket", "/item/items_id")
    ticket = _ticket(case)
    return ticket.outcome(delivery, own, id_, _of_words(ticket, case, kind, event), shown=bool(case.ticket))


def _written_on(case: GlpiDelivery) -> tuple[str, str]:
    """What was written, by the fields that each kind alone has, and the ticket's number. "" for nothing known."""
    item = case.item
    if "tickets_id" in item:
        return "internal", identifier_text(item.get("tickets_id"))
    if "itemtype" not in item or "content" not in item:
        return "", ""
    if text_at(item, "itemtype") != "Ticket":
        return "other", ""
    return ("followup" if "is_private" in item else "solution"), identifier_text(item.get("items_id"))


# -- the ticket as it stands ------------------------------------------------------------------------------


def _ticket(case: GlpiDelivery) -> Ticket:
    shown_ticket, source = case.ticket, case.source
    status = object_at(shown_ticket, "status")
    at = claimed_time(shown_ticket.get("date_mod"), TimeQuality.EXACT, zone=source.zone)
    phase, odd = meaning_of(source, (text_at(status, "id"), text_at(status, "name")), USUAL_STATUSES)
    if shown_ticket.get("is_deleted") is True:
        phase, odd = TicketPhase.CANCELLED, ()
    shown: dict[str, str] = {}
    if shown_ticket:
        asker = next(iter(case.members("requester")), {})
        shown = {
            "title": text_at(shown_ticket, "name"),
            "description": clean_text(shown_ticket.get("content"), MAX_DESCRIPTION),
            "type": _TYPES.get(text_at(shown_ticket, "type"), ""),
            "status": text_at(status, "name"),
            "reporter": _name(asker),
            "reporter_id": _number(asker),
            "assignee": _name(next(iter(case.members("assigned")), {})),
        }
        number = text_at(shown_ticket, "priority")
        shown["priority"], unknown = plan_priority(source, number, _PRIORITIES.get(number, number))
        odd = (*odd, *unknown)
    return Ticket(
        source=source,
        at=at if at.at is not None else replace(case.queued, quality=TimeQuality.OBJECT_UPDATED),
        attributes=with_lookups(shown, source, {**case.payload, "ticket": shown_ticket}, customer=_USUAL_CUSTOMER),
        phase=phase,
        created=claimed_time(
            shown_ticket.get("date") or shown_ticket.get("date_creation"), TimeQuality.EXACT, zone=source.zone
        ),
        # A ticket's own webhook is written while it is being changed; beside a follow-up the ticket tells no date.
        ended_at=at.at if case.about_ticket else None,
        remarks=odd,
    )


def _name(member: Node) -> str:
    full = f"{text_at(member, 'firstname')} {text_at(member, 'realname')}".strip()
    return text_at(member, "display_name") or clean_text(full) or text_at(member, "name")


def _number(member: Node) -> str:
    """The number of a member of the team, which GLPI tells as the address of its page."""
    found = _NUMBER.search(text_at(member, "href"))
    return found[1] if found else text_at(member, "id")


# -- what happened ----------------------------------------------------------------------------------------


def _of_ticket(ticket: Ticket, case: GlpiDelivery, event: str) -> list[EventDraft] | Ignored:
    if event == "new":
        asker = next(iter(case.members("requester")), {})
        return ticket.opened(*_side(case, _number(asker), asker)) if asker else ticket.opened()
    if event == "delete":
        at = case.queued if case.queued.at is not None else ticket.at
        reason = "the ticket was deleted"
        return [ticket.draft(EventKind.CANCELLED, stamp=at, reason=reason, not_before_told=case.queued.at is None)]
    return ticket.only_shown(Ignored(IgnoredBecause.NOTHING_RELEVANT, "the ticket alone: its state is read"))


def _of_words(ticket: Ticket, case: GlpiDelivery, kind: str, event: str) -> list[EventDraft] | Ignored:
    if event != "new":
        return Ignored(IgnoredBecause.COMMENT_CHANGED, event)
    if kind == "internal":
        return Ignored(IgnoredBecause.INTERNAL_COMMENT, "a task or an approval")
    user = object_at(case.item, "user")
    who, name = _side(case, text_at(user, "id"), user)
    if kind == "solution":
        at = case.queued if case.queued.at is not None else ticket.at
        return [ticket.draft(EventKind.RESOLVED, who, name, stamp=at)] if ticket.phase in _ENDED else []
    if case.item.get("is_private") is not False:
        return Ignored(IgnoredBecause.INTERNAL_COMMENT, "a private follow-up")
    written = claimed_time(case.item.get("date_creation"), TimeQuality.EXACT, zone=case.source.zone)
    return ticket.said(who, name, written if written.at is not None else case.queued)


def _side(case: GlpiDelivery, number: str, person: Node) -> tuple[Speaker, str]:
    name = _name(person)
    assigned = bool(number) and number in map(_number, case.members("assigned"))
    details = AccountDetails(
        names=frozenset(filter(None, (number, text_at(person, "name")))),
        shown=name,
        account=text_at(person, "name") or number,
        assumed="the ticket is assigned to them" if assigned else "",
    )
    asked = bool(number) and number in map(_number, case.members("requester"))
    return side_of(case.source, details, reported=asked), name
