"""Weekly hours as people write them → minutes of the local day, per weekday.

`24x7`, `24x5`, `mon-fri 09:00-17:00; sat 10:00-14:00`, or a mapping of days to windows. A window may end at 24:00 or
run past midnight (it belongs to the weekday on which it starts). Raises `BadHours`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

DAY = 24 * 60
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_GROUPS = {"daily": range(7), "all": range(7), "weekdays": range(5), "weekend": range(5, 7)}
_SHORTHANDS = {"24x7": "daily 00:00-24:00", "24/7": "daily 00:00-24:00", "24x5": "weekdays 00:00-24:00"}
_TIME = re.compile(r"(\d{1,2}):(\d{2})")


class BadHours(ValueError):
    """Raised for a text that does not describe weekly hours.

    Args:
        message: What is wrong.
        hint: What to write instead.
    """

    def __init__(self, message: str, hint: str = "write e.g. mon-fri: 09:00-17:00") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True, order=True)
class MinuteWindow:
    """Open hours of one day, such as 09:00 to 17:00, in minutes from midnight."""

    start: int
    """The start in minutes from local midnight."""
    end: int
    """The end in minutes from local midnight. An `end` above 1440 lies on the next day."""

    def __str__(self) -> str:
        return f"{_clock(self.start)}-{_clock(self.end if self.end <= DAY else self.end - DAY)}"


Week = Mapping[int, tuple[MinuteWindow, ...]]


def parse_week(written: object) -> Week:
    """Return the open windows of each weekday (0 is Monday) that a text or mapping states.

    A text is such as `24x7` or `mon-fri 09:00-17:00; sat 10:00-14:00`. A mapping is such as `mon-fri: 09:00-17:00`.
    Weekdays and windows are sorted. A weekday without windows is missing.

    Raises:
        BadHours: The text has any other form.
    """
    if isinstance(written, str):
        return _from_text(_SHORTHANDS.get(written.strip().casefold(), written))
    if isinstance(written, Mapping):
        return _ordered((day, _windows(windows)) for days, windows in written.items() for day in parse_days(str(days)))
    raise BadHours("hours are a text like '24x7' or a mapping of days to windows")


def parse_days(written: str) -> tuple[int, ...]:
    """Return the weekdays (0 is Monday) that a text such as `mon-fri`, `sat,sun` or `weekdays` names.

    Raises:
        BadHours: The text has any other form.
    """
    found: list[int] = []
    for part in written.casefold().split(","):
        part = part.strip()
        if part in _GROUPS:
            found.extend(_GROUPS[part])
        elif "-" in part:
            first, last = (_day(name) for name in part.split("-", 1))
            found.extend((first + step) % 7 for step in range((last - first) % 7 + 1))
        else:
            found.append(_day(part))
    return tuple(dict.fromkeys(found))


def parse_window(written: str) -> MinuteWindow:
    """Return the window that a text such as `09:00-17:00` or `22:00-06:00` (past midnight) states.

    Raises:
        BadHours: The text has any other form.
    """
    ends = [end.strip() for end in written.split("-")]
    if len(ends) != 2:
        raise BadHours(f"{written!r} is no window of a day", "write 09:00-17:00")
    start, end = (parse_minute(text) for text in ends)
    if start == DAY:
        raise BadHours(f"{written!r} starts at the end of the day", "a window that starts at midnight starts at 00:00")
    return MinuteWindow(start, end if end > start else end + DAY)


def parse_minute(written: str) -> int:
    """Return the minutes from midnight of a text `HH:MM`.

    The result is 1440 for `24:00`.

    Raises:
        BadHours: The text has any other form.
    """
    match = _TIME.fullmatch(written)
    if match is None:
        raise BadHours(f"{written!r} is no time of day", "write HH:MM, from 00:00 to 24:00")
    minute = int(match.group(1)) * 60 + int(match.group(2))
    if int(match.group(2)) > 59 or minute > DAY:
        raise BadHours(f"{written!r} is no time of day", "write HH:MM, from 00:00 to 24:00")
    return minute


def week_text(week: Week) -> str:
    """Return weekly hours as text, such as `mon-fri 09:00-17:00; sat 10:00-14:00`.

    Args:
        week: Weekday (0 is Monday) -> open windows.
    """
    parts: list[str] = []
    days = [day for day in range(7) if week.get(day)]
    while days:
        first = last = days.pop(0)
        while days and days[0] == last + 1 and week[days[0]] == week[first]:
            last = days.pop(0)
        named = DAYS[first] + (f"-{DAYS[last]}" if last > first else "")
        parts.append(f"{named} {', '.join(map(str, week[first]))}")
    return "; ".join(parts)


def find_overlaps(week: Week) -> list[str]:
    """Return a text for each pair of windows of a week that overlap.

    A text is such as `09:00-17:00 and 16:00-18:00 (mon, tue)`.

    Args:
        week: Weekday (0 is Monday) -> open windows.
    """
    return _described_pairs((first, second) for (_, end, first), (begin, _, second) in _pairs(week) if begin < end)


def find_short_gaps(week: Week, limit: int = 5) -> list[str]:
    """Return a text for each pair of windows of a week with a gap of at most `limit` minutes.

    Gaps at midnight are included: mostly somebody wrote 23:59 instead of 24:00.

    Args:
        week: Weekday (0 is Monday) -> open windows.
    """
    return _described_pairs(
        (first, second) for (_, end, first), (begin, _, second) in _pairs(week) if 0 < begin - end <= limit
    )


_Placed = tuple[int, MinuteWindow]


def _described_pairs(pairs: Iterable[tuple[_Placed, _Placed]]) -> list[str]:
    days: dict[str, list[str]] = {}
    for (day, window), (other_day, other) in pairs:
        words = f"{window} and {other}" + ("" if day == other_day else " of the next day")
        days.setdefault(words, []).append(DAYS[day])
    return [f"{words} ({', '.join(found)})" for words, found in days.items()]


def _pairs(week: Week) -> Iterable[tuple[tuple[int, int, _Placed], tuple[int, int, _Placed]]]:
    """Neighbouring windows of the week on one line of minutes, the last one against the first of the next week."""
    line = sorted(
        (day * DAY + window.start, day * DAY + window.end, (day, window))
        for day, windows in week.items()
        for window in windows
    )
    if not line:
        return ()
    start, end, placed = line[0]
    return pairwise([*line, (start + 7 * DAY, end + 7 * DAY, placed)])


def _from_text(written: str) -> Week:
    days: list[tuple[int, tuple[MinuteWindow, ...]]] = []
    for part in filter(None, (piece.strip() for piece in written.split(";"))):
        names, _, windows = part.partition(" ")
        if not windows.strip():
            raise BadHours(f"{part!r} is no weekly pattern", "write 24x7 or 'mon-fri 09:00-17:00; sat 10:00-14:00'")
        days.extend((day, _windows(windows)) for day in parse_days(names))
    return _ordered(days)


def _ordered(days: Iterable[tuple[int, tuple[MinuteWindow, ...]]]) -> Week:
    found: dict[int, tuple[MinuteWindow, ...]] = {}
    for day, windows in days:
        if day in found:
            raise BadHours(f"{DAYS[day]} is written twice")
        if windows:
            found[day] = windows
    return dict(sorted(found.items()))


def _windows(written: object) -> tuple[MinuteWindow, ...]:
    if written is None:
        return ()
    parts = written.split(",") if isinstance(written, str) else written
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise BadHours("the windows of a day are a text or a list of texts", "write 09:00-17:00")
    return tuple(sorted(parse_window(part) for part in parts))


def _day(name: str) -> int:
    short = name.strip()[:3]
    full = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    if short in DAYS and full[DAYS.index(short)].startswith(name.strip()):
        return DAYS.index(short)
    raise BadHours(f"{name!r} is no day of the week", "write mon … sun, mon-fri, daily, weekdays or weekend")


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
