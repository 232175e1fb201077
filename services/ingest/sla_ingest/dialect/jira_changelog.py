"""A Jira issue's birth and its changelog, item by item.

Items are told by `fieldId`, or by the label `field` where old senders have no `fieldId`, without regard to case. A
status means what the catalogue's table says; an unknown one is judged by its category, which the issue carries for
its present status alone. A resolution that is set resolves (or cancels, for work that was declined), one that is
cleared reopens; together with the status item they give one event, not two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sla_catalogue.source import Lookup, Phase, Source, fold
from sla_domain.event import EventKind, TimeQuality
from sla_ingest.dialect.jira_person import account_of, who_is
from sla_ingest.dialect.label import label_changes, phase_by_label, priority_by_label
from sla_ingest.dialect.phase import Step, transition
from sla_ingest.dialect.port import Happening, Noted, Remark, Stamp
from sla_ingest.dialect.read import (
    MAX_DESCRIPTION,
    Node,
    clean,
    items,
    looked_up,
    lookups,
    node,
    stamp,
    stated,
    text,
)

_USUAL_PRODUCT = Lookup(field="issue.fields.project.key")
USUAL_STATUSES: Mapping[str, Phase] = {
    "open": Phase.OPEN,
    "new": Phase.OPEN,
    "to do": Phase.OPEN,
    "backlog": Phase.OPEN,
    "reopened": Phase.OPEN,
    "waiting for support": Phase.OPEN,
    "waiting for triage": Phase.OPEN,
    "in progress": Phase.IN_PROGRESS,
    "work in progress": Phase.IN_PROGRESS,
    "in review": Phase.IN_PROGRESS,
    "escalated": Phase.IN_PROGRESS,
    "waiting for customer": Phase.WAITING_CUSTOMER,
    "awaiting customer": Phase.WAITING_CUSTOMER,
    "customer action required": Phase.WAITING_CUSTOMER,
    "waiting for vendor": Phase.WAITING_VENDOR,
    "waiting for third party": Phase.WAITING_VENDOR,
    "pending": Phase.WAITING_OTHER,
    "on hold": Phase.WAITING_OTHER,
    "resolved": Phase.RESOLVED,
    "done": Phase.RESOLVED,
    "completed": Phase.RESOLVED,
    "closed": Phase.CLOSED,
    "canceled": Phase.CANCELLED,
    "cancelled": Phase.CANCELLED,
    "declined": Phase.CANCELLED,
}
_CATEGORIES: Mapping[str, Phase] = {
    "new": Phase.OPEN,
    "indeterminate": Phase.IN_PROGRESS,
    "done": Phase.RESOLVED,
}
# Resolutions by which work was declined; every other one resolves. `options: {"won't do": resolved}` changes it.
_DECLINED = frozenset(
    {"won't do", "won't fix", "wont fix", "declined", "duplicate", "invalid", "canceled", "cancelled"}
)
# Labels of old senders that differ from the field's id.
_FIELD_IDS = {"component": "components", "issue type": "issuetype", "label": "labels"}


@dataclass(frozen=True, slots=True)
class Changed:
    """One delivery under the eyes of the translation."""

    source: Source
    payload: Node
    at: Stamp

    @property
    def fields(self) -> Node:
        return node(self.payload, "issue", "fields")

    @property
    def lookups(self) -> Mapping[str, Lookup]:
        return lookups(self.source, None, _USUAL_PRODUCT)

    def happening(self, kind: EventKind, *, at: Stamp | None = None, **values: Any) -> Happening:
        user = node(self.payload, "user")
        return Happening(
            kind=kind,
            stamp=at or self.at,
            actor=who_is(self.source, user, self.fields),
            actor_name=text(user, "displayName") or account_of(user),
            **values,
        )


# -- birth ------------------------------------------------------------------------------------------------


def opened(case: Changed) -> list[Happening]:
    fields = case.fields
    created = stamp(fields.get("created"), TimeQuality.EXACT, version=case.at.version)
    at = created if created.at is not None else case.at
    labels = _labels(fields.get("labels"))
    reporter = node(fields, "reporter") or node(fields, "creator")
    attributes = stated(
        title=text(fields, "summary"),
        description=_plain(fields.get("description")),
        url=_browse(node(case.payload, "issue")),
        key=text(case.payload, "issue", "key"),
        reporter=text(reporter, "displayName") or account_of(reporter),
        reporter_id=account_of(reporter),
        assignee=text(fields, "assignee", "displayName"),
        type=text(fields, "issuetype", "name"),
        status=text(fields, "status", "name"),
        priority=priority_by_label(case.source, labels) or _priority(case.source, _first_priority(case)),
        **{name: looked_up(lookup, case.payload, labels) for name, lookup in case.lookups.items()},
    )
    found = [case.happening(EventKind.OPENED, at=at, attributes=attributes)]
    phase = _phase(case, text(fields, "status", "name"), present=True)
    born_as = phase_by_label(case.source, labels) or phase or Phase.OPEN
    if born_as is not Phase.IN_PROGRESS:
        found += [case.happening(s.kind, at=at, waiting_on=s.waiting_on) for s in transition(Phase.OPEN, born_as)]
    return found


def _first_priority(case: Changed) -> str:
    """A created issue may tell its priority only in the changelog of its creation."""
    said = text(case.fields, "priority", "name")
    return said or next((text(item, "toString") for item in _items(case, "priority")), "")


# -- changes ----------------------------------------------------------------------------------------------


def changes(case: Changed) -> list[Happening]:
    return [*_facts(case), *_priorities(case), *_assignments(case), *_labelled(case), *_course(case)]


def _facts(case: Changed) -> list[Happening]:
    """What describes the incident rather than moves it."""
    touched = {_field(item) for item in _items(case)}
    described: dict[str, str] = {}
    if "summary" in touched:
        described["title"] = text(case.fields, "summary")
    if "description" in touched:
        described["description"] = _plain(case.fields.get("description"))
    classified = {"type": text(case.fields, "issuetype", "name")} if "issuetype" in touched else {}
    for name, lookup in case.lookups.items():
        if lookup.field and touched.intersection(map(fold, lookup.field.split("."))):
            classified[name] = looked_up(lookup, case.payload, _labels(case.fields.get("labels")))
    found = [case.happening(EventKind.DESCRIBED, attributes=described)] if described else []
    return [*found, *([case.happening(EventKind.RECLASSIFIED, attributes=classified)] if classified else [])]


def _priorities(case: Changed) -> list[Happening]:
    if priority_by_label(case.source, _labels(case.fields.get("labels"))):
        return []  # the catalogue lets a label decide
    return [
        case.happening(
            EventKind.PRIORITY_CHANGED, attributes={"priority": _priority(case.source, text(item, "toString"))}
        )
        for item in _items(case, "priority")[-1:]
    ]


def _assignments(case: Changed) -> list[Happening]:
    return [
        case.happening(EventKind.ASSIGNED, attributes={"assignee": text(item, "toString")})
        for item in _items(case, "assignee")[-1:]
    ]


def _labelled(case: Changed) -> list[Happening]:
    found: list[Happening] = []
    for item in _items(case, "labels"):
        before, after = _labels(text(item, "fromString")), _labels(text(item, "toString"))
        for one in label_changes(case.source, before, after, case.lookups):
            found.append(case.happening(one.step.kind, waiting_on=one.step.waiting_on, attributes=one.attributes))
    return found


def _course(case: Changed) -> list[Happening]:
    """Status and resolution together, each canonical kind once."""
    steps: dict[EventKind, tuple[Step, str]] = {}
    remarks: tuple[Noted, ...] = ()
    status = ""
    for item in _items(case, "resolution"):
        for step, why in _resolution(case, item):
            steps.setdefault(step.kind, (step, why))
    for before, after in _status_changes(case):
        status = after
        phase = _phase(case, after, present=True)
        if phase is None:
            remarks = (*remarks, Noted(Remark.UNMAPPED_STATUS, after))
            continue
        was = _phase(case, before, present=False)
        if was is None and before:
            remarks = (*remarks, Noted(Remark.UNMAPPED_STATUS, before))
        for step in transition(was, phase):
            steps.setdefault(step.kind, (step, ""))
    attributes = stated(status=status)
    if EventKind.CANCELLED in steps:
        steps.pop(EventKind.RESOLVED, None)  # declined work is not resolved by the status it ends in
    if EventKind.RESOLVED in steps or EventKind.CANCELLED in steps:
        steps.pop(EventKind.RESUMED, None)
        steps.pop(EventKind.REOPENED, None)
    if not steps and remarks:
        return [case.happening(EventKind.UPDATED, attributes=attributes, remarks=remarks)]
    return [
        case.happening(step.kind, waiting_on=step.waiting_on, reason=why, attributes=attributes, remarks=remarks)
        for step, why in steps.values()
    ]


def _resolution(case: Changed, item: Node) -> list[tuple[Step, str]]:
    before, after = text(item, "fromString"), text(item, "toString")
    if after and not before:
        chosen = case.source.options.get(after) or case.source.options.get(fold(after))
        declined = chosen == Phase.CANCELLED or (not chosen and fold(after) in _DECLINED)
        return [(Step(EventKind.CANCELLED if declined else EventKind.RESOLVED), after)]
    if before and not after:
        return [(Step(EventKind.REOPENED), "the resolution was cleared")]
    return []


def _status_changes(case: Changed) -> list[tuple[str, str]]:
    moved = [(text(item, "fromString"), text(item, "toString")) for item in _items(case, "status")]
    transition_ = node(case.payload, "transition")
    if not moved and transition_:
        moved = [(text(transition_, "from_status"), text(transition_, "to_status"))]
    return [(before, after) for before, after in moved if after]


# -- words ------------------------------------------------------------------------------------------------


def _items(case: Changed, field: str = "") -> list[Node]:
    found = [item for item in items(case.payload, "changelog", "items") if isinstance(item, dict)]
    return [item for item in found if not field or _field(item) == field]


def _field(item: Node) -> str:
    name = fold(text(item, "fieldId") or text(item, "field"))
    return _FIELD_IDS.get(name, name)


def _phase(case: Changed, status: str, *, present: bool) -> Phase | None:
    """The catalogue's word for a status, the usual one, or the category of the issue's present status."""
    known = case.source.phase_of(status) or USUAL_STATUSES.get(fold(status))
    if known is not None or not present or fold(text(case.fields, "status", "name")) != fold(status):
        return known
    return _CATEGORIES.get(text(case.fields, "status", "statusCategory", "key"))


def _priority(source: Source, name: str) -> str:
    return (source.priority_of(name) if name else None) or name


def _labels(value: Any) -> frozenset[str]:
    words = value.split() if isinstance(value, str) else value if isinstance(value, list) else []
    return frozenset(found for word in words if (found := clean(word)))


def _plain(value: Any) -> str:
    """A description is text, or the newer document format: its texts in order."""
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


def _browse(issue: Node) -> str:
    """The address people open, from the REST address."""
    site, found, _ = text(issue, "self").partition("/rest/api/")
    key = text(issue, "key")
    return f"{site}/browse/{key}" if found and key else ""
