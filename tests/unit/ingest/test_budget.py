"""A sender's budget is a minute's, also when the wall clock leaps."""

from __future__ import annotations

import time

import pytest

from sla_ingest.limit import Budget
from sla_platform.http.problem import Problem


@pytest.fixture
def ahead(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """By how many seconds the wall clock is wrong."""
    real, off = time.time, [0.0]  # noqa: TID251 - what the limiter asks
    monkeypatch.setattr(time, "time", lambda: real() + off[0])
    return off


async def test_beyond_the_budget_one_waits_for_the_next_minute(ahead: list[float]) -> None:
    budget = Budget(2)
    await budget.spend("acme")
    await budget.spend("acme")
    with pytest.raises(Problem) as refused:
        await budget.spend("acme")
    assert 0 < int(refused.value.headers["Retry-After"]) <= 60
    ahead[0] = 61
    await budget.spend("acme")


async def test_a_minute_begun_while_the_clock_was_an_hour_ahead_does_not_last_an_hour(ahead: list[float]) -> None:
    budget = Budget(2)
    ahead[0] = 3600
    await budget.spend("acme")
    ahead[0] = 0
    for _ in range(3):
        await budget.spend("acme")
    with pytest.raises(Problem) as refused:
        await budget.spend("acme")
    assert int(refused.value.headers["Retry-After"]) <= 60
