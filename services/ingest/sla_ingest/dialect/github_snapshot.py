"""How the issue of a GitHub delivery stands: the same for every action, since every delivery carries the whole issue.

A closed issue stands where its reason to be closed puts it, an open one where its labels do. A label that means an end
on an issue that is open counts only where the labels are what the delivery is about: after a reopening it is a
leftover. What the body does not state (an older webhook, a trimmed one) is not stated here either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sla_catalogue.source import Lookup, Phase, Source
from sla_domain.event import Snapshot, TimeQuality
from sla_ingest.dialect.label import phase_by_label, priority_by_label
from sla_ingest.dialect.phase import standing
from sla_ingest.dialect.port import ClaimedTime, Delivery
from sla_ingest.dialect.read import (
    MAX_DESCRIPTION,
    Node,
    clean,
    has_path,
    items,
    looked_up,
    lookups,
    stamp,
    text,
)

_USUAL_CUSTOMER = Lookup(field="repository.owner.login")
_USUAL_PRODUCT = Lookup(field="repository.name")
_CLOSED_AS: Mapping[str, Phase] = {
    "completed": Phase.RESOLVED,
    "not_planned": Phase.CANCELLED,
    "duplicate": Phase.CANCELLED,
}
_ABOUT_LABELS = frozenset({"opened", "labeled", "unlabeled"})


@dataclass(frozen=True, slots=True)
class GithubDelivery:
    """One delivery with its parsed payload, while it is translated."""

    delivery: Delivery
    source: Source
    payload: Node
    issue: Node
    action: str

    @property
    def labels(self) -> frozenset[str]:
        """Return the names of the issue's labels."""
        return frozenset(found for label in items(self.issue, "labels") if (found := label_name(label)))

    @property
    def updated(self) -> ClaimedTime:
        """Return the issue's `updated_at` as a claimed time."""
        return stamp(self.issue.get("updated_at"), TimeQuality.OBJECT_UPDATED)

    @property
    def lookups(self) -> Mapping[str, Lookup]:
        """Return the catalogue's lookups, with GitHub's usual places of customer and product."""
        return lookups(self.source, _USUAL_CUSTOMER, _USUAL_PRODUCT)


def label_name(label: object) -> str:
    """Return the name of a label, given as an object or as a text."""
    return clean(label.get("name") if isinstance(label, dict) else label)


def closed_as(case: GithubDelivery) -> tuple[str, Phase]:
    """Return the reason for which the issue is closed, and the phase it means."""
    why = text(case.issue, "state_reason") or "completed"
    return why, case.source.ending_of(why) or _CLOSED_AS.get(why, Phase.RESOLVED)


def snapshot(case: GithubDelivery) -> Snapshot:
    """Return how the issue stands, as the delivery shows it."""
    phase = _phase(case)
    closed = stamp(case.issue.get("closed_at"), TimeQuality.OBJECT_UPDATED) if phase is not None else None
    is_closed = text(case.issue, "state") == "closed"
    return Snapshot(
        at=case.updated.at or case.delivery.received_at,
        created_at=stamp(case.issue.get("created_at"), TimeQuality.EXACT).at,
        phase=None if phase is None else standing(phase),
        waiting_on=None if phase is None else phase.waiting_on,
        ended_at=closed.at if closed is not None and is_closed else None,
        attributes=_attributes(case),
    )


def _phase(case: GithubDelivery) -> Phase | None:
    state = text(case.issue, "state")
    if state == "closed":
        # Declined by a label, and then closed with the reason that GitHub offers first.
        declined = phase_by_label(case.source, case.labels) is Phase.CANCELLED
        return Phase.CANCELLED if declined else closed_as(case)[1]
    if state != "open" or "labels" not in case.issue:
        return None
    by_label = phase_by_label(case.source, case.labels) or Phase.OPEN
    return by_label if standing(by_label).live or case.action in _ABOUT_LABELS else None


def _attributes(case: GithubDelivery) -> Mapping[str, str]:
    issue, source, labels = case.issue, case.source, case.labels
    found: dict[str, str] = {}
    for name, key in (("title", "title"), ("url", "html_url")):
        if key in issue:
            found[name] = text(issue, key)
    if "body" in issue:
        found["description"] = clean(issue.get("body"), MAX_DESCRIPTION)
    if reporter := text(issue, "user", "login"):
        found |= {"reporter": reporter, "reporter_id": reporter}
    if "assignee" in issue:
        found["assignee"] = text(issue, "assignee", "login")
    if "type" in issue:
        found["type"] = text(issue, "type", "name")
    if "labels" in issue and (source.priority_labels or source.priorities):
        by_type = source.priority_of(found["type"]) if found.get("type") else None
        found["priority"] = priority_by_label(source, labels) or by_type or ""
    for name, lookup in case.lookups.items():
        value = looked_up(lookup, case.payload, labels)
        by_label = bool(lookup.label) and "labels" in issue
        if value or by_label or (lookup.field and has_path(case.payload, lookup.field)):
            found[name] = value
    return found
