"""Key `windows` of a plan: extra hours that customers may book (clauses H10 and I6, docs/clauses.md)."""

from __future__ import annotations

from pydantic import Field

from sla_catalogue.document.allowance import Amount
from sla_catalogue.document.field import Document, LongSpan, Names, Texts
from sla_domain.window import LateBooking


class WindowPriceDocument(Document):
    """What one booking of extra hours takes from an allowance of the plan (clause H10, docs/clauses.md)."""

    allowance: str
    """Id of the allowance."""
    amount: Amount
    """The price in the allowance's unit, such as `2` or `4h`. A surcharge for short notice is added."""


class WindowDocument(Document):
    """Extra hours of service that a customer may book, such as the standby of a weekend."""

    id: str
    title: Texts = Field(default_factory=dict)
    notice: LongSpan | None = None
    """The least time from the booking to the start (`3 weeks`). Absent means no least time."""
    late: LateBooking = LateBooking.REFUSE
    """What happens to a booking with less notice: with `refuse` it is refused, with `surcharge` it costs more."""
    surcharge: int = Field(default=0, ge=0, le=1000)
    """How many percent more a booking with less notice costs."""
    per_contract_year: int | None = Field(default=None, ge=1, le=366)
    """How many bookings a contract year allows. Absent means any number."""
    days: Names = Field(default_factory=list)
    """Weekdays on which the hours may lie, such as `sat`. Absent means all."""
    longest: LongSpan | None = None
    """The greatest length. Absent means any length."""
    priorities: Names = Field(default_factory=list)
    """Priorities of the incidents whose time is counted in these hours. Absent means all."""
    products: Names = Field(default_factory=list)
    """Products for which the hours can be booked. Absent means all but `excluded_products`."""
    excluded_products: Names = Field(default_factory=list)
    languages: Names = Field(default_factory=list)
    """Languages of the service. Absent means any."""
    role: str | None = None
    """The role whose holders are on duty if a booking names no people. Absent means no role."""
    price: WindowPriceDocument | None = None
    """What a booking takes from an allowance. Absent means that the hours cost nothing."""
    clause: str = ""
    """The contract clause, such as `H10`."""
