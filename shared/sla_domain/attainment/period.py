"""Months, quarters and contract years: how they are written, and which instants they hold in a contract's zone.

A period is a range of local days. It begins at the midnight of its first day, in the zone that the contract has then;
so each instant lies in exactly one period of a kind, even where a contract changes its zone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sla_domain.calendar import load_zone, local_instant
from sla_domain.errors import BadPeriod
from sla_domain.ledger.period import months_later
from sla_domain.objective import PeriodKind

_FIRST_YEAR, _LAST_YEAR = 1970, 2199
_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_QUARTER = re.compile(r"(\d{4})-[Qq]([1-4])", re.ASCII)
_YEAR = re.compile(r"(\d{4})(?:/(\d{2}|\d{4}))?", re.ASCII)
_HOW = "write a month as 2026-11, a quarter as 2026-Q4 or a contract year as 2026/27"
_LENGTH = {PeriodKind.MONTH: 1, PeriodKind.QUARTER: 3, PeriodKind.CONTRACT_YEAR: 12}


@dataclass(frozen=True, slots=True)
class AttainmentPeriod:
    """A month, quarter or contract year, as a range of local days."""

    kind: PeriodKind
    first: date
    """The first day of the period."""
    end: date
    """The first day after the period."""
    anchor: date | None = None
    """The contract's first day, from which contract years are counted. None for months and quarters."""

    @property
    def label(self) -> str:
        """Return the text form of the period, which `parse_period` reads: `2026-11`, `2026-Q4` or `2026/27`.

        A contract year that begins on 1 January is written as `2026`.
        """
        year = f"{self.first.year:04}"
        match self.kind:
            case PeriodKind.MONTH:
                return f"{year}-{self.first.month:02}"
            case PeriodKind.QUARTER:
                return f"{year}-Q{(self.first.month + 2) // 3}"
            case PeriodKind.CONTRACT_YEAR:
                whole = (self.first.month, self.first.day) == (1, 1)
                return year if whole else f"{year}/{self.end.year % 100:02}"

    def next(self) -> AttainmentPeriod:
        """Return the period of the same kind that begins when this one ends."""
        return self._moved(1)

    def previous(self) -> AttainmentPeriod:
        """Return the period of the same kind that ends when this one begins."""
        return self._moved(-1)

    def _moved(self, by: int) -> AttainmentPeriod:
        if self.anchor is not None:
            return _contract_year(self.anchor, self._ordinal + by)
        months = _LENGTH[self.kind]
        first = months_later(self.first, by * months)
        return AttainmentPeriod(self.kind, first, months_later(first, months))

    @property
    def _ordinal(self) -> int:
        """The number of a contract year, from 0; an anchor of 29 February moves the day, never the year."""
        assert self.anchor is not None
        return self.first.year - self.anchor.year


@dataclass(frozen=True, slots=True)
class ZoneHistory:
    """The time zones that a contract has had, with the instants at which they changed."""

    first: str
    """The first time zone (IANA name)."""
    changes: tuple[tuple[datetime, str], ...] = ()
    """Pairs of an instant and the zone from this instant on, earliest first."""

    def at(self, instant: datetime) -> str:
        """Return the contract's time zone (IANA name) at an instant."""
        zone = self.first
        for since, name in self.changes:
            if since <= instant:
                zone = name
        return zone

    def midnight(self, day: date) -> datetime:
        """Return the instant (UTC) at which a local day begins.

        The day begins at midnight in the time zone that the contract has on that day.
        """
        wall = datetime.combine(day, time())
        zone = self.at(wall.replace(tzinfo=UTC))
        at = local_instant(wall, zone)
        then = self.at(at)
        return at if then == zone else local_instant(wall, then)


@dataclass(frozen=True, slots=True)
class PeriodBounds:
    """The instants at which a period begins and ends, as aware datetimes in UTC."""

    start: datetime
    end: datetime
    """The first instant after the period."""
    zones: tuple[str, ...]
    """The contract's time zones within the period, in order. There are several if the zone changed."""

    def hold(self, at: datetime) -> bool:
        """Return whether the instant `at` lies in the period."""
        return self.start <= at < self.end


