"""Jira, Cloud and Server: the kind of a delivery, the issue it concerns, and when it happened.

- **Incident**: the issue's id; its key changes with its project, and is another name.
- **Time**: `timestamp` of the delivery, exact, in milliseconds; `created` of a new issue and of a comment.
- **Staff**: whom `staff` lists by account, group or mail domain. The reporter and accounts of customers are the
  customer. Whom the issue is assigned to, and a licensed account in a service project, are taken for staff, with a
  remark. Others are nobody's until `staff` or `customers` names them.
- **Answer**: a public comment of the staff; edited and internal comments move no clock.
- **Snapshot**: the fields that a delivery has: status, resolution, priority, labels, people. A comment's may have few,
  which says nothing of the others.
- **Redelivery**: the same body. A comment and a change that are told by two kinds of delivery count once.
- **Unknown**: whether a comment is internal where Jira sends no visibility, and links to other systems
  (docs/linking.md).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from sla_catalogue.source import Source
from sla_domain.event import Actor, EventKind, Snapshot, TimeQuality
from sla_ingest.dialect.jira_changelog import JiraDelivery, changelog_events, new_status_attribute, opening_events
from sla_ingest.dialect.jira_person import account_of, display_name, speaker_of, states_reporter
from sla_ingest.dialect.jira_snapshot import oddities, snapshot_of
from sla_ingest.dialect.json_text import parse_json
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
    body_id,
    digest_id,
    fitting_id,
    ignore_with_snapshot,
    incident_id,
    number_events,
)
from sla_ingest.dialect.read import (
    Node,
    array_at,
    change_number,
    claimed_time,
    clean_text,
    identifier_text,
    object_at,
    text_at,
)
from sla_ingest.dialect.speaker import SAID

MEDIA_TYPES = frozenset({"application/json"})
# What concerns boards, sprints, people and settings, by the first word of the event's name after `jira:`.
_QUIET = frozenset(
    {
        "attachment", "board", "configuration", "dashboard", "field", "filter", "issuelink", "issuetype", "jira",
        "option", "permission", "plan", "priority", "project", "sprint", "status", "user", "version", "workflow",
        "worklog",
    }
)  # fmt: skip
_COMMENT_EDITED = frozenset({"issue_comment_edited", "issue_comment_deleted"})


def translate(delivery: Delivery, source: Source) -> Translation:
    """Translate a Jira webhook delivery into events of an incident.

    If there is no event, the result says why: the delivery is ignored (nothing to do), parked (not understood) or
    refused (cannot be read). These cases raise no exception.

    Args:
        source: The settings of the sender.
    """
    given = delivery.id or fitting_id(identifier_text(delivery.headers.get("x-atlassian-webhook-identifier", "")))
    try:
        payload = parse_json(delivery.body, delivery.max_depth)
        if not isinstance(payload, dict):
            raise DoesNotFit("a JSON object is expected")
        id_ = given or _digest(delivery, payload)
    except DoesNotFit as unfit:
        return Translation(given or body_id(delivery), unfit.refused)
    try:
        return Translation(id_, _outcome(delivery, source, payload, id_))
    except DoesNotFit as unfit:
        return Translation(id_, unfit.refused)


def _digest(delivery: Delivery, payload: Node) -> str:
    """Return what makes a delivery unique, where the sender gives no id or its id is not proven."""
    if not payload.get("timestamp"):
        return body_id(delivery)
    named = ("webhookEvent", "issue_event_type_name", "timestamp")
    parts = (
        *(payload.get(name) for name in named),
        *(object_at(payload, name).get("id") for name in ("issue", "changelog")),
    )
    comment = object_at(payload, "comment")
    return digest_id(*parts, comment.get("id"), comment.get("updated"))


def _outcome(delivery: Delivery, source: Source, payload: Node, id_: str) -> Outcome:
    event = text_at(payload, "webhookEvent")
    kind = event.removeprefix("jira:")
    if not event:
        # A workflow's own "trigger a webhook" names no event but carries the transition.
        if not object_at(payload, "transition"):
            return Parked(ParkedBecause.UNKNOWN_TYPE, "the delivery names no webhookEvent")
        kind = "issue_transitioned"
    quiet = kind.split("_")[0] in _QUIET or kind.startswith("issue_property_")
    known = kind in ("issue_created", "issue_updated", "issue_deleted", "issue_transitioned") or kind.startswith(
        "comment_"
    )
    if not known and not quiet:
        return Parked(ParkedBecause.UNKNOWN_TYPE, clean_text(event, 60))
    own = own_id(payload)
    if not own:
        return Ignored(IgnoredBecause.UNRELATED, event) if quiet else Parked(ParkedBecause.NO_INCIDENT, event)
    at = _when(payload, source, change_number(identifier_text(object_at(payload, "changelog").get("id"))))
    case = JiraDelivery(source=source, payload=payload, at=at)
    found = Ignored(IgnoredBecause.UNRELATED, event) if quiet else _found(case, kind)
    incident = incident_id(source.id, own)
    snapshot = snapshot_of(case, delivery.received_at, deleted=kind == "issue_deleted")
    if isinstance(found, list):
        if snapshot is None and found[-1].kind is EventKind.OBSERVED:
            snapshot = Snapshot(at=at.at or delivery.received_at)
        return number_events(delivery, source, incident, id_, found, snapshot)
    if not isinstance(found, Ignored):
        return found
    quietly = ignore_with_snapshot(delivery, source, incident, id_, found, snapshot)
    if quietly.observed is None:
        return quietly
    # Kept only if it differs from the known state, because then its wording matters.
    look = quietly.observed
    news = replace(look.event, attributes=new_status_attribute(case))
    return replace(quietly, observed=replace(look, event=news, remarks=(*look.remarks, *oddities(case))))


def _when(payload: Node, source: Source, version: int) -> ClaimedTime:
    """The delivery's own time, or where it has none (a workflow's webhook, an old sender) that of the issue."""
    at = claimed_time(payload.get("timestamp"), TimeQuality.EXACT, zone=source.zone, version=version)
    if at.at is not None:
        return at
    updated = object_at(payload, "issue", "fields").get("updated")
    shown = claimed_time(updated, TimeQuality.OBJECT_UPDATED, zone=source.zone, version=version)
    return shown if shown.at is not None else at


def _found(case: JiraDelivery, kind: str) -> list[EventDraft] | Outcome:
    match kind:
        case "issue_created":
            return opening_events(case)
        case "issue_deleted":
            return _deleted(case)
        case "comment_created":
            return _comment(case)
        case "comment_updated" | "comment_deleted":
            return Ignored(IgnoredBecause.COMMENT_CHANGED, kind)
        case "issue_updated" | "issue_transitioned":
            return _updated(case)
        case _:
            return Parked(ParkedBecause.UNKNOWN_TYPE, clean_text(kind, 60))


def _deleted(case: JiraDelivery) -> list[EventDraft] | Outcome:
    """Without a timestamp its receipt would stand in for it, which whoever replays it chooses: what the issue shows
    is the earliest instant that it can be."""
    reason = "the issue was deleted"
    if case.at.quality is TimeQuality.EXACT and case.at.at is not None:
        return [case.happening(EventKind.CANCELLED, reason=reason)]
    fields = object_at(case.payload, "issue", "fields")
    stamps = (claimed_time(fields.get(name), TimeQuality.OBJECT_UPDATED) for name in ("created", "updated"))
    shown = [one.at for one in stamps if one.at is not None]
    if not shown:
        return Parked(ParkedBecause.NO_TIME, "deleted")
    at = ClaimedTime(at=max(shown), quality=TimeQuality.OBJECT_UPDATED)
    return [replace(case.happening(EventKind.CANCELLED, reason=reason), stamp=at, not_before_told=True)]


def _updated(case: JiraDelivery) -> list[EventDraft] | Outcome:
    found, odd = changelog_events(case)
    said = (
        _comment(case)
        if object_at(case.payload, "comment")
        else Ignored(IgnoredBecause.NOTHING_RELEVANT, _named(case.payload))
    )
    all_ = [*found, *said] if isinstance(said, list) else found
    if not odd:
        return all_ or said
    if not all_:
        # An unknown status is no update for the customer: it is only observed.
        return [case.happening(EventKind.OBSERVED, attributes=new_status_attribute(case), remarks=odd)]
    return [replace(all_[0], remarks=(*all_[0].remarks, *odd)), *all_[1:]]


def _named(payload: Node) -> str:
    fields = [text_at(item, "field") for item in array_at(payload, "changelog", "items") if isinstance(item, dict)]
    return clean_text(", ".join(filter(None, fields)), 200)


# -- comments ---------------------------------------------------------------------------------------------


def _comment(case: JiraDelivery) -> list[EventDraft] | Outcome:
    comment = object_at(case.payload, "comment")
    if text_at(case.payload, "issue_event_type_name") in _COMMENT_EDITED or _edited(comment, case.payload):
        return Ignored(IgnoredBecause.COMMENT_CHANGED)
    if _internal(comment):
        return Ignored(IgnoredBecause.INTERNAL_COMMENT)
    author = object_at(comment, "author") or object_at(case.payload, "user")
    fields = object_at(case.payload, "issue", "fields")
    who = speaker_of(case.source, author, fields)
    if who.actor is Actor.BOT:
        return Ignored(IgnoredBecause.BOT_COMMENT, account_of(author))
    # Cloud's comment events carry a thin issue without its reporter: the stored incident decides later.
    sure = states_reporter(fields) or who.actor is Actor.CUSTOMER or case.source.is_staff(account_of(author))
    return [
        EventDraft(
            kind=SAID[who.actor],
            stamp=_said_at(comment, case.at),
            actor=who.actor,
            actor_name=display_name(author),
            remarks=who.remarks,
            unless_reporter="" if sure else account_of(author),
        )
    ]


def _said_at(comment: Node, fallback: ClaimedTime) -> ClaimedTime:
    said = claimed_time(comment.get("created"), TimeQuality.EXACT, version=fallback.version)
    return said if said.at is not None else fallback


def _edited(comment: Node, payload: Node) -> bool:
    """Whether an old Server comment was edited: `jira:issue_updated` is sent for both, the times differ when edited."""
    if text_at(payload, "webhookEvent") != "jira:issue_updated" or text_at(payload, "issue_event_type_name"):
        return False
    created, updated = text_at(comment, "created"), text_at(comment, "updated")
    return bool(updated) and created != updated


def _internal(comment: Node) -> bool:
    if comment.get("jsdPublic") is False or object_at(comment, "visibility"):
        return True
    for prop in array_at(comment, "properties"):
        if text_at(prop, "key") == "sd.public.comment" and object_at(prop, "value").get("internal") in (True, "true"):
            return True
    return False


# -- identity ---------------------------------------------------------------------------------------------


def own_id(payload: Node) -> str:
    """Return the id of the issue in a Jira delivery, `<site>~<number>`, such as `acme.atlassian.net~10000`.

    The result is only the number if no URL in the delivery shows the site. It is "" if the delivery names no issue.
    """
    issue, comment = object_at(payload, "issue"), object_at(payload, "comment")
    number = identifier_text(issue.get("id")) or _issue_in(text_at(comment, "self"))
    if not number:
        return ""
    site = _site(text_at(issue, "self")) or _site(text_at(comment, "self")) or _site(_anywhere(payload))
    return f"{site}~{number}" if site else number


def _anywhere(payload: Node) -> str:
    fields = object_at(payload, "issue", "fields")
    places = (fields.get("project"), fields.get("status"), payload.get("user"))
    return next((address for place in places if (address := text_at(place, "self"))), "")


def _site(address: str) -> str:
    """The host of a REST address; apps reach Cloud by a gateway, where the cloud id stands for the site."""
    try:
        parts = urlsplit(address)
        host = parts.netloc.rsplit("@", 1)[-1].lower()
    except ValueError:
        return ""
    steps = parts.path.strip("/").split("/")
    if host == "api.atlassian.com" and steps[:2] == ["ex", "jira"] and len(steps) > 2:
        return identifier_text(steps[2])
    return host


def _issue_in(address: str) -> str:
    """The issue's number in a comment's address: `…/rest/api/2/issue/10000/comment/12000`."""
    steps: list[Any] = address.split("/")
    if "issue" not in steps:
        return ""
    after = steps[steps.index("issue") + 1 :]
    return after[0] if after and after[0].isascii() and after[0].isdigit() else ""
