"""How people write amounts of an allowance and thresholds of its balance → the domain's values.

Hours are a span such as `120h`, everything else a number. `20% left`, `10h left` and `30 days before expiry` are
thresholds. Raises `BadAmount`, whose text says what to write instead.
"""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

from sla_catalogue.duration import BadDuration, parse_span
from sla_domain.allowance import AllowanceUnit, BalanceWarning

LARGEST = 1_000_000_000
_NUMBER = re.compile(r"\d{1,15}(\.\d{1,6})?", re.ASCII)
_LEFT = re.compile(r"(.+?)\s+left")
_BEFORE = re.compile(r"(\d{1,4})\s*(?:d|days?)\s+before\s+expiry", re.ASCII)
_PERCENT = re.compile(r"(\d{1,3})\s*%", re.ASCII)
_MICROSECOND = timedelta(microseconds=1)


class BadAmount(ValueError):
    """Raised for a text that cannot be read as an amount of an allowance, or as a threshold at which to warn about one.

    Args:
        message: What is wrong.
        hint: What to write instead.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def parse_amount(text: str, unit: AllowanceUnit) -> Decimal:
    """Return the amount of an allowance that a text such as `120h` or `2` states.

    The amount is in seconds if `unit` is hours, else a number of units.

    Raises:
        BadAmount: The text has any other form, or the amount is zero.
    """
    written = text.strip()
    amount = _seconds(written) if unit is AllowanceUnit.HOURS else _number(written, unit)
    if not amount:
        raise BadAmount(f"{written!r} is nothing", "leave it out")
    if amount > LARGEST:
        raise BadAmount(f"{written!r} is more than can be counted", f"at most {LARGEST}")
    return amount


def parse_balance_warning(text: str, unit: AllowanceUnit) -> BalanceWarning:
    """Parse a text such as `20% left` into the threshold at which to warn about an allowance.

    Args:
        text: A text such as `20% left`, `10h left` or `30 days before expiry`.
        unit: The unit of the allowance.

    Raises:
        BadAmount: The text has any other form.
    """
    written = text.strip()
    hint = f"write 20% left, {_example(unit)} left or 30 days before expiry"
    if (before := _BEFORE.fullmatch(written)) is not None:
        if not 1 <= int(before.group(1)) <= 3660:
            raise BadAmount(f"{written!r} is the expiry itself, or years away", hint)
        return BalanceWarning(days=int(before.group(1)))
    left = _LEFT.fullmatch(written)
    if left is None:
        raise BadAmount(f"{written!r} is no threshold of a balance", hint)
    if (percent := _PERCENT.fullmatch(left.group(1))) is not None:
        if not 0 <= int(percent.group(1)) <= 99:
            raise BadAmount(f"{written!r}: a threshold lies between 0% and 99%", hint)
        return BalanceWarning(percent=int(percent.group(1)))
    return BalanceWarning(left=parse_amount(left.group(1), unit))


def _seconds(written: str) -> Decimal:
    try:
        return Decimal(parse_span(written) // _MICROSECOND).scaleb(-6)
    except BadDuration as error:
        raise BadAmount(f"an amount of hours: {error}", "write 120h or 90m") from None


def _number(written: str, unit: AllowanceUnit) -> Decimal:
    if _NUMBER.fullmatch(written) is None:
        raise BadAmount(f"{written!r} is no amount of {unit.value}", f"write a number, such as {_example(unit)}")
    amount = Decimal(written)
    if unit.whole and amount % 1:
        raise BadAmount(f"{written!r}: there are only whole {unit.value}", f"write a number, such as {_example(unit)}")
    return amount


def _example(unit: AllowanceUnit) -> str:
    return "10h" if unit is AllowanceUnit.HOURS else "10"
