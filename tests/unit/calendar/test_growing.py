"""A horizon that grows: the same answers, an end, and never a loop."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from tests.unit.calendar.made import DAY, HOUR, at, office, span, spec, utc

from sla_domain.calendar import (
    Calendar,
    CalendarBook,
    CalendarSpec,
    GrowingCalendar,
    Identity,
    always_open,
    compile_calendar,
    growing_calendar,
)
from sla_domain.calendar.compiled import compile_table
from sla_domain.calendar.table import Table
from sla_domain.errors import BeyondHorizon, CalendarError, EmptyCalendar, InvalidSpan, UnknownCalendar


def test_growth_changes_no_answer() -> None:
    grown, start = office(), at("2026-03-06T12:00")
    questions: list[Callable[[Calendar], object]] = [
        lambda calendar: calendar.add(start, 40 * HOUR),
        lambda calendar: calendar.subtract(start, 40 * HOUR),
        lambda calendar: calendar.between(start, start + 90 * DAY),
        lambda calendar: calendar.add_working_days(start, 30),
        lambda calendar: calendar.pieces(start, start + 30 * DAY),
    ]
    before = [ask(grown) for ask in questions]
    grown.add(at("1971-01-01T00:00"), HOUR)
    grown.add(at("2099-01-01T00:00"), HOUR)
    first, last = grown.horizon
    assert first.year <= 1971
    assert last.year >= 2099
    assert [ask(grown) for ask in questions] == before
    assert [ask(office()) for ask in reversed(questions)] == before[::-1]


def test_a_short_horizon_is_compiled_for_a_near_instant() -> None:
    near = office()
    near.add(at("2026-03-06T12:00"), HOUR)
    first, last = near.horizon
    assert (last - first) < 5 * 366 * DAY


def test_a_far_instant_is_reached_in_one_step_and_an_unreachable_one_in_none() -> None:
    compiled: list[tuple[int, int]] = []

    def compile_years(first: int, last: int) -> Table:
        compiled.append((first, last))
        return compile_table(spec(), date(first, 1, 1), date(last, 12, 31))

    calendar = GrowingCalendar(Identity.of(spec()), compile_years)
    with pytest.raises(BeyondHorizon):
        calendar.is_open(at("2300-01-01T00:00"))
    for year in (2026, 1990, 2090, 2050):
        calendar.is_open(at(f"{year}-06-01T00:00"))
    assert compiled == [(2025, 2028), (1989, 2028), (1989, 2091)]


def test_both_ends_of_a_question_may_lie_in_unknown_years() -> None:
    around = growing_calendar(always_open())
    assert around.between(utc("1970-01-01T00:00"), utc("2100-01-01T00:00")) == 47_482 * DAY
    assert growing_calendar(always_open()).between(utc("2100-01-01T00:00"), utc("1970-01-01T00:00")) == -47_482 * DAY
    assert office().subtract(at("1971-01-01T00:00"), 8 * HOUR) == at("1970-12-31T09:00")


def test_a_fixed_horizon_says_where_it_ends() -> None:
    calendar = compile_calendar(spec(), date(2026, 1, 1), date(2026, 12, 31))
    with pytest.raises(BeyondHorizon, match="2025-12-31 to 2026-12-31") as refused:
        calendar.add(at("2026-12-31T16:00"), 2 * HOUR)
    assert refused.value.instant == at("2026-12-31T16:00")
    for ask in (
        lambda: calendar.add(at("2025-12-31T16:00"), HOUR),
        lambda: calendar.subtract(at("2026-01-02T10:00"), 10 * HOUR),
        lambda: calendar.between(at("2025-12-30T16:00"), at("2026-12-30T16:00")),
        lambda: calendar.pieces(at("2026-12-30T16:00"), at("2027-12-30T16:00")),
        lambda: calendar.add_working_days(at("2026-12-30T16:00"), 250),
    ):
        with pytest.raises(BeyondHorizon):
            ask()
    with pytest.raises(InvalidSpan, match="reversed"):
        compile_calendar(spec(), date(2026, 2, 1), date(2026, 1, 1))


def test_the_growing_horizon_ends_too() -> None:
    for year in ("1900", "2300"):
        with pytest.raises(BeyondHorizon, match="1969-01-01 to 2200-12-31"):
            office().add(at(f"{year}-01-01T00:00"), HOUR)
    with pytest.raises(BeyondHorizon):
        office().subtract(at("2026-01-01T00:00"), timedelta(days=36500))
    with pytest.raises(BeyondHorizon):
        office().add(at("2026-01-01T00:00"), timedelta.max)


def test_a_calendar_whose_closings_take_everything_is_empty() -> None:
    closed = growing_calendar(spec(closings=(span("1900-01-01T00:00", "2300-01-01T00:00", "for good"),)))
    with pytest.raises(EmptyCalendar, match="never open"):
        closed.add(at("2026-01-01T00:00"), HOUR)
    with pytest.raises(EmptyCalendar):
        closed.next_open(at("2026-01-01T00:00"))
    with pytest.raises(EmptyCalendar):
        closed.add_working_days(at("2026-01-01T00:00"), 1)
    assert closed.between(at("2026-01-01T00:00"), at("2027-01-01T00:00")) == timedelta(0)
    assert not closed.is_open(at("2026-01-05T10:00"))


def test_openings_alone_are_found_however_far() -> None:
    standby = growing_calendar(
        CalendarSpec("standby", "Etc/UTC", {}, openings=(span("2090-01-01T00:00", "2090-01-02T00:00"),))
    )
    assert standby.next_open(utc("2026-01-01T00:00")) == utc("2090-01-01T00:00")
    with pytest.raises(BeyondHorizon):
        standby.add(utc("2026-01-01T00:00"), 25 * HOUR)


def test_a_book_compiles_each_calendar_once_and_knows_no_others() -> None:
    book = CalendarBook([spec(), always_open()])
    assert book.calendar("office") is book.calendar("office")
    assert book.spec("24x7").zone == "Etc/UTC"
    with pytest.raises(UnknownCalendar, match="known are 24x7, office") as refused:
        book.calendar("night")
    assert isinstance(refused.value, CalendarError)


def test_a_calendar_says_which_content_and_zone_data_it_answers_from() -> None:
    calendar = office()
    assert calendar.identity.revision == spec().revision
    assert calendar.identity.tzdata.startswith("20")
    assert "office Europe/Warsaw" in repr(calendar)
