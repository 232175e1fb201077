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

        The months are added first; if the month reached lacks the day, its last day is used. Then the days are added.
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
    """Whether clocks run for a type of request that a plan does not cover.

    `AS_USUAL`: clocks start as for any request.
    `NONE`: no clock runs.
    """

    AS_USUAL = "as_usual"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class UncoveredRequest:
    """A type of request that a plan does not cover.

    Such a request is accepted, flagged, and answered with advice.
    `types`: names of the type.
    `advice`: language tag -> text for the sender.
    `clocks`: whether clocks run for such a request.
    `clause`: the contract clause, "" if none is named.
    Source: clauses I10 and B10 (docs/clauses.md).
    """

    types: tuple[str, ...]
    advice: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    clocks: UncoveredClocks = UncoveredClocks.AS_USUAL
    clause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeRule:
    """How often, and at what notice, the products of an entitlement may change in its term (clause H4).

    `per`: the unit that is bought, such as `product_family`.
    `changes_per_term`: None: any number.
    `notice`: the least time from recording a change to its taking effect.
    `clause`: the contract clause, "" if none is named.
    """

    per: str
    changes_per_term: int | None = None
    notice: Term = Term()
    clause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTerms:
    """What a plan demands of its contracts, and what it does not cover.

    `minimum_term`: the least length of a contract; None: any (clause B11).
    `all_products`: a contract must cover all products (B11).
    `unavailable_products`, `unavailable_countries`: the plan is not sold for these, by the clause `unavailable_clause`
    (H17).
    `scope`: the rule on changes of products; None: no rule (H4).
    `not_covered`: types of requests that the plan does not cover (I10, B10).
    `uncounted`: those of them for which no clocks run, in compared form.
    `channel_hours`: channel in lower case -> id of the hours in which it may be used (I11).
    """

    minimum_term: Term | None = None
    all_products: bool = False
    unavailable_products: frozenset[str] = frozenset()
    unavailable_countries: frozenset[str] = frozenset()
    unavailable_clause: str = ""
    scope: ScopeRule | None = None
    not_covered: tuple[UncoveredRequest, ...] = ()
    channel_hours: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    uncounted: frozenset[str] = field(init=False, repr=False, compare=False)  # types without clocks, as compared

    def __post_init__(self) -> None:
        without = (one for each in self.not_covered if each.clocks is UncoveredClocks.NONE for one in each.types)
        object.__setattr__(self, "uncounted", normals(without))

    def uncovered(self, request_type: str) -> UncoveredRequest | None:
        """Return the plan's rule for a type of request that the plan does not cover.

        None for a covered type. `request_type`: a name of the type.
        """
        used = normal(request_type)
        return next((each for each in self.not_covered if used and used in normals(each.types)), None)


NO_TERMS = PlanTerms()
