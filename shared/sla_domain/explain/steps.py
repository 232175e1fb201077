"""A clock's segments cut into steps: by the calendar, at the due instant, and at the instant of the question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from sla_domain.calendar import Calendar, PieceKind
from sla_domain.clock import Clock, ClockState, Segment
from sla_domain.event import EventKind
from sla_domain.explain.explanation import ReasonedStep, StepKind

_ZERO = timedelta()
MOST = 200  # segments explained one by one; earlier ones are summed up
_ENDS = frozenset({EventKind.RESOLVED.value, EventKind.CLOSED.value, EventKind.CANCELLED.value})


def steps_of(clock: Clock, calendar: Calendar | None, at: datetime) -> tuple[ReasonedStep, ...]:
    """Return the clock's time up to `at` as consecutive spans, each with its reason and counted time.

    For a running clock, a forecast follows: spans from `at` to the due instant. Only the last 200 spans in which the
    clock ran or was paused (`segments`) are listed one by one. Earlier ones are joined into one span.

    Args:
        calendar: The hours in which time is counted. None means wall-clock time.

    Raises:
        CalendarError: The instant lies outside the calendar's years.
    """
    summed, total = [], _ZERO
    for step in (*_behind(clock, calendar, at), *_ahead(clock, calendar, at)):
        total += step.counted
        summed.append(replace(step, total=total))
    return tuple(summed)


def _behind(clock: Clock, calendar: Calendar | None, at: datetime) -> Iterator[ReasonedStep]:
    base = clock.counted_from or clock.started_at
    first = max(len(clock.segments) - MOST, 0)
    if first:
        yield _together(clock.segments[:first], calendar, base, at)
    for segment in clock.segments[first:]:
        start, end = segment.start, at if segment.end is None else min(segment.end, at)
        if start < min(base, end):
            yield _blank(start, min(base, end), StepKind.BEFORE_RESTART, "")
        start = max(start, base)
        if start < end:
            yield from _segment(segment, start, end, clock, calendar)


def _together(segments: Sequence[Segment], calendar: Calendar | None, base: datetime, at: datetime) -> ReasonedStep:
    """Very many stretches as one step, so that the sums still add up."""
    counted = credited = _ZERO
    until = base
    for segment in segments:
        start, end = max(segment.start, base), at if segment.end is None else min(segment.end, at)
        if start >= end:
            continue
        until = end
        span = end - start if calendar is None else calendar.between(start, end)
        if segment.running:
            counted += span
        else:
            credited += span
    return ReasonedStep(segments[0].start, until, StepKind.EARLIER, "", counted, _ZERO, None, credited)


def _segment(
    segment: Segment, start: datetime, end: datetime, clock: Clock, calendar: Calendar | None
) -> Iterator[ReasonedStep]:
    if segment.running:
        yield from _running(start, end, clock.due_at, calendar)
        return
    ended = segment.waiting_on is None and segment.why in _ENDS
    credited = end - start if calendar is None else calendar.between(start, end)
    kind = StepKind.ENDED if ended else StepKind.PAUSED
    party = segment.waiting_on.value if segment.waiting_on is not None else ""
    reason = segment.why.removeprefix(party).removeprefix(": ")
    yield ReasonedStep(start, end, kind, reason, _ZERO, _ZERO, segment.waiting_on, credited)


def _ahead(clock: Clock, calendar: Calendar | None, at: datetime) -> Iterator[ReasonedStep]:
    due = clock.due_at
    if clock.state is not ClockState.RUNNING or due is None:
        return
    start = max(at, clock.started_at)
    if start < due:
        for step in _running(start, due, None, calendar):
            yield replace(step, ahead=True)


def _running(start: datetime, end: datetime, due: datetime | None, calendar: Calendar | None) -> Iterator[ReasonedStep]:
    if due is not None and start < due < end:
        yield from _running(start, due, None, calendar)
        yield from _running(due, end, None, calendar)
        return
    if calendar is None:
        yield ReasonedStep(start, end, StepKind.COUNTED, "", end - start, _ZERO)
        return
    for piece in calendar.pieces(start, end):
        match piece.kind:
            case PieceKind.OPEN:
                yield ReasonedStep(piece.start, piece.end, StepKind.COUNTED, "", piece.span, _ZERO)
            case PieceKind.OUTSIDE_HOURS:
                yield _blank(piece.start, piece.end, StepKind.OUTSIDE_HOURS, "")
            case PieceKind.HOLIDAY:
                yield _blank(piece.start, piece.end, StepKind.HOLIDAY, piece.reason)
            case PieceKind.CLOSING:
                yield _blank(piece.start, piece.end, StepKind.CLOSING, piece.reason)
            case _:
                assert_never(piece.kind)


def _blank(start: datetime, end: datetime, kind: StepKind, reason: str) -> ReasonedStep:
    return ReasonedStep(start, end, kind, reason, _ZERO, _ZERO)
