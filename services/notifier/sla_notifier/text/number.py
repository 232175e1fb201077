"""Numbers as a language writes them."""

from __future__ import annotations

from decimal import Decimal

from babel import Locale
from babel.numbers import format_decimal


def decimal_in_words(written: str, language: str) -> str:
    """Return a decimal number in the notation of a language, with all its digits: `93,10` for `93.10` in Polish.

    Args:
        written: Digits, with a point before the decimals.
        language: The tag of a language that messages are written in, such as `zh-TW`.
    """
    places = len(written.partition(".")[2])
    pattern = "#,##0." + "0" * places if places else "#,##0"
    return format_decimal(Decimal(written), format=pattern, locale=Locale.parse(language, sep="-"))
