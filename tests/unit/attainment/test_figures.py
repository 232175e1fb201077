"""From counts to the figure of an objective: share, misses allowed, forecast, service credit, and what is told."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from sla_domain.attainment import (
    AttainmentFigure,
    Standing,
    Tally,
    ToldStanding,
    figure_of,
    keeps,
    misses_allowed,
    news_of,
    service_credit,
)
from sla_domain.objective import Objective, ObjectiveNews, ServiceCredit

NINETY = Objective(id="in-time", percent=Decimal(90))
TABLE = (
    ServiceCredit(Decimal(90), Decimal(5)),
    ServiceCredit(Decimal(80), Decimal(10)),
    ServiceCredit(Decimal("66.5"), Decimal(25)),
)


def figure(
    *, tally: Tally, before: Tally = Tally(), provisional: bool = True, objective: Objective = NINETY
) -> AttainmentFigure:
    return figure_of(objective, tally, before, provisional)


def test_nothing_decided_is_no_share_and_neither_kept_nor_missed() -> None:
    for provisional in (True, False):
        found = figure(tally=Tally(exempt=3, open=2), provisional=provisional)
        assert (found.share, found.standing, found.credit) == (None, Standing.NOTHING_DUE, None)


def test_exempt_and_open_ones_are_in_no_share() -> None:
    assert figure(tally=Tally(met=9, missed=1, exempt=5, open=7)).share == Fraction(9, 10)


@pytest.mark.parametrize(
    ("total", "percent", "allowed"),
    [(0, "90", 0), (9, "90", 0), (10, "90", 1), (19, "90", 1), (1000, "99.9", 1), (999, "99.9", 0), (50, "100", 0)],
)
def test_the_greatest_number_of_misses_with_which_the_objective_is_kept(total: int, percent: str, allowed: int) -> None:
    assert misses_allowed(total, Decimal(percent)) == allowed
    if total:
        assert keeps(Fraction(total - allowed, total), Decimal(percent))
        assert not keeps(Fraction(total - allowed - 1, total), Decimal(percent))


def test_an_ended_period_is_kept_or_missed_by_the_exact_share() -> None:
    assert figure(tally=Tally(met=9, missed=1), provisional=False).standing is Standing.KEPT
    missed = figure(tally=Tally(met=899_999, missed=100_001), provisional=False)
    assert missed.standing is Standing.MISSED, "89.9999% is not 90%"
    assert missed.misses_left == -1


def test_a_current_period_is_at_risk_then_exhausted() -> None:
    """Of 40 expected, 4 may be missed; at 75% of them, 3, the plan wants it said."""
    before = Tally(met=40)
    standings = [figure(tally=Tally(met=10, missed=missed), before=before) for missed in range(6)]
    assert {found.allowed for found in standings} == {4}
    assert [found.standing for found in standings] == [Standing.KEPT] * 3 + [Standing.AT_RISK] * 2 + [
        Standing.EXHAUSTED
    ]
    assert [found.misses_left for found in standings] == [4, 3, 2, 1, 0, -1]


def test_the_forecast_expects_the_open_ones_to_end_like_the_others() -> None:
    found = figure(tally=Tally(met=6, missed=2, open=4), before=Tally(met=12)).forecast
    assert found.expected == 12
    assert found.rate == Fraction(18, 20)
    assert found.share == (6 + Fraction(18, 20) * 4) / 12
    assert (found.worst, found.best) == (Fraction(6, 12), Fraction(10, 12))


def test_a_period_is_expected_to_be_as_busy_as_the_one_before() -> None:
    assert figure(tally=Tally(met=1), before=Tally(met=30, missed=3)).forecast.expected == 33
    assert figure(tally=Tally(met=50, open=2), before=Tally(met=30)).forecast.expected == 52


def test_once_a_period_has_ended_nothing_more_is_expected() -> None:
    found = figure(tally=Tally(met=3, missed=1, open=2), before=Tally(met=100), provisional=False).forecast
    assert (found.expected, found.share, found.worst, found.best) == (4, *[Fraction(3, 4)] * 3)


def test_without_anything_decided_the_open_ones_give_only_the_bounds() -> None:
    found = figure(tally=Tally(open=2)).forecast
    assert (found.expected, found.rate, found.share, found.worst, found.best) == (2, None, None, 0, 1)
    assert figure(tally=Tally()).forecast.best is None


@pytest.mark.parametrize(
    ("share", "credit"),
    [
        (Fraction(1), None),
        (Fraction(90, 100), None),
        (Fraction(899_999, 1_000_000), 5),
        (Fraction(80, 100), 5),
        (Fraction(79, 100), 10),
        (Fraction(665, 1000), 10),
        (Fraction(664, 1000), 25),
        (Fraction(0), 25),
        (None, None),
    ],
)
def test_the_service_credit_is_read_off_the_lowest_row_that_applies(share: Fraction | None, credit: int | None) -> None:
    expected = None if credit is None else Decimal(credit)
    assert service_credit(TABLE, share) == expected
    assert service_credit(TABLE[::-1], share) == expected
    assert service_credit((), share) is None


def test_each_change_of_standing_is_told_once() -> None:
    told, said = ToldStanding(), []
    for standing in (
        Standing.NOTHING_DUE, Standing.KEPT, Standing.AT_RISK, Standing.AT_RISK, Standing.EXHAUSTED, Standing.MISSED,
        Standing.AT_RISK, Standing.KEPT, Standing.NOTHING_DUE,
    ):  # fmt: skip
        told, news = news_of(told, standing)
        said.append(news)
    risk, gone, well = ObjectiveNews.AT_RISK, ObjectiveNews.EXHAUSTED, ObjectiveNews.RECOVERED
    assert said == [None, None, risk, None, gone, None, risk, well, None]
    assert told == ToldStanding(well, 4)


def test_imported_history_counts_as_told() -> None:
    told, news = news_of(ToldStanding(), Standing.EXHAUSTED, quiet=True)
    assert (told, news) == (ToldStanding(ObjectiveNews.EXHAUSTED, 0), None)
    assert news_of(told, Standing.MISSED) == (told, None)
    assert news_of(told, Standing.KEPT)[1] is ObjectiveNews.RECOVERED
