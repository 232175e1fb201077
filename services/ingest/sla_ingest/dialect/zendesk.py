"""Zendesk: event webhooks of tickets, and the bodies of triggers (`zendesk_trigger`).

- **Incident**: `detail.id`, the ticket's number.
- **Time**: `time` of the event, exact (up to nine digits of a second). `detail` is the ticket when the event was sent,
  not when it happened, so what changed is taken from `event.previous` and `event.current`.
- **Staff**: `event.comment.author.is_staff`. Who changed a field is a number alone (`detail.actor_id`).
- **State**: `detail` shows status, priority, type and people by number: it opens a ticket that is not known, and mends.
- **Later**: `detail.updated_at` says as of when the ticket is shown; a retry shows what has been changed since.
- **Merge**: `merged`, and the tag `closed_by_merge` of the ticket that is closed by one. Such a close resolves nothing.
- **Redelivery**: `id` of the event stays the same.
- **Unknown**: names of people and organizations (numbers only: `customer: {field: detail.organization_id, values: …}`),
  the order of events of one action, and which custom statuses are the account's own: of each only the number and the
  category show, so that one that `statuses` does not have leaves a remark.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sla_catalogue.source import Lookup, Source, TicketPhase, fold_case
from sla_domain.event import Actor, EventKind, TimeQuality
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
    RemarkNote,
    Translation,
    incident_id,
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
from sla_ingest.dialect.ticket import (
    NOBODY_KNOWN,
    Ticket,
    category_remark,
    meaning_of,
    plan_priority,
    stood_in,
    with_lookups,
)
from sla_ingest.dialect.zendesk_trigger import BY_MERGE, TRIGGER, USUAL_STATUSES, trigger_outcome

MEDIA_TYPES = JSON
_TYPE = "zen:event-type:"
_USUAL_CUSTOMER = Lookup(field="detail.organization_id")
_USUAL_PRODUCT = Lookup(field="detail.brand_id")
_GONE = frozenset({"soft_deleted", "permanently_deleted", "marked_as_spam"})
_MERGED = "the ticket was merged into another one"
# Events of tickets that are known and move no clock; what they show of the ticket is read all the same.
_QUIET = frozenset(
    {
        "attachment_linked_to_comment", "attachment_redacted_from_comment", "ccs_changed", "comment_made_private",
        "comment_redacted", "email_ccs_changed", "external_id_changed", "followers_changed", "form_changed",
        "group_assignment_changed", "problem_link_changed", "schedule_changed", "sharing_changed", "tags_changed",
        "task_due_at_changed", "next_sla_breach_changed", "undeleted", "requester_changed", "submitter_changed",
        "custom_status_changed", "slack_channel_changed", "via_followup", "csat_requested", "ola_policy_changed",
        "sla_policy_changed",
    }
)  # fmt: skip
# Fields whose change classes the ticket anew; the catalogue's lookups read them.
_CLASSES = frozenset(
    {"organization_changed", "brand_changed", "custom_field_changed", "ticket_type_changed", "type_changed"}
)
_OTHER_DOMAINS = frozenset(
    {"user", "organization", "article", "community_post", "agent", "omnichannel_config", "messaging_ticket"}
)


@dataclass(frozen=True, slots=True)
class ZendeskEvent:
    """An event webhook of Zendesk with its parsed JSON body."""

    source: Source
    """The settings of the sender."""
    payload: Node
    """The body."""
    kind: str
    """What happened to the ticket, such as `status_changed`."""

    @property
    def detail(self) -> Node:
        """Return the ticket in its state when the event was sent."""
        return object_at(self.payload, "detail")

    @property
    def event(self) -> Node:
        """Return the object `event`, which describes the change."""
        return object_at(self.payload, "event")


def translate(delivery: Delivery, source: Source) -> Translation:
    """Translate an event webhook of Zendesk, or the body of a trigger, into events of an incident.

    If there is no event, the result says why: the delivery is ignored (nothing to do), parked (not understood) or
    refused (cannot be read).

    Args:
        source: The settings of the sender.
    """
    return translate_object(
        delivery,
        lambda payload, id_: _outcome(delivery, source, payload, id_),
        lambda payload: identifier_text(payload.get("id")) if payload.get("type") else "",
    )


def _outcome(delivery: Delivery, source: Source, payload: Node, id_: str) -> Outcome:
    written = text_at(payload, "type")
    if written.startswith(TRIGGER):
        return trigger_outcome(delivery, source, payload, id_)
    if not written.startswith(_TYPE):
        said = f"an event of Zendesk (type zen:event-type:…) or the template of a trigger (type {TRIGGER}…) is expected"
        raise DoesNotFit(said, "/type")
    domain, _, kind = written.removeprefix(_TYPE).partition(".")
    if domain in _OTHER_DOMAINS:
        return Ignored(IgnoredBecause.UNRELATED, clean_text(written, 80))
    if domain != "ticket":
        return Parked(ParkedBecause.UNKNOWN_TYPE, clean_text(written, 80))
    case = ZendeskEvent(source, payload, kind)
    own = identifier_text(case.detail.get("id")) or _subject(text_at(payload, "subject"))
    if not own:
        return Parked(ParkedBecause.NO_INCIDENT, clean_text(written, 80))
    ticket = _ticket(case)
    return ticket.outcome(
        delivery, own, id_, _found(case, ticket), shown="status" in case.detail and kind not in _GONE | {"merged"}
    )


def _subject(written: str) -> str:
    """The ticket's number in `zen:ticket:71447`."""
    return identifier_text(written.removeprefix("zen:ticket:")) if written.startswith("zen:ticket:") else ""


