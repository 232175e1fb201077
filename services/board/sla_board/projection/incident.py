"""An incident as the board shows it: a fold of its events, so their order of arrival does not matter."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from sla_board.projection.text import searchable
from sla_domain.event import EventKind, IncidentEvent
from sla_domain.fold.carried import own
from sla_domain.incident import Phase

PHASES = {
    EventKind.OPENED: Phase.OPEN,
    EventKind.WAITING: Phase.WAITING,
    EventKind.RESUMED: Phase.OPEN,
    EventKind.RESOLVED: Phase.RESOLVED,
    EventKind.REOPENED: Phase.OPEN,
    EventKind.CLOSED: Phase.CLOSED,
    EventKind.CANCELLED: Phase.CANCELLED,
    EventKind.MERGED: Phase.MERGED,
}


def names_in(events: Iterable[IncidentEvent]) -> list[str]:
    """The other names that an incident's own events tell."""
    return sorted({str(event.known_as) for event in events if event.kind is EventKind.RENAMED and event.known_as})


def incident_row(events: Iterable[IncidentEvent]) -> dict[str, Any]:
    """The row of `board_incident` for all known events of one incident (at least one)."""
    ordered = sorted(own(events), key=lambda event: event.order)
    attributes: dict[str, str] = {}
    phase = Phase.OPEN
    for event in ordered:
        attributes.update(event.attributes)
        phase = PHASES.get(event.kind, phase)
    first, last = ordered[0], ordered[-1]
    title = attributes.get("title", "")
    customer = attributes.get("customer", "")
    return {
        "id": first.incident,
        "source": first.source,
        "title": title,
        "url": attributes.get("url", ""),
        "customer": customer,
        "priority": attributes.get("priority", ""),
        "phase": phase.value,
        "opened_at": next((e.occurred_at for e in ordered if e.kind is EventKind.OPENED), None),
        "changed_at": last.occurred_at,
        "attributes": orjson.dumps(attributes).decode(),
        "search": searchable(first.incident, *names_in(ordered), title, customer),
    }
