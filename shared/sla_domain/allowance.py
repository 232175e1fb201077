"""What a plan includes by number besides incidents: credits, hours, visits (clauses H10, H12, E10, E13 and E14).

The promise alone; what has become of it under one contract is its ledger (`sla_domain.ledger`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType


class AllowanceUnit(StrEnum):
    """The unit in which an allowance (included amount, such as 120 hours a year) is counted."""

    CREDITS = "credits"
    HOURS = "hours"
    """Amounts are given in seconds."""
    DAYS = "days"
    VISITS = "visits"
    CALLS = "calls"

    @property
    def whole(self) -> bool:
        """Return whether amounts in this unit must be whole numbers: True for visits and calls."""
        return self in (AllowanceUnit.VISITS, AllowanceUnit.CALLS)


class AllowancePeriod(StrEnum):
    """The kinds of period in which an allowance (an included amount) is given, expires or is limited.

    Every period begins at midnight in the contract's zone.
    """

    TERM = "term"
    """From the contract's first day to its end."""
    CONTRACT_YEAR = "contract_year"
    """A year, counted from the contract's first day."""
    CONTRACT_QUARTER = "contract_quarter"
    """Three months, counted from the contract's first day."""
    CONTRACT_MONTH = "contract_month"
    """A month, counted from the contract's first day."""
    YEAR = "year"
    """A calendar year."""
    QUARTER = "quarter"
    """A calendar quarter."""
    MONTH = "month"
    """A calendar month."""

    @property
    def months(self) -> int:
        """Return the length of the period in months, or 0 for the whole term."""
        return _MONTHS[self]

    @property
    def of_contract(self) -> bool:
        """Return whether periods of this kind are counted from the contract's first day.

        The result is False for the years, quarters and months of the calendar.
        """
        return self in (
            AllowancePeriod.TERM,
            AllowancePeriod.CONTRACT_YEAR,
            AllowancePeriod.CONTRACT_QUARTER,
            AllowancePeriod.CONTRACT_MONTH,
        )


_MONTHS: Mapping[AllowancePeriod, int] = {
    AllowancePeriod.TERM: 0,
    AllowancePeriod.CONTRACT_YEAR: 12,
    AllowancePeriod.CONTRACT_QUARTER: 3,
    AllowancePeriod.CONTRACT_MONTH: 1,
    AllowancePeriod.YEAR: 12,
    AllowancePeriod.QUARTER: 3,
    AllowancePeriod.MONTH: 1,
}


@dataclass(frozen=True, slots=True)
class OffHoursRate:
    """The rate at which work outside the service hours (a coverage) uses up an allowance."""

    coverage: str
    """Id of the coverage (hours of service)."""
    multiplier: Decimal
    """How many hours of the allowance such an hour of work uses up (clause E10)."""


@dataclass(frozen=True, slots=True)
class BalanceWarning:
    """A threshold at which to warn that an allowance (included amount) runs low or expires.

    Exactly one of the three fields is given.
    """

    percent: int | None = None
    """Warn when the balance falls to this share of what the valid lots (portions) held at first."""
    left: Decimal | None = None
    """Warn when the balance falls to this amount (seconds for hours)."""
    days: int | None = None
    """Warn this many days before the expiry of a lot that still has a balance."""

    @property
    def key(self) -> str:
        """Return the stable name of this threshold.

        The name is `left-20-percent` for a percentage, `left-36000` for an amount, and `expiry-30-days` for days before
        an expiry.
        """
        if self.percent is not None:
            return f"left-{self.percent}-percent"
        return f"left-{self.left.normalize():f}" if self.left is not None else f"expiry-{self.days}-days"


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """An amount that a plan includes besides the handling of incidents, such as 120 hours of work a year.

    Source: clauses H10, H12 and E10 (docs/clauses.md).
    """

    id: str
    unit: AllowanceUnit
    amount: Decimal | None = None
    """The amount that each period of the kind `per` includes (seconds for hours). None means that nothing is included.
    """
    per: AllowancePeriod = AllowancePeriod.CONTRACT_YEAR
    expires: AllowancePeriod = AllowancePeriod.CONTRACT_YEAR
    """The kind of period to whose end a unit can be used. The unit's own period of this kind applies."""
    at_most: Mapping[AllowancePeriod, int] = field(default_factory=lambda: MappingProxyType({}))
    """Kind of period -> how many units may be used in each such period."""
    off_hours: OffHoursRate | None = None
    """The rate of work outside hours. None means the normal rate."""
    warnings: tuple[BalanceWarning, ...] = ()
    optional: bool = False
    """Only contracts that name the allowance have it (clause E13)."""
    titles: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Language tag -> title."""
    clause: str = ""
    """The contract clause. "" if none is named."""
