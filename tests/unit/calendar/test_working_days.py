"""“n working days” in its three readings, beyond the published rows."""

from __future__ import annotations

import pytest
from tests.unit.calendar.made import at, office, span, spec

from sla_domain.calendar import WorkingDays, always_open, growing_calendar
from sla_domain.errors import BeyondHorizon, InvalidSpan

SAME, OPENING, CLOSE = WorkingDays.SAME_TIME, WorkingDays.SAME_TIME_FROM_OPENING, WorkingDays.CLOSE_OF_NTH_DAY


@pytest.mark.parametrize(
    ("start", "count", "mode", "due"),
    [
        ("2026-03-06T12:00", 2, SAME, "2026-03-10T12:00"),
        ("2026-03-06T20:00", 1, SAME, "2026-03-10T09:00"),  # Monday 20:00 is closed
        ("2026-03-06T20:00", 1, OPENING, "2026-03-10T09:00"),
        ("2026-03-07T12:00", 1, SAME, "2026-03-09T12:00"),  # from a weekend: Monday is the first working day
        ("2026-03-07T12:00", 1, OPENING, "2026-03-10T09:00"),  # one full day from Monday's opening
        ("2026-03-06T12:00", 2, CLOSE, "2026-03-10T17:00"),
        ("2026-03-06T17:00", 2, CLOSE, "2026-03-11T17:00"),  # received after close: Monday is day 0
        ("2026-03-07T12:00", 0, SAME, "2026-03-09T09:00"),
        ("2026-03-06T17:00", 1, SAME, "2026-03-09T17:00"),  # exactly a close is left alone
    ],
)
def test_working_days_of_an_office(start: str, count: int, mode: WorkingDays, due: str) -> None:
    assert office().add_working_days(at(start), count, mode) == at(due)


def test_an_opened_saturday_is_a_working_day_and_a_closed_friday_is_none() -> None:
    calendar = growing_calendar(
        spec(
            openings=(span("2026-03-07T09:00", "2026-03-07T13:00"),),
            closings=(span("2026-03-06T00:00", "2026-03-07T00:00"),),
        )
    )
    assert calendar.add_working_days(at("2026-03-05T12:00"), 1) == at("2026-03-07T12:00")
    assert calendar.add_working_days(at("2026-03-05T12:00"), 1, CLOSE) == at("2026-03-07T13:00")


def test_a_time_of_day_that_the_target_day_skips_becomes_the_change() -> None:
    around = growing_calendar(always_open(zone="Europe/Warsaw"))
    assert around.add_working_days(at("2026-03-28T02:30"), 1) == at("2026-03-29T03:00")
    assert around.add_working_days(at("2026-10-24T02:30"), 1) == at("2026-10-25T02:30")  # the first showing


def test_no_working_days_is_now_even_in_a_repeated_hour() -> None:
    around = growing_calendar(always_open(zone="Europe/Warsaw"))
    second = at("2026-10-25T02:30", fold=1)
    assert around.add_working_days(second, 0) == second


def test_around_the_clock_every_date_that_exists_is_a_working_day() -> None:
    zone = "Pacific/Apia"
    around = growing_calendar(always_open(zone=zone))
    start = at("2011-12-28T12:00", zone)
    assert around.add_working_days(start, 2) == at("2011-12-31T12:00", zone)  # there was no 30th
    assert around.add_working_days(start, 1, CLOSE) == at("2011-12-31T00:00", zone)


def test_a_shift_past_midnight_makes_both_dates_working() -> None:
    night = growing_calendar(spec(hours=("22:00", "06:00")))
    saturday = at("2026-03-07T03:00")
    assert night.add_working_days(saturday, 0) == saturday
    assert night.add_working_days(at("2026-03-05T23:00"), 0, CLOSE) == at("2026-03-06T00:00")


def test_days_are_never_negative_and_never_endless() -> None:
    with pytest.raises(InvalidSpan):
        office().add_working_days(at("2026-03-06T12:00"), -1)
    with pytest.raises(BeyondHorizon):
        office().add_working_days(at("2026-03-06T12:00"), 1_000_000)
