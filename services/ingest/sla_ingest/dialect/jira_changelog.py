"""A Jira issue's birth and its changelog, item by item.

Items are told by `fieldId`, or by the label `field` where old senders have no `fieldId`, without regard to case. What
a status or resolution means is in `jira_word`. A resolution that is set resolves (or cancels, for work that was
declined), one that is cleared reopens unless the status is still one of the ended; together with the status item they
give one event, not two. One that is changed into its opposite takes the end back and ends the incident the other way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sla_catalogue.source import Lookup, Source, TicketPhase, fold
from sla_domain.event import EventKind, TimeQuality
from sla_ingest.dialect.jira_person import account_of, reporter_of, shown_as, who_is
from sla_ingest.dialect.jira_word import (
    ENDED,
    JiraName,
    ending,
    joined,
    priority_of,
    status_before,
    status_now,
    word_of,
    words_of,
)
from sla_ingest.dialect.label import label_changes, phase_by_label, priority_by_label
from sla_ingest.dialect.phase import EventStep, transition
from sla_ingest.dialect.port import ClaimedTime, EventDraft, RemarkNote
from sla_ingest.dialect.read import (
    MAX_DESCRIPTION,
    Node,
    clean,
    items,
    looked_up,
    lookups,
    node,
    overlaid,
    stamp,
    stated,
    text,
)
from sla_ingest.dialect.speaker import SIDED

_USUAL_PRODUCT = Lookup(field="issue.fields.project.key")
# Labels of old senders that differ from the field's id.
_FIELD_IDS = {"component": "components", "issue type": "issuetype", "label": "labels"}


_NEXT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class JiraDelivery:
    """One delivery with its parsed payload and its time, while it is translated."""

    source: Source
    payload: Node
    at: ClaimedTime

    @property
    def fields(self) -> Node:
        """Return the issue's fields; empty for a delivery without them."""
        return node(self.payload, "issue", "fields")

    @property
    def lookups(self) -> Mapping[str, Lookup]:
        """Return the catalogue's lookups, with Jira's usual place of the product."""
        return lookups(self.source, None, _USUAL_PRODUCT)

    @property
    def status(self) -> JiraName:
        """Return the issue's present status."""
        return word_of(node(self.fields, "status"))

    def happening(self, kind: EventKind, *, at: ClaimedTime | None = None, **values: Any) -> EventDraft:
        """Return a draft of an event by the delivery's user, at the delivery's time unless `at` is given."""
        user = node(self.payload, "user")
        who = who_is(self.source, user, self.fields)
        if kind in SIDED:
            values["remarks"] = (*values.get("remarks", ()), *who.remarks)
        return EventDraft(kind=kind, stamp=at or self.at, actor=who.actor, actor_name=shown_as(user), **values)


# -- birth ------------------------------------------------------------------------------------------------


def opened(case: JiraDelivery) -> list[EventDraft]:
    """Return the events of a created issue: its opening, and what its first status or label means."""
    fields = case.fields
    created = stamp(fields.get("created"), TimeQuality.EXACT, version=case.at.version)
    at = created if created.at is not None else case.at
    labels = labels_of(fields.get("labels"))
    priority, odd = priority_in(case, labels, _first_priority(case))
    status = status_now(case.source, case.status) if case.status else None
    shown = {
        "title": text(fields, "summary"),
        "description": plain(fields.get("description")),
        "url": browse(node(case.payload, "issue")),
        "key": text(case.payload, "issue", "key"),
        **reporter_in(case),
        "assignee": shown_as(node(fields, "assignee")),
        "type": text(fields, "issuetype", "name"),
        "status": case.status.shown,
        "priority": priority,
    }
    attributes = overlaid(shown, case.lookups, case.payload, labels)
    remarks = (*odd, *(status.remarks if status else ()))
    found = [case.happening(EventKind.OPENED, at=at, attributes=attributes, remarks=remarks)]
    by_status = status.phase if status else None
    by_label = None if by_status in ENDED else phase_by_label(case.source, labels)
    born_as = by_label or by_status or TicketPhase.OPEN
    if born_as is not TicketPhase.IN_PROGRESS:
        found += [case.happening(s.kind, at=at, waiting_on=s.waiting_on) for s in transition(TicketPhase.OPEN, born_as)]
    return found