def _ticket(case: ZendeskEvent) -> Ticket:
    detail, source = case.detail, case.source
    status = text_at(detail, "status")
    phase, odd = _phase(case, status)
    shown: dict[str, str] = {}
    for attribute, key in (("title", "subject"), ("reporter_id", "requester_id")):
        if key in detail:
            shown[attribute] = text_at(detail, key)
    if "description" in detail:
        shown["description"] = clean_text(detail.get("description"), MAX_DESCRIPTION)
    if "type" in detail:
        shown["type"] = text_at(detail, "type").lower()
    if "assignee_id" in detail:
        shown["assignee"] = _person(detail.get("assignee_id"))
    if "priority" in detail:
        shown["priority"], unknown = _priority(source, text_at(detail, "priority"))
        odd = (*odd, *unknown)
    if status:
        shown["status"] = status.lower()
    updated = claimed_time(detail.get("updated_at"), TimeQuality.OBJECT_UPDATED)
    at = claimed_time(case.payload.get("time"), TimeQuality.EXACT)
    return Ticket(
        source=source,
        at=at if at.at is not None else updated,
        shown_at=updated.at,
        before=stood_in(_phase_before(case), text_at(case.event, "previous").lower()),
        attributes=with_lookups(shown, source, case.payload, customer=_USUAL_CUSTOMER, product=_USUAL_PRODUCT),
        phase=phase,
        created=claimed_time(detail.get("created_at"), TimeQuality.EXACT),
        ends_with_word=True,
        remarks=odd,
    )


def _phase(case: ZendeskEvent, status: str) -> tuple[TicketPhase | None, tuple[RemarkNote, ...]]:
    """What a status means: by the number of the custom status if the ticket is shown in this status, else by its name.
    What a merge has closed is resolved by nobody."""
    same = fold_case(status) == fold_case(text_at(case.detail, "status"))
    own = text_at(case.detail, "custom_status") if same else ""
    phase, odd = meaning_of(case.source, (own, status), USUAL_STATUSES)
    if phase is TicketPhase.CLOSED and _by_merge(case):
        return TicketPhase.CANCELLED, ()
    custom = (f"custom status {own}",) if own and fold_case(own) not in case.source.statuses else ()
    return phase, odd or category_remark(case.source, custom, {}, status)


def _phase_before(case: ZendeskEvent) -> TicketPhase | None:
    """What the status before the change means; None for another change."""
    written = text_at(case.event, "previous") if case.kind == "status_changed" else ""
    return meaning_of(case.source, (written,), USUAL_STATUSES)[0]


def _by_merge(case: ZendeskEvent) -> bool:
    return BY_MERGE in array_at(case.detail, "tags")


