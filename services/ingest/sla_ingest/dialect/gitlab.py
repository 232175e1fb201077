"""GitLab: deliveries of issues, incidents, other work items and the notes on them.

- **Incident**: the global id of the issue (`object_attributes.id`; of a note, `noteable_id`). A move to another project
  gives it another id, which is another name of the same incident.
- **Time**: `created_at` of an issue or note, `closed_at` of a close, else `updated_at`; whole seconds in UTC.
- **Staff**: GitLab states no roles. Whoever labels, assigns or closes works on the project's side; whom the issue is
  assigned to is taken for staff, with a remark; the author is the customer, and so is whoever writes by e-mail through
  the Service Desk. Others are nobody's until `staff` or `customers` names them.
- **Answer**: a note; of an incident that pages people, acknowledging it (`escalation_status`), too.
- **Snapshot**: each delivery has the whole issue: state, labels, severity, author, times.
- **Redelivery**: the same body; the headers of its id are not signed.
- **Unknown**: who the author of an old issue is by name, and what a person's role is.
"""

from __future__ import annotations

from typing import Any

from sla_catalogue.source import Source, TicketPhase
from sla_domain.event import Actor, EventKind, TimeQuality
from sla_ingest.dialect.document import translate_object
from sla_ingest.dialect.gitlab_snapshot import GitlabDelivery, label_titles, severity_of, snapshot_of
from sla_ingest.dialect.label import label_changes, phase_by_label, priority_by_label
from sla_ingest.dialect.phase import transition_steps
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
    fitting_id,
    incident_id,
    number_or_ignore,
)
from sla_ingest.dialect.read import (
    MAX_DESCRIPTION,
    Node,
    array_at,
    claimed_time,
    clean_text,
    identifier_text,
    object_at,
    overlay_lookups,
    text_at,
)
from sla_ingest.dialect.speaker import SAID, SIDED

_ITEMS = frozenset({"issue", "work_item"})
# Other kinds of deliveries, which say nothing of an issue.
_UNRELATED = frozenset(
    {
        "push", "tag_push", "merge_request", "wiki_page", "pipeline", "build", "deployment", "feature_flag", "release",
        "emoji", "access_token", "milestone", "vulnerability",
    }
)  # fmt: skip
_NOTED = frozenset({"Issue", "WorkItem"})
_CLOSED_AS_DUPLICATE = "closed as a duplicate"


def translate(delivery: Delivery, source: Source) -> Translation:
    """Translate a GitLab webhook delivery into events of an incident.

    If there is no event, the result says why: the delivery is ignored (nothing to do), parked (not understood) or
    refused (cannot be read).

    Args:
        source: The settings of the sender.
    """
    named = identifier_text(delivery.headers.get("webhook-id") or delivery.headers.get("idempotency-key", ""))
    return translate_object(
        delivery, lambda payload, id_: _outcome(delivery, source, payload, id_), lambda _: fitting_id(named)
    )


def _outcome(delivery: Delivery, source: Source, payload: Node, id_: str) -> Outcome:
    kind = text_at(payload, "object_kind")
    if not kind:
        raise DoesNotFit("a delivery of GitLab names its kind", "/object_kind")
    attributes = object_at(payload, "object_attributes")
    if kind == "note":
        if text_at(attributes, "noteable_type") not in _NOTED:
            return Ignored(IgnoredBecause.UNRELATED, "a note on something that is no issue")
        issue = object_at(payload, "issue") or object_at(payload, "work_item")
        own = identifier_text(attributes.get("noteable_id")) or identifier_text(issue.get("id"))
    elif kind in _ITEMS:
        issue, own = attributes, identifier_text(attributes.get("id"))
    elif kind in _UNRELATED:
        return Ignored(IgnoredBecause.UNRELATED, kind)
    else:
        return Parked(ParkedBecause.UNKNOWN_TYPE, clean_text(kind, 60))
    if not own:
        raise DoesNotFit("the issue has no id", "/object_attributes/" + ("noteable_id" if kind == "note" else "id"))
    case = GitlabDelivery(delivery, source, payload, issue)
    found = _note(case) if kind == "note" else _item(case)
    if isinstance(found, Parked):
        return found
    incident, shown = incident_id(source.id, own), snapshot_of(case) if issue else None
    return number_or_ignore(delivery, source, incident, id_, found, shown)


# -- issues -----------------------------------------------------------------------------------------------


def _item(case: GitlabDelivery) -> list[EventDraft] | Ignored | Parked:
    match text_at(case.issue, "action"):
        case "":
            return Ignored(IgnoredBecause.PING, "GitLab's test has no action")
        case "open":
            return _opened(case)
        case "close":
            return _closed(case)
        case "reopen":
            return [_draft(case, EventKind.REOPENED)]
        case "update":
            found = _updated(case)
            return found or Ignored(IgnoredBecause.NOTHING_RELEVANT, _names(object_at(case.payload, "changes")))
        case action:
            return Parked(ParkedBecause.UNKNOWN_ACTION, clean_text(action, 60))


