"""The order in which a fold reads an incident's events, whatever the order in which they arrived (DESIGN I6).

Sorted by `IncidentEvent.order`, each id once. The opening is read first: an event that claims to precede it is read
at the opening instant, so that a resolve stamped before its open by a skewed clock leaves no zombie. An opening whose
time is only our receipt cannot be later than what is known to have happened before it. Without an opening, the
earliest event opens the incident.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sla_domain.errors import MixedIncidents, NoEvents
from sla_domain.event import EventKind, IncidentEvent, TimeQuality
from sla_domain.fold.carried import resolved
from sla_domain.incident import Remark, RemarkKind

Position = tuple[tuple[datetime, int, int, str], datetime]

# A sender's clock may be a little ahead of ours without being worth a remark.
_SKEW = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Timeline:
    """The opening and what follows, each at the instant at which it is read."""

    opening: IncidentEvent
    opened_at: datetime
    following: tuple[tuple[IncidentEvent, datetime], ...]
    remarks: tuple[Remark, ...]  # on the opening and its place among the events
    borrowed: bool = False  # any further event has it read anew: nothing of it is the incident's own, or nothing counts
    assumed: bool = False  # no opening is among the events: the earliest stands in for it, and is read again


def in_order(events: Iterable[IncidentEvent]) -> list[IncidentEvent]:
    """Each event once, sorted. Of two receipts of one id the first in order counts. Raises FoldError."""
    rows = sorted(events, key=position)
    if not rows:
        raise NoEvents
    incident, seen = rows[0].incident, set()
    unique = []
    for event in rows:
        if event.incident != incident:
            raise MixedIncidents(f"events of {incident} and of {event.incident}: group them by incident first")
        if event.id not in seen:
            seen.add(event.id)
            unique.append(event)
    return unique


def position(event: IncidentEvent) -> Position:
    """Where the fold reads the event, as a value to compare."""
    return (event.order, event.received_at)


def timeline(events: Iterable[IncidentEvent]) -> Timeline:
    """The events as the fold reads them. Raises FoldError."""
    own = in_order(events)
    rows, carried = resolved(own)
    rows, remarks = list(rows), list(carried)
    if goes_on := next((event for event in rows if event.kind is EventKind.MERGED and event.known_as), None):
        return _under_another_name(rows, goes_on)
    borrowed = rows[0].carried_from is not None and all(event.carried_from is not None for event in own)
    index = next((i for i, event in enumerate(rows) if event.kind is EventKind.OPENED), None)
    if index is None:
        first = rows[0]
        remarks.append(Remark(RemarkKind.NO_OPENING, "no opening was received: the earliest event opens it", first.id))
        opening = replace(first, kind=EventKind.OPENED, waiting_on=None)
        following = tuple((e, e.occurred_at) for e in rows)
        return Timeline(opening, first.occurred_at, following, tuple(remarks), borrowed, assumed=True)
    opening = rows.pop(index)
    opened_at = opening.occurred_at
    if index:
        opened_at = rows[0].occurred_at if opening.quality is TimeQuality.RECEIPT else opened_at
        for event in rows[:index]:
            if event.occurred_at < opened_at:
                text = f"{event.kind.value} claims to precede the opening: read at the opening"
                remarks.append(Remark(RemarkKind.BEFORE_OPENING, text, event.id))
    following = tuple([(e, e.occurred_at if e.occurred_at > opened_at else opened_at) for e in rows])
    return Timeline(opening, opened_at, following, tuple(remarks), borrowed)


def _under_another_name(rows: list[IncidentEvent], goes_on: IncidentEvent) -> Timeline:
    """It was another incident all along: whatever began here ends where it began, and counts there."""
    first = next((event for event in rows if event.kind is EventKind.OPENED), rows[0])
    opening = replace(first, kind=EventKind.OPENED, waiting_on=None, snapshot=None)
    return Timeline(opening, first.occurred_at, ((goes_on, first.occurred_at),), (), borrowed=True)


def as_read(events: Iterable[IncidentEvent]) -> list[tuple[IncidentEvent, datetime]]:
    """Each event once, in the order in which the fold reads them, with the instant. Raises FoldError."""
    line = timeline(events)
    if line.following and line.following[0][0].id == line.opening.id:  # no opening was received: the first stands in
        return list(line.following)
    return [(line.opening, line.opened_at), *line.following]


def odd(event: IncidentEvent) -> Iterable[Remark]:
    """What there is to remark on one event by itself: words that could not be mapped, an instant in the future."""
    if event.occurred_at > event.received_at + _SKEW:
        ahead = event.occurred_at - event.received_at
        yield Remark(RemarkKind.FUTURE_TIME, f"{event.kind.value} claims to lie {ahead} in the future", event.id)
    for warning in event.warnings:
        yield Remark(RemarkKind.MAPPING, warning, event.id)
