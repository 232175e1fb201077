"""One dated row of a holiday table, and the table of one code (`PL`, `DE-BY`) over finite years."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class RowKind(StrEnum):
    """The kinds of days in a holiday table."""

    CLOSED = "closed"
    """Closed all day."""
    HALF = "half"
    """Closed from `closes_at` on."""
    WORKED = "worked"
    """A weekend day that is worked like a weekday."""


@dataclass(frozen=True, slots=True, order=True)
class HolidayRow:
    """One day of a holiday table. Days are ordered by date."""

    date: date
    kind: RowKind
    name: str
    source: str
    """Where the day comes from: package and version, calendar file, or the reason given by hand."""
    closes_at: int | None = None
    """For a half day, the minutes from local midnight at which it closes. None for any other day."""


@dataclass(frozen=True, slots=True, order=True)
class FeedSpan:
    """A span of time that is closed (not worked) because of an entry of a calendar file."""

    start: datetime
    """The start. With a time zone if the file names one, else in the zone of the calendar that uses the span."""
    end: datetime
    """The end. With a time zone if the file names one, else in the zone of the calendar that uses the span."""
    name: str
    """Name of the entry."""
    source: str
    """The calendar file."""


@dataclass(frozen=True, slots=True, order=True)
class WorkedDay:
    """A holiday that was changed to a working day by hand, with the reason."""

    date: date
    reason: str


@dataclass(frozen=True, slots=True)
class HolidayTable:
    """The holidays of a country or subdivision, named by its code, such as `PL`, over the catalogue's years."""

    code: str
    rows: tuple[HolidayRow, ...]
    """The days, in order of date."""
    spans: tuple[FeedSpan, ...] = ()
    """Closings from calendar files, of any length."""
    worked: tuple[WorkedDay, ...] = ()
    """Holidays that were removed by hand."""


@dataclass(frozen=True, slots=True)
class Horizon:
    """The years, both included, for which holidays are generated and calendars compiled."""

    first: int
    last: int

    @property
    def years(self) -> range:
        """Return the years as a range, both included."""
        return range(self.first, self.last + 1)

    def covers(self, day: date) -> bool:
        """Return whether the day lies in these years."""
        return self.first <= day.year <= self.last


DEFAULT_HORIZON = Horizon(2010, 2040)


@dataclass(frozen=True, slots=True)
class HolidayDiff:
    """The days by which two holiday tables of one code differ.

    A changed day is in `removed` and in `added`.
    """

    code: str
    added: tuple[HolidayRow, ...]
    removed: tuple[HolidayRow, ...]

    @property
    def empty(self) -> bool:
        """Return whether the two holiday tables have the same days."""
        return not self.added and not self.removed


def diff_rows(old: Iterable[HolidayRow], new: Iterable[HolidayRow], code: str = "") -> HolidayDiff:
    """Return which days were added and removed between two holiday tables, `old` and `new`.

    The days are in order of date. A day whose kind, name or closing time changed is both added and removed. A different
    source alone is no difference.

    Args:
        code: Code of the tables, such as `PL`, for the result.
    """
    before = {_effect(row): row for row in old}
    after = {_effect(row): row for row in new}
    return HolidayDiff(
        code,
        tuple(sorted(row for key, row in after.items() if key not in before)),
        tuple(sorted(row for key, row in before.items() if key not in after)),
    )


def diff_tables(old: Mapping[str, HolidayTable], new: Mapping[str, HolidayTable]) -> tuple[HolidayDiff, ...]:
    """Return the differences between two sets of holiday tables, one for each code that differs.

    The result is sorted by code. It shows what a newer `holidays` package changes.

    Args:
        old, new: Code -> table. A missing table is treated as empty.
    """
    none = HolidayTable("", ())
    found = (diff_rows(old.get(code, none).rows, new.get(code, none).rows, code) for code in sorted({*old, *new}))
    return tuple(each for each in found if not each.empty)


def _effect(row: HolidayRow) -> tuple[date, RowKind, str, int | None]:
    return row.date, row.kind, row.name, row.closes_at
