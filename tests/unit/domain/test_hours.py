"""Counted time beside the wall: in which hours, how much is left, how late, and when the hours open again."""

from __future__ import annotations

from datetime import date, timedelta

from tests.build.rulebook import ALWAYS, OFFICE, contract, coverage, plan, rulebook
from tests.build.story import instant

from sla_domain.contract import ContractId
from sla_domain.hours import UNKNOWN, WALL, CountedSpan, calendar_named, name_of, opening_times, span_of

ACME = ContractId("acme")
RULES = rulebook(plan(), contract(country="PL"), holidays={"PL": [date(2026, 11, 18)]})
CALENDAR = RULES.calendars.calendar(RULES.contracts[ACME], OFFICE)
NAME = name_of(CALENDAR)
MINUTE = timedelta(minutes=1)


def test_a_name_finds_the_calendar_and_only_that_one() -> None:
    assert calendar_named(RULES, ACME, NAME) is CALENDAR
    assert name_of(None) == WALL
    for unknown in (WALL, UNKNOWN, f"{NAME}0", "office", "@"):
        assert calendar_named(RULES, ACME, unknown) is None
    other_holidays = rulebook(plan(), contract(country="PL"), holidays={"PL": [date(2026, 11, 17)]})
    assert calendar_named(other_holidays, ACME, NAME) is None, "nobody counts in hours that have changed"
    same = rulebook(plan(), contract(country="PL"), holidays={"PL": [date(2026, 11, 18)]}, version="next")
    assert calendar_named(same, ACME, NAME) is not None


def test_the_base_plan_has_hours_too() -> None:
    base = plan(id_="base", coverages=(coverage("long", "mon-sat 07:00-21:00"),))
    rules = rulebook((plan(), base), contract(base_plan=base.id))
    name = name_of(rules.calendars.calendar(rules.contracts[ACME], base.coverages["long"]))
    assert calendar_named(rules, ACME, name) is not None


def test_half_an_hour_is_left_over_a_night_and_a_holiday() -> None:
    left = span_of(CALENDAR, NAME, instant("Tue 16:45"), instant("Thu 09:15"))
    assert left == CountedSpan(30 * MINUTE, timedelta(hours=40, minutes=30))
    assert (left.first, left.two) == (30 * MINUTE, True)
    late = span_of(CALENDAR, NAME, instant("Thu 10:00"), instant("Tue 16:45"))
    assert late.first == -75 * MINUTE


def test_by_the_wall_both_are_the_same_and_unknown_hours_count_nothing() -> None:
    hour = (instant("Tue 16:45"), instant("Tue 17:45"))
    assert span_of(None, WALL, *hour) == CountedSpan(60 * MINUTE, 60 * MINUTE)
    assert not span_of(None, WALL, *hour).two
    unknown = span_of(None, NAME, *hour)
    assert (unknown.counted, unknown.first, unknown.two) == (None, 60 * MINUTE, False)


def test_when_the_hours_close_and_open_again() -> None:
    assert opening_times(CALENDAR, instant("Tue 16:45")).closes == instant("Tue 17:00")
    night = opening_times(CALENDAR, instant("Tue 17:00"))
    assert (night.open, night.opens) == (False, instant("Thu 09:00"))
    round_the_clock = opening_times(RULES.calendars.calendar(RULES.contracts[ACME], ALWAYS), instant("Tue 17:00"))
    assert (round_the_clock.open, round_the_clock.closes) == (True, None)
    assert opening_times(None, instant("Tue 17:00")).open


def test_beyond_the_calendars_years_nothing_is_counted_and_nothing_fails() -> None:
    short = rulebook(plan(), contract(), last_year=2026)
    calendar = short.calendars.calendar(short.contracts[ACME], OFFICE)
    span = span_of(calendar, name_of(calendar), instant("Tue 10:00"), instant("2027-03-01 10:00"))
    assert span.counted is None
    assert opening_times(calendar, instant("2027-03-01 10:00")).open
    last_night = opening_times(calendar, instant("2026-12-31 20:00"))
    assert (last_night.open, last_night.opens) == (False, None)
