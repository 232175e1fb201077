"""The state of the issue in a GitHub delivery: the same for every action, since each delivery has the whole issue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sla_catalogue.source import Lookup, Source, TicketPhase
from sla_domain.event import ENDED, PHASE, Snapshot, TimeQuality
from sla_ingest.dialect.label import phase_by_label, priority_by_label
from sla_ingest.dialect.phase import standing_of
from sla_ingest.dialect.port import ClaimedTime, Delivery, RemarkNote
from sla_ingest.dialect.read import (
    MAX_DESCRIPTION,
    Node,
    array_at,
    attribute_lookups,
    claimed_time,
    clean_text,
    object_at,
    stated_lookups,
    text_at,
)
from sla_ingest.dialect.ticket import resolution_meaning

_USUAL_CUSTOMER = Lookup(field="repository.owner.login")
_USUAL_PRODUCT = Lookup(field="repository.name")
_CLOSED_AS: Mapping[str, TicketPhase] = {
    "completed": TicketPhase.RESOLVED,
    "not_planned": TicketPhase.CANCELLED,
    "duplicate": TicketPhase.CANCELLED,
}
_ABOUT_LABELS = frozenset({"opened", "labeled", "unlabeled"})


@dataclass(frozen=True, slots=True)
class GithubDelivery:
    """A GitHub delivery with its parsed JSON body."""

    delivery: Delivery
    source: Source
    """The settings of the sender."""
    payload: Node
    """The body."""
    issue: Node
    """The body's field `issue`."""
    action: str
    """The body's field `action`."""

    @property
    def labels(self) -> frozenset[str]:
        """Return the names of the issue's labels."""
        return frozenset(found for label in array_at(self.issue, "labels") if (found := label_name(label)))

    @property
    def updated(self) -> ClaimedTime:
        """Return when the issue was last updated, by its field `updated_at`.

        If the field is absent or unreadable, the result's `at` is None.
        """
        return claimed_time(self.issue.get("updated_at"), TimeQuality.OBJECT_UPDATED)

    @property
    def lookups(self) -> Mapping[str, Lookup]:
        """Return the Lookup of each attribute, by the attribute's name.

        A Lookup says where this source's deliveries have the attribute's value, for example at a path in the JSON body.
        By default, `customer` is the owner of the repository, and `product` is the repository's name. The catalogue may
        say otherwise.
        """
        return attribute_lookups(self.source, _USUAL_CUSTOMER, _USUAL_PRODUCT)


def label_name(label: object) -> str:
    """Return the name of an issue's label; "" if it has none.

    Args:
        label: The label as GitHub sends it, an object with a name or a text.
    """
    return clean_text(label.get("name") if isinstance(label, dict) else label)


def closing_remarks(case: GithubDelivery) -> tuple[RemarkNote, ...]:
    """Return a remark if the issue is closed for a reason that neither the catalogue nor slad knows."""
    if text_at(case.issue, "state") != "closed" or phase_by_label(case.source, case.labels) is TicketPhase.CANCELLED:
        return ()
    return resolution_meaning(case.source, text_at(case.issue, "state_reason"), _CLOSED_AS)[1]


def closing_reason(case: GithubDelivery) -> tuple[str, TicketPhase]:
    """Return why the issue was closed, and the ticket phase for this reason.

    The reason is GitHub's word, or `completed` if GitHub gives no reason. The phase is the one that the catalogue has
    for this word. Without one, slad's default for the word is used, or else RESOLVED.

    Args:
        case: The delivery that reports the closing.
    """
    why = text_at(case.issue, "state_reason") or "completed"
    return why, case.source.ending_of(why) or _CLOSED_AS.get(why, TicketPhase.RESOLVED)


