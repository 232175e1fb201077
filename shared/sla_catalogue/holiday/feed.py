"""An iCalendar file → rows and closings (RFC 5545): all-day entries are days off, timed entries close hours.

All-day `DTEND` is exclusive and may be absent; a `VALUE=DATE` is a local date and is never shifted through a zone;
`RRULE`, `RDATE` and `EXDATE` are expanded over the horizon only. Raises `BadFeed`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any

from dateutil.rrule import rrulestr  # type: ignore[import-untyped]  # it ships no types
from icalendar import Calendar

from sla_catalogue.holiday.row import FeedSpan, HolidayRow, Horizon, RowKind

MAX_EVENTS = 20_000
MAX_OCCURRENCES = 5_000
MAX_DAYS = 366


class BadFeed(ValueError):
    """The text is no iCalendar slad can use; the message says why."""


def read_feed(
    text: str, source: str, horizon: Horizon, skip: Collection[str] = ()
) -> tuple[tuple[HolidayRow, ...], tuple[FeedSpan, ...]]:
    """Rows and timed closings within the horizon; entries whose name is in `skip`, and cancelled ones, are left out."""
    rows: set[HolidayRow] = set()
    spans: set[FeedSpan] = set()
    events = _events(text)
    moved = {
        (str(event.get("UID", "")), _value(event, "RECURRENCE-ID")) for event in events if "RECURRENCE-ID" in event
    }
    skipped = {name.casefold() for name in skip}
    for event in events:
        name = str(event.get("SUMMARY", "")).strip() or "closed"
        if str(event.get("STATUS", "")).upper() == "CANCELLED" or name.casefold() in skipped:
            continue
        length = _length(event)
        for start in _starts(event, horizon, moved):
            if isinstance(start, datetime):
                spans.add(FeedSpan(start, start + length, name, source))
            else:
                rows.update(HolidayRow(day, RowKind.CLOSED, name, source) for day in _days(start, length, horizon))
    return tuple(sorted(rows)), tuple(sorted(spans, key=lambda span: (span.start.isoformat(), span.name)))


def _events(text: str) -> list[Any]:
    try:
        calendar = Calendar.from_ical(text)
        events = list(islice(calendar.walk("VEVENT"), MAX_EVENTS + 1))
    except (ValueError, IndexError, KeyError) as error:
        raise BadFeed(f"this is no iCalendar: {error}") from None
    if len(events) > MAX_EVENTS:
        raise BadFeed(f"the feed holds more than {MAX_EVENTS} entries")
    return events


def _value(event: Any, key: str) -> date | datetime:
    value: date | datetime = event.decoded(key)
    return value


def _length(event: Any) -> timedelta:
    if "DTSTART" not in event:
        raise BadFeed("an entry has no DTSTART")
    start = _value(event, "DTSTART")
    if "DTEND" in event:
        length: timedelta = _value(event, "DTEND") - start
    elif "DURATION" in event:
        length = event.decoded("DURATION")
    else:
        length = timedelta() if isinstance(start, datetime) else timedelta(days=1)
    whole_day = not isinstance(start, datetime)
    if length < timedelta() or (whole_day and length == timedelta()):
        length = timedelta(days=1) if whole_day else timedelta()
    return length


def _starts(event: Any, horizon: Horizon, moved: Collection[tuple[str, Any]]) -> Iterator[date | datetime]:
    start = _value(event, "DTSTART")
    uid = str(event.get("UID", ""))
    excluded = set(_listed(event, "EXDATE"))
    found = set(_repeated(event, start, horizon)) if "RRULE" in event else {start}
    for occurrence in sorted(found | set(_listed(event, "RDATE")), key=str):
        if occurrence in excluded or ("RECURRENCE-ID" not in event and (uid, occurrence) in moved):
            continue
        if horizon.covers(occurrence) and _length(event):
            yield occurrence


def _repeated(event: Any, start: date | datetime, horizon: Horizon) -> Iterator[date | datetime]:
    """dateutil counts in naive local time, so a rule keeps its wall clock across changes of offset."""
    zone = start.tzinfo if isinstance(start, datetime) else None
    first = start.replace(tzinfo=None) if isinstance(start, datetime) else datetime.combine(start, time())
    text = "RRULE:" + event["RRULE"].to_ical().decode()
    try:
        rule = rrulestr(_naive_until(text), dtstart=first)
    except (ValueError, TypeError) as error:
        raise BadFeed(f"the recurrence rule cannot be read: {error}") from None
    low, high = datetime(horizon.first, 1, 1), datetime(horizon.last, 12, 31, 23, 59, 59)  # noqa: DTZ001 - local days
    for number, moment in enumerate(rule.xafter(low, inc=True)):
        if moment > high:
            return
        if number >= MAX_OCCURRENCES:
            raise BadFeed(f"one entry repeats more than {MAX_OCCURRENCES} times within the horizon")
        yield moment.replace(tzinfo=zone) if isinstance(start, datetime) else moment.date()


def _naive_until(rule: str) -> str:
    """dateutil refuses an UNTIL in UTC beside a naive start; the day is what matters here."""
    parts = [part.removesuffix("Z") if part.startswith("UNTIL=") else part for part in rule.split(";")]
    head, *rest = parts
    prefix, _, first = head.partition(":")
    return ";".join([f"{prefix}:{first.removesuffix('Z') if first.startswith('UNTIL=') else first}", *rest])


def _listed(event: Any, key: str) -> Iterator[date | datetime]:
    content = event.get(key, [])
    for group in content if isinstance(content, list) else [content]:
        for entry in group.dts:
            yield entry.dt


def _days(start: date, length: timedelta, horizon: Horizon) -> Iterator[date]:
    for step in range(min(length.days, MAX_DAYS)):
        day = start + timedelta(days=step)
        if horizon.covers(day):
            yield day


def local_span(span: FeedSpan, zone: Any) -> tuple[datetime, datetime]:
    """The span in wall-clock time of a calendar's zone."""

    def local(moment: datetime) -> datetime:
        return moment if moment.tzinfo is None else moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None)

    return local(span.start), local(span.end)
