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
    """In which unit an allowance is counted. Amounts of HOURS are in seconds, all others in the unit itself."""

    CREDITS = "credits"
    HOURS = "hours"
    DAYS = "days"
    VISITS = "visits"
    CALLS = "calls"

    @property
    def whole(self) -> bool:
        """Return whether there are only whole ones: half a visit is none."""
        return self in (AllowanceUnit.VISITS, AllowanceUnit.CALLS)


class AllowancePeriod(StrEnum):
    """A period in which an allowance is given, expires or is limited.

    `TERM`: from the contract's first day to its end. `CONTRACT_…`: counted from the contract's first day. The others
    are those of the calendar. All begin at midnight in the contract's zone.
    """

    TERM = "term"
    CONTRACT_YEAR = "contract_year"
    CONTRACT_QUARTER = "contract_quarter"
    CONTRACT_MONTH = "contract_month"
    YEAR = "year"
    QUARTER = "quarter"
    MONTH = "month"

    @property
    def months(self) -> int:
        """Return the length of the period in months; 0 for the whole term."""
        return _MONTHS[self]

    @property
    def of_contract(self) -> bool:
        """Return whether the period is counted from the contract's first day instead of the calendar's."""
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
    """The rate of work outside the hours of a coverage: each hour of it uses up `multiplier` hours (clause E10).

    `coverage`: the id of the coverage.
    """

    coverage: str
    multiplier: Decimal


@dataclass(frozen=True, slots=True)
class BalanceWarning:
    """When to warn of an allowance; exactly one of the three is given.

    `percent`: the balance falls to this share of what the lots (portions) then valid had at first. `left`: it falls to
    this amount. `days`: so many days before a lot expires of which something is left.
    """

    percent: int | None = None
    left: Decimal | None = None
    days: int | None = None

    @property
    def key(self) -> str:
        """Return the stable name of the threshold: `left-20-percent`, `left-36000` (an amount) or `expiry-30-days`."""
        if self.percent is not None:
            return f"left-{self.percent}-percent"
        return f"left-{self.left.normalize():f}" if self.left is not None else f"expiry-{self.days}-days"


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What a plan includes by number, such as 120 hours of administration a year (clauses H10, H12 and E10).

    `amount`: what each period `per` includes, None: only what is bought. `expires`: what a period includes, or what is
    bought in it, can be used until this period ends. `at_most`: how many may be used in such a period. `off_hours`:
    None: all work has one rate. `optional`: only contracts that name it have it (clause E13).
    """

    id: str
    unit: AllowanceUnit
    amount: Decimal | None = None
    per: AllowancePeriod = AllowancePeriod.CONTRACT_YEAR
    expires: AllowancePeriod = AllowancePeriod.CONTRACT_YEAR
    at_most: Mapping[AllowancePeriod, int] = field(default_factory=lambda: MappingProxyType({}))
    off_hours: OffHoursRate | None = None
    warnings: tuple[BalanceWarning, ...] = ()
    optional: bool = False
    titles: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    clause: str = ""