def bounds_of(period: AttainmentPeriod, zones: ZoneHistory) -> PeriodBounds:
    """Return the instants at which a period begins and ends.

    Args:
        zones: The time zones that the contract has had.
    """
    start, end = zones.midnight(period.first), zones.midnight(period.end)
    named = [zones.at(start), *(zone for since, zone in zones.changes if start < since < end)]
    return PeriodBounds(start, end, tuple(dict.fromkeys(named)))


def parse_period(text: str, first_day: date | None = None) -> AttainmentPeriod:
    """Return the period that a text names.

    Examples are `2026-11`, `2026-Q4`, and `2026/27` for the contract year that began in 2026.

    Args:
        first_day: The contract's first day, from which contract years are counted. None if the contract has none.

    Raises:
        BadPeriod: The text names no period. The error's message says what to write instead.
    """
    written = text.strip()
    if (month := _MONTH.fullmatch(written)) is not None:
        year, number = _year(written, month.group(1)), int(month.group(2))
        if not 1 <= number <= 12:
            raise BadPeriod(f"{written!r} is no month: {_HOW}")
        return period_of(PeriodKind.MONTH, date(year, number, 1))
    if (quarter := _QUARTER.fullmatch(written)) is not None:
        year = _year(written, quarter.group(1))
        return period_of(PeriodKind.QUARTER, date(year, 3 * int(quarter.group(2)) - 2, 1))
    if (whole := _YEAR.fullmatch(written)) is not None:
        year = _year(written, whole.group(1))
        ends = whole.group(2)
        if ends is not None and (year + 1) % 10 ** len(ends) != int(ends):
            raise BadPeriod(f"{written!r} is no contract year: {_HOW}")
        return _named_year(written, year, first_day)
    raise BadPeriod(f"{written!r} is no period: {_HOW}")


def period_of(kind: PeriodKind, day: date, first_day: date | None = None) -> AttainmentPeriod:
    """Return the period of a kind that contains a local day.

    Args:
        first_day: The contract's first day, from which contract years are counted.

    Raises:
        BadPeriod: The kind is a contract year, and `first_day` is None.
    """
    if kind is PeriodKind.CONTRACT_YEAR:
        anchor = _anchor(first_day)
        number = day.year - anchor.year
        found = _contract_year(anchor, number)
        return found if found.first <= day else _contract_year(anchor, number - 1)
    months = _LENGTH[kind]
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    return AttainmentPeriod(kind, first, months_later(first, months))


def period_at(kind: PeriodKind, at: datetime, zones: ZoneHistory, first_day: date | None = None) -> AttainmentPeriod:
    """Return the period of a kind that contains an instant.

    Args:
        zones: The time zones that the contract has had.
        first_day: The contract's first day, from which contract years are counted.

    Raises:
        BadPeriod: The kind is a contract year, and `first_day` is None.
    """
    found = period_of(kind, at.astimezone(load_zone(zones.at(at))).date(), first_day)
    while bounds_of(found, zones).start > at:  # only where the zone changes about a boundary
        found = found.previous()
    while bounds_of(found, zones).end <= at:
        found = found.next()
    return found


def _year(written: str, digits: str) -> int:
    year = int(digits)
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise BadPeriod(f"{written!r} is out of reach: a year lies between {_FIRST_YEAR} and {_LAST_YEAR}")
    return year


def _named_year(written: str, year: int, first_day: date | None) -> AttainmentPeriod:
    anchor = _anchor(first_day)
    if year < anchor.year:
        raise BadPeriod(f"{written!r} lies before the contract, which begins on {anchor}")
    return _contract_year(anchor, year - anchor.year)


def _anchor(first_day: date | None) -> date:
    if first_day is None:
        raise BadPeriod("the contract has no first day from which its years would be counted: ask for a month")
    return first_day


def _contract_year(anchor: date, number: int) -> AttainmentPeriod:
    first, end = months_later(anchor, 12 * number), months_later(anchor, 12 * (number + 1))
    return AttainmentPeriod(PeriodKind.CONTRACT_YEAR, first, end, anchor)
