"""Promised hours in which nobody is on duty, in words: hours that recur each week are named once.

Such as `Sat 02:00–06:00 from 3 October`. Instants are integers, microseconds since 1970 UTC; words are in local time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sla_domain.calendar.instant import DAY_US, EPOCH_DAY, SECOND_US
from sla_domain.calendar.intervals import Interval
from sla_domain.calendar.local import FIRST_YEAR, LAST_YEAR
from sla_domain.calendar.window import clock_text
from sla_domain.calendar.zone import zone_map

WEEK_US = 7 * DAY_US
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_THURSDAY = 3  # 1970-01-01
_LONGEST_US = 6 * DAY_US  # a longer gap is not part of a weekly pattern
_MOST_MISSING = 3  # weeks: a pattern that pauses for longer is two patterns


@dataclass(frozen=True, slots=True)
class _Pattern:
    """Hours of one weekday (`day`), or of neighbouring ones up to `last_day`, that come in several weeks.

    `start`: from local midnight, `length`: both in local microseconds. `first`, `last`: numbers of the first and last
    day on which they begin. `begins`, `ends`: whether they begin and end within the window.
    """

    day: int
    last_day: int
    start: int
    length: int
    first: int
    last: int
    count: int
    begins: bool
    ends: bool


def unheld_words(gaps: Sequence[Interval], window: Interval, zone: str) -> list[str]:
    """Return texts for promised hours in which nobody is on duty, such as `Sat 02:00–06:00 from 3 October`.

    Hours that recur weekly share one text. The texts are sorted by first occurrence.

    Args:
        gaps: The hours without anybody on duty, in microseconds since 1970 UTC. They are sorted and disjoint, and reach
            from a week before `window` to a week after it.
        window: The span to report, in microseconds since 1970 UTC.
        zone: IANA name of the zone for the local times in the texts.
    """
    low, high = window
    meeting = [(start, end) for start, end in gaps if start < high and end > low]
    found: list[tuple[int, str]] = []
    whole: list[Interval] = []
    clock = zone_map(zone, FIRST_YEAR, LAST_YEAR)
    year = _date(clock.to_local(low) // DAY_US).year
    for start, end in meeting:
        begun, lasts = start <= low - WEEK_US, end >= high + WEEK_US
        local = clock.to_local(start), clock.to_local(end)
        if begun and lasts:
            found.append((start, "at no hour"))
        elif begun:
            found.append((start, f"until {_moment(local[1], year, end=True)}"))
        elif lasts:
            found.append((start, f"from {_moment(local[0], year)} on"))
        else:
            whole.append(local)
    first, last = clock.to_local(low) // DAY_US, (clock.to_local(high) - 1) // DAY_US
    for pattern in _joined(_patterns(whole, first, last)):
        found.append((clock.to_utc(pattern.first * DAY_US + pattern.start), _words(pattern, year)))
    return [words for _, words in sorted(found)]


def unheld_length(gaps: Iterable[Interval], window: Interval) -> int:
    """Return for how many whole minutes nobody is on duty in promised hours.

    Args:
        gaps: The hours without anybody on duty, in microseconds since 1970 UTC.
        window: The span to measure, in microseconds since 1970 UTC.
    """
    low, high = window
    return sum(max(0, min(end, high) - max(start, low)) for start, end in gaps) // (60 * SECOND_US)


def _patterns(local: Sequence[Interval], first: int, last: int) -> Iterator[_Pattern]:
    """Group gaps that begin and end alike in the week; `first`, `last`: the days of the window."""
    alike: defaultdict[tuple[int, int, int], list[int]] = defaultdict(list)
    for start, end in local:
        day, since = divmod(start, DAY_US)
        alike[_weekday(day), since, end - start].append(day)
    for (weekday, since, length), days in alike.items():
        for run in _runs(days) if length < _LONGEST_US else [[day] for day in days]:
            begins, ends = run[0] - 7 >= first, run[-1] + 7 <= last
            yield _Pattern(weekday, weekday, since, length, run[0], run[-1], len(run), begins, ends)


def _runs(days: Sequence[int]) -> Iterator[list[int]]:
    run: list[int] = []
    for day in days:
        if run and day - run[-1] > 7 * (_MOST_MISSING + 1):
            yield run
            run = []
        run.append(day)
    yield run


def _joined(patterns: Iterable[_Pattern]) -> Iterator[_Pattern]:
    """Neighbouring weekdays with the same hours in the same weeks are one pattern, such as Mon–Fri."""
    pending: _Pattern | None = None
    for each in sorted(patterns, key=lambda one: (one.start, one.length, one.begins, one.ends, one.day)):
        if pending is not None and _neighbours(pending, each):
            pending = replace(
                pending, last_day=each.day, first=min(pending.first, each.first), last=max(pending.last, each.last)
            )
            continue
        if pending is not None:
            yield pending
        pending = each
    if pending is not None:
        yield pending


def _neighbours(one: _Pattern, other: _Pattern) -> bool:
    return (
        one.count > 1
        and other.count > 1
        and one.length <= DAY_US
        and (one.start, one.length, one.begins, one.ends) == (other.start, other.length, other.begins, other.ends)
        and one.last_day + 1 == other.day
        and (not one.begins or _week(one.first) == _week(other.first))
        and (not one.ends or _week(one.last) == _week(other.last))
        and _regularity(one) == _regularity(other)
    )


def _regularity(pattern: _Pattern) -> int:
    return 0 if _steady(pattern) else pattern.count


def _steady(pattern: _Pattern) -> bool:
    """Whether it comes in every week from its first to its last."""
    return pattern.count == _weeks(pattern)


def _weeks(pattern: _Pattern) -> int:
    return (pattern.last - pattern.first) // 7 + 1


def _words(pattern: _Pattern, year: int) -> str:
    end = pattern.start + pattern.length
    if pattern.count == 1:
        start = pattern.first * DAY_US + pattern.start
        if end <= DAY_US:
            return f"{_moment(start, year)}–{_clock(end)}"
        return f"{_moment(start, year)} to {_moment(start + pattern.length, year, end=True)}"
    days = _DAYS[pattern.day] + (f"–{_DAYS[pattern.last_day]}" if pattern.last_day > pattern.day else "")
    later = (pattern.day + (end - 1) // DAY_US) % 7
    until = _clock(end) if end <= DAY_US else f"{_DAYS[later]} {_clock((end - 1) % DAY_US + 1)}"
    words = f"{days} {_clock(pattern.start)}–{until}"
    words += f" from {_day(pattern.first, year)}" if pattern.begins else ""
    words += f" to {_day(pattern.last, year)}" if pattern.ends else ""
    return words if _steady(pattern) else f"{words}, in {pattern.count} of {_weeks(pattern)} weeks"


def _moment(local: int, year: int, *, end: bool = False) -> str:
    """`Sat 3 October 02:00`; with `end` midnight is 24:00 of the day before."""
    day, since = divmod(local, DAY_US)
    if end and since == 0:
        day, since = day - 1, DAY_US
    return f"{_DAYS[_weekday(day)]} {_day(day, year)} {_clock(since)}"


def _day(number: int, year: int) -> str:
    day = _date(number)
    return f"{day.day} {_MONTHS[day.month - 1]}" + (f" {day.year}" if day.year != year else "")


def _clock(local: int) -> str:
    return clock_text(local // SECOND_US)


def _date(number: int) -> date:
    return date.fromordinal(number + EPOCH_DAY)


def _weekday(number: int) -> int:
    return (number + _THURSDAY) % 7


def _week(number: int) -> int:
    return (number + _THURSDAY) // 7
