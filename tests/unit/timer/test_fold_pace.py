"""How long an incident waits for what was folded before it: in proportion to that, and to itself."""

from __future__ import annotations

from sla_timer.apply.later import PER_SECOND, SIZES, FoldPace


def test_nothing_waits_before_anything_was_folded() -> None:
    assert FoldPace().pause(50_000, now=1_000.0) == 0


def test_a_fold_is_paid_off_before_the_next_of_its_size_begins() -> None:
    pace = FoldPace()
    pace.spend(10_000, now=100.0)
    assert pace.pause(10_000, now=100.0) == 10_000 / PER_SECOND
    assert pace.pause(10_000, now=102.0) == 10_000 / PER_SECOND - 2
    assert pace.pause(10_000, now=100.0 + 10_000 / PER_SECOND) == 0


def test_a_small_one_waits_no_longer_than_four_times_what_it_costs() -> None:
    pace = FoldPace()
    pace.spend(50_000, now=0.0)
    assert pace.pause(600, now=0.0) == SIZES * 600 / PER_SECOND
    assert pace.pause(600, now=50_000 / PER_SECOND - 0.1) < SIZES * 600 / PER_SECOND


def test_in_the_long_run_no_more_is_folded_than_the_pace_allows() -> None:
    """Late events for ever, of incidents of all sizes: each is folded as soon as the pace allows."""
    pace, now, folded = FoldPace(), 0.0, 0
    sizes = (600, 50_000, 2_000, 800, 11_000, 700)
    for number in range(600):
        size = sizes[number % len(sizes)]
        now += pace.pause(size, now)
        pace.spend(size, now)
        folded += size
    assert folded - 50_000 * SIZES <= now * PER_SECOND
