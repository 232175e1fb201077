"""Incidents that ended so long ago that their events have been removed: which of their later events still count.

What is left of such an incident is the instant through which it is history. Without it a late comment on an old ticket
would look like the first event of a new incident, which the fold opens (see `fold.order`), and start clocks for nobody.
The rule is a function of the events alone, whatever the order in which they arrive.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sla_domain.event import EventKind, IncidentEvent

BEGINNINGS = frozenset({EventKind.OPENED, EventKind.REOPENED})


def drop_forgotten(events: Iterable[IncidentEvent], ended_at: datetime | None) -> list[IncidentEvent]:
    """Return the events from which to compute an incident whose earlier events may have been deleted.

    slad deletes the events of incidents that ended long ago (retention). If the ticket is reopened afterwards, the
    incident is computed from the reopening on. The result then begins with the first event after `ended_at` that shows
    the ticket open; it is empty if there is none. A creation date before `ended_at` is removed from each snapshot
    (state of the whole ticket) in the result.

    Args:
        ended_at: When the deleted incident ended. None if nothing was deleted: all events are returned in this case.
    """
    if ended_at is None:
        return list(events)
    later = [event for event in events if event.occurred_at > ended_at]
    begun = min((event.order for event in later if _begins(event)), default=None)
    return [] if begun is None else [_of_this_life(event, ended_at) for event in later if event.order >= begun]


def _begins(event: IncidentEvent) -> bool:
    shown = event.snapshot
    return event.kind in BEGINNINGS or (shown is not None and shown.phase is not None and shown.phase.live)


def _of_this_life(event: IncidentEvent, ended_at: datetime) -> IncidentEvent:
    shown = event.snapshot
    if shown is None or shown.created_at is None or shown.created_at > ended_at:
        return event
    return replace(event, snapshot=replace(shown, created_at=None))
