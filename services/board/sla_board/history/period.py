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
    """The data of one contract from which the bounds of its months, quarters and contract years are computed."""

    zones: ZoneHistory
    """The time zones that the contract has had."""
    first_day: date | None
    """The day from which contract years are counted. None if the contract has no first day."""


def calendar_period(written: str, zone: ZoneInfo, contract: ContractCalendar | None = None) -> CalendarPeriod:
    """Return the month, quarter or year that a text names.

    A year is a contract year if `contract` has a first day. Else it is a calendar year.

    Args:
        written: Such as `2026-11`, `2026-Q4`, `2026` or `2026/27`.
        zone: The time zone of the period if no contract is given.
        contract: The calendar of the one chosen contract. None for several contracts.

    Raises:
        BadPeriod: The text names no period.
    """
    first_day = None if contract is None else contract.first_day
    if first_day is None and "/" not in written:
        first_day = _JANUARY
    found = parse_period(written.strip().upper(), first_day)
    bounds = bounds_of(found, ZoneHistory(zone.key) if contract is None else contract.zones)
    return CalendarPeriod(found.label, bounds.start, bounds.end)
