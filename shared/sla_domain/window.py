"""Hours that are booked once, beside the weekly ones: what a plan lets be booked, and what was (clauses H10, I6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from sla_domain.normal import normal, normals


class LateBooking(StrEnum):
    """What happens to a booking with less notice than the plan demands."""

    REFUSE = "refuse"
    """The booking is refused."""
    SURCHARGE = "surcharge"
    """The booking is accepted for a surcharge that the customer must confirm."""


@dataclass(frozen=True, slots=True)
class WindowPrice:
    """What a booking of extra hours costs."""

    allowance: str
    """Id of the plan's allowance that pays."""
    amount: Decimal
    """The price in the allowance's unit; in seconds for hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookableWindow:
    """Extra hours of service that a plan lets customers book, such as a weekend's standby.

    Source: clauses H10 and I6 (docs/clauses.md).
    """

    id: str
    titles: Mapping[str, str] = field(hash=False)
    """Language tag -> title."""
    notice: timedelta = timedelta()
    """The least time from the booking to the start."""
    late: LateBooking = LateBooking.REFUSE
    """What happens to a booking with less notice."""
    surcharge: int = 0
    """How many percent more a booking with less notice costs."""
    per_contract_year: int | None = None
    """How many bookings a contract year allows. None means any number."""
    days: frozenset[int] = frozenset()
    """Weekdays (0 is Monday), in the contract's zone, on which the hours may lie. Empty means all."""
    longest: timedelta | None = None
    """The greatest length. None means any length."""
    priorities: frozenset[str] = frozenset()
    """Priorities of the incidents for which time is counted in these hours. Empty means all."""
    products: frozenset[str] = frozenset()
    """Products for which the hours can be booked. Empty means all but `excluded_products`."""
    excluded_products: frozenset[str] = frozenset()
    languages: tuple[str, ...] = ()
    """Languages of the service. Empty means any."""
    role: str | None = None
    """Id of the role whose holders are on duty if a booking names no people. None if the plan names none."""
    price: WindowPrice | None = None
    """The price of a booking. None means that the hours cost nothing."""
    clause: str = ""
    """The contract clause. "" if none is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedWindow:
    """Extra hours of service `[start, end)` that a customer booked."""

    id: str
    """Id of the booking."""
    window: str
    """Id of the plan's bookable window."""
    start: datetime
    end: datetime
    priorities: frozenset[str] = frozenset()
    """Priorities of the incidents for which time is counted in these hours. Empty means all."""
    products: frozenset[str] = frozenset()
    """Products of the incidents for which time is counted in these hours. Empty means all but `excluded_products`."""
    excluded_products: frozenset[str] = frozenset()
    """Products for which time is not counted."""
    people: tuple[str, ...] = ()
    """Ids of the people on duty. Empty if the holders of the window's role are (`booked_duty`)."""
    language: str = ""
    """Language of the service. "" if not stated."""
    surcharge: int = 0
    """Surcharge for short notice in percent. 0 means none."""

    def opens_for(self, priority: str, product: str) -> bool:
        """Return whether time is counted in the booked hours for an incident of this priority and product.

        If the incident names no product, the result is False for a booking that is limited to certain products.

        Args:
            priority: Id of the priority.
            product: Name of the product. "" if the incident names none.
        """
        if self.priorities and priority not in self.priorities:
            return False
        if self.products and normal(product) not in normals(self.products):
            return False
        return normal(product) not in normals(self.excluded_products)


def windows_for(windows: tuple[BookedWindow, ...], priority: str, product: str) -> tuple[BookedWindow, ...]:
    """Return those booked extra hours (windows) in which time is counted for an incident, in their order.

    Args:
        priority: Id of the priority.
        product: Name of the product. "" if the incident names none.
    """
    return tuple(one for one in windows if one.opens_for(priority, product))
