"""Events from the creation of a Jira issue and from its changelog, item by item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sla_catalogue.source import Lookup, Source, TicketPhase, fold_case
from sla_domain.event import EventKind, TimeQuality
from sla_ingest.dialect.jira_person import account_of, display_name, reporter_of, speaker_of
from sla_ingest.dialect.jira_word import (
    ENDED,
    JiraName,
    changed_names_of,
    complete_name,
    jira_name_of,
    priority_of,
    resolution_meaning,
    status_before,
    status_now,
)
from sla_ingest.dialect.label import label_changes, phase_by_label, priority_by_label
from sla_ingest.dialect.phase import EventStep, transition_steps
from sla_ingest.dialect.port import ClaimedTime, EventDraft, RemarkNote
from sla_ingest.dialect.read import (
    MAX_DESCRIPTION,
    Node,
    array_at,
    attribute_lookups,
    claimed_time,
    clean_text,
    look_up_value,
    object_at,
    overlay_lookups,
    stated_attributes,
    text_at,
)
from sla_ingest.dialect.speaker import SIDED

_USUAL_PRODUCT = Lookup(field="issue.fields.project.key")
# Labels of old senders that differ from the field's id.
_FIELD_IDS = {"component": "components", "issue type": "issuetype", "label": "labels"}


_NEXT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class JiraDelivery:
    """A Jira delivery with its parsed JSON body."""

    source: Source
    """The settings of the sender."""
    payload: Node
    """The body."""
    at: ClaimedTime
    """When the change happened, as the delivery states it."""

    @property
    def fields(self) -> Node:
        """Return the issue's `fields`; an empty object if the delivery has none."""
        return object_at(self.payload, "issue", "fields")

    @property
    def lookups(self) -> Mapping[str, Lookup]:
        """Return the Lookup of each attribute, by the attribute's name.

        A Lookup says where this source's deliveries have the attribute's value, for example at a path in the JSON body.
        By default, `product` is the key of the project, and there is no Lookup for `customer`. The catalogue may say
        otherwise.
        """
        return attribute_lookups(self.source, None, _USUAL_PRODUCT)

    @property
    def status(self) -> JiraName:
        """Return the issue's present status; an empty JiraName if the delivery has no status."""
        return jira_name_of(object_at(self.fields, "status"))

    def happening(self, kind: EventKind, *, at: ClaimedTime | None = None, **values: Any) -> EventDraft:
        """Return a draft of an event (without ids), whose author is the user in the delivery.

        Args:
            kind: The event's kind.
            at: The event's time. None means the time of the delivery.
            values: Further fields of `EventDraft`, such as `reason`.
        """
        user = object_at(self.payload, "user")
        who = speaker_of(self.source, user, self.fields)
        if kind in SIDED:
            values["remarks"] = (*values.get("remarks", ()), *who.remarks)
        return EventDraft(kind=kind, stamp=at or self.at, actor=who.actor, actor_name=display_name(user), **values)


# -- birth ------------------------------------------------------------------------------------------------


def opening_events(case: JiraDelivery) -> list[EventDraft]:
    """Return the events of a newly created issue, as drafts (without ids).

    The events are the opening, and those that follow from the first status and labels. Their time is when the issue was
    created. If that time is absent or unreadable, it is the time of the delivery.

    Args:
        case: The delivery that reports the creation.
    """
    fields = case.fields
    created = claimed_time(fields.get("created"), TimeQuality.EXACT, version=case.at.version)
    at = created if created.at is not None else case.at
    labels = labels_of(fields.get("labels"))
    priority, odd = priority_in(case, labels, _first_priority(case))
    status = status_now(case.source, case.status) if case.status else None
    shown = {
        "title": text_at(fields, "summary"),
        "description": plain_text(fields.get("description")),
        "url": issue_page_url(object_at(case.payload, "issue")),
        "key": text_at(case.payload, "issue", "key"),
        **reporter_attributes(case),
        "assignee": display_name(object_at(fields, "assignee")),
        "type": text_at(fields, "issuetype", "name"),
        "status": case.status.shown,
        "priority": priority,
    }
    attributes = overlay_lookups(shown, case.lookups, case.payload, labels)
    remarks = (*odd, *(status.remarks if status else ()))
    found = [case.happening(EventKind.OPENED, at=at, attributes=attributes, remarks=remarks)]
    by_status = status.phase if status else None
    by_label = None if by_status in ENDED else phase_by_label(case.source, labels)
    born_as = by_label or by_status or TicketPhase.OPEN
    if born_as is not TicketPhase.IN_PROGRESS:
        found += [
            case.happening(s.kind, at=at, waiting_on=s.waiting_on) for s in transition_steps(TicketPhase.OPEN, born_as)
        ]
    return found


