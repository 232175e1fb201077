"""Key `windows` of a plan: extra hours that customers may book (clauses H10 and I6, docs/clauses.md)."""

from __future__ import annotations

from pydantic import Field

from sla_catalogue.document.allowance import Amount
from sla_catalogue.document.field import Document, LongSpan, Names, Texts
from sla_domain.window import LateBooking


class WindowPriceDocument(Document):
    """What one booking of extra hours takes from an allowance of the plan (clause H10, docs/clauses.md).

    `allowance`: id of the allowance.
    `amount`: in the allowance's unit, such as `2` or `4h`. A surcharge for short notice is added.
    """

    allowance: str
    amount: Amount


class WindowDocument(Document):
    """Extra hours of service that a customer may book, such as the standby of a weekend.

    `notice`: the least time from the booking to the start (`3 weeks`); absent: none.
    `late`: with less notice the booking is refused (`refuse`) or costs more (`surcharge`).
    `surcharge`: how many percent more.
    `per_contract_year`: how many bookings a contract year allows; absent: any number.
    `days`: weekdays on which the hours may lie, such as `sat`; absent: all.
    `longest`: the greatest length; absent: any.
    `priorities`: of the incidents whose time counts in these hours; absent: all.
    `products`: for which the hours can be booked; absent: all but `excluded_products`.
    `languages`: of the service; absent: any.
    `role`: the plan's role that is on duty.
    `price`: what a booking takes from an allowance; absent: nothing.
    `clause`: the contract clause, such as `H10`.
    """

    id: str
    title: Texts = Field(default_factory=dict)
    notice: LongSpan | None = None
    late: LateBooking = LateBooking.REFUSE
    surcharge: int = Field(default=0, ge=0, le=1000)
    per_contract_year: int | None = Field(default=None, ge=1, le=366)
    days: Names = Field(default_factory=list)
    longest: LongSpan | None = None
    priorities: Names = Field(default_factory=list)
    products: Names = Field(default_factory=list)
    excluded_products: Names = Field(default_factory=list)
    languages: Names = Field(default_factory=list)
    role: str | None = None
    price: WindowPriceDocument | None = None
    clause: str = ""
