"""Where a period is heading: how many promises it will hold, and what share of them will be met.

The assumptions are said beside the figures: the open ones end like those decided so far, in this period and the one
before, and this period will be at least as busy as the one before.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sla_domain.attainment.tally import Tally


@dataclass(frozen=True, slots=True)
class AttainmentForecast:
    """How many promises (clocks or requests) a period is expected to have at its end, and which share is met.

    Shares are from 0 to 1. A share is None if there are no promises to compute it from.
    """

    expected: int
    """How many promises will be decided in the whole period."""
    rate: Fraction | None
    """The share of the open promises that is expected to be met: the attainment of this period and the one before
    together.
    """
    share: Fraction | None
    """The expected attainment."""
    worst: Fraction | None
    """The attainment if all open promises are missed."""
    best: Fraction | None
    """The attainment if all open promises are met."""


def forecast_of(tally: Tally, before: Tally, provisional: bool) -> AttainmentForecast:
    """Forecast the number of promises in a period at its end, and the share of met ones.

    Args:
        tally: The counts of met, missed, exempt and open promises in the period.
        before: The counts in the period before.
        provisional: Whether the period has not ended. If it has ended, the forecast is the final figure.
    """
    waiting = tally.open if provisional else 0
    total = tally.decided + waiting
    expected = max(total, before.decided) if provisional else total
    rate = (tally + before).share
    if not total:
        return AttainmentForecast(expected, rate, None, None, None)
    worst, best = Fraction(tally.met, total), Fraction(tally.met + waiting, total)
    if not waiting:
        return AttainmentForecast(expected, rate, worst, worst, best)
    share = None if rate is None else (tally.met + rate * waiting) / total
    return AttainmentForecast(expected, rate, share, worst, best)
