"""Why an entry cannot be: reasons as data, with the values that a sentence about them needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sla_domain.allowance import AllowancePeriod
from sla_domain.ledger.entry import EntryId


class RefusalReason(StrEnum):
    """Why a ledger entry is refused.

    `BELOW_ZERO`: the entry takes more than is left.
    `AT_MOST`: the entry takes more than a period allows.
    `NO_RESERVATION`: the reservation does not exist, has ended or is not named. Or the entry names one, and its kind
    ends none.
    `NOT_REFUNDABLE`, `NOT_TRANSFERABLE`: nothing is ever paid back, or moved to another contract.
    `ID_TAKEN`: another entry has the id.
    `COMPUTED`: people never write entries of this kind.
    `SERVED_BEFORE`: the service would precede its reservation.
    `NOT_A_BOOKING`: only a reservation may be for later.
    `NO_SURCHARGE`: a surcharge is only for a reservation or a new use.
    `NO_AMOUNT`: amount and work are missing, or do not suit the kind of entry.
    `NOT_WHOLE`: visits and calls must be whole numbers.
    `OUT_OF_BOUNDS`: an amount over 10^12 or with more than 6 decimals, or a surcharge outside 0 to 1000 percent.
    `NOT_HOURS`: the entry has work, but the allowance is not in hours.
    `EMPTY_WORK`: the work does not end after its start.
    `NOT_AT_END`: an entry with work must be dated at the end of the work.
    `HOURS_UNKNOWN`: the time lies beyond the calendar's years.
    `NO_REASON`: an adjustment needs a reason.
    """

    BELOW_ZERO = "below_zero"
    AT_MOST = "at_most"
    NO_RESERVATION = "no_reservation"
    NOT_REFUNDABLE = "not_refundable"
    NOT_TRANSFERABLE = "not_transferable"
    ID_TAKEN = "id_taken"
    COMPUTED = "computed"
    OUTSIDE_CONTRACT = "outside_contract"
    IN_FUTURE = "in_future"
    SERVED_BEFORE = "served_before"
    NOT_A_BOOKING = "not_a_booking"
    NO_SURCHARGE = "no_surcharge"
    NO_AMOUNT = "no_amount"
    NOT_POSITIVE = "not_positive"
    NOT_WHOLE = "not_whole"
    OUT_OF_BOUNDS = "out_of_bounds"
    NOT_HOURS = "not_hours"
    EMPTY_WORK = "empty_work"
    NOT_AT_END = "not_at_end"
    HOURS_UNKNOWN = "hours_unknown"
    NO_REASON = "no_reason"
    NO_AUTHOR = "no_author"


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """What is wrong with an entry of a ledger.

    `entry`: id of the entry.
    `missing`: how much more would be needed, or by how much a limit is passed.
    `free`: how much was left.
    `limit`, `period`, `since`: only for AT_MOST: how many units a period allows, the kind of period, and when the
    period began.
    `missing` and `free` are in seconds if the allowance is in hours, else in its unit.
    """

    reason: RefusalReason
    entry: EntryId
    at: datetime
    missing: Decimal = Decimal(0)
    free: Decimal = Decimal(0)
    limit: int = 0
    period: AllowancePeriod | None = None
    since: datetime | None = None
