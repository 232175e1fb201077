"""Hours that are booked once, beside the weekly ones: what a plan lets be booked, and what was (clauses H10, I6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from sla_domain.normal import normal, normals


class LateBooking(StrEnum):
    """What a booking with less notice than the plan demands comes to: it is refused, or costs a surcharge."""

    REFUSE = "refuse"
    SURCHARGE = "surcharge"


@dataclass(frozen=True, slots=True)
class WindowPrice:
    """What a booking costs: `amount`, in its unit (seconds for hours), of the plan's allowance `allowance`."""

    allowance: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class BookableWindow:
    """Extra hours that a plan lets customers book.

    `notice`: from the booking to the start, at least. `late`: what less notice means, at `surcharge` percent more.
    `per_contract_year`: how often in a year of the contract, None: no limit. `days`: weekdays (0 is Monday) on which it
    may lie, in the contract's zone; empty: any. `longest`: its length, None: no limit. `priorities`: those it opens the
    hours for, empty: all. `products`, `excluded_products`: those it is available for, empty: all, and none.
    `languages`: in which service is given, empty: any. `role`: who is on duty. `price`: None: it costs nothing that
    is counted. Source: clauses H10 and I6 (docs/clauses.md).
    """

    id: str
    titles: Mapping[str, str] = field(hash=False)
    notice: timedelta = timedelta()
    late: LateBooking = LateBooking.REFUSE
    surcharge: int = 0
    per_contract_year: int | None = None
    days: frozenset[int] = frozenset()
    longest: timedelta | None = None
    priorities: frozenset[str] = frozenset()
    products: frozenset[str] = frozenset()
    excluded_products: frozenset[str] = frozenset()
    languages: tuple[str, ...] = ()
    role: str | None = None
    price: WindowPrice | None = None
    clause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedWindow:
    """Hours that were booked: in `[start, end)` time counts, for these priorities and products.

    `id`: of the booking. `window`: which of the plan's windows. `priorities`, `products`: empty: all.
    `excluded_products`: none of these. `people`: who is on duty. `surcharge`: percent more, for too little notice.
    """

    id: str
    window: str
    start: datetime
    end: datetime
    priorities: frozenset[str] = frozenset()
    products: frozenset[str] = frozenset()
    excluded_products: frozenset[str] = frozenset()
    people: tuple[str, ...] = ()
    language: str = ""
    surcharge: int = 0

    def opens_for(self, priority: str, product: str) -> bool:
        """Return whether the window counts for an incident of this priority, on this product ("": none is named)."""
        if self.priorities and priority not in self.priorities:
            return False
        if self.products and normal(product) not in normals(self.products):
            return False
        return normal(product) not in normals(self.excluded_products)


def windows_for(windows: tuple[BookedWindow, ...], priority: str, product: str) -> tuple[BookedWindow, ...]:
    """Return those of the booked windows that count for an incident of this priority, on this product."""
    return tuple(one for one in windows if one.opens_for(priority, product))
