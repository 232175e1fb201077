"""Why an entry cannot be: reasons as data, with the values that a sentence about them needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sla_domain.allowance import AllowancePeriod
from sla_domain.ledger.kind import EntryId


class RefusalReason(StrEnum):
    """Why an entry in a ledger (account of an allowance) is refused."""

    BELOW_ZERO = "below_zero"
    """The entry needs more than is left."""
    AT_MOST = "at_most"
    """The entry needs more than a period allows."""
    NO_RESERVATION = "no_reservation"
    """The reservation does not exist, has ended or is not named. Or the entry names a reservation, although its kind
    ends none."""
    NOT_REFUNDABLE = "not_refundable"
    """Nothing is ever paid back."""
    NOT_TRANSFERABLE = "not_transferable"
    """Nothing is ever moved to another contract."""
    ID_TAKEN = "id_taken"
    """Another entry has the id."""
    COMPUTED = "computed"
    """People never write entries of this kind."""
    OUTSIDE_CONTRACT = "outside_contract"
    IN_FUTURE = "in_future"
    SERVED_BEFORE = "served_before"
    """The service would precede its reservation."""
    NOT_A_BOOKING = "not_a_booking"
    """Only a reservation may be for later."""
    NO_SURCHARGE = "no_surcharge"
    """A surcharge is only for a reservation or a new use."""
    NO_AMOUNT = "no_amount"
    """Amount and work are missing, or do not suit the kind of entry."""
    NOT_POSITIVE = "not_positive"
    NOT_WHOLE = "not_whole"
    """Visits and calls must be whole numbers."""
    OUT_OF_BOUNDS = "out_of_bounds"
    """An amount over 10^12 or with more than 6 decimals, or a surcharge outside 0 to 1000 percent."""
    NOT_HOURS = "not_hours"
    """The entry has work, but the allowance is not in hours."""
    EMPTY_WORK = "empty_work"
    """The work does not end after its start."""
    NOT_AT_END = "not_at_end"
    """An entry with work must be dated at the end of the work."""
    HOURS_UNKNOWN = "hours_unknown"
    """The time lies beyond the calendar's years."""
    NO_REASON = "no_reason"
    """An adjustment needs a reason."""
    NO_AUTHOR = "no_author"
    OF_A_WINDOW = "of_a_window"
    """What is reserved for a booked window is given back by cancelling the window alone."""
    SERVED = "served"
    """What was reserved has been served, and is not given back."""
    CLOSED = "closed"
    """The entry is dated before the instant up to which the ledger's entries are closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """What is wrong with an entry in a ledger (account of an allowance).

    `missing` and `free` are in seconds if the allowance is in hours, else in its unit.
    """

    reason: RefusalReason
    entry: EntryId
    """Id of the entry."""
    at: datetime
    missing: Decimal = Decimal(0)
    """How much more would be needed, or by how much a limit is passed."""
    free: Decimal = Decimal(0)
    """How much was left."""
    limit: int = 0
    """How many units a period allows. Only for AT_MOST."""
    period: AllowancePeriod | None = None
    """The kind of period of the limit. Only for AT_MOST."""
    since: datetime | None = None
    """When the period of the limit began (AT_MOST), or before which instant entries are closed (CLOSED)."""
