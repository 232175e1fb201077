"""Counted time beside the wall: in which hours, how much is left, how late, and when the hours open again."""

from __future__ import annotations

from datetime import date, timedelta

from tests.build.rulebook import ALWAYS, OFFICE, contract, coverage, plan, rulebook
from tests.build.story import instant

from sla_domain.contract import ContractId
from sla_domain.hours import UNKNOWN, WALL, CountedSpan, calendar_named, counted_span, hours_name, opening_times

ACME = ContractId("acme")
RULES = rulebook(plan(), contract(country="PL"), holidays={"PL": [date(2026, 11, 18)]})
CALENDAR = RULES.calendars.calendar(RULES.contracts[ACME], OFFICE)
NAME = hours_name(CALENDAR)
MINUTE = timedelta(minutes=1)


def test_a_name_finds_the_calendar_and_only_that_one() -> None:
    assert calendar_named(RULES, ACME, NAME) is CALENDAR
    assert hours_name(None) == WALL
    for unknown in (WALL, UNKNOWN, f"{NAME}0", "office", "@"):
        assert calendar_named(RULES, ACME, unknown) is None
    other_holidays = rulebook(plan(), contract(country="PL"), holidays={"PL": [date(2026, 11, 17)]})
    assert calendar_named(other_holidays, ACME, NAME) is None, "nobody counts in hours that have changed"
    same = rulebook(plan(), contract(country="PL"), holidays={"PL": [date(2026, 11, 18)]}, version="next")
    assert calendar_named(same, ACME, NAME) is not None


def test_the_base_plan_has_hours_too() -> None:
    base = plan(id_="base", coverages=(coverage("long", "mon-sat 07:00-21:00"),))
    rules = rulebook((plan(), base), contract(base_plan=base.id))
    name = hours_name(rules.calendars.calendar(rules.contracts[ACME], base.coverages["long"]))
    assert calendar_named(rules, ACME, name) is not None


def test_half_an_hour_is_left_over_a_night_and_a_holiday() -> None:
    left = counted_span(CALENDAR, NAME, instant("Tue 16:45"), instant("Thu 09:15"))
    assert left == CountedSpan(30 * MINUTE, timedelta(hours=40, minutes=30))
    assert (left.primary, left.differs) == (30 * MINUTE, True)
    late = counted_span(CALENDAR, NAME, instant("Thu 10:00"), instant("Tue 16:45"))
    assert late.primary == -75 * MINUTE


def test_by_the_wall_both_are_the_same_and_unknown_hours_count_nothing() -> None:
    hour = (instant("Tue 16:45"), instant("Tue 17:45"))
    assert counted_span(None, WALL, *hour) == CountedSpan(60 * MINUTE, 60 * MINUTE)
    assert not counted_span(None, WALL, *hour).differs
    unknown = counted_span(None, NAME, *hour)
    assert (unknown.counted, unknown.primary, unknown.differs) == (None, 60 * MINUTE, False)


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
    span = counted_span(calendar, hours_name(calendar), instant("Tue 10:00"), instant("2027-03-01 10:00"))
    assert span.counted is None
    assert opening_times(calendar, instant("2027-03-01 10:00")).open
    last_night = opening_times(calendar, instant("2026-12-31 20:00"))
    assert (last_night.open, last_night.opens) == (False, None)
