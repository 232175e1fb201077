"""When an entry of a feed takes place: its start, `RRULE`, `RDATE` and `EXDATE` over the horizon (RFC 5545, 3.8.5)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from dateutil.rrule import rrulestr  # type: ignore[import-untyped]  # it ships no types

from sla_catalogue.holiday.row import Horizon

MAX_OCCURRENCES = 5_000  # within the horizon
MAX_STEPS = 200_000  # since the start of the entry: every day for 500 years
_UNTIL = re.compile(r"(?P<day>\d{8})(?:T(?P<time>\d{6})(?P<utc>Z)?)?", re.ASCII)


class UnreadableRule(ValueError):
    """Raised for a calendar entry that cannot be read; the message gives the reason.

    Other entries are not affected.
    """


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An occurrence of a calendar entry.

    It either starts on a day and lasts whole days, or starts at an instant and has any length.
    """

    start: date | datetime
    length: timedelta


def occurrences(
    event: Any, start: date | datetime, length: timedelta, horizon: Horizon, zone: tzinfo, doubts: list[str]
) -> Iterator[Occurrence]:
    """Yield the occurrences of one calendar entry that may lie in the horizon (years), by start.

    Dates that the entry excludes are left out, and no start comes twice.

    Args:
        event: The entry.
        start, length: The start and the length, as the entry states them.
        zone: The time zone of the whole file.
        doubts: A list to which a sentence is added if the entry's recurrence rule does not include `start`. Such a
            `start` is an occurrence all the same (RFC 5545 §3.8.5.3).

    Raises:
        UnreadableRule: The entry cannot be read.
    """
    excluded = {as_occurrence_start(each.start, start, zone) for each in _listed(event, "EXDATE", length)}
    excluded |= set(_repeated(event, "EXRULE", start, horizon, zone, doubts))
    listed = [
        replace(each, start=as_occurrence_start(each.start, start, zone)) for each in _listed(event, "RDATE", length)
    ]
    found = {each.start: each for each in listed}
    for day in (start, *_repeated(event, "RRULE", start, horizon, zone, doubts)):
        found.setdefault(day, Occurrence(day, length))
    for each in sorted(found.values(), key=lambda one: str(one.start)):
        if each.start not in excluded and _near(each, horizon):
            yield each


def cut_to_horizon(each: Occurrence, horizon: Horizon) -> Occurrence:
    """Return the occurrence, shortened to end at most a year after the horizon (years).

    Some programs write "for ever" as the year 9999, whose last day cannot be converted to UTC.
    """
    longest = datetime(horizon.last + 2, 1, 1) - _naive(each.start)  # noqa: DTZ001 - local days
    return each if each.length <= longest else replace(each, length=longest)


def as_occurrence_start(written: date | datetime, start: date | datetime, zone: tzinfo) -> date | datetime:
    """Convert a date of a calendar entry to the form of the entry's start, so that the two can be compared.

    The result is a day if `start` is a day, else an instant.

    Args:
        written: An extra (`RDATE`) or excluded (`EXDATE`) date. Many programs write it in another form than the start.
        zone: The time zone of the whole file.
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


def _repeated(
    event: Any, key: str, start: date | datetime, horizon: Horizon, zone: tzinfo, doubts: list[str]
) -> Iterator[date | datetime]:
    """dateutil counts in naive local time, so a rule keeps its wall clock across changes of offset."""
    if key not in event:
        return
    own = start.tzinfo if isinstance(start, datetime) else None
    low, high = datetime(horizon.first, 1, 1), datetime(horizon.last, 12, 31, 23, 59, 59)  # noqa: DTZ001 - local days
    rule, count = _rule(event, key, start, zone, high)
    first = _naive(start)
    before: int | None = None  # how many of those that the entry counts came before the rule's first
    within = 0
    for number, moment in enumerate(rule):
        if before is None:
            before = 1 if key == "RRULE" and moment != first else 0
        if count is not None and number + before >= count:
            break
        if number >= MAX_STEPS:
            raise UnreadableRule(f"it repeats more than {MAX_STEPS} times since its start")
        if moment < low:
            continue
        within += 1
        if within > MAX_OCCURRENCES:
            raise UnreadableRule(f"it repeats more than {MAX_OCCURRENCES} times within the horizon")
        yield moment.replace(tzinfo=own) if isinstance(start, datetime) else moment.date()
    if low <= first <= high and (before is None or count == 0):
        raise UnreadableRule(f"the recurrence rule {_text(event, key)!r} never comes true")
    if before:
        doubts.append("begins on a day that its rule does not name: both count")


def _rule(event: Any, key: str, start: date | datetime, zone: tzinfo, high: datetime) -> tuple[Any, int | None]:
    """The rule of dateutil, which ends at `high` at the latest, and how often it may come true (None: any)."""
    if isinstance(event[key], list):
        raise UnreadableRule(f"it has {len(event[key])} recurrence rules")
    written = _text(event, key)
    if not written:
        raise UnreadableRule("the recurrence rule is empty")
    parts = [part for part in written.split(";") if part]
    count = next((part[6:] for part in parts if part.upper().startswith("COUNT=")), None)
    ends = [_until(part[6:], start, zone) for part in parts if part.upper().startswith("UNTIL=")]
    kept = [part for part in parts if not part.upper().startswith(("COUNT=", "UNTIL="))]
    if any(part.upper() in ("FREQ=SECONDLY", "FREQ=MINUTELY", "FREQ=HOURLY") for part in kept):
        raise UnreadableRule("it repeats more than once a day")
    end = min([high, *ends])
    try:
        rule = rrulestr(f"RRULE:{';'.join(kept)};UNTIL={end.year:04}{end:%m%dT%H%M%S}", dtstart=_naive(start))
        return rule, None if count is None else int(count)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UnreadableRule(f"the recurrence rule {written!r} cannot be read: {error}") from None


def _text(event: Any, key: str) -> str:
    written: str = event[key].to_ical().decode()
    return written


def _naive(start: date | datetime) -> datetime:
    return start.replace(tzinfo=None) if isinstance(start, datetime) else datetime.combine(start, time())


def _until(written: str, start: date | datetime, zone: tzinfo) -> datetime:
    """`UNTIL` in the time in which the rule is counted.

    An end in UTC is turned into the zone of the entry first, or for whole days into that of the feed: midnight in
    Sofia is 22:00 UTC of the day before, and read as local time it would cut off the last day.
    """
    match = _UNTIL.fullmatch(written)
    if match is None:
        raise UnreadableRule(f"the end of the recurrence cannot be read: UNTIL={written}")
    try:
        until = datetime.strptime(match["day"] + (match["time"] or "235959"), "%Y%m%d%H%M%S")  # noqa: DTZ007 - see below
    except ValueError as error:
        raise UnreadableRule(f"the end of the recurrence cannot be read: {error}") from None
    local = start.tzinfo if isinstance(start, datetime) else zone
    if match["utc"] and local is not None:
        until = until.replace(tzinfo=UTC).astimezone(local).replace(tzinfo=None)
    return until if isinstance(start, datetime) else datetime.combine(until, time(23, 59, 59))


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
