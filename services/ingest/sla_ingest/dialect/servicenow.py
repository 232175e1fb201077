"""ServiceNow: records of incidents, as the business rule of docs/connect/servicenow.md sends them.

ServiceNow has no webhook of its own: a script writes the body. slad reads its own sender's (`operation`, `record`,
`previous`, `actor`) and a bare record in the shape of the Table API, of which only the state is read.

- **Incident**: `sys_id`.
- **Time**: `sys_updated_on`, exact, without a zone: stored values are UTC (`zone` of the source says otherwise). Two
  updates within a second are ordered by `sys_mod_count`.
- **Staff**: who has the role `itil`; the caller is the customer. Only the sender knows, as `actor`.
- **State**: every body shows the whole record; it opens an incident that is not known, and mends one.
- **Redelivery**: the same `sys_id`, `sys_mod_count` and operation.
- **Unknown**: in a bare record, what changed and who changed it; in any, what a comment says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sla_catalogue.source import Lookup, Source, TicketPhase
from sla_domain.event import EventKind, TimeQuality
from sla_ingest.dialect.document import JSON, translate_object
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
    digest_id,
)
from sla_ingest.dialect.read import (
    MAX_DESCRIPTION,
    Node,
    change_number,
    claimed_time,
    clean_text,
    identifier_text,
    object_at,
    text_at,
)
from sla_ingest.dialect.speaker import AccountDetails, Speaker, side_of
from sla_ingest.dialect.ticket import (
    Ticket,
    category_remark,
    meaning_of,
    plan_priority,
    resolution_meaning,
    with_lookups,
)

MEDIA_TYPES = JSON
USUAL_STATES: Mapping[str, TicketPhase] = {
    "1": TicketPhase.OPEN,
    "2": TicketPhase.IN_PROGRESS,
    "3": TicketPhase.WAITING_OTHER,
    "3:1": TicketPhase.WAITING_CUSTOMER,
    "6": TicketPhase.RESOLVED,
    "7": TicketPhase.CLOSED,
    "8": TicketPhase.CANCELLED,
    "new": TicketPhase.OPEN,
    "in progress": TicketPhase.IN_PROGRESS,
    "on hold": TicketPhase.WAITING_OTHER,
    "awaiting caller": TicketPhase.WAITING_CUSTOMER,
    "awaiting vendor": TicketPhase.WAITING_VENDOR,
    "awaiting problem": TicketPhase.WAITING_OTHER,
    "awaiting change": TicketPhase.WAITING_OTHER,
    "resolved": TicketPhase.RESOLVED,
    "closed": TicketPhase.CLOSED,
    "canceled": TicketPhase.CANCELLED,
}
"""States of the base system's table `incident`, by number and name; `3:1` is on hold for the reason 1."""
# Ways in which work ends in the base system, of two generations; an instance has its own, too.
_ENDINGS: Mapping[str, TicketPhase] = {
    "solved (work around)": TicketPhase.RESOLVED,
    "solved (permanently)": TicketPhase.RESOLVED,
    "solved remotely (work around)": TicketPhase.RESOLVED,
    "solved remotely (permanently)": TicketPhase.RESOLVED,
    "closed/resolved by caller": TicketPhase.RESOLVED,
    "not solved (not reproducible)": TicketPhase.RESOLVED,
    "not solved (too costly)": TicketPhase.CANCELLED,
    "duplicate": TicketPhase.CANCELLED,
    "known error": TicketPhase.RESOLVED,
    "resolved by caller": TicketPhase.RESOLVED,
    "resolved by change": TicketPhase.RESOLVED,
    "resolved by problem": TicketPhase.RESOLVED,
    "resolved by request": TicketPhase.RESOLVED,
    "solution provided": TicketPhase.RESOLVED,
    "workaround provided": TicketPhase.RESOLVED,
    "user error": TicketPhase.RESOLVED,
}
_USUAL_CUSTOMER = Lookup(field="record.company.display_value")
_USUAL_PRODUCT = Lookup(field="record.business_service.display_value")
_OPERATIONS = frozenset({"insert", "update", "delete"})


