"""How long a sender may be silent: by its own weeks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sla_ingest.heard import hours_of
from sla_ingest.sender.silence import LEAST_SILENCE, NOTHING_EXPECTED, ExpectedSilence, SilenceBasis, expected_silence

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


def office(weeks: int) -> list[datetime]:
    """A delivery every 20 minutes from 8 to 18, Monday to Friday."""
    return [
        MONDAY + timedelta(weeks=week, days=day, hours=8, minutes=20 * number)
        for week in range(weeks)
        for day in range(5)
        for number in range(31)
    ]


def expected(received: list[datetime]) -> ExpectedSilence:
    return expected_silence(hours_of((at, "accepted") for at in received), received[-1])


def until(received: list[datetime], last: datetime) -> list[datetime]:
    return [at for at in received if at <= last]


def test_after_a_friday_evening_a_weekend_is_expected_and_on_a_tuesday_noon_no_hour() -> None:
    received = office(4)
    friday, tuesday = MONDAY + timedelta(weeks=3, days=4, hours=18), MONDAY + timedelta(weeks=3, days=1, hours=12)
    weekend = expected(until(received, friday))
    assert weekend.basis is SilenceBasis.HOUR_OF_WEEK
    assert weekend.longest is not None
    assert weekend.longest >= 62 * HOUR
    noon = expected(until(received, tuesday))
    assert (noon.longest, noon.basis) == (timedelta(minutes=30), SilenceBasis.HOUR_OF_WEEK)


def test_of_a_new_hour_of_the_week_the_longest_silence_of_all_counts() -> None:
    sunday = MONDAY + timedelta(weeks=2, days=6, hours=3)
    found = expected([*office(3), sunday])
    assert found.basis is SilenceBasis.ALL
    assert found.longest == 62 * HOUR * 1.5


def test_too_little_history_expects_nothing() -> None:
    assert expected_silence([], MONDAY) == NOTHING_EXPECTED
    assert expected(office(1)[:19]) == NOTHING_EXPECTED
    assert expected([MONDAY + timedelta(minutes=n) for n in range(500)]) == NOTHING_EXPECTED


def test_one_long_outage_among_many_silences_is_no_rhythm() -> None:
    steady = [MONDAY + timedelta(minutes=20) * number for number in range(4 * 7 * 72)]
    gap = (MONDAY + timedelta(days=7, hours=23), MONDAY + timedelta(days=9))
    received = [at for at in steady if not gap[0] < at < gap[1]]
    for last in (steady[-1], MONDAY + timedelta(days=21, hours=23)):
        found = expected(until(received, last))
        assert (found.longest, found.basis) == (timedelta(minutes=30), SilenceBasis.HOUR_OF_WEEK)


def test_a_busy_sender_that_rests_at_night_is_not_expected_then() -> None:
    """A delivery a minute from 8 to 18: one silence of the evening stands among sixty of a minute."""
    received = [
        MONDAY + timedelta(days=day, hours=8, minutes=number)
        for day in range(28)
        if day % 7 < 5
        for number in range(601)
    ]
    friday = MONDAY + timedelta(days=25, hours=18)
    evening, noon = expected(until(received, friday)), expected(until(received, friday - 6 * HOUR))
    assert evening.longest == 62 * HOUR * 1.5
    assert noon.longest == LEAST_SILENCE


def test_what_was_silent_for_long_just_now_may_be_so_again() -> None:
    steady = [MONDAY + timedelta(minutes=1) * number for number in range(28 * 24 * 60)]
    slower = [at for at in steady if at <= steady[-1] - HOUR] + [steady[-1] - HOUR / 2, steady[-1]]
    assert (expected(steady).longest, expected(slower).longest) == (LEAST_SILENCE, HOUR * 0.75)


@given(st.lists(st.integers(0, 28 * 24 * 3600), min_size=1, max_size=60))
def test_any_history_expects_something_sound(seconds: list[int]) -> None:
    found = expected([MONDAY + timedelta(seconds=one) for one in sorted(seconds)])
    assert (found.longest is None) == (found.basis is SilenceBasis.TOO_LITTLE)
    assert found.longest is None or LEAST_SILENCE <= found.longest <= timedelta(days=42)
