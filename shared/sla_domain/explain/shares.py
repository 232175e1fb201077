"""How much of a clock's time fell to each party (clause H11, docs/clauses.md) and to each holder of the incident."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sla_domain.calendar import Calendar
from sla_domain.clock import Clock, Segment
from sla_domain.incident import HolderSpan, Incident

OWN = "own"
_ZERO = timedelta()


def party_shares(clock: Clock, calendar: Calendar | None, at: datetime) -> Mapping[str, timedelta]:
    """Return how the clock's time up to `at` is divided among the parties, as party -> time.

    A party without time may be missing. The keys are:

    - `own`: time that counted
    - `customer`, `vendor`, `other`: time of a wait on that party, which would have counted otherwise
    - `ended`: time of any other pause, which would have counted otherwise; for example between an end and a reopening

    Args:
        calendar: The hours in which time is counted. None means wall-clock time.
    """
    shares: dict[str, timedelta] = {OWN: _ZERO}
    base = clock.counted_from or clock.started_at
    for segment in clock.segments:
        start, end = max(segment.start, base), at if segment.end is None else min(segment.end, at)
        party = OWN if segment.running else _party(segment)
        shares[party] = shares.get(party, _ZERO) + _between(calendar, start, end)
    return shares


def holder_shares(
    clock: Clock, incident: Incident, calendar: Calendar | None, at: datetime
) -> Mapping[tuple[str, str, str], timedelta]:
    """Return the clock's counted time up to `at`, divided among those who held the incident.

    The keys are (assignee, group, support line). Holders without counted time are left out.

    Args:
        calendar: The hours in which time is counted. None means wall-clock time.
    """
    shares: dict[tuple[str, str, str], timedelta] = {}
    base = clock.counted_from or clock.started_at
    for segment in clock.segments:
        if not segment.running:
            continue
        first, last = max(segment.start, base), at if segment.end is None else min(segment.end, at)
        for held in incident.holders:
            span = _between(calendar, max(first, held.start), min(last, _end(held, at)))
            if span:
                key = (held.assignee, held.group, held.line)
                shares[key] = shares.get(key, _ZERO) + span
    return shares


def _party(segment: Segment) -> str:
    return segment.waiting_on.value if segment.waiting_on is not None else "ended"


def _end(held: HolderSpan, at: datetime) -> datetime:
    return at if held.end is None else held.end


def _between(calendar: Calendar | None, start: datetime, end: datetime) -> timedelta:
    if end <= start:
        return _ZERO
    return end - start if calendar is None else calendar.between(start, end)
