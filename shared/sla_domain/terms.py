"""What a plan asks of contracts under it, and what it does not cover (clauses H4, H17, I10, I11, B10 and B11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType

from sla_domain.normal import normal, normals


@dataclass(frozen=True, slots=True)
class Term:
    """A length of time in calendar months and days."""

    months: int = 0
    days: int = 0

    def after(self, day: date) -> date:
        """Return the day that is this term later than `day`.

        The months are added first. If the month reached lacks the day, its last day is used. Then the days are added.
        """
        first = _months_after(day.replace(day=1), self.months)
        last = _months_after(first, 1) - timedelta(days=1)
        return first.replace(day=min(day.day, last.day)) + timedelta(days=self.days)

    def __str__(self) -> str:
        years, months = divmod(self.months, 12)
        parts = ((years, "year"), (months, "month"), (self.days, "day"))
        return " ".join(f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in parts if count)


def _months_after(first: date, months: int) -> date:
    years, month = divmod(first.month - 1 + months, 12)
    return date(first.year + years, month + 1, 1)


class UncoveredClocks(StrEnum):
    """Whether clocks run for a type of request that a plan does not cover."""

    AS_USUAL = "as_usual"
    """Clocks start as for any request."""
    NONE = "none"
    """No clock runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UncoveredRequest:
    """A type of request that a plan does not cover.

    Such a request is accepted, flagged, and answered with advice. Source: clauses I10 and B10 (docs/clauses.md).
    """

    types: tuple[str, ...]
    """Names of the type."""
    advice: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Language tag -> text for the sender."""
    clocks: UncoveredClocks = UncoveredClocks.AS_USUAL
    """Whether clocks run for such a request."""
    clause: str = ""
    """The contract clause. "" if none is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeRule:
    """How often, and at what notice, the products of an entitlement (one of the contract's plans) may change in its
    term (clause H4).
    """

    per: str
    """The unit that is bought, such as `product_family`."""
    changes_per_term: int | None = None
    """How many changes a term allows. None means any number."""
    notice: Term = Term()
    """The least time from recording a change to its taking effect."""
    clause: str = ""
    """The contract clause. "" if none is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTerms:
    """What a plan demands of its contracts, and what it does not cover."""

    minimum_term: Term | None = None
    """The least length of a contract (B11). None means any length."""
    all_products: bool = False
    """Whether a contract must cover all products (B11)."""
    unavailable_products: frozenset[str] = frozenset()
    """Products for which the plan is not sold (H17)."""
    unavailable_countries: frozenset[str] = frozenset()
    """Countries for which the plan is not sold (H17)."""
    unavailable_clause: str = ""
    """The clause by which the plan is not sold for these."""
    scope: ScopeRule | None = None
    """The rule on changes of products (H4). None means no rule."""
    not_covered: tuple[UncoveredRequest, ...] = ()
    """Types of requests that the plan does not cover (I10, B10)."""
    channel_hours: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Channel in lower case -> id of the hours in which it may be used (I11)."""
    uncounted: frozenset[str] = field(init=False, repr=False, compare=False)
    """Those types for which no clocks run, in the form in which they are compared."""

    def __post_init__(self) -> None:
        without = (one for each in self.not_covered if each.clocks is UncoveredClocks.NONE for one in each.types)
        object.__setattr__(self, "uncounted", normals(without))

    def uncovered(self, request_type: str) -> UncoveredRequest | None:
        """Return the plan's rule for a type of request that the plan does not cover.

        The result is None for a covered type.

        Args:
            request_type: A name of the type.
        """
        used = normal(request_type)
        return next((each for each in self.not_covered if used and used in normals(each.types)), None)


NO_TERMS = PlanTerms()
