"""The guard believes a clock that moves as steady seconds do, and a leap of it only once it has stayed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sla_platform.clockguard import CONFIRM_SECONDS, TOLERANCE, ClockGuard, ClockReading

NINE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def after(seconds: float) -> datetime:
    return NINE + timedelta(seconds=seconds)


@pytest.fixture
def guard() -> ClockGuard:
    begun = ClockGuard()
    assert begun.read(NINE, 100.0) == (NINE, ClockReading.STEADY)
    return begun


def test_a_steady_clock_is_believed(guard: ClockGuard) -> None:
    for second in range(1, 120):
        assert guard.read(after(second), 100.0 + second) == (after(second), ClockReading.STEADY)


def test_small_steps_within_the_tolerance_are_believed_either_way(guard: ClockGuard) -> None:
    ahead, behind = after(1) + TOLERANCE, after(2) - TOLERANCE + timedelta(seconds=5)
    assert guard.read(ahead, 101.0) == (ahead, ClockReading.STEADY)
    assert guard.read(behind, 102.0) == (behind, ClockReading.STEADY)


def test_after_a_leap_forward_time_goes_on_as_it_did_before(guard: ClockGuard) -> None:
    for second in range(1, int(CONFIRM_SECONDS)):
        assert guard.read(after(second) + HOUR, 100.0 + second) == (after(second), ClockReading.LEAPT_FORWARD)


def test_a_leap_that_stays_is_accepted_after_a_while_and_not_before(guard: ClockGuard) -> None:
    leapt = 101.0
    guard.read(after(1) + HOUR, leapt)
    short = CONFIRM_SECONDS - 0.1
    assert guard.read(after(1 + short) + HOUR, leapt + short)[1] is ClockReading.LEAPT_FORWARD
    later = after(1 + CONFIRM_SECONDS) + HOUR
    assert guard.read(later, leapt + CONFIRM_SECONDS) == (later, ClockReading.CONFIRMED)
    assert guard.read(later + HOUR / 3600, leapt + CONFIRM_SECONDS + 1)[1] is ClockReading.STEADY


def test_a_leap_that_is_taken_back_was_never_believed(guard: ClockGuard) -> None:
    guard.read(after(1) + HOUR, 101.0)
    assert guard.read(after(2), 102.0) == (after(2), ClockReading.STEADY)
    # Half the wait before does not count towards another leap.
    assert guard.read(after(3) + HOUR, 103.0)[1] is ClockReading.LEAPT_FORWARD
    assert guard.read(after(32) + HOUR, 132.0)[1] is ClockReading.LEAPT_FORWARD


def test_a_clock_that_keeps_leaping_is_never_confirmed(guard: ClockGuard) -> None:
    for second in range(1, 200, 10):
        believed, reading = guard.read(after(second) + second * HOUR, 100.0 + second)
        assert (believed, reading) == (after(second), ClockReading.LEAPT_FORWARD)


def test_a_clock_that_goes_back_is_held_likewise_and_followed_when_it_stays(guard: ClockGuard) -> None:
    assert guard.read(after(1) - HOUR, 101.0) == (after(1), ClockReading.WENT_BACK)
    assert guard.read(after(2) - HOUR, 102.0) == (after(2), ClockReading.WENT_BACK)
    later = after(1 + CONFIRM_SECONDS) - HOUR
    assert guard.read(later, 101.0 + CONFIRM_SECONDS) == (later, ClockReading.CONFIRMED)


def test_back_and_right_again_within_the_wait_was_nothing(guard: ClockGuard) -> None:
    guard.read(after(1) - HOUR, 101.0)
    assert guard.read(after(2), 102.0) == (after(2), ClockReading.STEADY)


def test_a_leap_the_other_way_begins_the_wait_anew(guard: ClockGuard) -> None:
    guard.read(after(1) - HOUR, 101.0)
    guard.read(after(20) + HOUR, 120.0)
    assert guard.read(after(32) + HOUR, 132.0) == (after(32), ClockReading.LEAPT_FORWARD)


def test_an_hour_in_many_small_steps_is_a_leap(guard: ClockGuard) -> None:
    """Each step is within the tolerance; together they are an hour in nine seconds."""
    for step in range(1, 901):
        steady = step * 0.01
        believed, _ = guard.read(after(steady + 4 * step), 100.0 + steady)
        assert believed - after(steady) <= TOLERANCE


def test_a_clock_that_is_set_right_gradually_is_followed(guard: ClockGuard) -> None:
    """An hour at eight hundredths of a second in each: slower than the fastest that time daemons do."""
    for second in range(1, 45_000):
        assert guard.read(after(1.08 * second), 100.0 + second) == (after(1.08 * second), ClockReading.STEADY)


def test_readings_that_were_held_up_do_not_add_up(guard: ClockGuard) -> None:
    """The steady seconds are taken first; a process that is halted before it asks the clock sees it ahead once."""
    for second in range(1, 200):
        late = 3.0 if second % 2 else 0.0
        assert guard.read(after(second + late), 100.0 + second) == (after(second + late), ClockReading.STEADY)
