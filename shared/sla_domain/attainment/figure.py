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
    """How an objective stands in a period.

    `NOTHING_DUE`: no promise was decided in it. `KEPT`: it is kept, as far as the period goes. `AT_RISK`: so many
    misses are used up that the plan wants it said. `EXHAUSTED`: more were missed than the period allows. `MISSED`: the
    period has ended, and the objective was not kept.
    """

    NOTHING_DUE = "nothing_due"
    KEPT = "kept"
    AT_RISK = "at_risk"
    EXHAUSTED = "exhausted"
    MISSED = "missed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttainmentFigure:
    """What became of an objective in a period.

    `tally`: what was counted. `provisional`: the period has not ended. `allowed`: how many misses the objective allows
    among those expected (`forecast.expected`). `forecast`: where the period is heading. `credit`: the service credit in
    percent, None if none is due. `standing`: whether the objective is kept.
    """

    objective: Objective
    tally: Tally
    provisional: bool
    allowed: int
    forecast: AttainmentForecast
    credit: Decimal | None
    standing: Standing

    @property
    def share(self) -> Fraction | None:
        """Return the attainment: met ÷ (met + missed), from 0 to 1; None if nothing was decided."""
        return self.tally.share

    @property
    def misses_left(self) -> int:
        """Return how many more may be missed while the objective is kept; negative once it is not."""
        return self.allowed - self.tally.missed


def figure_of(objective: Objective, tally: Tally, before: Tally, provisional: bool) -> AttainmentFigure:
    """Return the figure of an objective in a period.

    `tally`: what was counted in it. `before`: what was counted in the period before. `provisional`: the period has not
    ended.
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
    """Return the greatest number of misses among `total` with which at least `percent` are met."""
    return int(total * (1 - Fraction(percent) / 100))


def keeps(share: Fraction, percent: Decimal) -> bool:
    """Return whether a share, from 0 to 1, is at least so many percent; exactly, without rounding."""
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
