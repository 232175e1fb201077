"""An incident as the board shows it: a fold of its events, so their order of arrival does not matter."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from sla_board.projection.text import searchable
from sla_domain.event import EventKind, IncidentEvent
from sla_domain.fold import timeline
from sla_domain.turn import phase_of


def incident_row(events: Iterable[IncidentEvent]) -> dict[str, Any]:
    """The row of `board_incident` for all known events of one incident (at least one)."""
    ordered = sorted(events, key=lambda event: event.order)
    attributes: dict[str, str] = {}
    for event in ordered:
        attributes.update(event.attributes)
    line = timeline(ordered)
    phase = phase_of(line.opening, [event for event, _ in line.following])
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
        "search": searchable(first.incident, title, customer),
    }
