"""Periods as the list's readers write them: `2026-11`, `2026-Q4`, `2026`, and `2026/27` of a contract. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sla_domain.attainment import ZoneHistory, bounds_of, parse_period

_JANUARY = date(1970, 1, 1)  # years are those of the calendar where no contract is chosen


@dataclass(frozen=True, slots=True)
class CalendarPeriod:
    """A month, quarter or year: `[start, end)` in UTC."""

    name: str
    """The period as people write it, such as `2026-Q4`."""
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class ContractCalendar:
    """By which days the periods of one contract are counted."""

    zones: ZoneHistory
    """In which time zone the contract stood when."""
    first_day: date | None
    """The day from which its contract years are counted. None if it has none."""


def calendar_period(written: str, zone: ZoneInfo, contract: ContractCalendar | None = None) -> CalendarPeriod:
    """Return the month, quarter or year that a text names, as attainment counts it.

    A year is that of the calendar, or of the contract if one is given that has a first day.

    Args:
        written: Such as `2026-11`, `2026-Q4`, `2026` or `2026/27`.
        zone: In which the period begins and ends at midnight, if no contract is given.
        contract: The one contract of which the incidents are asked for. None for several.

    Raises:
        BadPeriod: The text is no period.
    """
    first_day = None if contract is None else contract.first_day
    if first_day is None and "/" not in written:
        first_day = _JANUARY
    found = parse_period(written.strip().upper(), first_day)
    bounds = bounds_of(found, ZoneHistory(zone.key) if contract is None else contract.zones)
    return CalendarPeriod(found.label, bounds.start, bounds.end)
