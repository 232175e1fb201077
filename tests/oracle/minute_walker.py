"""Business time counted the slow way: look at the clock on the wall at every step and ask whether the desk is open.

It shares nothing with the engine: no interval, no table, no zone map, and it reads the plain layout of a calendar by
itself. The only rule it adds to looking at the clock is that time does not run backwards: when the clock is set back,
the furthest reading so far stays in force until the clock passes it again.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, cached_property
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ZERO = timedelta(0)
Layout = Mapping[str, Any]


@cache
def pinned_zone(name: str) -> ZoneInfo:
    content = resources.files("tzdata.zoneinfo").joinpath(name).read_bytes()
    return ZoneInfo.from_file(io.BytesIO(content), key=name)


class Desk:
    """The layout as a person reads it: open at this reading of the wall clock, or not?"""

    def __init__(self, layout: Layout) -> None:
        weekly = layout.get("weekly") or {}
        self._windows = [
            [(_seconds(open_), _seconds(close)) for open_, close in weekly.get(day, [])] for day in WEEKDAYS
        ]
        self._holidays = {date.fromisoformat(day) for day in layout.get("holidays") or []}
        self._openings = [(_local(row[0]), _local(row[1])) for row in layout.get("openings") or []]
        self._closings = [(_local(row[0]), _local(row[1])) for row in layout.get("closings") or []]

    def open_at(self, reading: datetime) -> bool:
        if any(start <= reading < end for start, end in self._closings):
            return False
        if any(start <= reading < end for start, end in self._openings):
            return True
        return reading.date() not in self._holidays and self._in_weekly_hours(reading)

    def _in_weekly_hours(self, reading: datetime) -> bool:
        second = reading.hour * 3600 + reading.minute * 60 + reading.second
        today = reading.weekday()
        for open_, close in self._windows[today]:
            if open_ <= second and (second < close or close <= open_):
                return True
        return any(close <= open_ and second < close for open_, close in self._windows[today - 1])


class MinuteWalker:
    """Every step between two instants; an answer outside them is None."""

    def __init__(self, layout: Layout, start: datetime, end: datetime, step: timedelta = timedelta(minutes=1)) -> None:
        zone, desk = pinned_zone(layout["tz"]), Desk(layout)
        self.start, self.step, self._zone = start.astimezone(UTC), step, zone
        self.readings: list[datetime] = []
        at = self.start - timedelta(days=2)
        furthest = at.astimezone(zone).replace(tzinfo=None)
        while at < end:
            furthest = max(furthest, at.astimezone(zone).replace(tzinfo=None))
            if at >= self.start:
                self.readings.append(furthest)
            at += step
        self.open = [desk.open_at(reading) for reading in self.readings]

    # -- spans

    def add(self, start: datetime, span: timedelta) -> datetime | None:
        if span == ZERO:
            return start
        index, into = divmod(start - self.start, self.step)
        left = span
        for at in range(index, len(self.open)):
            if self.open[at]:
                available = self.step - into
                if left <= available:
                    return self.start + at * self.step + into + left
                left -= available
            into = ZERO
        return None

    def between(self, start: datetime, end: datetime) -> timedelta:
        if end < start:
            return -self.between(end, start)
        first, into = divmod(start - self.start, self.step)
        last, over = divmod(end - self.start, self.step)
        total = sum(self.open[first:last]) * self.step
        if into and self.open[first]:
            total -= into
        if over and self.open[last]:
            total += over
        return total

    def subtract(self, end: datetime, span: timedelta) -> datetime | None:
        if span == ZERO:
            return end
        index, into = divmod(end - self.start, self.step)
        left = span
        available = into
        for at in range(index, -1, -1):
            if available and self.open[at]:
                if left <= available:
                    return self.start + at * self.step + available - left
                left -= available
            available = self.step
        return None

    # -- instants

    def is_open(self, at: datetime) -> bool:
        return self.open[(at - self.start) // self.step]

    def next_open(self, at: datetime) -> datetime | None:
        index = (at - self.start) // self.step
        if self.open[index]:
            return at
        return next((self._instant(i) for i in range(index, len(self.open)) if self.open[i]), None)

    def next_close(self, at: datetime) -> datetime | None:
        first = (at - self.start) // self.step + 1
        return next((self._instant(i) for i in range(first, len(self.open)) if self._closes_at(i)), None)

    # -- working days

    def add_working_days(self, start: datetime, count: int, mode: str) -> datetime | None:
        if mode == "close_of_nth_day":
            return self._close_of_nth_day(start, count)
        at = self.next_open(start) if mode == "same_time_from_opening" else start
        if at is None:
            return None
        reading = at.astimezone(self._zone).replace(tzinfo=None)
        wanted: datetime | None = at
        if count:
            day = self._nth([day for day in self._working_dates if day > reading.date()], count - 1)
            wanted = None if day is None else self._first_showing(datetime.combine(day, reading.time()))
        if wanted is None or self._is_close(wanted):
            return wanted
        return self.next_open(wanted)

    def _close_of_nth_day(self, start: datetime, count: int) -> datetime | None:
        today = start.astimezone(self._zone).date()
        left = self._open_time_left(start, today)
        days = [day for day in self._working_dates if day > today or (left and day == today)]
        day = self._nth(days, count)
        if day is None:
            return None
        return self._instant(1 + max(i for i, is_open in self._of_day(day) if is_open))

    def _open_time_left(self, start: datetime, today: date) -> bool:
        for at in range((start - self.start) // self.step, len(self.open)):
            if self.readings[at].date() > today:
                return False
            if self.open[at]:
                return True
        return False

    @cached_property
    def _working_dates(self) -> list[date]:
        """All but the last date of the walk, which may not be whole."""
        dates = {reading.date() for reading, is_open in zip(self.readings, self.open, strict=True) if is_open}
        return sorted(dates - {self.readings[-1].date()})

    def _nth(self, days: list[date], index: int) -> date | None:
        return days[index] if index < len(days) else None

    def _of_day(self, day: date) -> Iterator[tuple[int, bool]]:
        return ((i, self.open[i]) for i, reading in enumerate(self.readings) if reading.date() == day)

    def _first_showing(self, reading: datetime) -> datetime | None:
        """The first instant, at step resolution, at which the clock shows `reading` or later."""
        at = next((i for i, shown in enumerate(self.readings) if shown + self.step > reading), None)
        if at is None:
            return None
        return self._instant(at) + max(ZERO, reading - self.readings[at])

    # -- inside

    def _instant(self, index: int) -> datetime:
        return self.start + index * self.step

    def _closes_at(self, index: int) -> bool:
        return self.open[index - 1] and not self.open[index]

    def _is_close(self, at: datetime) -> bool:
        index, into = divmod(at - self.start, self.step)
        return not into and self._closes_at(index)


def _seconds(text: str) -> int:
    hours, minutes, *seconds = (int(part) for part in text.split(":"))
    return hours * 3600 + minutes * 60 + (seconds[0] if seconds else 0)


def _local(text: str) -> datetime:
    day, clock = text.split("T")
    return datetime.combine(date.fromisoformat(day), time()) + timedelta(seconds=_seconds(clock))