def _person(number: object) -> str:
    """A person's number as text; Zendesk writes nobody as null or 0."""
    written = identifier_text(number)
    return "" if written == "0" else written


def _priority(source: Source, word: str) -> tuple[str, tuple[RemarkNote, ...]]:
    """Zendesk writes URGENT in events and urgent elsewhere."""
    return plan_priority(source, word.lower())


def _found(case: ZendeskEvent, ticket: Ticket) -> list[EventDraft] | Ignored | Parked:
    current = text_at(case.event, "current")
    match case.kind:
        case "created":
            return ticket.opened(Speaker(Actor.UNKNOWN))
        case "status_changed":
            return _in_status(case, ticket, current).moved(_phase_before(case))
        case "merged":
            return [_merged(case, ticket)]
        case "priority_changed":
            priority, odd = _priority(case.source, current)
            return [ticket.draft(EventKind.PRIORITY_CHANGED, attributes={"priority": priority}, remarks=odd)]
        case "agent_assignment_changed":
            return [ticket.draft(EventKind.ASSIGNED, attributes={"assignee": _person(case.event.get("current"))})]
        case "subject_changed":
            return [ticket.draft(EventKind.DESCRIBED, attributes={"title": current})]
        case "description_changed":
            text = clean_text(case.event.get("current"), MAX_DESCRIPTION)
            return [ticket.draft(EventKind.DESCRIBED, attributes={"description": text})]
        case "comment_added":
            return _comment(case, ticket)
        case kind if kind in _GONE:
            return [ticket.draft(EventKind.CANCELLED, reason=f"the ticket was {kind.replace('_', ' ')}")]
        case kind if kind in _CLASSES:
            return [ticket.draft(EventKind.RECLASSIFIED, attributes=_classes(ticket))] if _classes(ticket) else []
        case kind if kind in _QUIET:
            return Ignored(IgnoredBecause.NOTHING_RELEVANT, kind)
        case kind:
            return Parked(ParkedBecause.UNKNOWN_TYPE, clean_text(f"ticket.{kind}", 80))


def _in_status(case: ZendeskEvent, ticket: Ticket, status: str) -> Ticket:
    """The ticket in the status that the event is about, which may not be the one that it is shown in."""
    phase, odd = _phase(case, status)
    return replace(ticket, phase=phase, attributes={**ticket.attributes, "status": status.lower()}, remarks=odd)


def _merged(case: ZendeskEvent, ticket: Ticket) -> EventDraft:
    """The end by a merge. Where the event does not say into which ticket, nobody can go on with its words."""
    named = case.event.get("target_ticket_id") or object_at(case.event, "target_ticket").get("id")
    there = identifier_text(named)
    if not there or there == identifier_text(case.detail.get("id")):
        return ticket.draft(EventKind.CANCELLED, reason=_MERGED)
    return ticket.draft(EventKind.MERGED, merged_into=incident_id(case.source.id, there))


def _classes(ticket: Ticket) -> Mapping[str, str]:
    """What the catalogue sorts tickets by, as the ticket shows it after the change."""
    named = ("customer", "product", "type", *ticket.source.attributes)
    return {name: ticket.attributes[name] for name in named if name in ticket.attributes}


def _comment(case: ZendeskEvent, ticket: Ticket) -> list[EventDraft] | Ignored:
    comment = object_at(case.event, "comment")
    if comment.get("is_public") is not True:
        return Ignored(IgnoredBecause.INTERNAL_COMMENT, "the comment is not public")
    author = object_at(comment, "author")
    account, kind = text_at(author, "id"), author.get("is_staff")
    if not author:
        return ticket.said(NOBODY_KNOWN, "")
    requester = text_at(case.detail, "requester_id")
    person = AccountDetails(
        names=frozenset(filter(None, [account])),
        shown=text_at(author, "name"),
        account=account,
        bot=account.startswith("zd:") or account == "-1" or text_at(author, "type") == "system",
        customer=kind is False,
        member=kind is True,
    )
    # An agent's comment on their own request is no response: they wait for somebody else, too.
    who = side_of(case.source, person, reported=bool(account) and account == requester)
    return ticket.said(who, text_at(author, "name") or account)
