"""What a ledger leads to: what expires next, and how long the balance will last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from sla_domain.allowance import AllowanceUnit
from sla_domain.ledger.kind import EntryKind
from sla_domain.ledger.period import PeriodSpan, period_at
from sla_domain.ledger.step import Crossing, Ledger, LotBalance

_MICROSECOND = timedelta(microseconds=1)
_NOTHING = Decimal(0)
_SECOND, _HUNDREDTH = Decimal(1), Decimal("0.01")


class ForecastAssumption(StrEnum):
    """What a forecast of an allowance's balance assumes about further use."""

    LINEAR = "linear"
    """The allowance is used at the same rate as in the period so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """How long the balance of an allowance is likely to last in the present period.

    Amounts are in seconds if the allowance is in hours, else in its unit.
    """

    period: PeriodSpan
    """The period at whose end the balance expires."""
    used: Decimal
    """Use in the period so far."""
    expected: Decimal
    """Further use until the end, rounded to a second or a hundredth of a unit."""
    runs_out_at: datetime | None
    """When the balance would be used up. None if the balance lasts."""
    left: Decimal
    """What would expire unused."""
    assumption: ForecastAssumption = ForecastAssumption.LINEAR


def lots_to_expire(ledger: Ledger) -> tuple[LotBalance, ...]:
    """Return the valid lots that expire before they are used up, in order of expiry.

    A lot is a portion of an allowance (included amount), given at one instant and with one expiry.
    """
    found = [
        each
        for each in ledger.lots
        if each.left and each.lot.expires is not None and each.lot.start <= ledger.at < each.lot.expires
    ]
    return tuple(sorted(found, key=lambda each: (each.lot.expires, each.lot.start, each.lot.id)))


def current_crossings(ledger: Ledger) -> tuple[Crossing, ...]:
    """Return the warnings about an allowance that apply now.

    Of each warning, the last crossing of its threshold is returned. An allowance is an included amount, such as 120
    hours a year. A lot is a portion of the allowance with its own expiry. There are two kinds of warnings:

    - Low balance: applies while a lot is valid and the balance is at or below the warning's threshold.
    - Expiry in some days: applies while the lot is valid and not used up.
    """
    latest = {(one.warning.key, one.lot): one for one in ledger.crossings}
    valid = [each for each in ledger.lots if each.lot.valid(ledger.at)]
    whole = sum((each.lot.amount for each in valid), _NOTHING)
    expiring_lots = {each.lot.id for each in valid if each.left}

    def holds(one: Crossing) -> bool:
        if one.expires is not None:
            return one.lot in expiring_lots
        percent, left = one.warning.percent, one.warning.left
        level = whole * percent / 100 if percent is not None else left
        return bool(valid) and level is not None and ledger.free <= level

    return tuple(one for one in latest.values() if holds(one))


def forecast(ledger: Ledger) -> Forecast | None:
    """Forecast the use of the allowance (included amount) until it expires, at the end of the present period.

    The rate of use in the period so far is continued. The result is None if the period has just begun or has no end, or
    if `ledger.at` lies outside the contract.
    """
    period = period_at(ledger.terms, ledger.terms.allowance.expires, ledger.at)
    passed = (ledger.at - period.start) // _MICROSECOND
    if period.end is None or passed <= 0 or not ledger.terms.covers(ledger.at):
        return None
    ahead = max((period.end - ledger.at) // _MICROSECOND, 0)
    used = sum((one.amount for one in ledger.steps if one.kind is EntryKind.USED and one.at >= period.start), _NOTHING)
    if ledger.opening is not None and ledger.opening.at >= period.start:
        used += ledger.opening.used
    exact = used * ahead / passed
    finest = _SECOND if ledger.terms.allowance.unit is AllowanceUnit.HOURS else _HUNDREDTH
    runs_out = exact > ledger.free
    return Forecast(
        period=period,
        used=used,
        expected=exact.quantize(finest, ROUND_HALF_UP),
        runs_out_at=ledger.at + _MICROSECOND * int(ledger.free * passed / used) if runs_out else None,
        left=_NOTHING if runs_out else (ledger.free - exact).quantize(finest, ROUND_HALF_UP),
    )