def _first_priority(case: JiraDelivery) -> JiraName:
    """Return the first priority: a created issue may state it only in the changelog of its creation."""
    said = jira_name_of(object_at(case.fields, "priority"))
    return said or next((changed_names_of(item, said)[1] for item in _items(case, "priority")), said)


def reporter_attributes(case: JiraDelivery) -> dict[str, str]:
    """Return the attributes `reporter` (display name) and `reporter_id` (account) of an issue.

    Both are "" if the issue has no reporter.

    Args:
        case: The delivery with the issue.
    """
    reporter = reporter_of(case.fields)
    return {"reporter": display_name(reporter), "reporter_id": account_of(reporter)}


# -- changes ----------------------------------------------------------------------------------------------


def changelog_events(case: JiraDelivery) -> tuple[list[EventDraft], tuple[RemarkNote, ...]]:
    """Return the events that follow from the changelog of a Jira delivery, and remarks.

    The events are drafts without ids. The remarks are about the changelog as a whole.
    """
    course, odd = _course(case)
    return [*_facts(case), *_priorities(case), *_assignments(case), *_labelled(case), *course], odd


def new_status_attribute(case: JiraDelivery) -> Mapping[str, str]:
    """Return the last status in the delivery's changelog as an attribute: `{"status": …}`.

    The mapping is empty if the changelog has no status.
    """
    after = [after for _, after in _status_changes(case)]
    return stated_attributes(status=after[-1].shown) if after else {}


def _facts(case: JiraDelivery) -> list[EventDraft]:
    """What describes the incident rather than moves it. An issue that moves to another project keeps its id."""
    touched = {_field(item) for item in _items(case)}
    described: dict[str, str] = {}
    if "summary" in touched:
        described["title"] = text_at(case.fields, "summary")
    if "description" in touched:
        described["description"] = plain_text(case.fields.get("description"))
    classified = {"type": text_at(case.fields, "issuetype", "name")} if "issuetype" in touched else {}
    if touched & {"key", "project"}:
        issue = object_at(case.payload, "issue")
        classified |= stated_attributes(key=text_at(issue, "key"), url=issue_page_url(issue))
    for item in _items(case, "reporter")[-1:]:
        classified |= _new_reporter(case, item)
    for name, lookup in case.lookups.items():
        if lookup.field and touched.intersection(map(fold_case, lookup.field.split("."))):
            classified[name] = look_up_value(lookup, case.payload, labels_of(case.fields.get("labels")))
    found = [case.happening(EventKind.DESCRIBED, attributes=described)] if described else []
    return [*found, *([case.happening(EventKind.RECLASSIFIED, attributes=classified)] if classified else [])]


def _new_reporter(case: JiraDelivery, item: Node) -> dict[str, str]:
    """Return the new reporter: from the issue, which has the account, or from the item."""
    if "reporter" in case.fields:
        return reporter_attributes(case)
    account = text_at(item, "tmpToAccountId") or text_at(item, "to")
    return {"reporter": text_at(item, "toString") or account, "reporter_id": account}


def _priorities(case: JiraDelivery) -> list[EventDraft]:
    if priority_by_label(case.source, labels_of(case.fields.get("labels"))):
        return []  # the catalogue lets a label decide
    found = []
    for item in _items(case, "priority")[-1:]:
        _, after = changed_names_of(item, jira_name_of(object_at(case.fields, "priority")))
        priority, odd = priority_of(case.source, after)
        found.append(case.happening(EventKind.PRIORITY_CHANGED, attributes={"priority": priority}, remarks=odd))
    return found


def _assignments(case: JiraDelivery) -> list[EventDraft]:
    found = []
    for item in _items(case, "assignee")[-1:]:
        now = object_at(case.fields, "assignee")
        ids = {text_at(now, name) for name in ("accountId", "key", "name")} - {""}
        same = bool(ids & {text_at(item, "to"), text_at(item, "tmpToAccountId")})
        name = display_name(now) if same else text_at(item, "toString")
        found.append(case.happening(EventKind.ASSIGNED, attributes={"assignee": name}))
    return found


