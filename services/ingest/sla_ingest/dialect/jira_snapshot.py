"""The state of a Jira issue as a delivery shows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sla_catalogue.source import Lookup, TicketPhase
from sla_domain.event import Snapshot, TimeQuality
from sla_domain.phase import Phase as Standing
from sla_ingest.dialect.jira_changelog import (
    JiraDelivery,
    issue_page_url,
    labels_of,
    plain_text,
    priority_in,
    reporter_attributes,
)
from sla_ingest.dialect.jira_person import display_name, states_reporter
from sla_ingest.dialect.jira_word import ENDED, jira_name_of, resolution_meaning, status_now
from sla_ingest.dialect.label import phase_by_label
from sla_ingest.dialect.port import RemarkNote
from sla_ingest.dialect.read import claimed_time, look_up_value, object_at, text_at

_STANDING: Mapping[TicketPhase, Standing] = {
    TicketPhase.RESOLVED: Standing.RESOLVED,
    TicketPhase.CLOSED: Standing.CLOSED,
    TicketPhase.CANCELLED: Standing.CANCELLED,
}


def snapshot_of(case: JiraDelivery, received_at: datetime, *, deleted: bool = False) -> Snapshot | None:
    """Return the state of the issue as the delivery `case` shows it; None if it has no fields of the issue.

    Args:
        received_at: The time of the state if neither the issue nor the delivery has a time.
        deleted: Whether the issue was deleted. The phase of a deleted issue is None.
    """
    fields = case.fields
    if not fields:
        return None
    phase = None if deleted else _phase(case)
    standing = None if phase is None else _STANDING.get(phase)
    waiting_on = None if phase is None else phase.waiting_on
    if phase is not None and standing is None:
        standing = Standing.OPEN if waiting_on is None else Standing.WAITING
    return Snapshot(
        at=_at(fields, "updated") or case.at.at or received_at,
        created_at=_at(fields, "created"),
        phase=standing,
        waiting_on=waiting_on,
        ended_at=_ended_at(case) if phase in ENDED else None,
        attributes=_attributes(case),
        version=case.at.version,
    )


def oddities(case: JiraDelivery) -> tuple[RemarkNote, ...]:
    """Return remarks on the issue's status, resolution and priority, for those whose meaning slad does not know."""
    fields, source = case.fields, case.source
    status = status_now(source, case.status).remarks if case.status else ()
    resolution = jira_name_of(object_at(fields, "resolution"))
    resolved = resolution_meaning(source, resolution).remarks if resolution else ()
    _, prioritised = priority_in(case, labels_of(fields.get("labels")), jira_name_of(object_at(fields, "priority")))
    return (*status, *resolved, *prioritised)


def _at(fields: Mapping[str, Any], name: str) -> datetime | None:
    return claimed_time(fields.get(name), TimeQuality.OBJECT_UPDATED).at


def _phase(case: JiraDelivery) -> TicketPhase | None:
    fields, source = case.fields, case.source
    status = status_now(source, case.status).phase if case.status else None
    resolution = jira_name_of(object_at(fields, "resolution"))
    by_label = phase_by_label(source, labels_of(fields.get("labels")))
    live = by_label or status
    if not resolution:
        return status if status in ENDED else live
    ended = resolution_meaning(source, resolution).phase
    if status in ENDED or status is None:
        declined = ended is TicketPhase.CANCELLED or status is None
        return ended if declined else status
    resolved, moved = _at(fields, "resolutiondate"), _at(fields, "statuscategorychangedate")
    if resolved is None or moved is None:
        return None
    return live if moved > resolved else ended


def _ended_at(case: JiraDelivery) -> datetime | None:
    return _at(case.fields, "resolutiondate") or _at(case.fields, "statuscategorychangedate")


def _attributes(case: JiraDelivery) -> dict[str, str]:
    fields, issue = case.fields, object_at(case.payload, "issue")
    labels = labels_of(fields.get("labels"))
    found: dict[str, str] = {}
    if key := text_at(issue, "key"):
        found["key"] = key
    if url := issue_page_url(issue):
        found["url"] = url
    if "summary" in fields:
        found["title"] = text_at(fields, "summary")
    if "description" in fields:
        found["description"] = plain_text(fields.get("description"))
    if states_reporter(fields):
        found |= reporter_attributes(case)
    if "assignee" in fields:
        found["assignee"] = display_name(object_at(fields, "assignee"))
    if "issuetype" in fields:
        found["type"] = text_at(fields, "issuetype", "name")
    if case.status:
        found["status"] = case.status.shown
    if "priority" in fields and ("labels" in fields or not case.source.priority_labels):
        found["priority"], _ = priority_in(case, labels, jira_name_of(object_at(fields, "priority")))
    for name, lookup in case.lookups.items():
        if _carried(case, lookup):
            found[name] = look_up_value(lookup, case.payload, labels)
    return found


def _carried(case: JiraDelivery, lookup: Lookup) -> bool:
    """Whether the delivery has every place where the catalogue looks, so that finding nothing means none."""
    return (not lookup.field or _reaches(case.payload, lookup.field)) and (not lookup.label or "labels" in case.fields)


def _reaches(value: Any, dotted: str) -> bool:
    for name in dotted.split("."):
        if value is None or (isinstance(value, list) and name.isdigit()):
            return True  # it is there, and empty or a list of whatever length
        if not isinstance(value, dict) or name not in value:
            return False
        value = value[name]
    return True
