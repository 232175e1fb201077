"""Entries that stand in for occurrences of another entry: `RECURRENCE-ID` with `RANGE` (RFC 5545, 3.2.13, 3.8.4.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from sla_catalogue.holiday.repeat import Occurrence, UnreadableRule, as_occurrence_start, occurrences
from sla_catalogue.holiday.row import Horizon
from sla_catalogue.holiday.value import date_property, length_of, text_of

Start = date | datetime
THIS_AND_FUTURE = "THISANDFUTURE"


@dataclass(frozen=True, slots=True)
class Changed:
    """Which occurrences of a recurring calendar entry are replaced by other entries of the same file.

    An occurrence is identified by its start.
    """

    once: frozenset[Start]
    """Single starts."""
    since: Start | None
    """The start from which all occurrences are replaced too. None means no such start."""

    def holds(self, start: Start) -> bool:
        """Return whether another entry of the file replaces the occurrence that starts at `start`."""
        return start in self.once or (self.since is not None and start >= self.since)


@dataclass(slots=True)
class Series:
    """The entries of an iCalendar file with the same UID."""

    masters: list[Any] = field(default_factory=list)
    """The entries that replace no occurrence."""
    once: list[Start] = field(default_factory=list)
    """The starts of occurrences that another entry replaces (RECURRENCE-ID)."""
    onward: list[Start] = field(default_factory=list)
    """Those starts from which all later occurrences are changed too (THISANDFUTURE)."""

    def changed(self, start: Start, zone: tzinfo) -> Changed:
        """Return which occurrences of a recurring entry are replaced by other entries with the same UID.

        Args:
            start: When the recurring entry starts.
            zone: The time zone of the whole file.
        """
        once = frozenset(as_occurrence_start(each, start, zone) for each in self.once)
        since = min((as_occurrence_start(each, start, zone) for each in self.onward), default=None)
        return Changed(once, since)


def changes_later_ones(event: Any) -> bool:
    """Return whether a calendar entry replaces one occurrence of another entry and changes all later ones too.

    Such an entry has `RANGE=THISANDFUTURE`.

    Args:
        event: The entry.
    """
    written = event.get("RECURRENCE-ID")
    return str(getattr(written, "params", {}).get("RANGE", "")).upper() == THIS_AND_FUTURE


def series_by_uid(events: Iterable[Any]) -> dict[str, Series]:
    """Group the entries of a calendar file by UID (id in the file), cancelled ones included.

    The result is UID -> entries. Entries without a UID are under "". Only one thing is kept of entries without a UID:
    the starts of the occurrences that they replace (`once`).
    """
    found: dict[str, Series] = {}
    for event in events:
        uid = text_of(event, "UID")
        series = found.setdefault(uid, Series())
        if "RECURRENCE-ID" not in event:
            series.masters += [event] if uid else []
            continue
        try:
            start = date_property(event, "RECURRENCE-ID")
        except UnreadableRule:
            continue  # gets its remark when the entry itself is read
        series.once.append(start)
        if uid and changes_later_ones(event):
            series.onward.append(start)
    return found


def later_ones(
    event: Any, series: Series, own: Occurrence, horizon: Horizon, zone: tzinfo, doubts: list[str]
) -> Iterator[Occurrence]:
    """Yield the later occurrences that a calendar entry with `RANGE=THISANDFUTURE` moves (RFC 5545 §3.8.4.4).

    Such an entry replaces one occurrence of a recurring entry by `own`, and moves all later occurrences by the same
    wall-clock time or number of days. A moved occurrence lasts as long as `own`. The moves end at the next entry with
    `RANGE=THISANDFUTURE`. Nothing is yielded for an entry without that RANGE, or with its own recurrence rule.

    Args:
        event: The entry.
        series: All entries with the same UID.
        own: The entry's own occurrence.
        horizon: The years wanted. A year before and after may be included.
        zone: The time zone of the whole file.
        doubts: A list to which a sentence is added for anything unclear.

    Raises:
        UnreadableRule: An entry cannot be read.
    """
    first = date_property(event, "RECURRENCE-ID")
    written = str(event["RECURRENCE-ID"].params.get("RANGE", ""))
    if written and not changes_later_ones(event):
        doubts.append(f"has RANGE={written[:40]}, which RFC 5545 does not know: only this one is changed")
    if not changes_later_ones(event) or "RRULE" in event:
        return
    if not series.masters:
        doubts.append("changes all later ones of an entry that the feed does not hold: only this one is read")
    for master in series.masters:
        start = date_property(master, "DTSTART")
        begin = as_occurrence_start(first, start, zone)
        onward = (as_occurrence_start(each, start, zone) for each in series.onward)
        end = min((each for each in onward if each > begin), default=None)
        once = series.changed(start, zone).once
        moved = _as_moved(begin, own.start)
        # A move may bring an occurrence of the year after into the horizon.
        years = replace(horizon, first=horizon.first - 1, last=horizon.last + 1)
        for each in occurrences(master, start, length_of(master, start), years, zone, []):
            if begin < each.start and each.start not in once and (end is None or each.start < end):
                yield Occurrence(moved(each.start), own.length)


def _as_moved(begin: Start, start: Start) -> Callable[[Start], Start]:
    """A function that moves an occurrence as the one at `begin` was moved to `start`."""
    if isinstance(begin, datetime) and isinstance(start, datetime):
        zone = start.tzinfo

        def local(moment: Start) -> datetime:
            assert isinstance(moment, datetime)
            there = moment if zone is None or moment.tzinfo is None else moment.astimezone(zone)
            return there.replace(tzinfo=None)

        gap = local(start) - local(begin)
        return lambda each: (local(each) + gap).replace(tzinfo=zone)
    days: timedelta = _day(start) - _day(begin)
    if isinstance(start, datetime):
        clock = start.timetz()
        return lambda each: datetime.combine(_day(each) + days, clock)
    return lambda each: _day(each) + days


def _day(start: Start) -> date:
    return start.date() if isinstance(start, datetime) else start
