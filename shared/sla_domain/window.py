"""Hours that are booked once, beside the weekly ones: what a plan lets be booked, and what was (clauses H10, I6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from sla_domain.normal import normal, normals


class LateBooking(StrEnum):
    """What happens to a booking with less notice than the plan demands.

    `REFUSE`: the booking is refused.
    `SURCHARGE`: the booking is accepted for a surcharge that the customer must confirm.
    """

    REFUSE = "refuse"
    SURCHARGE = "surcharge"


@dataclass(frozen=True, slots=True)
class WindowPrice:
    """What a booking of extra hours costs.

    `allowance`: id of the plan's allowance that pays.
    `amount`: in the allowance's unit, seconds for hours.
    """

    allowance: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class BookableWindow:
    """Extra hours of service that a plan lets customers book, such as a weekend's standby.

    `titles`: language tag -> title.
    `notice`: the least time from the booking to the start.
    `late`: what happens with less notice.
    `surcharge`: how many percent more the booking then costs.
    `per_contract_year`: how many bookings a contract year allows; None: any number.
    `days`: weekdays (0 is Monday), in the contract's zone, on which the hours may lie; empty: all.
    `longest`: the greatest length; None: any.
    `priorities`: of the incidents for which time counts in these hours; empty: all.
    `products`: for which the hours can be booked; empty: all but `excluded_products`.
    `languages`: of the service; empty: any.
    `role`: id of the role on duty; None: none is named.
    `price`: None: the hours cost nothing.
    `clause`: the contract clause, "" if none is named.
    Source: clauses H10 and I6 (docs/clauses.md).
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
    """Extra hours of service `[start, end)` that a customer booked.

    `id`: id of the booking.
    `window`: id of the plan's bookable window.
    `priorities`, `products`: of the incidents for which time counts in these hours; empty: all.
    `excluded_products`: products for which time does not count.
    `people`: ids of those on duty.
    `language`: of the service, "" if not stated.
    `surcharge`: percent more for short notice; 0: none.
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
        """Return whether time counts in the booked hours for an incident of this priority and product.

        `priority`: id. `product`: "" if the incident names none. Without a product, a booking for certain products
        gives False.
        """
        if self.priorities and priority not in self.priorities:
            return False
        if self.products and normal(product) not in normals(self.products):
            return False
        return normal(product) not in normals(self.excluded_products)


def windows_for(windows: tuple[BookedWindow, ...], priority: str, product: str) -> tuple[BookedWindow, ...]:
    """Return those booked extra hours (windows) in which time counts for an incident, in their order.

    `priority`: id. `product`: "" if the incident names none.
    """
    return tuple(one for one in windows if one.opens_for(priority, product))
