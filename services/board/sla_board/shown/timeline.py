"""The timeline of an incident's clocks as geometry, which the page draws as SVG and repeats as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sla_board.shown.bucket import zone_of

WIDTH = 960.0
LABEL = 132.0
LANE = 30.0
BAR = 14.0
THIN = 3.0  # of time that does not count: a thread from one stretch to the next
AXIS = 26.0
_STEPS = tuple(
    timedelta(minutes=minutes)
    for minutes in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080, 20160, 43200, 129600, 525600)
)
_MOST_TICKS = 8


class SpanKind(StrEnum):
    """What a clock (the measurement of one promised time) does in a period, such as run or wait in a pause."""

    RUNNING = "running"
    """The clock ran within its hours, before the due instant."""
    PAUSED = "paused"
    """The clock was paused."""
    OVERDUE = "overdue"
    """The clock ran past the due instant."""
    OUTSIDE = "outside"
    """The clock ran while its hours were closed."""

    @property
    def words(self) -> str:
        """Return the kind as text for people, such as `past due`."""
        return _TITLES.get(self, self.value)


_TITLES = {SpanKind.OVERDUE: "past due", SpanKind.OUTSIDE: "outside hours"}


@dataclass(frozen=True, slots=True)
class TimelineSpan:
    """A period on a clock's timeline in which the clock does one thing (`kind`), such as run."""

    kind: SpanKind
    start: datetime
    end: datetime | None
    """The end of the period. None while the period lasts."""
    why: str = ""
    """For whom a pause waits, or why the hours are closed. Otherwise ""."""


class MarkKind(StrEnum):
    """The kinds of instants that are marked on a clock's timeline, such as the due instant."""

    DUE = "due"
    """When the clock is due."""
    WARNED = "warned"
    """When a warning about the clock was given."""
    BREACHED = "breached"
    """When the clock was breached."""
    STOPPED = "stopped"
    """When the clock stopped."""


@dataclass(frozen=True, slots=True)
class Point:
    """An instant to be marked on a clock's timeline, such as a breach. `draw_timeline` makes a `Pin` of it."""

    kind: MarkKind
    at: datetime
    """The instant of the mark."""
    text: str
    """A text for people."""


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """The content of one row of a timeline: the periods and marked instants of one clock."""

    label: str
    spans: tuple[TimelineSpan, ...]
    """The periods of the clock."""
    points: tuple[Point, ...]
    """The marks of the clock."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle in the drawing of a timeline. It shows one period of a clock (`TimelineSpan`).

    All numbers are in units of the SVG view box.
    """

    x: float
    """The left edge of the rectangle."""
    y: float
    """The upper edge of the rectangle. It grows downwards."""
    width: float
    height: float
    kind: SpanKind
    text: str


@dataclass(frozen=True, slots=True)
class Pin:
    """A mark in the drawing of a timeline. It shows one instant of a clock (`Point`), such as a breach.

    The numbers are in units of the SVG view box.
    """

    x: float
    """The horizontal position of the centre."""
    y: float
    """The vertical position of the centre. It grows downwards."""
    kind: MarkKind
    text: str


@dataclass(frozen=True, slots=True)
class TimelineTick:
    """A label of the drawing's time axis: `14:30`, or `3 Nov` at a midnight."""

    x: float
    """The position in units of the SVG view box."""
    text: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """The positions and texts of a timeline, from which a page makes an SVG.

    All numbers are in units of the SVG view box, which is `WIDTH` by `height`.
    """

    height: float
    labels: tuple[tuple[float, str], ...]
    """The vertical position and the label of each clock."""
    bars: tuple[Bar, ...]
    """The periods."""
    pins: tuple[Pin, ...]
    """The marks, each at a single instant."""
    ticks: tuple[TimelineTick, ...]
    """The labels of the time axis."""
    now_x: float | None
    """The horizontal position of the present instant. None if every period has ended."""


