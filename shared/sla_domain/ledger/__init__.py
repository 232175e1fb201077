"""The ledger of an allowance under one contract: what was included, bought, reserved and used, and what is left.

`entry` (what people write) → `decide` (accepted or refused, with the reason) → `fold` (all entries → lots, steps and
balance) → `outlook` (what expires, and how long it will last). `terms` holds what the contract says, `period` its
years and quarters, `work` the hours of work, `running_ledger` the fold under way. Pure, as the fold of incidents is:
the same entries in any order give the same ledger.
"""

from __future__ import annotations

from sla_domain.ledger.decide import Decision, EntryAccepted, EntryRefused, Replayed, decide, replay
from sla_domain.ledger.entry import EntryId, EntryKind, LedgerEntry, WorkSpan
from sla_domain.ledger.fold import ledger_at
from sla_domain.ledger.objection import Objection, RefusalReason
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
    "LedgerEntry",
    "LedgerStep",
    "LedgerTerms",
    "Lot",
    "LotBalance",
    "LotShare",
    "Objection",
    "PeriodSpan",
    "RefusalReason",
    "Replayed",
    "WorkPart",
    "WorkSpan",
    "current_crossings",
    "decide",
    "forecast",
    "ledger_at",
    "lots_to_expire",
    "months_later",
    "period_at",
    "replay",
    "work_parts",
]
