"""The entries of an iCalendar file (RFC 5545), one by one: when each takes place, and what it is called.

All-day `DTEND` is exclusive and may be absent; a `VALUE=DATE` is a local date and is never shifted through a zone;
`RRULE`, `RDATE` and `EXDATE` are expanded over the horizon only (see `repeat`). Feeds are written by many programs,
so what can be read is read: an entry that cannot be is left out and named in a remark.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from itertools import islice
from typing import Any

from icalendar import Calendar

from sla_catalogue.holiday.override import Series, changes_later_ones, later_ones, series_by_uid
from sla_catalogue.holiday.repeat import Occurrence, UnreadableRule, cut_to_horizon, occurrences
from sla_catalogue.holiday.row import Horizon
from sla_catalogue.holiday.tidy import UNREADABLE, BadFeed, split_feed
from sla_catalogue.holiday.value import date_property, length_of, text_of
from sla_domain.calendar import load_zone
from sla_domain.errors import UnknownZone

MAX_EVENTS = 20_000
MAX_REMARKS = 20
_NEEDED = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID")


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One entry of an iCalendar file: its name, and when it takes place."""

    name: str
    event: Any
    """The entry as the library `icalendar` reads it."""
    zone: tzinfo
    """The time zone of the whole file."""
    occurrences: tuple[Occurrence, ...]
    """The occurrences within the horizon (the catalogue's years)."""
    label: str
    """The entry's name and start as text for remarks."""


def read_entries(
    text: str, horizon: Horizon, remarks: list[str], unnamed: str, skip: Callable[[str], bool] = lambda _: False
) -> Iterator[FeedEntry]:
    """Yield the entries of an iCalendar text, with their occurrences within the horizon (years).

    Entries that are cancelled, skipped or unreadable are left out.

    Args:
        remarks: A list to which a sentence is added for each entry that cannot be read or is ambiguous.
        unnamed: The name for entries without one.
        skip: Function that takes the name of an entry and returns whether to skip the entry.

    Raises:
        BadFeed: The text is not iCalendar.
    """
    texts, more = split_feed(text)
    remarks += more
    for each in texts:
        yield from _of_calendar(_calendar(each), horizon, remarks, unnamed, skip)


def _of_calendar(
    calendar: Any, horizon: Horizon, remarks: list[str], unnamed: str, skip: Callable[[str], bool]
) -> Iterator[FeedEntry]:
    zone = _zone(calendar)
    events = _events(calendar)
    series = series_by_uid(events)
    for event in events:
        name = text_of(event, "SUMMARY") or unnamed
        if skip(name) or text_of(event, "STATUS").upper() == "CANCELLED":
            continue
        label = _label(event, name)
        try:
            found = _occurrences(event, label, series[text_of(event, "UID")], zone, horizon, remarks)
        except UnreadableRule as error:
            remarks.append(f"the entry {label} {_left_out(event)}: {error}")
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
            # A feed may hold anything: an unreadable entry must not make the others fail.
            remarks.append(f"the entry {label} {_left_out(event)}: {type(error).__name__} {error}")
        else:
            yield FeedEntry(name, event, zone, tuple(found), label)


def _occurrences(
    event: Any, label: str, own: Series, zone: tzinfo, horizon: Horizon, remarks: list[str]
) -> list[Occurrence]:
    for property_, reason in event.errors:
        if property_ in _NEEDED:
            raise UnreadableRule(f"{property_} cannot be read ({reason})")
    start = date_property(event, "DTSTART")
    length = length_of(event, start)
    if _unknown_zone(event, start):
        written = event["DTSTART"].params.get("TZID")
        remarks.append(f"the entry {label} names the unknown zone {written!r}: read as local time")
    doubts: list[str] = []
    if "RECURRENCE-ID" in event:
        found = [*occurrences(event, start, length, horizon, zone, doubts)]
        found += later_ones(event, own, Occurrence(start, length), horizon, zone, doubts)
    else:
        changed = own.changed(start, zone)
        usual = occurrences(event, start, length, horizon, zone, doubts)
        found = [each for each in usual if not changed.holds(each.start)]
    remarks += [f"the entry {label} {doubt}" for doubt in doubts]
    return [cut_to_horizon(each, horizon) for each in found]


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


def limit_remarks(remarks: list[str]) -> tuple[str, ...]:
    """Return the first 20 remarks (MAX_REMARKS).

    If there are more, the last text is such as `and 7 more entries`.
    """
    more = len(remarks) - MAX_REMARKS
    return (*remarks[:MAX_REMARKS], f"and {more} more entries") if more > 0 else tuple(remarks)
