"""The ledger of an allowance under one contract: what was included, bought, reserved and used, and what is left.

`entry` (what people write) → `decide` (accepted or refused, with the reason) → `fold` (all entries → lots, steps and
balance) → `outlook` (what expires, and how long it will last). `closing` brings forward what old entries left, as an
`opening`. `terms` holds what the contract says, `period` its years and quarters, `work` the hours of work,
`running_ledger` the fold under way. Pure, as the fold of incidents is: the same entries in any order give the same
ledger.
"""

from __future__ import annotations

from sla_domain.ledger.decide import Decision, EntryAccepted, EntryRefused, Replayed, decide, replay
from sla_domain.ledger.entry import LedgerEntry, WorkSpan
from sla_domain.ledger.fold import close_ledger, ledger_at, opening_entry
from sla_domain.ledger.kind import EntryId, EntryKind, reserves_a_window, window_entry
from sla_domain.ledger.objection import Objection, RefusalReason
from sla_domain.ledger.opening import (
    LedgerClosed,
    LedgerOpening,
    OpeningCount,
    OpeningCrossing,
    OpeningLot,
    OpeningReservation,
)
from sla_domain.ledger.outlook import Forecast, ForecastAssumption, current_crossings, forecast, lots_to_expire
from sla_domain.ledger.period import PeriodSpan, months_later, period_at
from sla_domain.ledger.step import Crossing, Ledger, LedgerStep, Lot, LotBalance, LotShare
from sla_domain.ledger.terms import LedgerTerms
from sla_domain.ledger.work import WorkPart, work_parts

__all__ = [
    "Crossing",
    "Decision",
    "EntryAccepted",
    "EntryId",
    "EntryKind",
    "EntryRefused",
    "Forecast",
    "ForecastAssumption",
    "Ledger",
    "LedgerClosed",
    "LedgerEntry",
    "LedgerOpening",
    "LedgerStep",
    "LedgerTerms",
    "Lot",
    "LotBalance",
    "LotShare",
    "Objection",
    "OpeningCount",
    "OpeningCrossing",
    "OpeningLot",
    "OpeningReservation",
    "PeriodSpan",
    "RefusalReason",
    "Replayed",
    "WorkPart",
    "WorkSpan",
    "close_ledger",
    "current_crossings",
    "decide",
    "forecast",
    "ledger_at",
    "lots_to_expire",
    "months_later",
    "opening_entry",
    "period_at",
    "replay",
    "reserves_a_window",
    "window_entry",
    "work_parts",
]
