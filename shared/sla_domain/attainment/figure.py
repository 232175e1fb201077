"""From counts to the figure of an objective in a period: share, misses still allowed, forecast, service credit.

All shares are exact fractions; they are rounded where they are shown, and never up to the objective.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from sla_domain.attainment.credit import service_credit
from sla_domain.attainment.forecast import AttainmentForecast, forecast_of
from sla_domain.attainment.tally import Tally
from sla_domain.objective import Objective


class Standing(StrEnum):
    """The state of an objective (a share of promises that must be met) in a period, such as at risk."""

    NOTHING_DUE = "nothing_due"
    """No promise was decided in the period."""
    KEPT = "kept"
    """The objective is met so far."""
    AT_RISK = "at_risk"
    """The share of allowed misses that the objective's `at_risk` names is used up."""
    EXHAUSTED = "exhausted"
    """More promises were missed than the period allows."""
    MISSED = "missed"
    """The period has ended, and the objective was not met."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttainmentFigure:
    """The result of an objective in a period, such as a month: counts, forecast, service credit and state."""

    objective: Objective
    tally: Tally
    """The counts of met, missed, exempt and open promises."""
    provisional: bool
    """Whether the period has not ended."""
    allowed: int
    """How many misses the objective allows among `forecast.expected` promises."""
    forecast: AttainmentForecast
    """What the period is expected to give at its end."""
    credit: Decimal | None
    """The service credit in percent. None if none is due."""
    standing: Standing
    """Whether the objective is met."""

    @property
    def share(self) -> Fraction | None:
        """Return the attainment, met ÷ (met + missed), from 0 to 1. None if no promise was decided."""
        return self.tally.share

    @property
    def misses_left(self) -> int:
        """Return how many more promises (clocks or requests) may be missed in the period.

        The number is negative if too many were missed.
        """
        return self.allowed - self.tally.missed


def figure_of(objective: Objective, tally: Tally, before: Tally, provisional: bool) -> AttainmentFigure:
    """Return the result of an objective in a period.

    Args:
        tally: The counts of met, missed, exempt and open promises in the period.
        before: The counts in the period before, for the forecast.
        provisional: Whether the period has not ended.
    """
    forecast = forecast_of(tally, before, provisional)
    allowed = misses_allowed(forecast.expected, objective.percent)
    return AttainmentFigure(
        objective=objective,
        tally=tally,
        provisional=provisional,
        allowed=allowed,
        forecast=forecast,
        credit=service_credit(objective.credits, tally.share),
        standing=_standing(objective, tally, allowed, provisional),
    )


def misses_allowed(total: int, percent: Decimal) -> int:
    """Return how many of `total` promises (clocks or requests) may be missed if at least `percent` must be met."""
    return int(total * (1 - Fraction(percent) / 100))


def keeps(share: Fraction, percent: Decimal) -> bool:
    """Return whether a share is at least a percentage. The comparison is exact.

    Args:
        share: From 0 to 1.
        percent: From 0 to 100.
    """
    return share * 100 >= Fraction(percent)


def _standing(objective: Objective, tally: Tally, allowed: int, provisional: bool) -> Standing:
    share = tally.share
    if share is None:
        return Standing.NOTHING_DUE
    if not provisional:
        return Standing.KEPT if keeps(share, objective.percent) else Standing.MISSED
    if tally.missed > allowed:
        return Standing.EXHAUSTED
    used = tally.missed and Fraction(tally.missed, allowed) * 100 >= Fraction(objective.at_risk)
    return Standing.AT_RISK if used else Standing.KEPT
