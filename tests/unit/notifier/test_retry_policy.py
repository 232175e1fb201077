"""When a failed message is tried again, and when it is given up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sla_notifier.delivery.retry_policy import COLLECTED, LONGEST_ASKED, ORDINARY, URGENT, retry_policy_of
from sla_notifier.delivery.state import MessageKind

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("failed", "seconds"), [(1, 5), (2, 30), (3, 120), (4, 600), (5, 1_800), (6, 7_200), (9, 7_200)]
)
def test_each_rung_is_kept_give_or_take_a_fifth(failed: int, seconds: int) -> None:
    delays = set()
    for number in range(200):
        at = URGENT.next_attempt(f"dlv_{number}", failed, START, START)
        assert at is not None
        delay = (at - START).total_seconds()
        assert 0.8 * seconds <= delay <= 1.2 * seconds
        delays.add(delay)
    assert max(delays) - min(delays) > 0.3 * seconds, "a crowd is spread"


def test_the_jitter_of_a_delivery_repeats() -> None:
    assert URGENT.next_attempt("a", 1, START, START) == URGENT.next_attempt("a", 1, START, START)


def test_what_the_other_side_asks_for_is_honoured_within_bounds() -> None:
    def after(asked: timedelta) -> timedelta:
        at = URGENT.next_attempt("a", 1, START, START, asked)
        assert at is not None
        return at - START

    assert after(timedelta(seconds=90)) == timedelta(seconds=90)
    assert after(timedelta(days=365)) == LONGEST_ASKED
    assert after(timedelta(seconds=0)) >= timedelta(seconds=4), "never sooner than the retry policy"


@pytest.mark.parametrize("kind", list(MessageKind))
def test_every_ladder_ends(kind: MessageKind) -> None:
    retry_policy, now, attempts = retry_policy_of(kind), START, 0
    while True:
        attempts += 1
        following = retry_policy.next_attempt("a", attempts, START, now)
        if following is None:
            break
        assert following > now
        now = following
    assert now <= START + retry_policy.bound
    assert 5 <= attempts <= 40


def test_the_urgent_ladder_has_five_attempts_in_a_quarter_of_an_hour() -> None:
    now = START
    for failed in range(1, 5):
        following = URGENT.next_attempt("a", failed, START, now)
        assert following is not None
        now = following
    assert now - START <= timedelta(minutes=15.1)


def test_only_pages_are_helped_by_another_address_before_the_end() -> None:
    assert URGENT.fall_back_after == 3
    assert ORDINARY.fall_back_after is None
    assert COLLECTED.fall_back_after is None