def _labelled(case: JiraDelivery) -> list[EventDraft]:
    """A label that is gone gives way to the issue's own fields, where the catalogue reads those too."""
    found: list[EventDraft] = []
    for item in _items(case, "labels"):
        before, after = labels_of(text_at(item, "fromString")), labels_of(text_at(item, "toString"))
        for one in label_changes(case.source, before, after, case.lookups):
            attributes = dict(one.attributes)
            odd: tuple[RemarkNote, ...] = ()
            if one.step.kind is EventKind.PRIORITY_CHANGED:
                attributes["priority"], odd = priority_in(case, after, jira_name_of(object_at(case.fields, "priority")))
            elif one.step.kind is EventKind.RECLASSIFIED:
                attributes = {name: look_up_value(case.lookups[name], case.payload, after) for name in attributes}
            step = one.step
            found.append(case.happening(step.kind, waiting_on=step.waiting_on, attributes=attributes, remarks=odd))
    return found


# -- status and resolution --------------------------------------------------------------------------------


def _course(case: JiraDelivery) -> tuple[list[EventDraft], tuple[RemarkNote, ...]]:
    """Status and resolution together, each canonical kind once. Remarks that no event can bear are handed back."""
    by_status, attributes, remarks = _by_status(case)
    by_resolution, odd = _by_resolution(case, by_status)
    steps: dict[EventKind, tuple[EventStep, str]] = {}
    for one, why in _joined(by_status, by_resolution):
        steps.setdefault(one.kind, (one, why))
    remarks = (*remarks, *odd)
    found: list[EventDraft] = []
    for kind, (step, why) in steps.items():
        at = case.at
        if kind is EventKind.RESOLVED and EventKind.REOPENED in steps and at.at is not None:
            at = replace(at, at=at.at + _NEXT)  # of one instant the end would be read before the reopening
        given: dict[str, Any] = {"waiting_on": step.waiting_on, "reason": why, "attributes": attributes}
        found.append(case.happening(kind, at=at, remarks=() if found else remarks, **given))
    return found, () if found else remarks


def _joined(
    by_status: tuple[EventStep, ...], by_resolution: list[tuple[EventStep, str]]
) -> list[tuple[EventStep, str]]:
    """What both say together. A resolution that is set says in which way it ended, whatever the status is called:
    declined work is neither resolved nor closed, for its promise is not one that was kept."""
    also = [(step, "") for step in by_status]
    last = by_resolution[-1][0].kind if by_resolution else None
    if last is None or last is EventKind.REOPENED:
        return [*by_resolution, *also]
    if last is EventKind.CANCELLED:
        return by_resolution
    declined = [one for one in also if one[0].kind is EventKind.CANCELLED]
    return declined or [*by_resolution, *(one for one in also if one[0].kind is EventKind.CLOSED)]


def _by_status(case: JiraDelivery) -> tuple[tuple[EventStep, ...], Mapping[str, str], tuple[RemarkNote, ...]]:
    """Return the steps that a change of status means, the attribute `status`, and remarks."""
    steps: tuple[EventStep, ...] = ()
    attributes: Mapping[str, str] = {}
    remarks: tuple[RemarkNote, ...] = ()
    for before, after in _status_changes(case):
        attributes = stated_attributes(status=after.shown)
        now = status_now(case.source, after)
        remarks = (*remarks, *now.remarks)
        if now.phase is None:
            continue
        was = status_before(case.source, before)
        known = was.phase
        if known in ENDED and known is now.phase and not was.sure and not before.same(after):
            known = None  # by name alone it was an end of the same kind: a second end is safer than none
        if before:
            remarks = (*remarks, *was.remarks)
        steps = (*steps, *transition_steps(known, now.phase))
    return steps, attributes, remarks


