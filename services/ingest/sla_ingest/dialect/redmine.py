"""Redmine 7: its own webhooks of issues.

- **Incident**: `data.issue.id`.
- **Time**: `timestamp`, exact, in whole seconds: of the journal, or of the issue; of a deletion the instant itself. Two
  changes within a second are ordered by the journal's number.
- **Staff**: Redmine names people and no sides. The author is the customer, whom the issue is assigned to is taken for
  staff, with a remark; of anybody else the catalogue says it, by number.
- **State**: every delivery shows the whole issue: it opens one that is not known, and mends one. `data.journal` tells
  what was changed, and the note.
- **Redelivery**: Redmine tries once. Equal bodies are one delivery.
- **Unknown**: the name of the status before (only its number is told), and whether a note is private: the webhook's
  user must not be allowed to see private notes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    IngestRemark,
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
    change_number,
    claimed_time,
    clean_text,
    identifier_text,
    object_at,
    text_at,
)
from sla_ingest.dialect.speaker import AccountDetails, Speaker, side_of
from sla_ingest.dialect.ticket import Ticket, meaning_of, plan_priority, with_lookups

USUAL_STATUSES: Mapping[str, TicketPhase] = {
    "new": TicketPhase.OPEN,
    "in progress": TicketPhase.IN_PROGRESS,
    "feedback": TicketPhase.WAITING_OTHER,
    "resolved": TicketPhase.RESOLVED,
    "closed": TicketPhase.CLOSED,
    "rejected": TicketPhase.CANCELLED,
}
"""The statuses of Redmine's default configuration. Feedback does not say from whom."""
_USUAL_PRODUCT = Lookup(field="data.issue.project.name")
_OTHER_OBJECTS = frozenset({"news", "time_entry", "version", "wiki_page"})
_WHOLE = ("data.issue", "fields")  # what an issue has no value for is left out
# Changed columns of an issue that class it anew; the catalogue's lookups read them.
_CLASSES = frozenset({"tracker_id", "project_id", "category_id"})


@dataclass(frozen=True, slots=True)
class RedmineDelivery:
    """A webhook of Redmine about an issue, with its parsed JSON body."""

    source: Source
    """The settings of the sender."""
    payload: Node
    """The body."""
    action: str
    """`created`, `updated` or `deleted`."""

    @property
    def issue(self) -> Node:
        """Return the issue after the change."""
        return object_at(self.payload, "data", "issue")

    @property
    def journal(self) -> Node:
        """Return the journal: what was changed, and the note. An empty object if the delivery has none."""
        return object_at(self.payload, "data", "journal")

    def details(self) -> Iterator[tuple[str, str, str, str]]:
        """Yield the changes in the journal as (kind, name, old value, new value).

        The kind is `attr` for a field of Redmine, `cf` for a custom field. The name is that of the field, or the number
        of the custom field.
        """
        for one in array_at(self.journal, "details"):
            yield text_at(one, "property"), text_at(one, "prop_key"), text_at(one, "old_value"), text_at(one, "value")


def translate(delivery: Delivery, source: Source) -> Translation:
    """Translate a webhook of Redmine into events of an incident.

    If there is no event, the result says why: the delivery is ignored (nothing to do), parked (not understood) or
    refused (cannot be read).

    Args:
        source: The settings of the sender.
    """
    return translate_object(delivery, lambda payload, id_: _outcome(delivery, source, payload, id_))


def _outcome(delivery: Delivery, source: Source, payload: Node, id_: str) -> Outcome:
    kind, _, action = text_at(payload, "type").partition(".")
    if not kind or "data" not in payload:
        raise DoesNotFit("a webhook of Redmine has a type, such as issue.updated, and data", "/type")
    if kind in _OTHER_OBJECTS:
        return Ignored(IgnoredBecause.UNRELATED, clean_text(f"{kind}.{action}", 60))
    if kind != "issue" or action not in ("created", "updated", "deleted"):
        return Parked(ParkedBecause.UNKNOWN_TYPE, clean_text(f"{kind}.{action}", 60))
    case = RedmineDelivery(source, payload, action)
    own = identifier_text(case.issue.get("id"))
    if not own:
        raise DoesNotFit("the issue has no id", "/data/issue/id")
    ticket = _ticket(case)
    return ticket.outcome(delivery, own, id_, _found(case, ticket), shown=action != "deleted")


# -- the issue as it stands -------------------------------------------------------------------------------


def _ticket(case: RedmineDelivery) -> Ticket:
    issue, source = case.issue, case.source
    phase, odd = _phase(source, issue)
    shown = {
        "title": text_at(issue, "subject"),
        "description": clean_text(issue.get("description"), MAX_DESCRIPTION),
        "type": text_at(issue, "tracker", "name"),
        "status": text_at(issue, "status", "name"),
        "reporter": text_at(issue, "author", "name"),
        "reporter_id": text_at(issue, "author", "id"),
        "assignee": text_at(issue, "assigned_to", "name"),
    }
    shown["priority"], unknown = _priority(case)
    document = {**case.payload, "fields": _fields(issue)} if "custom_fields" in issue else case.payload
    return Ticket(
        source=source,
        at=_when(case),
        # Redmine writes the body when it sends it: what was changed since the journal is shown, too.
        shown_at=claimed_time(issue.get("updated_on"), TimeQuality.OBJECT_UPDATED).at,
        attributes=with_lookups(shown, source, document, product=_USUAL_PRODUCT, whole=_WHOLE),
        phase=phase,
        created=claimed_time(issue.get("created_on"), TimeQuality.EXACT),
        ended_at=claimed_time(issue.get("closed_on"), TimeQuality.EXACT).at if _closed(issue) else None,
        remarks=(*odd, *unknown),
    )


