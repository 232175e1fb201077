"""What a language must say about ledgers; the comments name the parts that a text may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from sla_domain.allowance import AllowancePeriod, AllowanceUnit
from sla_domain.ledger import EntryKind, RefusalReason


class PluralForm(StrEnum):
    """The forms of a noun after a number, named as in Unicode CLDR."""

    ONE = "one"
    FEW = "few"
    MANY = "many"
    OTHER = "other"
    """The form after a fraction, among others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerWords:
    """The texts about ledgers of allowances in one language, as format strings.

    Each field is named for what its text says, such as `refused` (an entry is refused). A comment names the
    placeholders of a text. The mappings have a text for each member of an enum.
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
    """The decimal separator."""


def plural_form(language: str, number: Decimal) -> PluralForm:
    """Return the form that a noun takes after a number, by the plural rules of Unicode CLDR.

    A fraction gives `OTHER`.

    Args:
        language: `en`, `it`, `pl`, `ru` or `zh-TW`.
    """
    if number % 1:
        return PluralForm.OTHER
    whole = abs(int(number))
    last, teens = whole % 10, 10 < whole % 100 < 20
    if language in ("en", "it"):
        return PluralForm.ONE if whole == 1 else PluralForm.OTHER
    if language not in ("pl", "ru"):
        return PluralForm.OTHER
    if whole == 1 or (language == "ru" and last == 1 and not teens):
        return PluralForm.ONE
    return PluralForm.FEW if 2 <= last <= 4 and not teens else PluralForm.MANY
