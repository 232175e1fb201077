"""An iCalendar file → rows and closings: all-day entries are days off, timed entries close hours.

How entries are read: `entry`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sla_catalogue.holiday.entry import limit_remarks, read_entries
from sla_catalogue.holiday.repeat import Occurrence
from sla_catalogue.holiday.row import FeedSpan, HolidayRow, Horizon, RowKind

MAX_DAYS = 366


@dataclass(frozen=True, slots=True)
class HolidayFeed:
    """The days off, and the closings of some hours, that an iCalendar file lists within the catalogue's years."""

    rows: tuple[HolidayRow, ...] = ()
    """The days off."""
    spans: tuple[FeedSpan, ...] = ()
    """The timed closings."""
    remarks: tuple[str, ...] = ()
    """Sentences on entries that were left out or may be misread."""


@dataclass(slots=True)
class _Found:
    """What has been read so far."""

    source: str
    horizon: Horizon
    rows: set[HolidayRow] = field(default_factory=set)
    spans: set[FeedSpan] = field(default_factory=set)
    remarks: list[str] = field(default_factory=list)


def read_feed(text: str, source: str, horizon: Horizon, skip: Collection[str] = ()) -> HolidayFeed:
    """Return the days off, and the closings of some hours, that an iCalendar text lists within the horizon (years).

    Cancelled entries are left out. Unreadable entries are left out with a remark in the result.

    Args:
        source: Where the text is from. It is kept with each day.
        skip: Names of entries to leave out. Case is ignored.

    Raises:
        BadFeed: The text is not iCalendar.
    """
    found = _Found(source, horizon)
    skipped = {name.casefold() for name in skip}
    unseen = set(skipped)

    def left_out(name: str) -> bool:
        unseen.discard(name.casefold())
        return name.casefold() in skipped

    for entry in read_entries(text, horizon, found.remarks, "closed", left_out):
        for each in entry.occurrences:
            _keep(each, entry.name, found)
    found.remarks += [
        f"skip names {name[:80]!r}, and no entry is called that" for name in skip if name.casefold() in unseen
    ]
    spans = sorted(found.spans, key=lambda span: (span.start.isoformat(), span.name))
    return HolidayFeed(tuple(sorted(found.rows)), tuple(spans), limit_remarks(found.remarks))


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


def local_span(span: FeedSpan, zone: Any) -> tuple[datetime, datetime]:
    """Return (start, end) of a closing in local time, as datetimes without a zone.

    A bound that has no zone is returned unchanged.

    Args:
        span: The closing.
        zone: The time zone to convert to.
    """

    def local(moment: datetime) -> datetime:
        return moment if moment.tzinfo is None else moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None)

    return local(span.start), local(span.end)
