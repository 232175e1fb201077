"""Incidents that ended so long ago that their events have been removed: which of their events still count.

What is left of such an incident is the instant through which it is history. Without it a late comment on an old ticket
would look like the first sign of a new incident, which the fold opens (see `fold.order`), and start clocks for nobody.
The rule is a function of the events alone, whatever the order in which they arrive.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sla_domain.event import EventKind, IncidentEvent

BEGINNINGS = frozenset({EventKind.OPENED, EventKind.REOPENED})


def remembered(events: Iterable[IncidentEvent], ended_at: datetime | None) -> list[IncidentEvent]:
    """The events an incident is folded from; `ended_at` is None for one that was never forgotten.

    What happened up to `ended_at` is history whose verdicts are told. A new life begins with the first opening or
    reopening after it; before that beginning nothing counts, and without one the list is empty.
    """
    if ended_at is None:
        return list(events)
    later = [event for event in events if event.occurred_at > ended_at]
    begun = min((event.order for event in later if event.kind in BEGINNINGS), default=None)
    return [] if begun is None else [event for event in later if event.order >= begun]
