"""One dated row of a holiday table, and the table of one code (`PL`, `DE-BY`) over finite years."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class RowKind(StrEnum):
    """Whether a row closes a day, closes part of it, or makes it a working day."""

    CLOSED = "closed"  # no weekly hours
    HALF = "half"  # closed from `closes_at`
    WORKED = "worked"  # a transferred working day: open as on a weekday


@dataclass(frozen=True, slots=True, order=True)
class HolidayRow:
    """One day of a holiday table; the order of rows is that of their dates.

    `closes_at` counts minutes from local midnight; `source` names package and version, feed or person's reason.
    """

    date: date
    kind: RowKind
    name: str
    source: str
    closes_at: int | None = None


@dataclass(frozen=True, slots=True, order=True)
class FeedSpan:
    """A timed closing of a feed.

    Datetimes are aware; if the feed names no zone they are naive, in the zone of the calendar that uses them.
    """

    start: datetime
    end: datetime
    name: str
    source: str


@dataclass(frozen=True, slots=True, order=True)
class WorkedDay:
    """A day that was marked by hand as worked, whatever generated holidays or feeds say."""

    date: date
    reason: str


@dataclass(frozen=True, slots=True)
class HolidayTable:
    """The holidays of one code, such as `PL`, over the catalogue's years, in order of date."""

    code: str
    rows: tuple[HolidayRow, ...]
    spans: tuple[FeedSpan, ...] = ()
    worked: tuple[WorkedDay, ...] = ()  # days taken out by hand


@dataclass(frozen=True, slots=True)
class Horizon:
    """The calendar years, both inclusive, for which holidays are generated and calendars compiled."""

    first: int
    last: int

    @property
    def years(self) -> range:
        """Return the years as a range, first and last included."""
        return range(self.first, self.last + 1)

    def covers(self, day: date) -> bool:
        """Return whether the day lies in one of the years."""
        return self.first <= day.year <= self.last


DEFAULT_HORIZON = Horizon(2010, 2040)


@dataclass(frozen=True, slots=True)
class HolidayDiff:
    """The rows by which two tables of one code differ; a changed row is both removed and added."""

    code: str
    added: tuple[HolidayRow, ...]
    removed: tuple[HolidayRow, ...]

    @property
    def empty(self) -> bool:
        """Return whether the two tables do not differ."""
        return not self.added and not self.removed


def diff_rows(old: Iterable[HolidayRow], new: Iterable[HolidayRow], code: str = "") -> HolidayDiff:
    """Return by which rows two tables of a code differ in date, kind, name or hours.

    Another source alone is no difference.
    """
    before = {_effect(row): row for row in old}
    after = {_effect(row): row for row in new}
    return HolidayDiff(
        code,
        tuple(sorted(row for key, row in after.items() if key not in before)),
        tuple(sorted(row for key, row in before.items() if key not in after)),
    )


def diff_tables(old: Mapping[str, HolidayTable], new: Mapping[str, HolidayTable]) -> tuple[HolidayDiff, ...]:
    """Return by which rows two sets of tables differ, for each code that does, sorted by code.

    For instance a stored catalogue and the same files with a newer holidays package.
    """
    none = HolidayTable("", ())
    found = (diff_rows(old.get(code, none).rows, new.get(code, none).rows, code) for code in sorted({*old, *new}))
    return tuple(each for each in found if not each.empty)


def _effect(row: HolidayRow) -> tuple[date, RowKind, str, int | None]:
    return row.date, row.kind, row.name, row.closes_at