def _when(case: RedmineDelivery) -> ClaimedTime:
    version = change_number(text_at(case.journal, "id"))
    at = claimed_time(case.payload.get("timestamp"), TimeQuality.EXACT, version=version)
    if at.at is not None:
        return at
    return claimed_time(case.issue.get("updated_on"), TimeQuality.OBJECT_UPDATED, version=version)


def _phase(source: Source, issue: Node) -> tuple[TicketPhase | None, tuple[RemarkNote, ...]]:
    """The status by number and name, else whether Redmine counts it as closed."""
    status = object_at(issue, "status")
    number, name, closed = text_at(status, "id"), text_at(status, "name"), status.get("is_closed")
    phase, odd = meaning_of(source, (number, name), USUAL_STATUSES)
    if phase is not None or not isinstance(closed, bool):
        return phase, odd
    said = f"{name or number}; say it under sources.{source.id}.statuses"
    return TicketPhase.CLOSED if closed else TicketPhase.OPEN, (RemarkNote(IngestRemark.STATUS_BY_CATEGORY, said),)


def _closed(issue: Node) -> bool:
    """Whether the issue is closed now: `closed_on` stays when it is opened again."""
    return object_at(issue, "status").get("is_closed") is True


def _priority(case: RedmineDelivery) -> tuple[str, tuple[RemarkNote, ...]]:
    return plan_priority(case.source, text_at(case.issue, "priority", "id"), text_at(case.issue, "priority", "name"))


def _fields(issue: Node) -> dict[str, object]:
    """Custom fields by name, where lookups find them: Redmine lists them by number."""
    listed = [one for one in array_at(issue, "custom_fields") if isinstance(one, dict)]
    return {text_at(one, "name"): one.get("value") for one in listed if text_at(one, "name")}


# -- what happened ----------------------------------------------------------------------------------------


def _found(case: RedmineDelivery, ticket: Ticket) -> list[EventDraft] | Ignored:
    match case.action:
        case "created":
            return ticket.opened(*_who(case, object_at(case.issue, "author")))
        case "deleted":
            return [ticket.draft(EventKind.CANCELLED, reason="the issue was deleted")]
    if not case.journal:
        return Ignored(IgnoredBecause.NOTHING_RELEVANT, "the delivery does not tell what was changed")
    who, name = _who(case, object_at(case.journal, "user"))
    found = _changed(case, ticket, who, name)
    if not text_at(case.journal, "notes"):
        return found
    said = ticket.said(who, name)
    return said if isinstance(said, Ignored) and not found else [*found, *(said if isinstance(said, list) else [])]


def _changed(case: RedmineDelivery, ticket: Ticket, who: Speaker, name: str) -> list[EventDraft]:
    changes = {key: old for kind, key, old, _ in case.details() if kind == "attr"}
    found: list[EventDraft] = []
    if "priority_id" in changes:
        priority, odd = _priority(case)
        stated = {"priority": priority}
        found.append(ticket.draft(EventKind.PRIORITY_CHANGED, who, name, attributes=stated, remarks=odd))
    if "assigned_to_id" in changes:
        found.append(ticket.draft(EventKind.ASSIGNED, who, name, attributes=_now(ticket, "assignee")))
    texts = (("title", "subject"), ("description", "description"))
    if described := [attribute for attribute, key in texts if key in changes]:
        found.append(ticket.draft(EventKind.DESCRIBED, who, name, attributes=_now(ticket, *described)))
    if _CLASSES & changes.keys() or any(kind == "cf" for kind, *_ in case.details()):
        named = ("customer", "product", "type", *case.source.attributes)
        stated = _now(ticket, *(one for one in named if one in ticket.attributes))
        found.append(ticket.draft(EventKind.RECLASSIFIED, who, name, attributes=stated))
    if "status_id" in changes:
        found += _moved(case.source, ticket, changes["status_id"], who, name)
    return found


def _moved(source: Source, ticket: Ticket, old: str, who: Speaker, name: str) -> list[EventDraft]:
    before, _ = meaning_of(source, (old,), {})
    found = ticket.moved(before, who, name)
    if before is not None or not found:
        return found
    odd = RemarkNote(IngestRemark.STATUS_BEFORE, f"number {old}; say it under sources.{source.id}.statuses")
    return [replace(found[0], remarks=(*found[0].remarks, odd)), *found[1:]]


def _now(ticket: Ticket, *names: str) -> dict[str, str]:
    return {name: ticket.attributes.get(name, "") for name in names}


def _who(case: RedmineDelivery, person: Node) -> tuple[Speaker, str]:
    account, name = text_at(person, "id"), text_at(person, "name")
    if not account:
        return side_of(case.source, AccountDetails(names=frozenset(), shown=name), reported=False), name
    assigned = account == text_at(case.issue, "assigned_to", "id")
    details = AccountDetails(
        names=frozenset({account}),
        shown=name,
        account=account,
        assumed="the issue is assigned to them" if assigned else "",
    )
    return side_of(case.source, details, reported=account == text_at(case.issue, "author", "id")), name
