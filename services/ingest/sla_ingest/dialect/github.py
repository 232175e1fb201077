"""GitHub Issues: deliveries of the events `issues` and `issue_comment`, with every documented action.

- **Incident**: the global id of the issue. A transfer gives it another id, which is another name of the same incident.
- **Time**: `created_at` of an issue or comment, `closed_at` of a close, else `updated_at`; whole seconds in UTC. A
  deletion states none: it happened after everything in the body.
- **Staff**: whom GitHub calls owner, member or collaborator, or who is listed under `staff`. The issue's author is the
  customer. Accounts of the type `Bot` never answer.
- **Answer**: a comment of the staff; edited and deleted comments move no clock.
- **Snapshot**: each delivery has the whole issue: state, labels, assignee, times.
- **Redelivery**: the same `X-GitHub-Delivery`; the same body under another id is known, too.
- **Unknown**: a comment that was lost, and when a label was put on if the delivery about it was lost.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

from sla_catalogue.source import Source, TicketPhase, fold_case
from sla_domain.event import Actor, EventKind, TimeQuality
from sla_domain.sentence import Sentence
from sla_ingest.dialect.github_snapshot import GithubDelivery, closing_reason, closing_remarks, label_name, snapshot
from sla_ingest.dialect.json_text import malformed, parse_json
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
    Refused,
    Translation,
    body_id,
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
from sla_ingest.dialect.speaker import SAID, SIDED, AccountDetails, Speaker, side_of

MEDIA_TYPES = frozenset({"application/json", "application/x-www-form-urlencoded"})
_MEMBERS = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})
# Instants that lie before the making of a body in which they stand; each is GitHub's own, none is a person's word.
_SHOWN = (
    ("issue", "created_at"),
    ("issue", "updated_at"),
    ("issue", "closed_at"),
    ("repository", "created_at"),
    ("repository", "updated_at"),
    ("repository", "pushed_at"),
)
# Actions that are known and move no clock.
_QUIET_ACTIONS = frozenset(
    {"pinned", "unpinned", "locked", "unlocked", "milestoned", "demilestoned", "field_added", "field_removed"}
)
_GONE = frozenset({"transferred", "deleted"})
_FORM = b"payload="


def translate(delivery: Delivery, source: Source) -> Translation:
    """Translate a GitHub webhook delivery into events of an incident.

    If there is no event, the result says why: the delivery is ignored (nothing to do), parked (not understood) or
    refused (cannot be read). These cases raise no exception.

    Args:
        source: The settings of the sender.
    """
    id_ = delivery.id or fitting_id(identifier_text(delivery.headers.get("x-github-delivery", ""))) or body_id(delivery)
    try:
        payload = _payload(delivery)
        event = _event_of(payload)
        said = (delivery.headers.get("x-github-event") or delivery.hints.get("x-github-event", "")).strip().lower()
        if not event and said in ("issues", "issue_comment"):
            raise DoesNotFit("an issue is expected here", "/issue")
        if said and event and said != event:
            return Translation(
                id_, Parked(ParkedBecause.CONTRADICTED, f"the body is {event}, not {clean_text(said, 60)}")
            )
        return Translation(id_, _outcome(delivery, source, payload, event, id_))
    except DoesNotFit as unfit:
        return Translation(id_, unfit.refused)


def _payload(delivery: Delivery) -> Node:
    body = delivery.body
    if body.startswith(_FORM):
        body = _form_field(body)
    value = parse_json(body, delivery.max_depth)
    if not isinstance(value, dict):
        raise DoesNotFit("a JSON object is expected")
    return value


def _form_field(body: bytes) -> bytes:
    """GitHub's older content type puts the JSON into the form field `payload`."""
    try:
        found = parse_qs(body.decode("ascii"), keep_blank_values=True, strict_parsing=True, max_num_fields=2)
    except ValueError:
        found = {}
    if [len(values) for values in found.values()] != [1]:
        raise malformed("a form delivery has one field, `payload`")
    return found["payload"][0].encode("utf-8", "surrogatepass")


def _event_of(payload: Node) -> str:
    """The event that a body is, by its shape; "" for one that concerns no issue."""
    if "zen" in payload and "hook_id" in payload:
        return "ping"
    if "issue" in payload:
        return "issue_comment" if "comment" in payload else "issues"
    return ""


def _outcome(delivery: Delivery, source: Source, payload: Node, event: str, id_: str) -> Outcome:
    if event == "ping":
        return Ignored(IgnoredBecause.PING)
    if not event:
        return Ignored(IgnoredBecause.UNRELATED, "the delivery carries no issue")
    issue = object_at(payload, "issue")
    if not issue:
        raise DoesNotFit("an issue is expected here", "/issue")
    if issue.get("pull_request") or "/pull/" in text_at(issue, "html_url"):
        return Ignored(IgnoredBecause.PULL_REQUEST)
    own = identifier_text(issue.get("id"))
    if not own:
        raise DoesNotFit("the issue has no id", "/issue/id")
    action = text_at(payload, "action")
    if not action:
        raise DoesNotFit("the delivery names no action", "/action")
    case = GithubDelivery(delivery, source, payload, issue, action)
    found = _issue(case) if event == "issues" else _comment(case)
    if isinstance(found, Parked | Refused):
        return found
    odd = closing_remarks(case)
    if odd and isinstance(found, list):
        found = [replace(found[0], remarks=(*found[0].remarks, *odd)), *found[1:]]
    incident = incident_id(source.id, (_former(case) if event == "issues" else "") or own)
    # A deleted or transferred issue has no state any more, whatever the body shows.
    shown = None if event == "issues" and action in _GONE else snapshot(case)
    return number_or_ignore(delivery, source, incident, id_, found, shown, odd)


