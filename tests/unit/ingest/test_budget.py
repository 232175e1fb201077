"""A sender's budget is of events, and comes back evenly within a minute of a steady clock."""

from __future__ import annotations

import pytest

from sla_ingest.limit import Budget
from sla_platform.http.problem import Problem


class Clock:
    """A steady clock in seconds."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def wait(budget: Budget, sender: str, events: int = 1, counted: int = 0) -> int:
    """After how many seconds a request is to come again; it is refused."""
    with pytest.raises(Problem) as refused:
        budget.spend(sender, events, counted=counted)
    assert refused.value.status == 429
    return int(refused.value.headers["Retry-After"])


def test_beyond_the_budget_a_sender_is_told_when_its_request_fits(clock: Clock) -> None:
    budget = Budget(60, clock)
    for _ in range(60):
        budget.spend("acme")
    assert wait(budget, "acme") == 1
    assert wait(budget, "acme", 20) == 20
    clock.now = 19.0
    assert wait(budget, "acme", 20) == 1
    clock.now = 20.0
    budget.spend("acme", 20)
    budget.spend("other", 60)


def test_each_event_of_a_batch_counts(clock: Clock) -> None:
    budget = Budget(100, clock)
    budget.spend("acme", 90)
    assert wait(budget, "acme", 11) == 1
    budget.spend("acme", 10)  # what was refused has not been counted
    assert wait(budget, "acme") == 1


def test_the_events_of_a_request_may_be_counted_in_two_steps(clock: Clock) -> None:
    budget = Budget(60, clock)
    budget.spend("acme")
    budget.spend("acme", 60, counted=1)
    budget.spend("other", 30)
    budget.spend("other")
    # The whole request has to fit when it comes again, the event that was counted included.
    assert wait(budget, "other", 31, counted=1) == 2
    clock.now = 2.0
    budget.spend("other")
    budget.spend("other", 31, counted=1)


def test_a_request_larger_than_the_budget_needs_a_whole_minute_and_is_not_refused_for_ever(clock: Clock) -> None:
    budget = Budget(60, clock)
    budget.spend("acme")
    budget.spend("acme", 5_000, counted=1)
    assert wait(budget, "acme", 5_000) == 60
    clock.now = 60.0
    budget.spend("acme", 5_000)


def test_who_is_silent_for_a_minute_is_forgotten(clock: Clock) -> None:
    budget = Budget(60, clock)
    for number in range(1_000):
        budget.spend(f"sender {number}", 60)
    clock.now = 61.0
    budget.spend("acme")
    assert len(budget._spent) == 1
    budget.spend("sender 1", 60)
