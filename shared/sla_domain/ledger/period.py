"""The years, quarters and months of a contract or of the calendar, as instants.

A day that a month lacks is the first of the next month: years counted from 29 February begin on 1 March where there is
no 29th, so that no year is a day short. This follows the rule for local times that a clock change skips
(docs/clauses.md, Conventions).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sla_domain.allowance import AllowancePeriod
from sla_domain.calendar import load_zone
from sla_domain.ledger.terms import LedgerTerms


@dataclass(frozen=True, slots=True)
class PeriodSpan:
    """One period of a contract, such as a contract year, from `start` to before `end`.

    Both instants are aware datetimes at midnight in the contract's zone.
    """

    start: datetime
    end: datetime | None
    """The end of the period, excluded from it. None if the period never ends."""


def period_at(terms: LedgerTerms, kind: AllowancePeriod, at: datetime) -> PeriodSpan:
    """Return the contract's period of this kind in which `at` lies, shortened to the contract's first and last day.

    Args:
        terms: The contract's dates and zone.
        at: An instant before the contract's end. Before the contract's first day, the first period is returned.
    """
    at = max(at, terms.start)
    if kind is AllowancePeriod.TERM:
        return PeriodSpan(terms.start, terms.end)
    day = at.astimezone(load_zone(terms.zone)).date()
    number = _number(terms, kind, day)
    while terms.midnight(_first_day(terms, kind, number)) > at:
        number -= 1
    while terms.midnight(_first_day(terms, kind, number + 1)) <= at:
        number += 1
    start = max(terms.midnight(_first_day(terms, kind, number)), terms.start)
    end = terms.midnight(_first_day(terms, kind, number + 1))
    return PeriodSpan(start, end if terms.end is None else min(end, terms.end))


def periods(terms: LedgerTerms, kind: AllowancePeriod, through: datetime) -> Iterator[PeriodSpan]:
    """Yield the contract's periods of this kind that begin at or before `through`, in order of time.

    Args:
        terms: The contract's dates and zone.
    """
    at = terms.start
    while at <= through and terms.covers(at):
        found = period_at(terms, kind, at)
        yield found
        if found.end is None:
            return
        at = found.end


def boundaries(terms: LedgerTerms, kind: AllowancePeriod, start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield the instants between `start` and `end` at which a period of this kind ends, in order.

    `start` and `end` themselves are excluded.

    Args:
        terms: The contract's dates and zone.
    """
    at = period_at(terms, kind, start).end
    while at is not None and at < end and terms.covers(at):
        yield at
        at = period_at(terms, kind, at).end


def months_later(day: date, months: int) -> date:
    """Return the same day of the month, `months` months after `day`.

    If that month lacks the day, return the first day of the next month.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    try:
        return date(year, month + 1, day.day)
    except ValueError:
        year, month = divmod(day.year * 12 + day.month + months, 12)
        return date(year, month + 1, 1)


def _number(terms: LedgerTerms, kind: AllowancePeriod, day: date) -> int:
    """About which period of its kind a day lies in, counted from the contract's first day or from the year 0."""
    months = day.year * 12 + day.month - 1
    if kind.of_contract:
        months -= terms.first_day.year * 12 + terms.first_day.month - 1
    return months // kind.months


def _first_day(terms: LedgerTerms, kind: AllowancePeriod, number: int) -> date:
    if kind.of_contract:
        return months_later(terms.first_day, number * kind.months)
    year, month = divmod(number * kind.months, 12)
    return date(year, month + 1, 1)