def snapshot(case: GithubDelivery) -> Snapshot:
    """Return the state of the issue as the delivery `case` shows it.

    The result's `before` holds the earlier values of the attributes and the phase that the delivery changed. It is
    empty where the body does not say what changed.
    """
    shown = _shown(case)
    before = _earlier(case)
    if before is None:
        return shown
    stood = _shown(before)
    # A label that changes nothing, since a more urgent one is there too, tells by that when it was set.
    by_label = {"priority", *(name for name, lookup in case.lookups.items() if lookup.label)}
    about = by_label if case.action in _ABOUT_LABELS else set()
    told = {
        name: value for name, value in stood.attributes.items() if name in about or shown.attributes.get(name) != value
    }
    if stood.phase_text:
        told[PHASE] = ENDED if case.action == "reopened" else stood.phase_text
    return replace(shown, before=told)


def _earlier(case: GithubDelivery) -> GithubDelivery | None:
    """The delivery's issue before the change that the delivery is about; None where the body does not tell."""
    issue, changes = case.issue, object_at(case.payload, "changes")
    match case.action:
        case "labeled" | "unlabeled" if name := label_name(case.payload.get("label")):
            there = case.labels - {name} if case.action == "labeled" else case.labels | {name}
            issue = {**issue, "labels": sorted(there)}
        case "closed":
            issue = {**issue, "state": "open", "closed_at": None}
        case "reopened":
            pass
        case "edited":
            kept = (("title", "title"), ("body", "body"))
            issue = {**issue, **{to: object_at(changes, name).get("from") for name, to in kept if name in changes}}
        case "assigned" if len(array_at(issue, "assignees")) < 2:
            issue = {**issue, "assignee": None}
        case "unassigned" if not array_at(issue, "assignees") and object_at(case.payload, "assignee"):
            issue = {**issue, "assignee": case.payload.get("assignee")}
        case _:
            return None
    return replace(case, issue=issue, payload={**case.payload, "issue": issue})


def _shown(case: GithubDelivery) -> Snapshot:
    phase = _phase(case)
    closed = claimed_time(case.issue.get("closed_at"), TimeQuality.OBJECT_UPDATED) if phase is not None else None
    is_closed = text_at(case.issue, "state") == "closed"
    return Snapshot(
        at=case.updated.at or case.delivery.received_at,
        created_at=claimed_time(case.issue.get("created_at"), TimeQuality.EXACT).at,
        phase=None if phase is None else standing_of(phase),
        waiting_on=None if phase is None else phase.waiting_on,
        ended_at=closed.at if closed is not None and is_closed else None,
        attributes=_attributes(case),
    )


def _phase(case: GithubDelivery) -> TicketPhase | None:
    state = text_at(case.issue, "state")
    if state == "closed":
        # Declined by a label, and then closed with the reason that GitHub offers first.
        declined = phase_by_label(case.source, case.labels) is TicketPhase.CANCELLED
        return TicketPhase.CANCELLED if declined else closing_reason(case)[1]
    if state != "open" or "labels" not in case.issue:
        return None
    by_label = phase_by_label(case.source, case.labels) or TicketPhase.OPEN
    return by_label if standing_of(by_label).live or case.action in _ABOUT_LABELS else None


def _attributes(case: GithubDelivery) -> Mapping[str, str]:
    issue, source, labels = case.issue, case.source, case.labels
    found: dict[str, str] = {}
    for name, key in (("title", "title"), ("url", "html_url")):
        if key in issue:
            found[name] = text_at(issue, key)
    if "body" in issue:
        found["description"] = clean_text(issue.get("body"), MAX_DESCRIPTION)
    if reporter := text_at(issue, "user", "login"):
        found |= {"reporter": reporter, "reporter_id": reporter}
    if "assignee" in issue:
        found["assignee"] = text_at(issue, "assignee", "login")
    if "type" in issue:
        found["type"] = text_at(issue, "type", "name")
    if "labels" in issue and (source.priority_labels or source.priorities):
        by_type = source.priority_of(found["type"]) if found.get("type") else None
        found["priority"] = priority_by_label(source, labels) or by_type or ""
    return found | stated_lookups(case.lookups, case.payload, labels if "labels" in issue else None)
