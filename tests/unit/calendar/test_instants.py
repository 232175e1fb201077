from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from tests.unit.calendar.made import at, office, spec, utc

from sla_domain.calendar import always_open, compile_calendar, growing_calendar
from sla_domain.errors import BeyondHorizon


def test_hours_are_half_open() -> None:
    calendar = office()
    assert [calendar.is_open(at(f"2026-03-06T{time}")) for time in ("08:59", "09:00", "16:59:59.999999", "17:00")] == [
        False,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("now", "opens", "closes"),
    [
        ("2026-03-06T08:00", "2026-03-06T09:00", "2026-03-06T17:00"),
        ("2026-03-06T09:00", "2026-03-06T09:00", "2026-03-06T17:00"),
        ("2026-03-06T12:00", "2026-03-06T12:00", "2026-03-06T17:00"),
        ("2026-03-06T17:00", "2026-03-09T09:00", "2026-03-09T17:00"),
        ("2026-03-07T12:00", "2026-03-09T09:00", "2026-03-09T17:00"),
    ],
)
def test_the_next_opening_and_the_next_close(now: str, opens: str, closes: str) -> None:
    assert office().next_open(at(now)) == at(opens)
    assert office().next_close(at(now)) == at(closes)


def test_around_the_clock_never_closes() -> None:
    with pytest.raises(BeyondHorizon):
        growing_calendar(always_open()).next_close(utc("2026-03-06T12:00"))


def test_the_end_of_a_fixed_horizon_is_not_taken_for_a_close() -> None:
    day = date(2026, 3, 6)
    calendar = compile_calendar(always_open(), day, day)
    with pytest.raises(BeyondHorizon):
        calendar.next_close(utc("2026-03-06T12:00"))
    assert calendar.next_open(utc("2026-03-06T12:00")) == utc("2026-03-06T12:00")
    with pytest.raises(BeyondHorizon):
        calendar.is_open(utc("2026-03-07T00:00"))


def test_a_shift_from_before_the_horizon_reaches_into_it() -> None:
    saturday = date(2026, 3, 7)
    calendar = compile_calendar(spec("Etc/UTC", ("22:00", "06:00")), saturday, saturday)
    assert calendar.next_close(utc("2026-03-07T00:00")) == utc("2026-03-07T06:00")


def test_the_edges_of_time_are_typed_errors() -> None:
    for instant in (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
        with pytest.raises(BeyondHorizon):
            office().next_open(instant)
