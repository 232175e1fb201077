"""Calendars drawn to go wrong: any zone, days around a change of the clock, windows that start or end inside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from random import Random
from typing import Any

from tests.oracle.minute_walker import WEEKDAYS, MinuteWalker, pinned_zone

from sla_domain.calendar import Calendar, compile_calendar, growing_calendar, spec_from_layout

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
ZONES = tuple(resources.files("tzdata").joinpath("zones").read_text().split())
SHORT = 10  # days walked
# The strange days of half a century, as UTC dates near the change.
CHANGES = (
    ("Europe/Warsaw", date(2026, 3, 29)),
    ("Europe/Warsaw", date(2026, 10, 25)),
    ("Europe/Dublin", date(2026, 10, 25)),  # summer is standard time, winter is negative
    ("America/New_York", date(2026, 11, 1)),
    ("America/Sao_Paulo", date(2018, 11, 4)),  # at midnight
    ("America/Sao_Paulo", date(2018, 2, 18)),
    ("America/St_Johns", date(2006, 10, 29)),  # at 00:01: the date itself goes back
    ("America/St_Johns", date(2006, 4, 2)),
    ("America/Caracas", date(2007, 12, 9)),  # by half an hour, for good
    ("America/Scoresbysund", date(2024, 3, 31)),  # zone and season change at once
    ("Australia/Lord_Howe", date(2026, 10, 3)),  # by half an hour, every year
    ("Australia/Lord_Howe", date(2026, 4, 4)),
    ("Antarctica/Troll", date(2026, 3, 29)),  # by two hours
    ("Asia/Tehran", date(2022, 3, 21)),
    ("Asia/Tehran", date(2022, 9, 21)),
    ("Asia/Pyongyang", date(2018, 5, 4)),
    ("Asia/Gaza", date(2026, 3, 28)),
    ("Asia/Kathmandu", date(1985, 12, 31)),  # by fifteen minutes
    ("Africa/Casablanca", date(2024, 3, 10)),  # Ramadan
    ("Africa/Casablanca", date(2026, 9, 20)),
    ("Africa/Cairo", date(2023, 10, 26)),
    ("Europe/Moscow", date(2011, 3, 27)),
    ("Europe/Moscow", date(2014, 10, 26)),
    ("Pacific/Apia", date(2011, 12, 30)),  # a date that never was
    ("Pacific/Apia", date(2010, 9, 26)),
    ("Pacific/Kiritimati", date(1994, 12, 31)),
    ("Pacific/Kwajalein", date(1993, 8, 21)),
    ("Pacific/Chatham", date(2026, 9, 27)),
)


@dataclass(frozen=True)
class Scene:
    """A calendar, the engine's reading of it and the walker's, over the same days."""

    layout: dict[str, Any]
    calendar: Calendar
    walker: MinuteWalker
    start: datetime
    end: datetime


def scene(random: Random) -> Scene:
    """One in thirty is walked by the second instead of the minute, over fewer days."""
    by_second = random.random() < 1 / 30
    zone, day = random.choice(CHANGES) if random.random() < 0.6 else _any_day(random)
    layout = random_layout(random, zone, day, by_second)
    spec = spec_from_layout("random", layout)
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - (2 if by_second else SHORT // 2) * DAY
    end = start + (4 if by_second else SHORT) * DAY
    walker = MinuteWalker(layout, start, end, timedelta(seconds=1) if by_second else MINUTE)
    if random.random() < 0.5:
        return Scene(layout, growing_calendar(spec), walker, start, end)
    return Scene(layout, compile_calendar(spec, day - 8 * DAY, day + 8 * DAY), walker, start, end)


def _any_day(random: Random) -> tuple[str, date]:
    """Any zone at any change of its clock from 1973 (whole-minute offsets everywhere) to 2100, if it has one."""
    name, year = random.choice(ZONES), random.randrange(1973, 2101)
    zone, first = pinned_zone(name), datetime(year, 1, 1, tzinfo=UTC)
    offsets = [(first + n * DAY).astimezone(zone).utcoffset() for n in range(366)]
    changes = [n for n in range(365) if offsets[n] != offsets[n + 1]]
    return name, (first + (random.choice(changes) if changes else random.randrange(360)) * DAY).date()


def random_layout(random: Random, zone: str, day: date, by_second: bool = False) -> dict[str, Any]:
    near = [(day + n * DAY).isoformat() for n in range(-4, 5)]
    weekly = {
        weekday: [[_clock(random, by_second), _clock(random, by_second, ends=True)] for _ in range(_few(random))]
        for weekday in WEEKDAYS
    }
    weekly[random.choice(WEEKDAYS)] = [["09:00", "17:00"]]  # never empty
    return {
        "tz": zone,
        "weekly": {name: _legal(windows) for name, windows in weekly.items()},
        "holidays": sorted({random.choice(near) for _ in range(_few(random))}),
        "openings": [_span(random, near, by_second) for _ in range(_few(random))],
        "closings": [_span(random, near, by_second) for _ in range(_few(random))],
    }


def _few(random: Random) -> int:
    return random.choice((0, 0, 1, 1, 1, 2, 3))


def _clock(random: Random, by_second: bool, ends: bool = False) -> str:
    common = ("00:00", "00:30", "01:00", "02:00", "02:30", "03:00", "03:15", "08:00", "18:00", "22:00", "23:30")
    if ends and random.random() < 0.15:
        return "24:00"
    if random.random() < 0.7:
        return random.choice(common)
    text = f"{random.randrange(24):02}:{random.randrange(60):02}"
    return f"{text}:{random.randrange(60):02}" if by_second else text


def _legal(windows: list[list[str]]) -> list[list[str]]:
    return [window for window in windows if window[0] != "24:00"]


def _span(random: Random, near: list[str], by_second: bool) -> list[str]:
    ends = [f"{random.choice(near)}T{_clock(random, by_second)}" for _ in range(2)]
    start, end = sorted(ends)
    return [start, end if start < end else f"{end[:10]}T24:00"]
