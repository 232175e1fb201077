"""When a span of business time is over, and how much of it lies between two instants."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.unit.calendar.made import DAY, HOUR, at, office, shown, span, spec, utc

from sla_domain.calendar import AtClose, always_open, growing_calendar
from sla_domain.errors import BeyondHorizon, InvalidSpan, NaiveInstant

POLISH = {"2026-11-11": "Independence Day"}
TAIWANESE = {"2026-09-25": "Mid-Autumn", "2026-09-28": "Teachers' Day", "2026-10-09": "National Day (observed)"}
RUSSIAN = {"2026-11-04": "Unity Day", "2026-12-31": "New Year"} | {f"2027-01-{n:02}": "New Year" for n in range(1, 11)}


@pytest.mark.parametrize(
    ("zone", "hours", "days", "holidays", "start", "span_h", "due"),
    [
        # docs/clauses.md, H, Poland: half an hour on Tuesday, Wednesday is a holiday, half an hour on Thursday
        ("Europe/Warsaw", ("08:00", "17:00"), range(5), POLISH, "2026-11-10T16:30", 1, "2026-11-12T08:30"),
        ("Europe/Warsaw", ("08:00", "17:00"), range(5), POLISH, "2026-11-10T16:30", 4, "2026-11-12T11:30"),
        ("Europe/Warsaw", ("08:00", "17:00"), range(5), POLISH, "2026-10-23T15:00", 4, "2026-10-26T10:00"),
        ("Asia/Taipei", ("08:00", "17:00"), range(5), TAIWANESE, "2026-10-08T16:30", 1, "2026-10-12T08:30"),
        ("Asia/Taipei", ("08:00", "17:00"), range(5), TAIWANESE, "2026-09-24T15:00", 4, "2026-09-29T10:00"),
        # docs/clauses.md, B
        ("Europe/Moscow", ("09:00", "18:00"), range(5), {}, "2026-11-20T17:30", 4, "2026-11-23T12:30"),
        ("Europe/Moscow", ("09:00", "18:00"), range(5), {}, "2026-11-20T17:30", 8, "2026-11-23T16:30"),
        ("Europe/Moscow", ("09:00", "18:00"), range(7), {}, "2026-11-20T17:30", 1, "2026-11-21T09:30"),
        ("Europe/Moscow", ("09:00", "18:00"), range(7), {}, "2026-11-21T16:00", 4, "2026-11-22T11:00"),
        ("Europe/Moscow", ("00:00", "24:00"), range(7), {}, "2026-11-21T23:45", 0.5, "2026-11-22T00:15"),
        # docs/clauses.md, E
        ("Europe/Moscow", ("10:00", "19:00"), range(5), RUSSIAN, "2026-11-03T18:00", 5, "2026-11-05T14:00"),
        ("Europe/Moscow", ("10:00", "19:00"), range(5), RUSSIAN, "2026-11-03T18:00", 16, "2026-11-06T16:00"),
        ("Europe/Moscow", ("10:00", "19:00"), range(5), RUSSIAN, "2026-12-30T12:00", 40, "2027-01-14T16:00"),
        ("Europe/Moscow", ("10:00", "19:00"), range(5), RUSSIAN, "2026-11-03T18:00", 40, "2026-11-11T13:00"),
    ],
)
def test_the_plans_own_examples(
    zone: str, hours: tuple[str, str], days: range, holidays: dict[str, str], start: str, span_h: float, due: str
) -> None:
    calendar = growing_calendar(spec(zone, hours, days, holidays))
    assert calendar.add(at(start, zone), timedelta(hours=span_h)) == at(due, zone)


def test_a_deadline_at_close_stays_unless_the_contract_says_otherwise() -> None:
    friday, monday = at("2026-03-06T16:00"), at("2026-03-09T09:00")
    assert office().add(friday, HOUR) == at("2026-03-06T17:00")
    assert office().add(friday, HOUR, AtClose.NEXT_OPEN) == monday
    assert office().add(friday, HOUR / 2, AtClose.NEXT_OPEN) == at("2026-03-06T16:30")


def test_nothing_to_wait_for_is_due_at_once() -> None:
    saturday = at("2026-03-07T12:00")
    assert office().add(saturday, timedelta(0)) == saturday
    assert office().add(saturday, timedelta(0), AtClose.NEXT_OPEN) == at("2026-03-09T09:00")
    assert office().subtract(saturday, timedelta(0)) == saturday


def test_time_starts_at_an_opening_and_not_at_a_close() -> None:
    assert office().add(at("2026-03-06T17:00"), HOUR) == at("2026-03-09T10:00")
    assert office().add(at("2026-03-09T09:00"), HOUR) == at("2026-03-09T10:00")
    assert office().add(at("2026-03-09T08:59:59.999999"), HOUR) == at("2026-03-09T10:00")


def test_answers_are_utc_and_exact_to_the_microsecond() -> None:
    start = at("2026-03-06T16:59:59.999998")
    due = office().add(start, timedelta(microseconds=3))
    assert due == at("2026-03-09T09:00:00.000001")
    assert due.tzinfo is UTC
    assert office().between(start, due) == timedelta(microseconds=3)
    assert office().subtract(due, timedelta(microseconds=3)) == start


def test_the_second_showing_of_an_hour_is_another_instant() -> None:
    """02:30 shows twice on 25 October 2026; only `fold` and the offset tell which is meant."""
    night = growing_calendar(always_open(zone="Europe/Warsaw"))
    first, second = shown("2026-10-25T02:30"), shown("2026-10-25T02:30", fold=1)
    assert night.add(first, HOUR) == second.astimezone(UTC)
    assert night.between(first, second) == HOUR
    assert night.add(datetime.fromisoformat("2026-10-25T02:30+01:00"), HOUR) == utc("2026-10-25T02:30")


def test_business_time_between_two_instants_is_signed() -> None:
    monday, tuesday = at("2026-03-09T16:00"), at("2026-03-10T10:00")
    assert office().between(monday, tuesday) == 2 * HOUR
    assert office().between(tuesday, monday) == -2 * HOUR
    assert office().between(at("2026-03-07T00:00"), at("2026-03-08T23:59")) == timedelta(0)


def test_a_warning_before_the_deadline_lies_in_open_time() -> None:
    assert office().subtract(at("2026-03-10T10:00"), HOUR / 2) == at("2026-03-10T09:30")
    assert office().subtract(at("2026-03-10T10:00"), HOUR) == at("2026-03-10T09:00")  # not Monday's close
    assert office().subtract(at("2026-03-10T10:00"), 2 * HOUR) == at("2026-03-09T16:00")
    assert office().subtract(at("2026-03-09T08:00"), HOUR) == at("2026-03-06T16:00")  # walks over the weekend
    assert office().subtract(at("2026-03-06T17:00"), 8 * HOUR) == at("2026-03-06T09:00")


def test_a_span_has_a_direction_of_its_own() -> None:
    for ask in (office().add, office().subtract):
        with pytest.raises(InvalidSpan, match="use subtract"):
            ask(at("2026-03-10T10:00"), -HOUR)


def test_an_instant_without_an_offset_is_refused_everywhere() -> None:
    naive, aware, calendar = datetime.fromisoformat("2026-03-10T10:00"), at("2026-03-10T10:00"), office()
    for ask in (
        lambda: calendar.add(naive, HOUR),
        lambda: calendar.subtract(naive, timedelta(0)),
        lambda: calendar.between(aware, naive),
        lambda: calendar.is_open(naive),
        lambda: calendar.next_open(naive),
        lambda: calendar.pieces(naive, aware),
        lambda: calendar.add_working_days(naive, 1),
    ):
        with pytest.raises(NaiveInstant, match="aware"):
            ask()


def test_one_hour_a_week_for_a_year_of_hours_is_found_and_for_a_century_refused() -> None:
    weekly = growing_calendar(spec(hours=("09:00", "10:00"), days=range(1)))
    monday = at("2026-03-02T09:00")
    assert weekly.add(monday, 52 * HOUR) == monday + 51 * timedelta(weeks=1) + HOUR
    with pytest.raises(BeyondHorizon, match="2200"):
        weekly.add(monday, 100 * 365 * DAY)


def test_a_night_shift_is_cut_by_the_holiday_it_runs_into() -> None:
    """Mon–Fri 22:00–06:00, 11 November closed: Tuesday's shift loses its half after midnight, Wednesday's before."""
    night = growing_calendar(spec(hours=("22:00", "06:00"), holidays=POLISH))
    assert night.between(at("2026-11-10T12:00"), at("2026-11-12T12:00")) == 8 * HOUR
    assert night.add(at("2026-11-10T23:00"), 2 * HOUR) == at("2026-11-12T01:00")


def test_a_closing_beats_an_opening_and_an_opening_beats_a_holiday() -> None:
    calendar = growing_calendar(
        spec(
            holidays={"2026-05-01": "Labour Day"},
            openings=(span("2026-05-01T20:00", "2026-05-02T04:00"),),
            closings=(span("2026-05-01T22:00", "2026-05-02T01:00"),),
        )
    )
    assert calendar.between(at("2026-05-01T00:00"), at("2026-05-03T00:00")) == 5 * HOUR
    assert calendar.add(at("2026-05-01T10:00"), 3 * HOUR) == at("2026-05-02T02:00")


def test_a_window_wholly_inside_a_gap_is_no_time_at_all() -> None:
    sunday = growing_calendar(spec(hours=("02:10", "02:50"), days=range(7)))
    assert sunday.between(at("2026-03-29T00:00"), at("2026-03-30T00:00")) == timedelta(0)
    assert sunday.add(at("2026-03-29T00:00"), HOUR / 3) == at("2026-03-30T02:30")


def test_a_date_that_never_was_has_no_business_time() -> None:
    """Samoa went from 29 to 31 December 2011."""
    zone = "Pacific/Apia"
    calendar = growing_calendar(spec(zone, holidays={"2011-12-30": "the day that never was"}))
    assert calendar.add(at("2011-12-29T16:00", zone), 2 * HOUR) == at("2012-01-02T10:00", zone)
    around = growing_calendar(always_open(zone=zone))
    assert around.between(at("2011-12-29T00:00", zone), at("2012-01-01T00:00", zone)) == 2 * DAY