@dataclass(frozen=True, slots=True)
class ServicenowRecord:
    """A record of ServiceNow, with the parsed JSON body of the delivery."""

    source: Source
    """The settings of the sender."""
    payload: Node
    """The body, as slad's sender writes it."""
    operation: str
    """`insert`, `update` or `delete`; "" for a bare record."""

    @property
    def record(self) -> Node:
        """Return the record after the change."""
        return object_at(self.payload, "record")

    @property
    def previous(self) -> Node:
        """Return the values that the record had before the change; empty if the sender does not send them."""
        return object_at(self.payload, "previous")


def translate(delivery: Delivery, source: Source) -> Translation:
    """Translate a record of ServiceNow into events of an incident.

    If there is no event, the result says why: the delivery is ignored (nothing to do), parked (not understood) or
    refused (cannot be read).

    Args:
        source: The settings of the sender.
    """
    return translate_object(delivery, lambda payload, id_: _outcome(delivery, source, payload, id_), _own_id)


def _own_id(payload: Node) -> str:
    record = object_at(payload, "record")
    own, count = identifier_text(record.get("sys_id")), identifier_text(record.get("sys_mod_count"))
    return digest_id(own, count, text_at(payload, "operation")) if own and count else ""


def _outcome(delivery: Delivery, source: Source, payload: Node, id_: str) -> Outcome:
    bare = "record" not in payload and "sys_id" in payload
    case = ServicenowRecord(source, {"record": payload} if bare else payload, _operation(payload))
    if not case.record:
        raise DoesNotFit("a record by the sender of docs/connect/servicenow.md is expected here", "/record")
    own = identifier_text(_value(case.record.get("sys_id")))
    if not own:
        raise DoesNotFit("the record has no sys_id", "/record/sys_id")
    if not bare and case.operation not in _OPERATIONS:
        return Parked(ParkedBecause.UNKNOWN_TYPE, clean_text(case.operation, 60) or "the body names no operation")
    ticket = _ticket(case, bare=bare)
    if bare:
        found: list[EventDraft] | Ignored = Ignored(IgnoredBecause.NOTHING_RELEVANT, "a bare record shows its state")
        return ticket.outcome(delivery, own, id_, found)
    return ticket.outcome(delivery, own, id_, _found(case, ticket), shown=case.operation != "delete")


def _operation(payload: Node) -> str:
    return text_at(payload, "operation").lower()


def _value(field: Any) -> Any:
    """The stored value of a field: the Table API writes references as `{"link", "value"}`."""
    return field.get("value") if isinstance(field, dict) else field


def _stored(record: Node, name: str) -> str:
    return clean_text(_value(record.get(name)))


def _shown(record: Node, name: str) -> str:
    """A field as people read it."""
    field = record.get(name)
    return text_at(field, "display_value") or _stored(record, name)


def _ticket(case: ServicenowRecord, *, bare: bool) -> Ticket:
    record, source = case.record, case.source
    phase, odd = _phase(source, record)
    shown: dict[str, str] = {}
    for attribute, key in (
        ("key", "number"), ("title", "short_description"), ("type", "category"), ("status", "state"),
        ("reporter", "caller_id"), ("assignee", "assigned_to"),
    ):  # fmt: skip
        if key in record:
            shown[attribute] = _shown(record, key)
    if "description" in record:
        shown["description"] = clean_text(_value(record.get("description")), MAX_DESCRIPTION)
    if "caller_id" in record:
        shown["reporter_id"] = _stored(record, "caller_id")
    if url := text_at(case.payload, "url"):
        shown["url"] = url
    if "priority" in record:
        shown["priority"], unknown = _priority(source, record)
        odd = (*odd, *unknown)
    ended = ("closed_at", "resolved_at") if phase is TicketPhase.CLOSED else ("resolved_at", "closed_at")
    return Ticket(
        source=source,
        at=_time(case, "sys_updated_on", TimeQuality.OBJECT_UPDATED if bare else TimeQuality.EXACT),
        attributes=with_lookups(shown, source, case.payload, customer=_USUAL_CUSTOMER, product=_USUAL_PRODUCT),
        phase=phase,
        created=_time(case, "opened_at" if _stored(record, "opened_at") else "sys_created_on", TimeQuality.EXACT),
        ended_at=next((at for name in ended if (at := _time(case, name, TimeQuality.EXACT).at)), None),
        remarks=odd,
    )


