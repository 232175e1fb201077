"""The 14 defects found by reading other engines, as scenarios; the pure calendar ones where a clock shows them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from tests.build.rulebook import contract, coverage, plan, row, rulebook
from tests.build.story import Telling, instant, keys

from sla_domain.calendar import LocalSpan
from sla_domain.clock import ClockState
from sla_domain.diff import new_facts
from sla_domain.fact import FactKind
from sla_domain.plan import Coverage, HolidaySource
from sla_domain.published import after_publishing, timers


def test_01_a_weekend_pause_does_not_make_a_business_target_unbreachable() -> None:
    told = Telling().opened("Fri 10:00").waits("Fri 16:00").resumed("2026-11-23 09:00")
    clock = told.clock(rulebook(plan(row("resolution", "8h"))))
    assert clock.due_at == told.at("2026-11-23 11:00"), "one open hour was paused, not 65 hours by the wall"


def test_02_a_pause_during_the_last_stretch_loses_no_threshold() -> None:
    rules = rulebook(plan(row("resolution", "4h", warn=[75])))
    told = Telling().opened("Mon 09:00").waits("Mon 12:30").resumed("Mon 14:00")
    clock = told.clock(rules)
    assert [(mark.key, mark.at) for mark in clock.marks] == [
        ("0/warn-75", told.at("Mon 12:00")),
        ("0/breach", told.at("Mon 14:30")),
    ]


def test_02b_one_source_of_truth_after_a_changed_priority() -> None:
    rules = rulebook(plan(row("resolution", "4h", priority="P1"), row("resolution", "8h")))
    told = Telling().opened("Mon 09:00", "P3").priority("Mon 12:00", "P1")
    clock = told.clock(rules)
    assert {clock.due_at} == {mark.at for mark in clock.pending} == {told.at("Mon 13:00")}


def test_03_a_missed_response_does_not_look_answered() -> None:
    told = Telling().opened("Mon 09:00").updated("Mon 12:00")
    clock = told.clock(rulebook(plan(row("first_response", "1h"))), "first_response")
    assert (clock.state, clock.stopped_at, clock.breached_at) == (ClockState.RUNNING, None, told.at("Mon 10:00"))


def test_04_a_goal_tightened_during_a_pause_is_told_though_it_is_spent() -> None:
    rules = rulebook(plan(row("resolution", "1h", priority="P1"), row("resolution", "8h")))
    told = Telling().opened("Mon 09:00", "P3").waits("Mon 12:00").priority("Mon 13:00", "P1")
    clock = told.clock(rules)
    assert clock.state is ClockState.PAUSED
    assert [(mark.key, mark.at, mark.pending) for mark in clock.marks] == [("1/breach", told.at("Mon 10:00"), False)]


def test_05_change_days_and_a_closure_over_the_new_year() -> None:
    always = coverage("always", "24x7")
    assert Telling().opened("2026-03-28 23:30").clock(
        rulebook(plan(row("resolution", "24h", "always"), coverages=(always,)))
    ).due_at == instant("2026-03-30 00:30")
    closed = Coverage(
        id="office",
        weekly=coverage("office", "mon-fri 09:00-17:00").weekly,
        holidays=HolidaySource.NONE,
        closings=(LocalSpan(_local("2026-12-24"), _local("2027-01-03")),),
    )
    told = Telling().opened("2026-12-23 16:00")
    assert told.clock(rulebook(plan(row("resolution", "2h"), coverages=(closed,)))).due_at == told.at(
        "2027-01-04 10:00"
    )


def test_06_over_a_hundred_percent_and_answered_between_two_looks() -> None:
    rules = rulebook(plan(row("first_response", "1h", warn=[150])))
    told = Telling().opened("Mon 09:00").responded("Mon 10:00:30")
    clock = told.clock(rules, "first_response")
    assert (clock.state, keys(clock)) == (ClockState.MISSED, ["0/breach"])
    assert clock.consumed == timedelta(minutes=60, seconds=30), "no rounding to minutes"
    later = Telling().opened("Mon 09:00").responded("Mon 11:00").clock(rules, "first_response")
    assert keys(later) == ["0/breach", "0/warn-150"], "a reminder may follow the breach"


def test_07_every_window_of_a_day_counts_and_ends_at_midnight_sharp() -> None:
    split = coverage("split", "mon-fri 00:00-06:00;mon-fri 20:00-24:00")
    told = Telling().opened("Mon 21:00")
    rules = rulebook(plan(row("resolution", "8h", "split"), coverages=(split,)))
    assert told.clock(rules).due_at == told.at("Tue 05:00")


def test_08_holidays_come_from_the_country_not_from_a_name() -> None:
    rows = plan(row("resolution", "2h"))
    days = {"PL": [date(2026, 11, 17)], "IT": []}
    for country, due in (("PL", "Wed 10:00"), ("IT", "Tue 10:00")):
        told = Telling().opened("Mon 16:00")
        assert told.clock(rulebook(rows, contract(country=country), holidays=days)).due_at == told.at(due)


def test_09_no_grace_on_top_of_an_agreed_date() -> None:
    told = Telling().opened("Mon 09:00").agreed("Mon 10:00", "resolution", "Tue 10:00")
    assert told.clock(rulebook(plan(row("resolution", "8h")))).due_at == told.at("Tue 10:00")


def test_10_month_ends_are_days_like_any_other() -> None:
    told = Telling().opened("2026-11-30 16:00")
    assert told.clock(rulebook(plan(row("resolution", "2 working days")))).due_at == told.at("2026-12-02 16:00")


def test_11_no_warning_after_the_answer() -> None:
    rules = rulebook(plan(row("first_response", "1h", warn=[50])))
    told = Telling().opened("Mon 09:00").responded("Mon 09:20")
    incident = told.fold(rules)
    facts = new_facts(incident, {}, upto=told.at("Fri 09:00"))
    assert FactKind.CLOCK_WARNED not in {fact.kind for fact in facts}
    clock = incident.clocks[0]
    assert timers(clock, after_publishing({}, facts, incident.clocks)[clock.id]) == ()


def test_12_pauses_count_to_the_microsecond() -> None:
    told = Telling().opened("Mon 09:00").waits("Mon 10:00:00.000001").resumed("Mon 10:00:59.999999")
    clock = told.clock(rulebook(plan(row("resolution", "2h"))))
    assert clock.due_at == told.at("Mon 11:00:59.999998")


def test_13_waiting_pauses_the_resolution() -> None:
    told = Telling().opened("Mon 09:00").waits("Mon 10:00")
    assert told.clock(rulebook(plan(row("resolution", "2h")))).state is ClockState.PAUSED


def test_14_resolved_late_between_two_looks_is_missed() -> None:
    told = Telling().opened("Mon 09:00").resolved("Mon 11:00:01")
    clock = told.clock(rulebook(plan(row("resolution", "2h"))))
    assert (clock.state, clock.breached_at) == (ClockState.MISSED, told.at("Mon 11:00"))


def _local(day: str) -> datetime:
    return datetime.fromisoformat(day)
