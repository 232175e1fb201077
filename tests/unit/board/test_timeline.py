"""The drawing of a life: rectangles that add up, ticks at round local times, nothing outside the box."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sla_board.shown.timeline import (
    LABEL,
    WIDTH,
    Drawing,
    MarkKind,
    Point,
    SpanKind,
    TimelineRow,
    TimelineSpan,
    draw_timeline,
    split_overdue,
)

NINE = datetime(2026, 11, 16, 9, tzinfo=UTC)


def at(hours: float) -> datetime:
    return NINE + timedelta(hours=hours)


def drawn(*lanes: TimelineRow, now: datetime = NINE, zone: str = "Europe/Warsaw") -> Drawing:
    drawing = draw_timeline(lanes, now, zone)
    assert drawing is not None
    return drawing


def test_widths_are_shares_of_the_time() -> None:
    spans = (
        TimelineSpan(SpanKind.RUNNING, at(0), at(1)),
        TimelineSpan(SpanKind.PAUSED, at(1), at(4), "waiting on customer"),
    )
    one, other = drawn(TimelineRow("Resolution", spans, ())).bars
    assert other.width == pytest.approx(3 * one.width, abs=0.2)
    assert (one.x, round(other.x, 1)) == (LABEL, round(one.x + one.width, 1))
    assert other.text == "paused (waiting on customer)"


def test_what_goes_on_reaches_to_now() -> None:
    drawing = drawn(TimelineRow("Resolution", (TimelineSpan(SpanKind.RUNNING, at(0), None),), ()), now=at(2))
    assert drawing.now_x == drawing.bars[0].x + drawing.bars[0].width


def test_a_due_instant_ahead_is_inside_the_box() -> None:
    lane = TimelineRow(
        "Resolution", (TimelineSpan(SpanKind.RUNNING, at(0), None),), (Point(MarkKind.DUE, at(10), "due"),)
    )
    drawing = drawn(lane, now=at(1))
    assert LABEL < drawing.pins[0].x < WIDTH
    assert drawing.now_x is not None
    assert drawing.now_x < drawing.pins[0].x


@pytest.mark.parametrize("hours", [0.0001, 0.2, 3, 30, 400, 9000, 200_000])
def test_ticks_are_few_and_fit_in_the_box(hours: float) -> None:
    drawing = drawn(TimelineRow("Resolution", (TimelineSpan(SpanKind.RUNNING, at(0), at(hours)),), ()))
    assert len(drawing.ticks) <= 9
    assert all(LABEL <= tick.x <= WIDTH - 24 for tick in drawing.ticks)


def test_ticks_are_at_round_local_times() -> None:
    drawing = drawn(TimelineRow("Resolution", (TimelineSpan(SpanKind.RUNNING, at(0.1), at(8)),), ()))
    assert [tick.text for tick in drawing.ticks] == ["11:00", "12:00", "13:00", "14:00", "15:00", "16:00", "17:00"]


def test_what_ran_past_the_due_instant_is_overdue() -> None:
    spans = (
        TimelineSpan(SpanKind.RUNNING, at(0), at(1)),
        TimelineSpan(SpanKind.PAUSED, at(1), at(2)),
        TimelineSpan(SpanKind.RUNNING, at(2), None),
    )
    assert [(s.kind, s.start, s.end) for s in split_overdue(spans, at(3), at(5))] == [
        (SpanKind.RUNNING, at(0), at(1)),
        (SpanKind.PAUSED, at(1), at(2)),
        (SpanKind.RUNNING, at(2), at(3)),
        (SpanKind.OVERDUE, at(3), None),
    ]
    assert split_overdue(spans, at(6), at(5)) == spans
    assert split_overdue(spans, None, at(5)) == spans


def test_nothing_to_draw_is_no_drawing() -> None:
    assert draw_timeline([TimelineRow("Resolution", (), (Point(MarkKind.DUE, at(1), "due"),))], NINE, "UTC") is None
