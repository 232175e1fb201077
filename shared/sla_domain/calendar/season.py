"""Hours of a season, of a period of days, or from a day on, in place of the usual weekly hours.

A day belongs to the last season in the list that has it; a night shift belongs to the day on which it starts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sla_domain.calendar.window import Window

Week = Mapping[int, tuple[Window, ...]]
"""Weekday (0 is Monday) -> open hours; a day that is missing is closed."""


@dataclass(frozen=True, slots=True)
class Season:
    """Weekly hours that replace the usual ones from the local day `start` to before `end`."""

    weekly: Week = field(hash=False)
    """Weekday (0 is Monday) -> open hours. A missing weekday is closed."""
    start: date | None = None
    """The first local day. None means no such bound."""
    end: date | None = None
    """The first local day after the season. None means no such bound."""
    yearly: bool = False
    """Whether the season recurs each year, which needs both bounds. Only the month and day of the bounds matter then,
    and a season may span New Year."""

    def has(self, day: date) -> bool:
        """Return whether the local day lies in the season."""
        if not self.yearly or self.start is None or self.end is None:
            return (self.start is None or self.start <= day) and (self.end is None or day < self.end)
        start, end, at = ((each.month, each.day) for each in (self.start, self.end, day))
        return start <= at < end if start <= end else at >= start or at < end

    def __str__(self) -> str:
        form = "%m-%d" if self.yearly else "%Y-%m-%d"
        start, end = (f"{each:{form}}" if each is not None else "" for each in (self.start, self.end))
        return f"{start} to {end}"


def week_on(weekly: Week, seasons: Sequence[Season], day: date) -> Week:
    """Return the hours per weekday (0 is Monday) that apply on a local day.

    They are the hours of the last season in the list that includes the day. Without such a season they are `weekly`. A
    missing weekday is closed.
    """
    return next((season.weekly for season in reversed(seasons) if season.has(day)), weekly)
