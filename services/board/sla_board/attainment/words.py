"""The figures of attainment in words, in English as the board's pages are."""

from __future__ import annotations

from sla_board.attainment.model import ObjectiveResult, percent_text
from sla_domain.attainment import AttainmentFigure, Standing
from sla_domain.objective import CountedUnit, Objective, PeriodKind

_PERIODS = {
    PeriodKind.MONTH: "month",
    PeriodKind.QUARTER: "quarter",
    PeriodKind.CONTRACT_YEAR: "contract year",
}
_STANDINGS = {
    Standing.NOTHING_DUE: "no promises fell due",
    Standing.KEPT: "met",
    Standing.AT_RISK: "at risk",
    Standing.EXHAUSTED: "cannot be met any more",
    Standing.MISSED: "missed",
}


def assumption_of(figure: AttainmentFigure) -> str:
    """Return the sentence that says what the forecast of an objective assumes. "" for a period that has ended."""
    if not figure.provisional:
        return ""
    forecast, tally = figure.forecast, figure.tally
    busy = (
        f"The period will hold at least the {forecast.expected} of the one before."
        if forecast.expected > tally.decided + tally.open
        else f"The period will hold the {forecast.expected} that are decided or due in it."
    )
    if not tally.open:
        return f"Nothing that is open is due in the period. {busy}"
    ahead = "The one that is open ends" if tally.open == 1 else f"The {tally.open} open ones end"
    if forecast.rate is None:
        return f"Nothing was decided by which those that are open ({tally.open}) could be judged. {busy}"
    rate = percent_text(forecast.rate)
    return f"{ahead} like those decided in this period and the one before: {rate} % met. {busy}"


def standing_word(standing: Standing) -> str:
    """Return the state of an objective in words, such as `at risk`."""
    return _STANDINGS[standing]


def objective_text(objective: Objective) -> str:
    """Return what an objective promises, such as `90 % of requests per month`."""
    what = "requests" if objective.of is CountedUnit.REQUESTS else "clocks"
    named = [*sorted(objective.metrics), *sorted(objective.priorities)]
    of = f" ({', '.join(named)})" if named else ""
    return f"{objective.percent.normalize():f} % of {what}{of} per {_PERIODS[objective.period]}"


def misses_text(figure: AttainmentFigure) -> str:
    """Return, in words, how many more promises may be missed, or how many more than allowed were missed."""
    left = figure.misses_left
    if left < 0:
        return f"{-left} more missed than allowed"
    return "no further miss is allowed" if left == 0 else f"{left} more may be missed"


def amended_text(result: ObjectiveResult) -> tuple[str, str] | None:
    """Return the first recorded result of an objective, and since when the present result applies, in words.

    For example, (`was 93.18 %`, `since 2026-11-02 10:00 UTC`). The result is None if the first recorded result never
    changed. The texts do not name the incident that changed the result.
    """
    if len(result.amendments) < 2:
        return None
    first, last = result.amendments[0], result.amendments[-1]
    was = percent_text(first.tally.share)
    before = f"was {was} %" if was else "nothing had fallen due"
    return before, f"since {last.at:%Y-%m-%d %H:%M} UTC"


def objective_title(result: ObjectiveResult, language: str = "en") -> str:
    """Return the title of an objective in a language. A missing title is given in English, or else as the id."""
    titles = result.objective.titles
    return titles.get(language) or titles.get("en") or result.objective.id