def _first_priority(case: JiraDelivery) -> JiraName:
    """Return the first priority: a created issue may state it only in the changelog of its creation."""
    said = word_of(node(case.fields, "priority"))
    return said or next((words_of(item, said)[1] for item in _items(case, "priority")), said)


def reporter_in(case: JiraDelivery) -> dict[str, str]:
    """Return the attributes `reporter` and `reporter_id` of the issue."""
    reporter = reporter_of(case.fields)
    return {"reporter": shown_as(reporter), "reporter_id": account_of(reporter)}


# -- changes ----------------------------------------------------------------------------------------------


def changes(case: JiraDelivery) -> tuple[list[EventDraft], tuple[RemarkNote, ...]]:
    """Return the events of the changelog, and the remarks on changes from which no event follows."""
    course, odd = _course(case)
    return [*_facts(case), *_priorities(case), *_assignments(case), *_labelled(case), *course], odd


def new_status(case: JiraDelivery) -> Mapping[str, str]:
    """Return the attribute `status` if the delivery says that the status is new; else nothing."""
    after = [after for _, after in _status_changes(case)]
    return stated(status=after[-1].shown) if after else {}


def _facts(case: JiraDelivery) -> list[EventDraft]:
    """What describes the incident rather than moves it. An issue that moves to another project keeps its id."""
    touched = {_field(item) for item in _items(case)}
    described: dict[str, str] = {}
    if "summary" in touched:
        described["title"] = text(case.fields, "summary")
    if "description" in touched:
        described["description"] = plain(case.fields.get("description"))
    classified = {"type": text(case.fields, "issuetype", "name")} if "issuetype" in touched else {}
    if touched & {"key", "project"}:
        issue = node(case.payload, "issue")
        classified |= stated(key=text(issue, "key"), url=browse(issue))
    for item in _items(case, "reporter")[-1:]:
        classified |= _new_reporter(case, item)
    for name, lookup in case.lookups.items():
        if lookup.field and touched.intersection(map(fold, lookup.field.split("."))):
            classified[name] = looked_up(lookup, case.payload, labels_of(case.fields.get("labels")))
    found = [case.happening(EventKind.DESCRIBED, attributes=described)] if described else []
    return [*found, *([case.happening(EventKind.RECLASSIFIED, attributes=classified)] if classified else [])]


def _new_reporter(case: JiraDelivery, item: Node) -> dict[str, str]:
    """Return the new reporter: from the issue, which has the account, or from the item."""
    if "reporter" in case.fields:
        return reporter_in(case)
    account = text(item, "tmpToAccountId") or text(item, "to")
    return {"reporter": text(item, "toString") or account, "reporter_id": account}


def _priorities(case: JiraDelivery) -> list[EventDraft]:
    if priority_by_label(case.source, labels_of(case.fields.get("labels"))):
        return []  # the catalogue lets a label decide
    found = []
    for item in _items(case, "priority")[-1:]:
        _, after = words_of(item, word_of(node(case.fields, "priority")))
        priority, odd = priority_of(case.source, after)
        found.append(case.happening(EventKind.PRIORITY_CHANGED, attributes={"priority": priority}, remarks=odd))
    return found


def _assignments(case: JiraDelivery) -> list[EventDraft]:
    found = []
    for item in _items(case, "assignee")[-1:]:
        now = node(case.fields, "assignee")
        ids = {text(now, name) for name in ("accountId", "key", "name")} - {""}
        same = bool(ids & {text(item, "to"), text(item, "tmpToAccountId")})
        name = shown_as(now) if same else text(item, "toString")
        found.append(case.happening(EventKind.ASSIGNED, attributes={"assignee": name}))
    return found


