"""Working days of a calendar: local dates with any open time, counted in the three readings contracts use.

Conventions: `same_time`, `same_time_from_opening`, `close_of_nth_day`. A date is cut at its local midnights, so
of a shift past midnight each date has its own part, and both count as working.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from sla_domain.calendar.instant import DAY_US
from sla_domain.calendar.table import Table
from sla_domain.calendar.zone import ZoneMap


class WorkingDays(StrEnum):
    """The rule by which "n working days" after a start gives an instant."""

    SAME_TIME = "same_time"
    """Due on the nth working date after the start's date, at the start's time of day."""
    SAME_TIME_FROM_OPENING = "same_time_from_opening"
    """The same as SAME_TIME, but a start outside hours is first moved to the next opening."""
    CLOSE_OF_NTH_DAY = "close_of_nth_day"
    """Due at the last close of the nth working date after day 0. Day 0 is the first date with open time left after the
    start."""


@dataclass(frozen=True, slots=True)
class DayIndex:
    """An index of a calendar's working dates (local dates with any open time), to count working days.

    Dates are numbers of days since 1970-01-01.
    """

    table: Table
    """The calendar's open intervals."""
    zone: ZoneMap
    """The UTC offsets of the calendar's time zone."""
    unknown: int
    """The first date that `table` does not cover to its end."""
    dates: list[int]
    """The working dates that `table` covers to their end."""
    closes: list[int]
    """For each of `dates`, when its open time ends, in microseconds since 1970 UTC."""

    def target(self, at: int, count: int, mode: WorkingDays) -> int | None:
        """Return the instant that lies `count` (≥ 0) working days after the instant `at`.

        Instants are in microseconds since 1970 UTC. The result is None if the instant lies outside the time for which
        the calendar's open hours are computed.

        Args:
            at: The instant from which to count.
            mode: The rule for the time of day of the result.
        """
        match mode:
            case WorkingDays.SAME_TIME:
                return self._same_time(at, count)
            case WorkingDays.SAME_TIME_FROM_OPENING:
                opening = self.table.next_open(at)
                return None if opening is None else self._same_time(opening, count)
            case WorkingDays.CLOSE_OF_NTH_DAY:
                return self._close(at, count)
            case _:
                assert_never(mode)

    def _same_time(self, at: int, count: int) -> int | None:
        wanted = at
        if count:
            day, time_of_day = divmod(self.zone.to_local(at), DAY_US)
            index = bisect_right(self.dates, day) + count - 1
            if index >= len(self.dates):
                return None
            wanted = self.zone.to_utc(self.dates[index] * DAY_US + time_of_day)
        return wanted if self.table.is_close(wanted) else self.table.next_open(wanted)

    def _close(self, at: int, count: int) -> int | None:
        day = self._day(at)
        now, tonight = self.table.elapsed(at), self.table.elapsed(self.zone.to_utc((day + 1) * DAY_US))
        if now is None or tonight is None:
            return None
        first = bisect_left(self.dates, day) if tonight > now else bisect_right(self.dates, day)
        index = first + count
        return self.closes[index] if index < len(self.closes) else None

    def _day(self, at: int) -> int:
        return self.zone.to_local(at) // DAY_US


def index_days(table: Table, zone: ZoneMap) -> DayIndex:
    """Return the index of the working dates (local dates with any open time) of a compiled calendar.

    Args:
        zone: The UTC offsets of the calendar's time zone. They decide where a local date begins and ends.
    """
    first = zone.to_local(table.low) // DAY_US
    unknown = zone.to_local(table.high) // DAY_US
    dates: list[int] = []
    closes: list[int] = []
    start = zone.to_utc(first * DAY_US)
    for day in range(first, unknown):
        end = zone.to_utc((day + 1) * DAY_US)
        last = bisect_left(table.opens, end) - 1
        if start < end and last >= 0 and table.closes[last] > start:
            dates.append(day)
            closes.append(min(table.closes[last], end))
        start = end
    return DayIndex(table, zone, unknown, dates, closes)
