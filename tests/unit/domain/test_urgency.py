"""I4: one order for every list: severity × plan rank × time left."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from tests.build.rulebook import contract, plan, row, rulebook
from tests.build.story import Telling

from sla_domain.urgency import score, urgency

HOUR = timedelta(hours=1)
spans = st.timedeltas(-timedelta(days=30), timedelta(days=30))


@given(st.integers(1, 5), st.integers(1, 5), spans, spans)
def test_less_time_left_never_ranks_lower(severity: int, rank: int, one: timedelta, other: timedelta) -> None:
    sooner, later = sorted((one, other))
    assert score(severity, rank, sooner) >= score(severity, rank, later)


@given(st.integers(1, 5), st.integers(1, 5), spans)
def test_a_graver_severity_and_a_better_plan_rank_higher_and_a_pause_lowest(
    severity: int, rank: int, left: timedelta
) -> None:
    here = score(severity, rank, left)
    assert here >= score(severity + 1, rank, left)
    assert here >= score(severity, rank + 1, left)
    assert here >= score(severity, rank, None)


def test_the_plan_that_was_bought_decides_not_the_base_plan_whose_row_applies() -> None:
    rows = (row("resolution", "8h"),)
    plans = (plan(*rows, id_="premium", rank=1), plan(*rows, id_="basic", rank=3))
    rules = rulebook(plans, contract("acme", plan="premium"), contract("beta", plan="basic"))
    scores = []
    for customer in ("acme", "beta"):
        told = Telling(customer=customer).opened("Mon 09:00", "P2")
        incident = told.fold(rules)
        scores.append(urgency(incident, incident.clocks[0], rules, told.at("Mon 17:00")))
        ended = told.resolved("Mon 10:00").fold(rules)
        assert urgency(ended, ended.clocks[0], rules, told.at("Mon 17:00")) == 0
    assert scores == [50.0, score(2, 3, timedelta())]