def _time(case: ServicenowRecord, name: str, quality: TimeQuality) -> ClaimedTime:
    version = change_number(_stored(case.record, "sys_mod_count"))
    return claimed_time(_value(case.record.get(name)), quality, zone=case.source.zone, version=version)


def _phase(source: Source, record: Node) -> tuple[TicketPhase | None, tuple[RemarkNote, ...]]:
    """The state, on hold with its reason: first both by number, then the reason's name, then the state alone.

    A way of ending that declines the work makes a resolved or closed record a cancelled one.
    """
    state, reason = _stored(record, "state"), _stored(record, "hold_reason")
    named = text_at(record.get("hold_reason"), "display_value") if reason else ""
    held, shown = (f"{state}:{reason}" if reason else "", named), _shown(record, "state")
    phase, odd = meaning_of(source, (*held, state, shown), USUAL_STATES)
    if phase is not None and phase.waiting_on is not None:
        return phase, category_remark(source, held, USUAL_STATES, state, shown)
    if phase not in (TicketPhase.RESOLVED, TicketPhase.CLOSED):
        return phase, odd
    ending, odd = resolution_meaning(source, _shown(record, "close_code"), _ENDINGS)
    return (TicketPhase.CANCELLED if ending is TicketPhase.CANCELLED else phase), odd


def _priority(source: Source, record: Node) -> tuple[str, tuple[RemarkNote, ...]]:
    """By number first: a display value is `1 - Critical`."""
    shown = _shown(record, "priority")
    number = _stored(record, "priority").partition(" ")[0]
    return plan_priority(source, number, shown.partition(" - ")[2], shown)


def _found(case: ServicenowRecord, ticket: Ticket) -> list[EventDraft] | Ignored:
    who, name = _who(case)
    if case.operation == "delete":
        at = claimed_time(case.payload.get("sent_at"), TimeQuality.EXACT, zone=case.source.zone)
        told: dict[str, Any] = {"stamp": at} if at.at is not None else {"not_before_told": True}
        return [ticket.draft(EventKind.CANCELLED, who, name, reason="the record was deleted", **told)]
    if case.operation == "insert":
        return ticket.opened(who, name)
    found: list[EventDraft] = []
    before = case.previous
    if "priority" in before and _stored(before, "priority") != _stored(case.record, "priority"):
        priority, odd = _priority(case.source, case.record)
        found.append(
            ticket.draft(EventKind.PRIORITY_CHANGED, who, name, attributes={"priority": priority}, remarks=odd)
        )
    if "assigned_to" in before and _stored(before, "assigned_to") != _stored(case.record, "assigned_to"):
        found.append(ticket.draft(EventKind.ASSIGNED, who, name, attributes=_now(ticket, "assignee")))
    if "short_description" in before:
        found.append(ticket.draft(EventKind.DESCRIBED, who, name, attributes=_now(ticket, "title")))
    if "state" in before or "hold_reason" in before:
        was, _ = _phase(case.source, {**case.record, **before})
        found += ticket.moved(was, who, name)
    if case.payload.get("comment") is not True:
        return found
    said = ticket.said(who, name)
    return said if isinstance(said, Ignored) and not found else [*found, *(said if isinstance(said, list) else [])]


def _now(ticket: Ticket, name: str) -> Mapping[str, str]:
    return {name: ticket.attributes.get(name, "")}


def _who(case: ServicenowRecord) -> tuple[Speaker, str]:
    actor = object_at(case.payload, "actor")
    account, login = text_at(actor, "id"), text_at(actor, "user_name")
    caller = bool(account) and account == _stored(case.record, "caller_id")
    person = AccountDetails(
        names=frozenset(filter(None, (account, login))),
        shown=text_at(actor, "name"),
        account=login or account,
        member=actor.get("is_staff") is True and not caller,
        customer=actor.get("is_staff") is False,
    )
    return side_of(case.source, person, reported=caller), text_at(actor, "name") or login or account
