"""English."""

from __future__ import annotations

from sla_domain.allowance import AllowancePeriod, AllowanceUnit
from sla_domain.explain.language.plural import PluralForm
from sla_domain.explain.ledger.words import LedgerWords
from sla_domain.ledger import EntryKind, RefusalReason

WORDS = LedgerWords(
    heading="{allowance} of {contract} at {at}",
    free="Left {free}, reserved {reserved}",
    refused="Refused: {why}.",
    clause="{why} (clause {clause})",
    later="{why}, at the later entry {entry}",
    step="{at}  {kind} {amount}{details}, left {balance}",
    paid="{amount} of {lot}",
    part="{start}–{end} {reason}, × {multiplier}",
    surcharge="{raw} + {percent} %",
    by="by {who}",
    open="within hours",
    outside_hours="off hours",
    units={
        AllowanceUnit.CREDITS: {
            PluralForm.ONE: "{count} credit",
            PluralForm.OTHER: "{count} credits",
        },
        AllowanceUnit.DAYS: {
            PluralForm.ONE: "{count} day",
            PluralForm.OTHER: "{count} days",
        },
        AllowanceUnit.VISITS: {
            PluralForm.ONE: "{count} visit",
            PluralForm.OTHER: "{count} visits",
        },
        AllowanceUnit.CALLS: {
            PluralForm.ONE: "{count} call",
            PluralForm.OTHER: "{count} calls",
        },
    },
    kinds={
        EntryKind.GRANTED: "included",
        EntryKind.BOUGHT: "bought",
        EntryKind.RESERVED: "reserved",
        EntryKind.RELEASED: "released",
        EntryKind.USED: "used",
        EntryKind.ADJUSTED: "adjusted",
        EntryKind.EXPIRED: "expired",
        EntryKind.REFUNDED: "paid back",
        EntryKind.TRANSFERRED: "moved to another contract",
        EntryKind.OPENING: "brought forward",
    },
    periods={
        AllowancePeriod.TERM: "term",
        AllowancePeriod.CONTRACT_YEAR: "contract year",
        AllowancePeriod.CONTRACT_QUARTER: "quarter of the contract year",
        AllowancePeriod.CONTRACT_MONTH: "contract month",
        AllowancePeriod.YEAR: "calendar year",
        AllowancePeriod.QUARTER: "quarter",
        AllowancePeriod.MONTH: "month",
    },
    reasons={
        RefusalReason.BELOW_ZERO: "short by {missing}: {free} can be used then",
        RefusalReason.AT_MOST: "at most {limit} per {period}: {missing} too many in the one from {since}",
        RefusalReason.NO_RESERVATION: "there is no open reservation {of}",
        RefusalReason.NOT_REFUNDABLE: "nothing is paid back",
        RefusalReason.NOT_TRANSFERABLE: "nothing is moved to another contract",
        RefusalReason.ID_TAKEN: "another entry has this id",
        RefusalReason.COMPUTED: "this follows from the contract and is not entered",
        RefusalReason.OUTSIDE_CONTRACT: "the contract is not in force then",
        RefusalReason.IN_FUTURE: "this has not happened yet",
        RefusalReason.SERVED_BEFORE: "the service would come before its reservation",
        RefusalReason.NOT_A_BOOKING: "only a reservation is for a later service",
        RefusalReason.NO_SURCHARGE: "only a new use or reservation bears a surcharge",
        RefusalReason.NO_AMOUNT: "give either an amount or the time worked, as the kind of entry demands",
        RefusalReason.NOT_POSITIVE: "the amount must be more than zero",
        RefusalReason.NOT_WHOLE: "there are only whole ones",
        RefusalReason.OUT_OF_BOUNDS: "the amount or surcharge is out of bounds, or has more than six decimals",
        RefusalReason.NOT_HOURS: "only hours are counted from the time worked",
        RefusalReason.EMPTY_WORK: "the work ends before it begins",
        RefusalReason.NOT_AT_END: "work is entered at the instant at which it ended",
        RefusalReason.HOURS_UNKNOWN: "the hours of that time are not known",
        RefusalReason.NO_REASON: "an adjustment needs a reason",
        RefusalReason.NO_AUTHOR: "the entry does not say who made it",
        RefusalReason.OF_A_WINDOW: "this is reserved for a booked window: only cancelling that gives it back",
        RefusalReason.SERVED: "it has been served, and is not given back",
        RefusalReason.CLOSED: "entries before {since} are closed: date it later, or adjust the balance with a reason",
    },
)
