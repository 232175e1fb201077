"""When an entry of a feed takes place: its start, `RRULE`, `RDATE` and `EXDATE` over the horizon (RFC 5545, 3.8.5)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from dateutil.rrule import rrulestr  # type: ignore[import-untyped]  # it ships no types

from sla_catalogue.holiday.row import Horizon

MAX_OCCURRENCES = 5_000
_UNTIL = re.compile(r"(?P<day>\d{8})(?:T(?P<time>\d{6})(?P<utc>Z)?)?", re.ASCII)


class UnreadableRule(ValueError):
    """One entry of a feed cannot be read; the message gives the reason, the other entries can."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One occurrence of a feed's entry: a day with a length in days, or an instant with any length."""

    start: date | datetime
    length: timedelta


def occurrences(
    event: Any, start: date | datetime, length: timedelta, horizon: Horizon, zone: tzinfo = UTC
) -> Iterator[Occurrence]:
    """Yield every occurrence of an entry within the horizon, once each, in order of time.

    `start` and `length` are the entry's own, `zone` is that of the whole feed. Raises UnreadableRule.
    """
    excluded = {as_occurrence_start(each.start, start, zone) for each in _listed(event, "EXDATE", length)}
    listed = [
        replace(each, start=as_occurrence_start(each.start, start, zone)) for each in _listed(event, "RDATE", length)
    ]
    found = {each.start: each for each in listed}
    for day in _repeated(event, start, horizon, zone) if "RRULE" in event else (start,):
        found.setdefault(day, Occurrence(day, length))
    for each in sorted(found.values(), key=lambda one: str(one.start)):
        if each.start not in excluded and _near(each, horizon):
            yield each


def as_occurrence_start(written: date | datetime, start: date | datetime, zone: tzinfo) -> date | datetime:
    """Return a date of `RDATE` or `EXDATE` in the form of the entry's own occurrences, so that the two can be compared.

    The form is a day if `start` is one, else an instant. Many programs write the dates of a list in another form than
    the entry; compared as written they would never be equal, and a day that was taken out would stay closed. `zone` is
    that of the whole feed.
    """
    if not isinstance(start, datetime):
        if not isinstance(written, datetime):
            return written
        midnight = written.time() == time()  # "the day", in whatever zone a program thinks that days lie
        return (written if written.tzinfo is None or midnight else written.astimezone(zone)).date()
    if not isinstance(written, datetime):
        return datetime.combine(written, start.time(), start.tzinfo)
    if written.tzinfo is None or start.tzinfo is None:
        return written.replace(tzinfo=start.tzinfo)
    return written


def _near(each: Occurrence, horizon: Horizon) -> bool:
    """Whether any of it may lie in the horizon: what began the year before may last into it."""
    return horizon.first - 1 <= each.start.year <= horizon.last


def _repeated(event: Any, start: date | datetime, horizon: Horizon, zone: tzinfo) -> Iterator[date | datetime]:
    """dateutil counts in naive local time, so a rule keeps its wall clock across changes of offset."""
    own = start.tzinfo if isinstance(start, datetime) else None
    first = start.replace(tzinfo=None) if isinstance(start, datetime) else datetime.combine(start, time())
    rule = event["RRULE"]
    if isinstance(rule, list):
        raise UnreadableRule(f"it has {len(rule)} recurrence rules")
    written = rule.to_ical().decode()
    if not written:
        raise UnreadableRule("the recurrence rule is empty")
    text = ";".join(_local_until(part, start, zone) for part in written.split(";"))
    try:
        expanded = rrulestr(f"RRULE:{text}", dtstart=first)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UnreadableRule(f"the recurrence rule {written!r} cannot be read: {error}") from None
    low, high = datetime(horizon.first, 1, 1), datetime(horizon.last, 12, 31, 23, 59, 59)  # noqa: DTZ001 - local days
    if low <= first <= high and next(iter(expanded), None) is None:
        raise UnreadableRule(f"the recurrence rule {written!r} never comes true")
    for number, moment in enumerate(expanded.xafter(low, inc=True)):
        if moment > high:
            return
        if number >= MAX_OCCURRENCES:
            raise UnreadableRule(f"it repeats more than {MAX_OCCURRENCES} times within the horizon")
        yield moment.replace(tzinfo=own) if isinstance(start, datetime) else moment.date()


def _local_until(part: str, start: date | datetime, zone: tzinfo) -> str:
    """`UNTIL` in the time in which the rule is counted.

    An end in UTC is turned into the zone of the entry first, or for whole days into that of the feed: midnight in
    Sofia is 22:00 UTC of the day before, and read as local time it would cut off the last day.
    """
    if not part.upper().startswith("UNTIL="):
        return part
    match = _UNTIL.fullmatch(part[6:])
    if match is None:
        raise UnreadableRule(f"the end of the recurrence cannot be read: {part}")
    try:
        until = datetime.strptime(match["day"] + (match["time"] or "235959"), "%Y%m%d%H%M%S")  # noqa: DTZ007 - see below
    except ValueError as error:
        raise UnreadableRule(f"the end of the recurrence cannot be read: {error}") from None
    local = start.tzinfo if isinstance(start, datetime) else zone
    if match["utc"] and local is not None:
        until = until.replace(tzinfo=UTC).astimezone(local).replace(tzinfo=None)
    if not isinstance(start, datetime):
        return f"UNTIL={until:%Y%m%d}T235959"
    return f"UNTIL={until:%Y%m%dT%H%M%S}"


def _listed(event: Any, key: str, length: timedelta) -> Iterator[Occurrence]:
    """The dates of a list. A period has a length of its own."""
    content = event.get(key, [])
    for group in content if isinstance(content, list) else [content]:
        for entry in group.dts:
            value = entry.dt
            if isinstance(value, tuple):
                begin, end = value
                yield Occurrence(begin, end if isinstance(end, timedelta) else end - begin)
            else:
                yield Occurrence(value, length)
