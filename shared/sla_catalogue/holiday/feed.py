"""An iCalendar file → rows and closings (RFC 5545): all-day entries are days off, timed entries close hours.

All-day `DTEND` is exclusive and may be absent; a `VALUE=DATE` is a local date and is never shifted through a zone;
`RRULE`, `RDATE` and `EXDATE` are expanded over the horizon only (see `repeat`). Feeds are written by many programs,
so what can be read is read: an entry that cannot be is left out and named in a remark.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import islice
from typing import Any

from icalendar import Calendar

from sla_catalogue.holiday.override import Series, changes_later_ones, each_series, later_ones
from sla_catalogue.holiday.repeat import Occurrence, UnreadableRule, occurrences
from sla_catalogue.holiday.row import FeedSpan, HolidayRow, Horizon, RowKind
from sla_catalogue.holiday.tidy import UNREADABLE, BadFeed, tidy
from sla_catalogue.holiday.value import length_of, single, text_of
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
    series = each_series(events)
    for event in events:
        name = text_of(event, "SUMMARY") or "closed"
        if name.casefold() in skip:
            unseen.discard(name.casefold())
            continue
        if text_of(event, "STATUS").upper() == "CANCELLED":
            continue
        try:
            _read_event(event, name, series, found)
        except UnreadableRule as error:
            found.remarks.append(f"the entry {_label(event, name)} {_left_out(event)}: {error}")
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
            # Whatever a program has written: one entry of a feed never costs the others.
            reason = f"{type(error).__name__} {error}"
            found.remarks.append(f"the entry {_label(event, name)} {_left_out(event)}: {reason}")


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


def _read_event(event: Any, name: str, series: Mapping[str, Series], found: _Found) -> None:
    for property_, reason in event.errors:
        if property_ in _NEEDED:
            raise UnreadableRule(f"{property_} cannot be read ({reason})")
    start = single(event, "DTSTART")
    length = length_of(event, start)
    if _unknown_zone(event, start):
        written = event["DTSTART"].params.get("TZID")
        found.remarks.append(f"the entry {_label(event, name)} names the unknown zone {written!r}: read as local time")
    doubts: list[str] = []
    own = series[text_of(event, "UID")]
    if "RECURRENCE-ID" in event:
        each_one = [*occurrences(event, start, length, found.horizon, found.zone, doubts)]
        each_one += later_ones(event, own, Occurrence(start, length), found.horizon, found.zone, doubts)
    else:
        changed = own.changed(start, found.zone)
        usual = occurrences(event, start, length, found.horizon, found.zone, doubts)
        each_one = [each for each in usual if not changed.holds(each.start)]
    for each in each_one:
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


def _unknown_zone(event: Any, start: date | datetime) -> bool:
    return isinstance(start, datetime) and start.tzinfo is None and "TZID" in event["DTSTART"].params


def _left_out(event: Any) -> str:
    return "and all later ones, which it changes, are left out" if changes_later_ones(event) else "is left out"


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
