"""An iCalendar file → rows and closings (RFC 5545): all-day entries are days off, timed entries close hours.

All-day `DTEND` is exclusive and may be absent; a `VALUE=DATE` is a local date and is never shifted through a zone;
`RRULE`, `RDATE` and `EXDATE` are expanded over the horizon only (see `repeat`). Feeds are written by many programs,
so what can be read is read: an entry that cannot be is left out and named in a remark.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import islice
from typing import Any

from icalendar import Calendar, vBroken

from sla_catalogue.holiday.repeat import Occurrence, UnreadableRule, as_occurrence_start, occurrences
from sla_catalogue.holiday.row import FeedSpan, HolidayRow, Horizon, RowKind
from sla_catalogue.holiday.tidy import UNREADABLE, BadFeed, tidy
from sla_domain.calendar import load_zone
from sla_domain.errors import UnknownZone

MAX_EVENTS = 20_000
MAX_DAYS = 366
MAX_REMARKS = 20
_NEEDED = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID")


@dataclass(frozen=True, slots=True)
class HolidayFeed:
    """The days off (`rows`) and timed closings (`spans`) of a feed within the horizon (the catalogue's years).

    `remarks`: entries that were left out, or were read in a way that may be wrong.
    """

    rows: tuple[HolidayRow, ...] = ()
    spans: tuple[FeedSpan, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(slots=True)
class _Found:
    """What has been read so far."""

    source: str
    horizon: Horizon
    zone: tzinfo = UTC
    rows: set[HolidayRow] = field(default_factory=set)
    spans: set[FeedSpan] = field(default_factory=set)
    remarks: list[str] = field(default_factory=list)


def read_feed(text: str, source: str, horizon: Horizon, skip: Collection[str] = ()) -> HolidayFeed:
    """Return the days off and closings of an iCalendar text within the horizon (years).

    `source`: where the text is from; kept with each day. `skip`: names of entries to leave out, in any case of letters.
    Cancelled entries are left out too, and so are those that cannot be read, with a remark. Raises BadFeed for a text
    that is no iCalendar.
    """
    texts, remarks = tidy(text)
    found = _Found(source, horizon, remarks=remarks)
    skipped = {name.casefold() for name in skip}
    unseen = set(skipped)
    for each in texts:
        _read_calendar(_calendar(each), skipped, unseen, found)
    remarks += [f"skip names {name[:80]!r}, and no entry is called that" for name in skip if name.casefold() in unseen]
    spans = sorted(found.spans, key=lambda span: (span.start.isoformat(), span.name))
    return HolidayFeed(tuple(sorted(found.rows)), tuple(spans), _few(found.remarks))


def _read_calendar(calendar: Any, skip: Collection[str], unseen: set[str], found: _Found) -> None:
    found.zone = _zone(calendar)
    events = _events(calendar)
    moved = _moved(events)
    for event in events:
        name = _text(event, "SUMMARY") or "closed"
        if name.casefold() in skip:
            unseen.discard(name.casefold())
            continue
        if _text(event, "STATUS").upper() == "CANCELLED":
            continue
        try:
            _read_event(event, name, moved, found)
        except UnreadableRule as error:
            found.remarks.append(f"the entry {_label(event, name)} is left out: {error}")
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
            # Whatever a program has written: one entry of a feed never costs the others.
            found.remarks.append(f"the entry {_label(event, name)} is left out: {type(error).__name__} {error}")


def _calendar(text: str) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of zones with a program's name before theirs, and reads them
            return Calendar.from_ical(text)
    except UNREADABLE as error:
        raise BadFeed(f"this is no iCalendar: {error}") from None


def _events(calendar: Any) -> list[Any]:
    events = list(islice(calendar.walk("VEVENT"), MAX_EVENTS + 1))
    if len(events) > MAX_EVENTS:
        raise BadFeed(f"the feed holds more than {MAX_EVENTS} entries")
    return events


def _zone(calendar: Any) -> tzinfo:
    """The one zone of a feed, as most programs write it; UTC for a feed without one, or with several."""
    names = {str(zone.get("TZID", "")) for zone in calendar.walk("VTIMEZONE")}
    name = str(calendar.get("X-WR-TIMEZONE", "")) or (names.pop() if len(names) == 1 else "")
    try:
        return load_zone(name) if name else UTC
    except UnknownZone:
        return UTC


def _read_event(event: Any, name: str, moved: Collection[tuple[str, Any]], found: _Found) -> None:
    for property_, reason in event.errors:
        if property_ in _NEEDED:
            raise UnreadableRule(f"{property_} cannot be read ({reason})")
    start = _single(event, "DTSTART")
    length = _length(event, start)
    if _unknown_zone(event, start):
        written = event["DTSTART"].params.get("TZID")
        found.remarks.append(f"the entry {_label(event, name)} names the unknown zone {written!r}: read as local time")
    uid = _text(event, "UID")
    moves = "RECURRENCE-ID" in event
    if moves and "RANGE" in event["RECURRENCE-ID"].params:
        found.remarks.append(f"the entry {_label(event, name)} says that all later ones change: only this one is moved")
    gone = {as_occurrence_start(each, start, found.zone) for of, each in moved if of == uid}
    doubts: list[str] = []
    for each in occurrences(event, start, length, found.horizon, found.zone, doubts):
        if not moves and each.start in gone:
            continue
        _keep(each, name, found)
    found.remarks += [f"the entry {_label(event, name)} {doubt}" for doubt in doubts]


def _keep(each: Occurrence, name: str, found: _Found) -> None:
    if isinstance(each.start, datetime):
        if each.length > timedelta() and found.horizon.covers(each.start):
            found.spans.add(FeedSpan(each.start, each.start + each.length, name, found.source))
        return
    for day in _days(each.start, each.length, found.horizon):
        found.rows.add(HolidayRow(day, RowKind.CLOSED, name, found.source))


def _days(start: date, length: timedelta, horizon: Horizon) -> Iterator[date]:
    for step in range(min(max(length.days, 1), MAX_DAYS)):
        day = start + timedelta(days=step)
        if horizon.covers(day):
            yield day


# -- one value ---------------------------------------------------------------------------------------------


def _single(event: Any, key: str) -> date | datetime:
    """The instant or day of a property. `VALUE=DATE` makes a day of it, though a time was written beside.

    Raises Unreadable.
    """
    written = event.get(key)
    if written is None:
        raise UnreadableRule(f"it has no {key}")
    if isinstance(written, list):
        raise UnreadableRule(f"it has {len(written)} {key}")
    value = None if isinstance(written, vBroken) else getattr(written, "dt", None)
    if isinstance(value, datetime) and written.params.get("VALUE") == "DATE":
        return value.date()
    if isinstance(value, date):
        return value
    raise UnreadableRule(f"{key} is neither a day nor an instant")


def _length(event: Any, start: date | datetime) -> timedelta:
    """How long the entry lasts; a day without a usable end lasts one day, an instant without one lasts nothing."""
    usual = timedelta() if isinstance(start, datetime) else timedelta(days=1)
    if "DTEND" in event:
        length = _between(start, _single(event, "DTEND"))
    elif "DURATION" in event:
        length = event.decoded("DURATION")
    else:
        return usual
    if not isinstance(length, timedelta):
        raise UnreadableRule("DURATION is no duration")
    return length if length > timedelta() else usual


def _between(start: date | datetime, end: date | datetime) -> timedelta:
    """From start to end, also where one is a day and the other an instant, or only one of them has a zone."""
    if not isinstance(start, datetime):
        if not isinstance(end, datetime):
            return end - start
        whole = end.date() - start  # an end at midnight is exclusive, a later one belongs to its day
        return whole + timedelta(days=1) if end.time() > time() else whole
    if not isinstance(end, datetime):
        end = datetime.combine(end, time(), start.tzinfo)
    if (start.tzinfo is None) != (end.tzinfo is None):
        end = end.replace(tzinfo=start.tzinfo)
    return end - start


def _unknown_zone(event: Any, start: date | datetime) -> bool:
    return isinstance(start, datetime) and start.tzinfo is None and "TZID" in event["DTSTART"].params


def _moved(events: list[Any]) -> set[tuple[str, date | datetime]]:
    """Which occurrences of which entries another entry stands in for."""
    found = set()
    for event in events:
        if "RECURRENCE-ID" in event:
            try:
                found.add((_text(event, "UID"), _single(event, "RECURRENCE-ID")))
            except UnreadableRule:
                continue  # gets its remark when the entry itself is read
    return found


def _text(event: Any, key: str) -> str:
    written = event.get(key, "")
    return str(written[0] if isinstance(written, list) and written else written).strip()


def _label(event: Any, name: str) -> str:
    start = event.get("DTSTART")
    try:
        written = start.to_ical().decode("utf-8", "replace") if start is not None else ""
    except (ValueError, TypeError, AttributeError):
        written = ""
    return f"{name[:80]!r} ({written[:40]})" if written else repr(name[:80])


def _few(remarks: list[str]) -> tuple[str, ...]:
    more = len(remarks) - MAX_REMARKS
    return (*remarks[:MAX_REMARKS], f"and {more} more entries") if more > 0 else tuple(remarks)


def local_span(span: FeedSpan, zone: Any) -> tuple[datetime, datetime]:
    """Return (start, end) of a closing in wall-clock time of the time zone `zone`, as datetimes without a zone.

    A start or end that has no zone is returned as it is.
    """

    def local(moment: datetime) -> datetime:
        return moment if moment.tzinfo is None else moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None)

    return local(span.start), local(span.end)
