"""The board's row of an incident: computed from all its events, so that their order of arrival does not matter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import orjson

from sla_board.projection.text import searchable
from sla_domain.event import EventKind, IncidentEvent
from sla_domain.fold import folded_alone
from sla_domain.fold.carried import own_events
from sla_domain.fold.linked import counting_events, links_of
from sla_domain.ticket_key import ticket_key


def names_in(events: Iterable[IncidentEvent]) -> list[str]:
    """Return the other ids of an incident that its events contain, sorted.

    For example, a ticket that was moved has a new id, and another system's ticket may be linked.
    """
    known = list(events)
    moved = {str(event.known_as) for event in known if event.kind is EventKind.RENAMED and event.known_as}
    return sorted(moved.union(links_of(known).others))


def incident_row(events: Iterable[IncidentEvent]) -> dict[str, Any]:
    """Return the row of the table `board_incident` for one incident, computed from its events.

    `phase` of the row is the state of the work after these events, such as `waiting`.

    Args:
        events: All known events of the incident, in any order. There is at least one.
    """
    known = list(events)
    alone = folded_alone(known)
    ordered = list(counting_events(sorted(own_events(known), key=lambda event: event.order)))
    if not ordered:  # nothing of it counts any more
        ordered = sorted(known, key=lambda event: event.order)
    attributes: dict[str, str] = {}
    for event in ordered:
        attributes.update(event.attributes)
        if event.snapshot is not None:
            attributes.update(event.snapshot.attributes)
    first, last = next((event for event in ordered if event.said_as is None), ordered[0]), ordered[-1]
    title = attributes.get("title", "")
    customer, url = attributes.get("customer", ""), attributes.get("url", "")
    key = ticket_key(first.incident, url, attributes.get("key", ""))
    return {
        "id": first.incident,
        "source": first.source,
        "ticket": key,
        "title": title,
        "url": url,
        "customer": customer,
        "priority": attributes.get("priority", ""),
        "phase": alone.phase.value,
        "opened_at": _opened_at(ordered),
        "ended_at": alone.ended_at,
        "changed_at": last.occurred_at,
        "attributes": orjson.dumps(attributes).decode(),
        "search": searchable(first.incident, key, *names_in(known), title, customer),
    }


def _opened_at(ordered: Sequence[IncidentEvent]) -> datetime | None:
    """Return when it was opened; without an opening, when the first snapshot dates the ticket's creation."""
    for event in ordered:
        if event.kind is EventKind.OPENED:
            return event.occurred_at
    shown = next((event.snapshot for event in ordered if event.snapshot is not None), None)
    created = None if shown is None else shown.created_at
    return None if created is None else min(created, ordered[0].occurred_at)
