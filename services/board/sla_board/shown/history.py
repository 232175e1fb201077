"""The stretches of a clock's timeline, computed from its facts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sla_board.projection.clock import PublishedFact, about_clock, reason_with_party, state_brought_by
from sla_board.shown.timeline import SpanKind, TimelineSpan
from sla_domain.calendar import Calendar, PieceKind
from sla_domain.clock import ClockState
from sla_domain.errors import CalendarError

MOST_PIECES = 400  # pieces of one clock


def spans_of(facts: Iterable[PublishedFact]) -> tuple[TimelineSpan, ...]:
    """Return the periods in which one clock ran or was paused, oldest first.

    The `end` of the last period is None while the clock is open.

    Args:
        facts: Events that slad published about the clock, in any order.
    """
    turns = _turns(facts)
    spans: list[TimelineSpan] = []
    for number, (at, state, why) in enumerate(turns):
        end = turns[number + 1][0] if number + 1 < len(turns) else None
        if state.open and end != at:
            kind = SpanKind.RUNNING if state is ClockState.RUNNING else SpanKind.PAUSED
            spans.append(TimelineSpan(kind, at, end, why))
    return tuple(spans)


def _turns(facts: Iterable[PublishedFact]) -> list[tuple[datetime, ClockState, str]]:
    """Return the instants at which the state changed. A later fact about the past replaces those after it."""
    turns: list[tuple[datetime, ClockState, str]] = []
    for one in sorted((one for one in facts if about_clock(one.fact)), key=lambda one: one.noticed):
        fact, state = one.fact, state_brought_by(one.fact)
        if state is None:
            continue
        while turns and turns[-1][0] > fact.at:
            turns.pop()
        if not turns or turns[-1][1] is not state:
            turns.append((fact.at, state, reason_with_party(fact) if state is ClockState.PAUSED else ""))
    return turns


def split_by_hours(spans: Iterable[TimelineSpan], calendar: Calendar | None, now: datetime) -> tuple[TimelineSpan, ...]:
    """Return the periods of a clock, with running periods cut where the clock's hours open and close.

    A piece in which the hours are closed has the kind OUTSIDE. A period without an end is cut up to `now`, and its last
    piece has no end. A period that lies outside the calendar's years stays whole.

    To limit the result, a period stays whole if it would give more than 400 (MOST_PIECES) pieces. The newest periods
    are cut first; once there are 400 pieces in all, the older periods stay whole.

    Args:
        calendar: The hours. None means wall time, and nothing is cut.
    """
    if calendar is None:
        return tuple(spans)
    cut: list[TimelineSpan] = []
    for span in reversed(list(spans)):
        pieces = [span] if span.kind is SpanKind.PAUSED or len(cut) >= MOST_PIECES else _cut(span, calendar, now)
        cut = [*pieces, *cut]
    return tuple(cut)


def _cut(span: TimelineSpan, calendar: Calendar, now: datetime) -> list[TimelineSpan]:
    end = max(span.end or now, span.start)
    try:
        pieces = calendar.pieces(span.start, end)
    except CalendarError:
        return [span]
    if not pieces or len(pieces) > MOST_PIECES:
        return [span]
    found = [
        TimelineSpan(span.kind, piece.start, piece.end, span.why)
        if piece.kind is PieceKind.OPEN
        else TimelineSpan(SpanKind.OUTSIDE, piece.start, piece.end, piece.reason)
        for piece in pieces
    ]
    found[-1] = replace(found[-1], end=span.end)
    return found