# -- issues -----------------------------------------------------------------------------------------------


def _issue(case: GithubDelivery) -> list[EventDraft] | Ignored | Parked | Refused:
    match case.action:
        case "opened":
            return _arrived(case) if _former(case) else _opened(case)
        case "edited":
            return _edited(case)
        case "closed":
            return _closed(case)
        case "reopened":
            return [_happening(case, EventKind.REOPENED)]
        case "assigned" | "unassigned":
            return [
                _happening(case, EventKind.ASSIGNED, attributes={"assignee": text_at(case.issue, "assignee", "login")})
            ]
        case "labeled" | "unlabeled":
            return _labelled(case)
        case "typed" | "untyped":
            return _typed(case)
        case "transferred":
            return _transferred(case)
        case "deleted":
            return _deleted(case)
        case action if action in _QUIET_ACTIONS:
            return Ignored(IgnoredBecause.NOTHING_RELEVANT, clean_text(action, 60))
        case action:
            return Parked(ParkedBecause.UNKNOWN_ACTION, clean_text(action, 60))


def _opened(case: GithubDelivery) -> list[EventDraft]:
    attributes, labels = _shown(case), case.labels
    opened = claimed_time(case.issue.get("created_at"), TimeQuality.EXACT)
    found = [_happening(case, EventKind.OPENED, attributes=attributes, at=opened)]
    phase = phase_by_label(case.source, labels)
    for step in transition_steps(TicketPhase.OPEN, phase) if phase else ():
        found.append(_happening(case, step.kind, waiting_on=step.waiting_on, at=opened))
    return found


def _shown(case: GithubDelivery) -> dict[str, str]:
    """What an issue that is new to its repository states."""
    issue, labels = case.issue, case.labels
    kind = text_at(issue, "type", "name")
    shown = {
        "title": text_at(issue, "title"),
        "description": clean_text(issue.get("body"), MAX_DESCRIPTION),
        "url": text_at(issue, "html_url"),
        "reporter": text_at(issue, "user", "login"),
        "reporter_id": text_at(issue, "user", "login"),
        "assignee": text_at(issue, "assignee", "login"),
        "type": kind,
        "priority": priority_by_label(case.source, labels) or case.source.priority_of(kind) or "",
    }
    return overlay_lookups(shown, case.lookups, case.payload, labels)


def _former(case: GithubDelivery) -> str:
    """The id that the issue had before it was transferred here; "" for one that began here."""
    old = identifier_text(object_at(case.payload, "changes", "old_issue").get("id")) if case.action == "opened" else ""
    return "" if old == identifier_text(case.issue.get("id")) else old


def _arrived(case: GithubDelivery) -> list[EventDraft]:
    """Return the rename of an issue that was transferred from another repository: it is the same incident."""
    where = text_at(case.payload, "changes", "old_repository", "full_name")
    reason = f"transferred from {where}" if where else "transferred"
    new = incident_id(case.source.id, identifier_text(case.issue.get("id")))
    return [_happening(case, EventKind.RENAMED, known_as=new, attributes=_shown(case), reason=reason)]


def _edited(case: GithubDelivery) -> list[EventDraft] | Ignored | Parked | Refused:
    changed = object_at(case.payload, "changes")
    attributes: dict[str, str] = {}
    if "title" in changed:
        attributes["title"] = text_at(case.issue, "title")
    if "body" in changed:
        attributes["description"] = clean_text(case.issue.get("body"), MAX_DESCRIPTION)
    if not attributes:
        return Ignored(IgnoredBecause.NOTHING_RELEVANT, "neither title nor text was edited")
    return [_happening(case, EventKind.DESCRIBED, attributes=attributes)]


def _closed(case: GithubDelivery) -> list[EventDraft]:
    why, phase = closing_reason(case)
    closed = claimed_time(case.issue.get("closed_at") or case.issue.get("updated_at"), TimeQuality.OBJECT_UPDATED)
    reason = "" if why == "completed" else f"closed as {why.replace('_', ' ')}"
    return [
        _happening(case, step.kind, waiting_on=step.waiting_on, at=closed, reason=reason)
        for step in transition_steps(TicketPhase.OPEN, phase)
    ]


