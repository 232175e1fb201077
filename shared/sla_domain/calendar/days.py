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
    """How "n working days" after a start are counted.

    SAME_TIME: due on the nth working date after the start's date, at the start's time of day.
    SAME_TIME_FROM_OPENING: the same, with a start outside hours moved to the next opening first.
    CLOSE_OF_NTH_DAY: day 0 is the first date with open time left after the start. Due at the last close of the nth
    working date after day 0.
    """

    SAME_TIME = "same_time"  # the nth working date after the start date, at the start's time of day
    SAME_TIME_FROM_OPENING = "same_time_from_opening"  # the same, counted from the next opening
    CLOSE_OF_NTH_DAY = "close_of_nth_day"  # the last close of the nth working date after the first one usable


@dataclass(frozen=True, slots=True)
class DayIndex:
    """An index of a calendar's working dates (local dates with any open time), to count working days.

    Dates are numbers of days since 1970-01-01.
    `table`: the calendar's open intervals.
    `zone`: the UTC offsets of the calendar's time zone.
    `dates`: the working dates that `table` covers to their end.
    `closes`: for each of `dates`, when its open time ends, in microseconds since 1970 UTC.
    `unknown`: the first date that `table` does not cover to its end.
    """

    table: Table
    zone: ZoneMap
    unknown: int  # the first date that does not
    dates: list[int]
    closes: list[int]  # the end of the date's open time, cut at its midnight

    def target(self, at: int, count: int, mode: WorkingDays) -> int | None:
        """Return the instant that lies `count` (≥ 0) working days after the instant `at`.

        `at` and the result are microseconds since 1970 UTC. `mode` decides the time of day of the result:
        SAME_TIME: the time of day of `at`.
        SAME_TIME_FROM_OPENING: the same, with an `at` outside hours moved to the next opening first.
        CLOSE_OF_NTH_DAY: the last close of the day.
        None if the result lies outside the span for which `table` is compiled.
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

    `zone`: the UTC offsets of the calendar's time zone. They decide where a local date begins and ends.
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