def _by_resolution(
    case: JiraDelivery, by_status: tuple[EventStep, ...]
) -> tuple[list[tuple[EventStep, str]], tuple[RemarkNote, ...]]:
    present = jira_name_of(object_at(case.fields, "resolution"))
    steps: list[tuple[EventStep, str]] = []
    remarks: tuple[RemarkNote, ...] = ()
    for item in _items(case, "resolution")[-1:]:
        before, after = changed_names_of(item, present)
        if after:
            meaning = resolution_meaning(case.source, after)
            remarks = (*remarks, *meaning.remarks)
            end = EventKind.CANCELLED if meaning.phase is TicketPhase.CANCELLED else EventKind.RESOLVED
            if not before:
                steps.append((EventStep(end), after.shown))
            elif resolution_meaning(case.source, before).phase is not meaning.phase:
                why = f"the resolution was changed from {before.shown} to {after.shown}"
                steps += [(EventStep(EventKind.REOPENED), why), (EventStep(end), why)]
        elif before and not _still_ended(case, by_status):
            steps.append((EventStep(EventKind.REOPENED), "the resolution was cleared"))
    return steps, remarks


def _still_ended(case: JiraDelivery, by_status: tuple[EventStep, ...]) -> bool:
    """Return whether the status alone means that the work has ended: then the resolution is only tidied up."""
    if by_status:
        return any(step.kind in _ENDS for step in by_status)
    return bool(case.status) and status_now(case.source, case.status).phase in ENDED


_ENDS = frozenset({EventKind.RESOLVED, EventKind.CLOSED, EventKind.CANCELLED})


def _status_changes(case: JiraDelivery) -> list[tuple[JiraName, JiraName]]:
    moved = [changed_names_of(item, case.status) for item in _items(case, "status")]
    transition_ = object_at(case.payload, "transition")
    if not moved and transition_:
        after = JiraName("", _named(transition_, "to_status"))
        moved = [(JiraName("", _named(transition_, "from_status")), complete_name(after, case.status))]
    return [(before, after) for before, after in moved if after]


def _named(value: Node, name: str) -> tuple[str, ...]:
    said = text_at(value, name)
    return (said,) if said else ()


# -- words ------------------------------------------------------------------------------------------------


def _items(case: JiraDelivery, field: str = "") -> list[Node]:
    found = [item for item in array_at(case.payload, "changelog", "items") if isinstance(item, dict)]
    return [item for item in found if not field or _field(item) == field]


def _field(item: Node) -> str:
    name = fold_case(text_at(item, "fieldId") or text_at(item, "field"))
    return _FIELD_IDS.get(name, name)


def priority_in(case: JiraDelivery, labels: frozenset[str], field: JiraName) -> tuple[str, tuple[RemarkNote, ...]]:
    """Return the priority of a Jira issue, and remarks on it.

    The source's catalogue entry (`case.source`) may have a table of labels with priorities. The first label of this
    table that the issue has decides. Otherwise the value of Jira's own field decides, as `priority_of` translates it.
    The priority is "" if the field is empty.

    Args:
        labels: The issue's labels.
        field: The value of Jira's field `priority`.
    """
    by_label = priority_by_label(case.source, labels)
    return (by_label, ()) if by_label else priority_of(case.source, field)


def labels_of(value: Any) -> frozenset[str]:
    """Return the labels in a value of a Jira field or changelog.

    The result is empty for a value that is neither a list nor a text.

    Args:
        value: A list of texts, or a text with labels separated by spaces.
    """
    words = value.split() if isinstance(value, str) else value if isinstance(value, list) else []
    return frozenset(found for word in words if (found := clean_text(word)))


def plain_text(value: Any) -> str:
    """Return a description as plain text, cut to 1,000 characters.

    Args:
        value: A text, or an Atlassian document (a tree of JSON objects). The texts of a document are joined.
    """
    if isinstance(value, dict):
        texts: list[str] = []
        waiting: list[Any] = [value]
        while waiting and sum(map(len, texts)) < MAX_DESCRIPTION:
            here = waiting.pop()
            if isinstance(here, dict):
                texts.append(clean_text(here.get("text"), MAX_DESCRIPTION))
                waiting.extend(reversed(array_at(here, "content")))
        return clean_text(" ".join(filter(None, texts)), MAX_DESCRIPTION)
    return clean_text(value, MAX_DESCRIPTION)


def issue_page_url(issue: Node) -> str:
    """Return the URL of the issue's web page, such as `https://acme.atlassian.net/browse/OPS-7`.

    It is made from the issue's REST URL and key; "" if either is absent.
    """
    site, found, _ = text_at(issue, "self").partition("/rest/api/")
    key = text_at(issue, "key")
    return f"{site}/browse/{key}" if found and key else ""