def draw_timeline(lanes: Sequence[TimelineRow], now: datetime, zone: str) -> Drawing | None:
    """Return the drawing of a timeline with one row for each clock, or None if no clock has a period.

    Args:
        lanes: The rows, from top to bottom.
        now: The present instant. A period that has not ended is drawn up to this instant.
        zone: The time zone of the labels on the time axis.
    """
    instants = [span.start for lane in lanes for span in lane.spans]
    if not instants:
        return None
    going_on = any(span.end is None for lane in lanes for span in lane.spans)
    ends = [span.end or now for lane in lanes for span in lane.spans] + [p.at for lane in lanes for p in lane.points]
    scale = _Scale(min(instants), max([*ends, *([now] if going_on else [])]))
    labels: list[tuple[float, str]] = []
    bars: list[Bar] = []
    pins: list[Pin] = []
    for number, lane in enumerate(lanes):
        top = AXIS + number * LANE
        labels.append((top + LANE / 2, lane.label))
        bars += [_bar(scale, span, top, now) for span in lane.spans]
        pins += [Pin(scale.x(p.at), top + LANE / 2, p.kind, p.text) for p in lane.points]
    return Drawing(
        height=AXIS + len(lanes) * LANE + 6,
        labels=tuple(labels),
        bars=tuple(bars),
        pins=tuple(pins),
        ticks=_ticks(scale, zone),
        now_x=scale.x(now) if going_on else None,
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    first: datetime
    last: datetime

    def x(self, at: datetime) -> float:
        length = max((self.last - self.first).total_seconds(), 1.0)
        share = min(max((at - self.first).total_seconds() / length, 0.0), 1.0)
        return round(LABEL + share * (WIDTH - LABEL - 12), 1)


def _bar(scale: _Scale, span: TimelineSpan, top: float, now: datetime) -> Bar:
    left = scale.x(span.start)
    right = scale.x(max(span.end or now, span.start))
    text = f"{span.kind.words}{f' ({span.why})' if span.why else ''}"
    height = THIN if span.kind is SpanKind.OUTSIDE else BAR
    return Bar(left, top + (LANE - height) / 2, max(right - left, 1.5), height, span.kind, text)


def _ticks(scale: _Scale, zone: str) -> tuple[TimelineTick, ...]:
    """At round local times, at most eight."""
    length = scale.last - scale.first
    step = next((step for step in _STEPS if length / step <= _MOST_TICKS), length)
    there = zone_of(zone)
    local = scale.first.astimezone(there).replace(tzinfo=None)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    at = midnight + -(-(local - midnight) // step) * step
    ticks: list[TimelineTick] = []
    while (instant := at.replace(tzinfo=there)) <= scale.last and len(ticks) <= _MOST_TICKS:
        whole_days = step >= timedelta(days=1) or (at.hour, at.minute) == (0, 0)
        if scale.x(instant) > WIDTH - 24:
            break  # its label would not fit
        ticks.append(TimelineTick(scale.x(instant), f"{at.day} {at:%b}" if whole_days else f"{at:%H:%M}"))
        at += step
    return tuple(ticks)


def split_overdue(spans: Sequence[TimelineSpan], due_at: datetime | None, now: datetime) -> tuple[TimelineSpan, ...]:
    """Return the periods of a clock, with running periods cut at the due instant `due_at`.

    Pieces after the due instant have the kind OVERDUE. A period without an end is cut if `now` is past the due instant.

    Args:
        due_at: The due instant. If None, nothing is cut.
    """
    if due_at is None:
        return tuple(spans)
    split: list[TimelineSpan] = []
    for span in spans:
        if span.kind is not SpanKind.RUNNING or (span.end or now) <= due_at:
            split.append(span)
        elif span.start >= due_at:
            split.append(TimelineSpan(SpanKind.OVERDUE, span.start, span.end, span.why))
        else:
            split.append(TimelineSpan(SpanKind.RUNNING, span.start, due_at, span.why))
            split.append(TimelineSpan(SpanKind.OVERDUE, due_at, span.end, span.why))
    return tuple(split)