def _labelled(case: GithubDelivery) -> list[EventDraft] | Ignored | Parked | Refused:
    name = label_name(case.payload.get("label"))
    if not name:
        return Ignored(IgnoredBecause.NOTHING_RELEVANT, "the delivery names no label")
    without = case.labels - {name}
    added = case.action == "labeled"
    before, after = (without, without | {name}) if added else (without | {name}, without)
    closed = text_at(case.issue, "state") == "closed"
    found = [
        _happening(case, one.step.kind, waiting_on=one.step.waiting_on, attributes=one.attributes)
        for one in label_changes(case.source, before, after, case.lookups)
        # Removing a label from a closed issue neither resumes nor reopens anything.
        if not closed or one.step.kind in (EventKind.RECLASSIFIED, EventKind.PRIORITY_CHANGED)
    ]
    return found or Ignored(IgnoredBecause.NOTHING_RELEVANT, f"the label {name!r} means nothing to the catalogue")


def _typed(case: GithubDelivery) -> list[EventDraft]:
    named, added = text_at(case.payload, "type", "name"), case.action == "typed"
    found = [_happening(case, EventKind.RECLASSIFIED, attributes={"type": named if added else ""})]
    by_type = case.source.priority_of(named) if named else None
    if by_type and not priority_by_label(case.source, case.labels):
        priority = by_type if added else ""
        found.append(_happening(case, EventKind.PRIORITY_CHANGED, attributes={"priority": priority}))
    return found


def _transferred(case: GithubDelivery) -> list[EventDraft]:
    issue = object_at(case.payload, "changes", "new_issue")
    new = identifier_text(issue.get("id"))
    if new == identifier_text(case.issue.get("id")):
        raise DoesNotFit("a transferred issue has a new id", "/changes/new_issue/id")
    if not new:
        return [_happening(case, EventKind.CANCELLED, reason=Sentence.ISSUE_TRANSFERRED.value)]
    repository = object_at(case.payload, "changes", "new_repository")
    where = text_at(repository, "full_name")
    there = {"issue": issue, "repository": repository}
    labels = [name for label in array_at(issue, "labels") if (name := label_name(label))]
    shown = {"title": text_at(issue, "title"), "url": text_at(issue, "html_url")}
    return [
        _happening(
            case,
            EventKind.RENAMED,
            known_as=incident_id(case.source.id, new),
            attributes=overlay_lookups(shown, case.lookups if repository else {}, there, labels),
            reason=f"transferred to {where}" if where else "transferred",
        )
    ]


def _deleted(case: GithubDelivery) -> list[EventDraft] | Ignored | Parked | Refused:
    """Return the end of a deleted issue. GitHub does not state when: it was after everything in the body."""
    stamps = (
        claimed_time(object_at(case.payload, where).get(name), TimeQuality.OBJECT_UPDATED) for where, name in _SHOWN
    )
    shown = [one.at for one in stamps if one.at is not None]
    if not shown:
        return Parked(ParkedBecause.NO_TIME, "deleted")
    at = ClaimedTime(at=max(shown), quality=TimeQuality.OBJECT_UPDATED)
    return [_happening(case, EventKind.CANCELLED, at=at, reason=Sentence.ISSUE_DELETED.value, not_before_told=True)]


# -- comments ---------------------------------------------------------------------------------------------


def _comment(case: GithubDelivery) -> list[EventDraft] | Ignored | Parked | Refused:
    match case.action:
        case "created":
            pass
        case "edited" | "deleted" | "pinned" | "unpinned":
            return Ignored(IgnoredBecause.COMMENT_CHANGED, case.action)
        case action:
            return Parked(ParkedBecause.UNKNOWN_ACTION, clean_text(action, 60))
    comment = object_at(case.payload, "comment")
    author = object_at(comment, "user") or object_at(case.payload, "sender")
    who = _who(case, author, text_at(comment, "author_association"))
    if who.actor is Actor.BOT:
        return Ignored(IgnoredBecause.BOT_COMMENT, text_at(author, "login"))
    at = claimed_time(comment.get("created_at"), TimeQuality.EXACT)
    name = text_at(author, "login")
    return [EventDraft(kind=SAID[who.actor], stamp=at, actor=who.actor, actor_name=name, remarks=who.remarks)]


# -- shared -----------------------------------------------------------------------------------------------


def _happening(case: GithubDelivery, kind: EventKind, *, at: ClaimedTime | None = None, **values: Any) -> EventDraft:
    sender = object_at(case.payload, "sender")
    # People who may assign, label or close another's issue work on the repository's side.
    who = _who(case, sender, "MEMBER")
    if kind in SIDED:
        values["remarks"] = (*values.get("remarks", ()), *who.remarks)
    return EventDraft(
        kind=kind, stamp=at or case.updated, actor=who.actor, actor_name=text_at(sender, "login"), **values
    )


def _who(case: GithubDelivery, account: Node, association: str) -> Speaker:
    """GitHub shows a member whose membership is private as CONTRIBUTOR or NONE: of those nothing is known."""
    login = text_at(account, "login")
    person = AccountDetails(
        names=frozenset(filter(None, [login])),
        shown=login,
        account=login,
        association=fold_case(association),
        bot=text_at(account, "type") == "Bot" or login.endswith("[bot]"),
        member=association in _MEMBERS,
    )
    return side_of(case.source, person, reported=bool(login) and login == text_at(case.issue, "user", "login"))
