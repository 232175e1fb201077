"""How long a sender may be silent: by its own weeks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sla_ingest.sender.silence import LEAST_SILENCE, NOTHING_EXPECTED, SilenceBasis, expected_silence

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


def until(received: list[datetime], last: datetime) -> list[datetime]:
    return [at for at in received if at <= last]


def test_after_a_friday_evening_a_weekend_is_expected_and_on_a_tuesday_noon_no_hour() -> None:
    received = office(4)
    friday, tuesday = MONDAY + timedelta(weeks=3, days=4, hours=18), MONDAY + timedelta(weeks=3, days=1, hours=12)
    weekend = expected_silence(until(received, friday))
    assert weekend.basis is SilenceBasis.HOUR_OF_WEEK
    assert weekend.longest is not None
    assert weekend.longest >= 62 * HOUR
    noon = expected_silence(until(received, tuesday))
    assert (noon.longest, noon.basis) == (timedelta(minutes=30), SilenceBasis.HOUR_OF_WEEK)


def test_of_a_new_hour_of_the_week_the_longest_silence_of_all_counts() -> None:
    sunday = MONDAY + timedelta(weeks=2, days=6, hours=3)
    found = expected_silence([*office(3), sunday])
    assert found.basis is SilenceBasis.ALL
    assert found.longest == 62 * HOUR * 1.5


def test_too_little_history_expects_nothing() -> None:
    assert expected_silence([]) == NOTHING_EXPECTED
    assert expected_silence(office(1)[:19]) == NOTHING_EXPECTED
    assert expected_silence([MONDAY + timedelta(minutes=n) for n in range(500)]) == NOTHING_EXPECTED


def test_one_long_outage_among_many_silences_is_no_rhythm() -> None:
    steady = [MONDAY + timedelta(minutes=20) * number for number in range(4 * 7 * 72)]
    gap = (MONDAY + timedelta(days=8), MONDAY + timedelta(days=9))
    found = expected_silence([at for at in steady if not gap[0] < at < gap[1]])
    assert found.longest == timedelta(minutes=30)


@given(st.lists(st.integers(0, 28 * 24 * 3600), max_size=60))
def test_any_history_expects_something_sound(seconds: list[int]) -> None:
    found = expected_silence([MONDAY + timedelta(seconds=one) for one in sorted(seconds)])
    assert (found.longest is None) == (found.basis is SilenceBasis.TOO_LITTLE)
    assert found.longest is None or LEAST_SILENCE <= found.longest <= timedelta(days=42)
