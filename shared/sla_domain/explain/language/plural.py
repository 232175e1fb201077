"""The form of a noun after a number, by the plural rules of Unicode CLDR for the five languages."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from sla_domain.language_table import language_table


class PluralForm(StrEnum):
    """The forms of a noun after a number, with their names in Unicode CLDR."""

    ONE = "one"
    FEW = "few"
    MANY = "many"
    OTHER = "other"
    """Also the form after a fraction."""


_BY_LANGUAGE = language_table(
    {
        "en": (PluralForm.ONE, PluralForm.OTHER),
        "pl": (PluralForm.ONE, PluralForm.FEW, PluralForm.MANY),
        "it": (PluralForm.ONE, PluralForm.OTHER),
        "ru": (PluralForm.ONE, PluralForm.FEW, PluralForm.MANY),
        "zh-TW": (PluralForm.OTHER,),
    }
)


def plural_forms(language: str) -> tuple[PluralForm, ...]:
    """Return the forms that a noun takes after whole numbers in a language: `en`, `it`, `pl`, `ru` or `zh-TW`."""
    return _BY_LANGUAGE[language]


def plural_form(language: str, number: Decimal | int) -> PluralForm:
    """Return the form that a noun takes after a number.

    The plural rules are those of Unicode CLDR.

    Args:
        language: `en`, `it`, `pl`, `ru` or `zh-TW`.
        number: A fraction gives `OTHER`.
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