def _opened(case: GitlabDelivery) -> list[EventDraft]:
    opened = claimed_time(case.issue.get("created_at"), TimeQuality.EXACT)
    kind = text_at(case.issue, "type")
    shown = {
        "title": text_at(case.issue, "title"),
        "description": clean_text(case.issue.get("description"), MAX_DESCRIPTION),
        "url": text_at(case.issue, "url"),
        "reporter": case.reporter,
        "reporter_id": case.author,
        "assignee": case.assignee,
        "type": kind,
        "priority": priority_by_label(case.source, case.labels) or severity_of(case) or "",
    }
    attributes = overlay_lookups(shown, case.lookups, case.payload, case.labels)
    found = [_draft(case, EventKind.OPENED, at=opened, attributes=attributes)]
    phase = phase_by_label(case.source, case.labels)
    for step in transition_steps(TicketPhase.OPEN, phase) if phase else ():
        found.append(_draft(case, step.kind, waiting_on=step.waiting_on, at=opened))
    return found


def _closed(case: GitlabDelivery) -> list[EventDraft]:
    at = claimed_time(case.issue.get("closed_at"), TimeQuality.OBJECT_UPDATED)
    at = at if at.at is not None else case.updated
    moved = identifier_text(case.issue.get("moved_to_id"))
    if moved and moved != identifier_text(case.issue.get("id")):
        there = incident_id(case.source.id, moved)
        return [_draft(case, EventKind.RENAMED, known_as=there, reason="moved to another project")]
    if survivor := identifier_text(case.issue.get("duplicated_to_id")):
        if survivor == identifier_text(case.issue.get("id")):
            return [_draft(case, EventKind.CANCELLED, at=at, reason=_CLOSED_AS_DUPLICATE)]
        there = incident_id(case.source.id, survivor)
        return [_draft(case, EventKind.MERGED, at=at, merged_into=there, reason=_CLOSED_AS_DUPLICATE)]
    declined = phase_by_label(case.source, case.labels) is TicketPhase.CANCELLED
    return [_draft(case, EventKind.CANCELLED if declined else EventKind.RESOLVED, at=at)]


def _updated(case: GitlabDelivery) -> list[EventDraft]:
    changes = object_at(case.payload, "changes")
    found: list[EventDraft] = []
    described = {
        name: clean_text(object_at(changes, key).get("current"), longest)
        for name, key, longest in (("title", "title", 500), ("description", "description", MAX_DESCRIPTION))
        if key in changes
    }
    if described:
        found.append(_draft(case, EventKind.DESCRIBED, attributes=described))
    if "assignees" in changes or "assignee_id" in changes:
        found.append(_draft(case, EventKind.ASSIGNED, attributes={"assignee": case.assignee}))
    if "type" in changes:
        found.append(_draft(case, EventKind.RECLASSIFIED, attributes={"type": text_at(case.issue, "type")}))
    if "severity" in changes and not priority_by_label(case.source, case.labels):
        found.append(_draft(case, EventKind.PRIORITY_CHANGED, attributes={"priority": severity_of(case)}))
    if "labels" in changes:
        before = label_titles(array_at(changes, "labels", "previous"))
        after = label_titles(array_at(changes, "labels", "current"))
        closed = text_at(case.issue, "state") == "closed"
        found += [
            _draft(case, one.step.kind, waiting_on=one.step.waiting_on, attributes=one.attributes)
            for one in label_changes(case.source, before, after, case.lookups)
            # Removing a label from a closed issue neither resumes nor reopens anything.
            if not closed or one.step.kind in (EventKind.RECLASSIFIED, EventKind.PRIORITY_CHANGED)
        ]
    if text_at(changes, "escalation_status", "current") == "acknowledged":
        found.append(_draft(case, EventKind.RESPONDED))
    return found


def _names(changes: Node) -> str:
    return clean_text(", ".join(clean_text(name, 40) for name in changes if name != "updated_at"), 200)


# -- notes ------------------------------------------------------------------------------------------------


def _note(case: GitlabDelivery) -> list[EventDraft] | Ignored | Parked:
    note = object_at(case.payload, "object_attributes")
    action = text_at(note, "action")
    if action == "update" or (not action and _edited(case, note)):
        return Ignored(IgnoredBecause.COMMENT_CHANGED, action)
    if action not in ("", "create"):
        return Parked(ParkedBecause.UNKNOWN_ACTION, clean_text(action, 60))
    if note.get("system") is True:
        return Ignored(IgnoredBecause.NOTHING_RELEVANT, "GitLab's own note of a change")
    if note.get("internal") is True or note.get("confidential") is True:
        return Ignored(IgnoredBecause.INTERNAL_COMMENT)
    who = case.speaker(acting=False)
    name = text_at(case.payload, "user", "username")
    if who.actor is Actor.BOT:
        return Ignored(IgnoredBecause.BOT_COMMENT, name)
    at = claimed_time(note.get("created_at"), TimeQuality.EXACT)
    return [EventDraft(kind=SAID[who.actor], stamp=at, actor=who.actor, actor_name=name, remarks=who.remarks)]


def _edited(case: GitlabDelivery, note: Node) -> bool:
    """Before version 16.11 a delivery has no action, and an edited note sends none; the times tell it anyway."""
    made, changed = (claimed_time(note.get(name), TimeQuality.EXACT).at for name in ("created_at", "updated_at"))
    return made is not None and changed is not None and changed > made


# -- shared -----------------------------------------------------------------------------------------------


def _draft(case: GitlabDelivery, kind: EventKind, *, at: ClaimedTime | None = None, **values: Any) -> EventDraft:
    who = case.speaker(acting=True)
    remarks = who.remarks if kind in SIDED else ()
    name = text_at(case.payload, "user", "username")
    stamp = at or case.updated
    return EventDraft(kind=kind, stamp=stamp, actor=who.actor, actor_name=name, remarks=remarks, **values)
