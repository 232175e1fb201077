"""From a folded incident to the breakdowns of its life and of its clocks."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from sla_domain.breakdown.model import Breakdown, GoingOn, Holder, Party, TimeSums, summed
from sla_domain.calendar import Calendar
from sla_domain.clock import Clock, Segment
from sla_domain.event import EventKind, WaitingOn
from sla_domain.incident import EndedSpan, HolderSpan, Incident, WaitSpan

_Span = HolderSpan | WaitSpan | EndedSpan
_One = TypeVar("_One", HolderSpan, WaitSpan, EndedSpan)
_ZERO = timedelta()
_NOBODY = Holder()
_ENDS = frozenset({EventKind.RESOLVED.value, EventKind.CLOSED.value, EventKind.CANCELLED.value, EventKind.MERGED.value})


def incident_breakdown(incident: Incident, at: datetime) -> Breakdown:
    """Return the wall-clock time of an incident, divided by holder (assignee, group, line) and party (who had to act).

    The time reaches from the opening to the end of the incident. For an incident that has not ended it reaches to `at`.
    The parts sum to `incident.elapsed(at)`. An incident that `ContractView.of` has reduced to one contract gives only
    the time under that contract.
    """
    first, last = incident.opened_at, incident.ended_at or at
    edges = sorted({*_edges(incident.holders), *_edges(incident.waits), *_edges(incident.ended_spans)})

    def pieces() -> Iterator[tuple[Holder, Party, TimeSums]]:
        for start, end in _cut(first, last, edges):
            held = _holding(incident.holders, start)
            if held is None:
                continue
            party = _incident_party(incident, start)
            span = end - start
            yield held, party, TimeSums(span, span, span if party is Party.OWN else _ZERO)

    return summed(pieces())


def clock_breakdown(clock: Clock, incident: Incident, calendar: Calendar | None, at: datetime) -> Breakdown:
    """Return the time of a clock, divided by holder (assignee, group, line) and party (who had to act).

    The time reaches from the start to the end of the clock. For an open clock it reaches to `at`. The values `counted`
    of all parts sum to the time that the clock has consumed.

    Args:
        incident: The incident of the clock.
        calendar: The calendar whose open hours the clock counts. None for wall-clock time.

    Raises:
        CalendarError: The time lies outside the years of the calendar.
    """
    base = clock.counted_from or clock.started_at
    defects = [wait for wait in incident.waits if wait.defect]
    edges = sorted({*_edges(incident.holders), *_edges(defects), base})

    def pieces() -> Iterator[tuple[Holder, Party, TimeSums]]:
        for segment in clock.segments:
            stop = at if segment.end is None else min(segment.end, at)
            for start, end in _cut(segment.start, stop, edges):
                within = end - start if calendar is None else calendar.between(start, end)
                counted = within if segment.running and start >= base else _ZERO
                party = party_of(segment)
                if party is Party.VENDOR and _covering(defects, start) is not None:
                    party = Party.DEFECT
                yield _holding(incident.holders, start) or _NOBODY, party, TimeSums(end - start, within, counted)

    return summed(pieces())


def going_on(clock: Clock | None, incident: Incident) -> GoingOn | None:
    """Return who has had the incident, and which party has had to act, since the incident's last event.

    With the result, `extended` continues a stored breakdown to a later instant. The result is None if the incident or
    the clock has ended.

    Args:
        clock: A clock of the incident. None for the incident itself.
    """
    since = incident.changed_at
    if clock is None:
        held = _holding(incident.holders, since)
        if incident.ended_at is not None or held is None:
            return None
        party = _incident_party(incident, since)
        return GoingOn(since, held, party, party is Party.OWN)
    if not clock.state.open:
        return None
    last = clock.segments[-1]
    wait = incident.waits[-1] if incident.waits else None
    defect = wait is not None and wait.end is None and bool(wait.defect)
    party = party_of(last)
    party = Party.DEFECT if party is Party.VENDOR and defect else party
    held = _holding(incident.holders, max(since, clock.started_at)) or _NOBODY
    return GoingOn(max(since, clock.started_at), held, party, last.running)


def extended(known: Breakdown, on: GoingOn | None, calendar: Calendar | None, at: datetime) -> Breakdown:
    """Return a stored breakdown, extended to the instant `at`.

    Args:
        known: The breakdown up to the incident's last event.
        on: Who has had the incident, and which party has had to act, since that event. None if the incident has ended.
        calendar: The calendar whose open hours are counted. None for wall-clock time.

    Raises:
        CalendarError: The time lies outside the years of the calendar.
    """
    if on is None or at <= on.since:
        return known
    within = at - on.since if calendar is None else calendar.between(on.since, at)
    since = TimeSums(at - on.since, within, within if on.counts else _ZERO)
    parts = [(part.holder, part.party, part.sums) for part in known.parts]
    return summed([*parts, (on.holder, on.party, since)])


def consumed_until(clock: Clock, calendar: Calendar | None, at: datetime) -> timedelta:
    """Return the time that a clock has consumed up to the instant `at`.

    Args:
        calendar: The calendar whose open hours the clock counts. None for wall-clock time.

    Raises:
        CalendarError: The time lies outside the years of the calendar.
    """
    base, used = clock.counted_from or clock.started_at, _ZERO
    for segment in clock.segments:
        start, end = max(segment.start, base), at if segment.end is None else min(segment.end, at)
        if segment.running and start < end:
            used += end - start if calendar is None else calendar.between(start, end)
    return used


def party_of(segment: Segment) -> Party:
    """Return the party that had to act during a segment of a clock.

    A pause without a named party gives `OTHER`, or `ENDED` if the incident had ended and was reopened later. The result
    is never `DEFECT`, as a segment does not say whether the vendor had a defect to repair: such a wait gives `VENDOR`.
    """
    if segment.running:
        return Party.OWN
    if segment.waiting_on is not None:
        return Party(segment.waiting_on.value)
    return Party.ENDED if segment.why in _ENDS else Party.OTHER


def _incident_party(incident: Incident, at: datetime) -> Party:
    if _covering(incident.ended_spans, at) is not None:
        return Party.ENDED
    wait = _covering(incident.waits, at)
    if wait is None:
        return Party.OWN
    return Party.DEFECT if wait.defect and wait.on is WaitingOn.VENDOR else Party(wait.on.value)


def _edges(spans: Iterable[_Span]) -> Iterator[datetime]:
    for span in spans:
        yield span.start
        if span.end is not None:
            yield span.end


def _cut(first: datetime, last: datetime, edges: Sequence[datetime]) -> Iterator[tuple[datetime, datetime]]:
    """The span `[first, last)`, cut where an edge lies inside it."""
    start = first
    for number in range(bisect_right(edges, first), len(edges)):
        if edges[number] >= last:
            break
        yield start, edges[number]
        start = edges[number]
    if start < last:
        yield start, last


def _covering(spans: Sequence[_One], at: datetime) -> _One | None:
    """Return the span that holds `at`; the spans are in order and do not overlap."""
    place = bisect_right(spans, at, key=lambda span: span.start)
    if not place:
        return None
    span = spans[place - 1]
    end: datetime | None = span.end
    return span if end is None or at < end else None


def _holding(holders: Sequence[HolderSpan], at: datetime) -> Holder | None:
    span = _covering(holders, at)
    return None if span is None else Holder(span.assignee, span.group, span.line)
