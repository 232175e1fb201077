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
    """What is expected of a period at its end.

    `expected`: how many will be decided in all. `rate`: the share of the open ones that is expected to be met, from 0
    to 1: that of all decided in this period and the one before; None if nothing was. `share`: the attainment expected
    of all decided and open ones, `worst` and `best`: if all open ones are missed or met; None if there are none.
    """

    expected: int
    rate: Fraction | None
    share: Fraction | None
    worst: Fraction | None
    best: Fraction | None


def forecast_of(tally: Tally, before: Tally, provisional: bool) -> AttainmentForecast:
    """Return what is expected of a period, given what was counted in it, and in the period before it.

    `provisional`: the period has not ended; else nothing more is expected, and the forecast is the figure itself.
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
