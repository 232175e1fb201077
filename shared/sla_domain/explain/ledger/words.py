"""What a language must say about ledgers; the comments name the parts that a text may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sla_domain.allowance import AllowancePeriod, AllowanceUnit
from sla_domain.explain.language.plural import PluralForm
from sla_domain.ledger import EntryKind, RefusalReason


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerWords:
    """The texts about ledgers of allowances in one language, as format strings.

    Each field is named for what its text says, such as `refused` (an entry is refused). The mappings have a text for
    each member of an enum.
    """

    heading: str  # allowance, contract, at
    free: str  # free, reserved
    refused: str  # why
    clause: str  # why, clause
    later: str  # why, entry: it is a later entry that could not be paid
    step: str  # at, kind, amount, details, balance
    paid: str  # lot, amount
    part: str  # start, end, reason, multiplier
    surcharge: str  # percent, raw
    by: str  # who
    open: str
    outside_hours: str
    units: Mapping[AllowanceUnit, Mapping[PluralForm, str]]
    """Unit (except hours) -> form of the noun -> text such as `{count} credits`."""
    kinds: Mapping[EntryKind, str]
    periods: Mapping[AllowancePeriod, str]
    reasons: Mapping[RefusalReason, str]  # missing, free, limit, period, since, of
    comma: str = "."