def _labelled(case: JiraDelivery) -> list[EventDraft]:
    """A label that is gone gives way to the issue's own fields, where the catalogue reads those too."""
    found: list[EventDraft] = []
    for item in _items(case, "labels"):
        before, after = labels_of(text(item, "fromString")), labels_of(text(item, "toString"))
        for one in label_changes(case.source, before, after, case.lookups):
            attributes = dict(one.attributes)
            odd: tuple[RemarkNote, ...] = ()
            if one.step.kind is EventKind.PRIORITY_CHANGED:
                attributes["priority"], odd = priority_in(case, after, word_of(node(case.fields, "priority")))
            elif one.step.kind is EventKind.RECLASSIFIED:
                attributes = {name: looked_up(case.lookups[name], case.payload, after) for name in attributes}
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
        attributes = stated(status=after.shown)
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
        steps = (*steps, *transition(known, now.phase))
    return steps, attributes, remarks


def _by_resolution(
    case: JiraDelivery, by_status: tuple[EventStep, ...]
) -> tuple[list[tuple[EventStep, str]], tuple[RemarkNote, ...]]:
    present = word_of(node(case.fields, "resolution"))
    steps: list[tuple[EventStep, str]] = []
    remarks: tuple[RemarkNote, ...] = ()
    for item in _items(case, "resolution")[-1:]:
        before, after = words_of(item, present)
        if after:
            meaning = ending(case.source, after)
            remarks = (*remarks, *meaning.remarks)
            end = EventKind.CANCELLED if meaning.phase is TicketPhase.CANCELLED else EventKind.RESOLVED
            if not before:
                steps.append((EventStep(end), after.shown))
            elif ending(case.source, before).phase is not meaning.phase:
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
    moved = [words_of(item, case.status) for item in _items(case, "status")]
    transition_ = node(case.payload, "transition")
    if not moved and transition_:
        after = JiraName("", _named(transition_, "to_status"))
        moved = [(JiraName("", _named(transition_, "from_status")), joined(after, case.status))]
    return [(before, after) for before, after in moved if after]


def _named(value: Node, name: str) -> tuple[str, ...]:
    said = text(value, name)
    return (said,) if said else ()


# -- words ------------------------------------------------------------------------------------------------


def _items(case: JiraDelivery, field: str = "") -> list[Node]:
    found = [item for item in items(case.payload, "changelog", "items") if isinstance(item, dict)]
    return [item for item in found if not field or _field(item) == field]


def _field(item: Node) -> str:
    name = fold(text(item, "fieldId") or text(item, "field"))
    return _FIELD_IDS.get(name, name)


def priority_in(case: JiraDelivery, labels: frozenset[str], field: JiraName) -> tuple[str, tuple[RemarkNote, ...]]:
    """Return the priority by label, else by the issue's field, with remarks on an unknown one."""
    by_label = priority_by_label(case.source, labels)
    return (by_label, ()) if by_label else priority_of(case.source, field)


def labels_of(value: Any) -> frozenset[str]:
    """Return the set of labels of a list, or of a text that separates them by spaces."""
    words = value.split() if isinstance(value, str) else value if isinstance(value, list) else []
    return frozenset(found for word in words if (found := clean(word)))


def plain(value: Any) -> str:
    """Return a description as plain text: a text, or the texts of an Atlassian document in order."""
    if isinstance(value, dict):
        texts: list[str] = []
        waiting: list[Any] = [value]
        while waiting and sum(map(len, texts)) < MAX_DESCRIPTION:
            here = waiting.pop()
            if isinstance(here, dict):
                texts.append(clean(here.get("text"), MAX_DESCRIPTION))
                waiting.extend(reversed(items(here, "content")))
        return clean(" ".join(filter(None, texts)), MAX_DESCRIPTION)
    return clean(value, MAX_DESCRIPTION)


def browse(issue: Node) -> str:
    """Return the address of the issue's page, made of its REST address; "" when that is unknown."""
    site, found, _ = text(issue, "self").partition("/rest/api/")
    key = text(issue, "key")
    return f"{site}/browse/{key}" if found and key else ""
