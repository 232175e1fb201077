"""Laws of business time that hold for every calendar, start and span, down to the microsecond."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.property.calendar.random_calendars import CHANGES, random_layout

from sla_domain.calendar import (
    AtClose,
    Calendar,
    PieceKind,
    WorkingDays,
    growing_calendar,
    intersection,
    spec_from_layout,
    union,
)

ZERO = timedelta(0)
law = settings(deadline=None)  # the first question of a calendar compiles it


@cache
def drawn(number: int) -> Calendar:
    """Calendar `number`, with openings, closings and holidays around a change of its clock."""
    zone, day = CHANGES[number % len(CHANGES)]
    return growing_calendar(spec_from_layout(f"c{number}", random_layout(Random(number), zone, day)))


@st.composite
def instants(draw: st.DrawFn, number: int) -> datetime:
    """Mostly around the calendar's change of the clock, to the microsecond."""
    _, day = CHANGES[number % len(CHANGES)]
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    near = st.timedeltas(timedelta(days=-4), timedelta(days=4))
    return noon + draw(near | st.timedeltas(timedelta(days=-2000), timedelta(days=2000)))


numbers = st.integers(0, 40 * len(CHANGES))
spans = st.timedeltas(ZERO, timedelta(hours=60)) | st.timedeltas(ZERO, timedelta(hours=2000))


@law
@given(data=st.data(), number=numbers, span=spans)
def test_the_time_to_a_deadline_is_the_span(data: st.DataObject, number: int, span: timedelta) -> None:
    calendar, start = drawn(number), data.draw(instants(number))
    due = calendar.add(start, span)
    assert due >= start
    assert calendar.between(start, due) == span
    if span:
        assert calendar.between(start, due - timedelta(microseconds=1)) < span  # and no earlier instant will do


@law
@given(data=st.data(), number=numbers, one=spans, other=spans, at_close=st.sampled_from(AtClose))
def test_spans_add_up(data: st.DataObject, number: int, one: timedelta, other: timedelta, at_close: AtClose) -> None:
    calendar, start = drawn(number), data.draw(instants(number))
    in_two_steps = calendar.add(calendar.add(start, one, at_close), other, at_close)
    assert in_two_steps == calendar.add(start, one + other, at_close)


@law
@given(data=st.data(), number=numbers, one=spans, other=spans)
def test_a_later_start_or_a_longer_span_is_never_due_earlier(
    data: st.DataObject, number: int, one: timedelta, other: timedelta
) -> None:
    calendar = drawn(number)
    start, later = sorted((data.draw(instants(number)), data.draw(instants(number))))
    short, long = sorted((one, other))
    assert calendar.add(start, short) <= calendar.add(start, long)
    assert calendar.add(start, short) <= calendar.add(later, short)


@law
@given(data=st.data(), number=numbers)
def test_time_between_adds_up_and_has_a_sign(data: st.DataObject, number: int) -> None:
    calendar = drawn(number)
    a, b, c = (data.draw(instants(number)) for _ in range(3))
    assert calendar.between(a, b) + calendar.between(b, c) == calendar.between(a, c)
    assert calendar.between(a, b) == -calendar.between(b, a)
    assert abs(calendar.between(a, b)) <= abs(b - a)


@law
@given(data=st.data(), number=numbers, span=spans)
def test_a_warning_is_the_last_open_instant_with_so_much_left(
    data: st.DataObject, number: int, span: timedelta
) -> None:
    calendar, due = drawn(number), data.draw(instants(number))
    warned = calendar.subtract(due, span)
    assert calendar.between(warned, due) == span
    if span:
        assert calendar.is_open(warned)
        assert calendar.between(warned + timedelta(microseconds=1), due) < span


@law
@given(data=st.data(), number=numbers)
def test_pieces_tile_the_time_and_tell_open_from_closed(data: st.DataObject, number: int) -> None:
    calendar = drawn(number)
    start, end = sorted((data.draw(instants(number)), data.draw(instants(number))))
    pieces = calendar.pieces(start, min(end, start + timedelta(days=90)))
    edge, opened = start, ZERO
    for piece in pieces:
        assert piece.start == edge < piece.end
        assert calendar.is_open(piece.start) is (piece.kind is PieceKind.OPEN)
        opened += piece.span if piece.kind is PieceKind.OPEN else ZERO
        edge = piece.end
    assert edge == min(end, start + timedelta(days=90))
    assert opened == calendar.between(start, edge)


@law
@given(data=st.data(), number=numbers)
def test_the_next_opening_and_close_are_where_the_state_changes(data: st.DataObject, number: int) -> None:
    calendar, now = drawn(number), data.draw(instants(number))
    opening, close = calendar.next_open(now), calendar.next_close(now)
    assert now <= opening < close
    assert calendar.is_open(opening)
    assert not calendar.is_open(close)
    assert (opening == now) is calendar.is_open(now)
    assert calendar.between(now, opening) == ZERO
    assert calendar.between(opening, close) == close - opening


@law
@given(data=st.data(), number=numbers, count=st.integers(0, 30), mode=st.sampled_from(WorkingDays))
def test_working_days_never_go_back_and_end_open_or_at_a_close(
    data: st.DataObject, number: int, count: int, mode: WorkingDays
) -> None:
    calendar, start = drawn(number), data.draw(instants(number))
    due = calendar.add_working_days(start, count, mode)
    assert due >= start
    assert calendar.add_working_days(start, count + 1, mode) >= due
    assert calendar.is_open(due) or calendar.is_open(due - timedelta(microseconds=1))


@law
@given(data=st.data(), one=numbers, other=numbers)
def test_together_and_either_add_up_to_both(data: st.DataObject, one: int, other: int) -> None:
    """|A ∩ B| + |A ∪ B| = |A| + |B|, and open is what the parts say."""
    first, second = drawn(one), drawn(other)
    both, either = intersection(first, second), union(first, second)
    start = data.draw(instants(one))
    end = start + timedelta(days=10)
    parts = first.between(start, end) + second.between(start, end)
    assert both.between(start, end) + either.between(start, end) == parts
    assert both.is_open(start) is (first.is_open(start) and second.is_open(start))
    assert either.is_open(start) is (first.is_open(start) or second.is_open(start))
