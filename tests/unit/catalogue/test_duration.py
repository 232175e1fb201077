from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_catalogue.duration import BadDuration, parse_allowed, parse_span, parse_warning
from sla_domain.calendar import WorkingDays
from sla_domain.plan import Allowed, CoverageTime, Unspecified, WallTime, WarningAt, WorkingDayTime
from sla_domain.target_text import target_text

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("4h", CoverageTime(4 * HOUR)),
        ("30m", CoverageTime(HOUR / 2)),
        ("1h 30m", CoverageTime(1.5 * HOUR)),
        ("1h30m", CoverageTime(1.5 * HOUR)),
        ("1.5 hours", CoverageTime(1.5 * HOUR)),
        ("90 min", CoverageTime(1.5 * HOUR)),
        ("15 minutes and 30 seconds", CoverageTime(timedelta(minutes=15, seconds=30))),
        ("PT4H", CoverageTime(4 * HOUR)),
        ("PT1H30M", CoverageTime(1.5 * HOUR)),
        ("0h", CoverageTime(timedelta())),
        ("2 working days", WorkingDayTime(2)),
        ("1 working day", WorkingDayTime(1)),
        ("2 business days", WorkingDayTime(2)),
        ("P2D", WorkingDayTime(2)),
        ("4h wall", WallTime(4 * HOUR)),
        ("2 days wall", WallTime(48 * HOUR)),
        ("P2D wall", WallTime(48 * HOUR)),
        ("P1W wall", WallTime(168 * HOUR)),
        ("unspecified", Unspecified()),
    ],
)
def test_the_ways_to_write_a_target(text: str, allowed: Allowed) -> None:
    assert parse_allowed(text) == allowed


def test_the_reading_of_working_days_is_chosen_by_the_row() -> None:
    assert parse_allowed("2 working days", WorkingDays.CLOSE_OF_NTH_DAY) == WorkingDayTime(
        2, WorkingDays.CLOSE_OF_NTH_DAY
    )


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("P1M", "write hours or working days"),
        ("1 month", "write hours or working days"),
        ("2 years", "write hours or working days"),
        ("P1Y", "write hours or working days"),
        ("2d", "'2 working days' or '2d wall'"),
        ("1 week", "'5 working days' or '1 week wall'"),
        ("4", "write 4h"),
        ("-4h", "write 4h"),
        ("soon", "write 4h"),
        ("4 parsecs", "write 4h"),
        ("4h tomorrow", "write 4h"),
        ("P", "write 4h"),
        ("PT", "write 4h"),
        ("PT.H", "write 4h"),
        ("", "write 4h"),
        ("999999999h", "write 4h"),
        ("99999 working days", "write 4h"),
    ],
)
def test_what_has_no_fixed_length_is_refused_with_advice(text: str, advice: str) -> None:
    with pytest.raises(BadDuration) as refused:
        parse_allowed(text)
    assert advice in refused.value.hint


@pytest.mark.parametrize("text", ["99999999999999999999h", "9" * 400 + "h", "PT99999999999999999999H"])
def test_more_than_a_machine_can_count_is_refused_like_any_other_excess(text: str) -> None:
    with pytest.raises(BadDuration, match="longer than ten years"):
        parse_allowed(text)


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("75%", WarningAt(percent=75)),
        ("1h before", WarningAt(before=HOUR)),
        ("PT15M before", WarningAt(before=HOUR / 4)),
    ],
)
def test_warnings_in_percent_or_time_before(text: str, warning: WarningAt) -> None:
    assert parse_warning(text) == warning


@pytest.mark.parametrize("text", ["0%", "100%", "150%", "75", "0m before", "1h", "1h after", "2d before"])
def test_what_is_no_warning_is_refused(text: str) -> None:
    with pytest.raises(BadDuration):
        parse_warning(text)


@given(st.integers(0, 10_000_000))
def test_whole_seconds_come_back_as_written(seconds: int) -> None:
    allowed = CoverageTime(timedelta(seconds=seconds))
    assert parse_allowed(target_text(allowed)) == allowed


@given(st.text(max_size=30))
def test_no_text_does_worse_than_a_refusal(text: str) -> None:
    for parse in (parse_allowed, parse_span, parse_warning):
        with suppress(BadDuration):
            parse(text)
