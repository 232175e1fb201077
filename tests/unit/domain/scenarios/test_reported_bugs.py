"""The 25 bugs reported against other engines (numbered as in the peers' study), as scenarios here.

Those about the calendar alone are shown where a clock would show them; mail floods and dead crons (14, 18, 25) are the
notifier's and the timer's, and appear here by the half that the domain owns: what is told, and when.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from tests.build.rulebook import ALWAYS, contract, coverage, plan, row, rulebook
from tests.build.story import Telling, clock_of, instant, keys

from sla_domain.calendar import LocalSpan
from sla_domain.clock import ClockState
from sla_domain.diff import new_facts
from sla_domain.event import Actor, EventId, EventKind, Snapshot, WaitingOn
from sla_domain.fact import Fact, FactKind
from sla_domain.fold.carried import copy_for_survivor
from sla_domain.incident import RemarkKind
from sla_domain.phase import Phase
from sla_domain.plan import Coverage, HolidaySource
from sla_domain.preview import preview
from sla_domain.published import after_publishing, keys_after, timers
from sla_platform.wire.fact_body import details_of

HOUR = timedelta(hours=1)


def test_01_24x7_loses_no_minute_at_midnight() -> None:
    told = Telling().opened("Mon 23:00")
    assert told.clock(rulebook(plan(row("resolution", "72h", "always")))).due_at == told.at("Thu 23:00")


def test_02_a_night_shift_runs_into_the_next_day_and_a_holiday_cuts_the_part_that_lies_in_it() -> None:
    night = coverage("night", "mon-fri 17:00-01:00")
    rules = rulebook(
        plan(row("resolution", "8h", "night"), coverages=(night,)),
        contract(country="XX"),
        holidays={"XX": [date(2026, 11, 17)]},
    )
    told = Telling().opened("Mon 17:00")
    # seven hours on Monday, nothing on Tuesday; Tuesday's shift would end on Wednesday 01:00 and gives its last hour
    assert told.clock(rules).due_at == told.at("Wed 01:00")


def test_03_each_local_day_has_its_own_offset() -> None:
    """Winter time today, summer time then: 09:00 to 13:00 stays 09:00 to 13:00."""
    told = Telling().opened("2026-07-15 09:00")
    assert told.clock(rulebook(plan(row("resolution", "4h")))).due_at == told.at("2026-07-15 13:00")


def test_04_the_repeated_hour_is_counted_twice_and_the_missing_one_not_at_all() -> None:
    rules = rulebook(plan(row("resolution", "4h", "always")))
    assert Telling().opened("2026-10-25 00:30").clock(rules).due_at == instant("2026-10-25 03:30")
    assert Telling().opened("2026-03-29 00:30").clock(rules).due_at == instant("2026-03-29 05:30")


def test_05_one_hour_before_due_is_walked_backwards_through_open_time() -> None:
    told = Telling().opened("Mon 16:45")
    clock = told.clock(rulebook(plan(row("resolution", "1h", warn=["30m"]))))
    assert (clock.marks[0].at, clock.due_at) == (told.at("Tue 09:15"), told.at("Tue 09:45"))


def test_06_a_weekend_pause_adds_nothing_to_a_target_in_days() -> None:
    told = Telling().opened("Fri 12:00").waits("Fri 18:00").resumed("2026-11-23 08:00")
    clock = told.clock(rulebook(plan(row("resolution", "2 working days"))))
    assert clock.due_at == told.at("2026-11-24 12:00")


def test_07_a_pause_from_close_to_opening_costs_nothing() -> None:
    told = Telling().opened("Mon 15:00").waits("Mon 17:00").resumed("Tue 09:00")
    assert told.clock(rulebook(plan(row("resolution", "4h")))).due_at == told.at("Tue 11:00")


def test_08_resolved_straight_out_of_a_pause_counts_the_pause() -> None:
    told = Telling().opened("2026-10-05 09:00").waits("2026-10-05 11:00").resolved("Mon 10:00")
    clock = told.clock(rulebook(plan(row("resolution", "8h"))))
    assert (clock.state, clock.consumed) == (ClockState.MET, 2 * HOUR)


def test_09_a_changed_priority_keeps_the_pauses() -> None:
    rules = rulebook(plan(row("resolution", "4h", priority="P1"), row("resolution", "8h")))
    told = Telling().opened("Mon 09:00", "P3").waits("Mon 10:00").resumed("Mon 13:00").priority("Mon 13:30", "P1")
    assert told.clock(rules).due_at == told.at("Mon 16:00")


def test_10_nothing_is_violated_while_pending() -> None:
    told = Telling().opened("Mon 09:00").waits("Mon 10:00").updated("Fri 10:00")
    incident = told.fold(rulebook(plan(row("resolution", "4h"))))
    facts = new_facts(incident, {}, upto=told.at("Sun 10:00"))
    assert FactKind.CLOCK_BREACHED not in {fact.kind for fact in facts}


def test_11_a_pause_does_not_move_an_agreed_date() -> None:
    told = Telling().opened("Mon 09:00").agreed("Mon 10:00", "resolution", "Wed 12:00")
    told.waits("Mon 11:00").resumed("Tue 11:00")
    assert told.clock(rulebook(plan(row("resolution", "4h")))).due_at == told.at("Wed 12:00")


def test_12_opened_already_waiting_or_already_closed() -> None:
    rules = rulebook(plan(row("resolution", "4h")))
    waiting = Telling().opened("Mon 09:00", waiting_on=WaitingOn.CUSTOMER)
    assert waiting.clock(rules).state is ClockState.PAUSED
    closed = Telling().opened("Mon 09:00").closed("Mon 09:00")
    assert closed.clock(rules).state is ClockState.MET


def test_13_a_close_without_a_resolve_ends_every_clock() -> None:
    rules = rulebook(plan(row("first_response", "1h"), row("resolution", "4h"), row("update", "1h")))
    told = Telling().opened("Mon 09:00").responded("Mon 09:30").closed("Mon 10:00")
    assert not any(clock.state.open for clock in told.fold(rules).clocks)


def test_13_a_close_that_is_lost_is_mended_by_what_the_ticket_shows_next() -> None:
    rules = rulebook(plan(row("first_response", "1h"), row("resolution", "4h"), row("update", "1h")))
    told = Telling().opened("Mon 09:00").responded("Mon 09:30")
    incident = told.fold(rules)
    facts = new_facts(incident, {})
    after = after_publishing({}, facts, incident.clocks)
    late = new_facts(incident, after, keys_after((), facts), upto=told.at("Mon 14:00"))
    assert FactKind.CLOCK_BREACHED in {fact.kind for fact in late}, "nobody has heard of the end"
    known = after_publishing(after, late, incident.clocks)
    shown = Snapshot(at=told.at("Mon 14:30"), phase=Phase.CLOSED, ended_at=told.at("Mon 10:00"))
    told.happened(EventKind.OBSERVED, "Mon 14:30", snapshot=shown)
    incident = told.fold(rules)
    assert not any(clock.state.open for clock in incident.clocks)
    again = new_facts(incident, known, keys_after(keys_after((), facts), late))
    amended = {fact.metric for fact in again if fact.kind is FactKind.CLOCK_AMENDED}
    assert "resolution" in amended, "the breach is taken back"
    over = after_publishing(known, again, incident.clocks)
    assert [rows for clock in incident.clocks if (rows := timers(clock, over[clock.id]))] == []


def test_14_a_closed_incident_leaves_no_timer_and_no_further_word() -> None:
    rules = rulebook(plan(row("resolution", "1h", warn=[50])))
    told = Telling().opened("Mon 09:00").closed("Mon 09:10")
    incident = told.fold(rules)
    facts = new_facts(incident, {})
    after = after_publishing({}, facts, incident.clocks)
    assert [timers(clock, after[clock.id]) for clock in incident.clocks] == [()]
    assert new_facts(incident, after, keys_after((), facts), upto=told.at("Sun 09:00")) == ()


def test_15_thanks_after_the_resolution_arm_no_clock() -> None:
    rules = rulebook(plan(row("first_response", "1h"), row("next_response", "1h")))
    told = Telling().opened("Mon 09:00").responded("Mon 09:30").replied("Mon 09:40").resolved("Mon 09:50")
    told.replied("Mon 10:00")
    clocks = [clock for clock in told.fold(rules).clocks if clock.metric == "next_response"]
    assert [clock.state for clock in clocks] == [ClockState.MET]


def test_16_each_level_is_told_once_per_clock_and_generation() -> None:
    told = Telling().opened("Mon 09:00")
    incident = told.fold(rulebook(plan(row("resolution", "2h", warn=[50]))))
    state, known, said = {}, frozenset[str](), list[Fact]()
    for hour in range(10, 24):
        facts = new_facts(incident, state, known, upto=told.at(f"Mon {hour}:00"))
        state, known = after_publishing(state, facts, incident.clocks), keys_after(known, facts)
        said += facts
    assert [fact.key for fact in said if fact.clock] == ["started", "0/warn-50", "0/breach"]


def test_17_a_second_deadline_of_the_same_day_is_told_too() -> None:
    rules = rulebook(plan(row("resolution", "1h", priority="P1"), row("resolution", "2h")))
    told = Telling().opened("Mon 09:00", "P1").priority("Mon 10:30", "P2")
    facts = new_facts(told.fold(rules), {}, upto=told.at("Mon 12:00"))
    assert [fact.key for fact in facts if fact.kind is FactKind.CLOCK_BREACHED] == ["0/breach", "1/breach"]


def test_18_a_breach_is_one_instant_not_a_daily_state() -> None:
    told = Telling().opened("Mon 09:00").updated("Tue 00:00").updated("Wed 00:00")
    facts = new_facts(told.fold(rulebook(plan(row("resolution", "1h")))), {}, upto=told.at("Sun 00:00"))
    assert [fact.at for fact in facts if fact.kind is FactKind.CLOCK_BREACHED] == [told.at("Mon 10:00")]


def test_19_a_plan_without_the_metric_cancels_its_clock() -> None:
    rules = rulebook(
        (plan(row("resolution", "8h"), id_="gold"), plan(row("first_response", "1h"), id_="basic")),
        contract("acme", plan="gold"),
        contract("beta", plan="basic"),
    )
    told = Telling().opened("Mon 09:00").updated("Mon 10:00", customer="beta")
    clock = told.clock(rules)
    assert (clock.state, clock.pending) == (ClockState.CANCELLED, ())


def test_20_another_holiday_list_moves_an_open_clock_by_one_fact() -> None:
    told = Telling().opened("Mon 16:00")
    before, after = (
        rulebook(plan(row("resolution", "2h")), contract(country="XX"), holidays={"XX": days})
        for days in ([], [date(2026, 11, 17)])
    )
    first = told.fold(before)
    state = after_publishing({}, new_facts(first, {}), first.clocks)
    moved = [f for f in new_facts(told.fold(after), state, {"promise"}) if f.kind is FactKind.CLOCK_RETARGETED]
    assert [(details_of(f.body)["old_due_at"], details_of(f.body)["new_due_at"]) for f in moved] == [
        (told.at("Tue 10:00").isoformat(), told.at("Wed 10:00").isoformat())
    ]


def test_21_who_spoke_last_decides_and_the_cadence_starts_after_the_first_response() -> None:
    rules = rulebook(plan(row("first_response", "4h"), row("next_response", "1h"), row("update", "1h")))
    told = Telling().opened("Mon 09:00").updated("Mon 09:10").replied("Mon 09:20")
    assert {clock.metric for clock in told.fold(rules).clocks} == {"first_response"}
    told.responded("Mon 10:00").replied("Mon 10:30").responded("Mon 11:00")
    assert told.clock(rules, "next_response").state is ClockState.MET


def test_22_merging_cancels_and_the_survivor_keeps_the_earliest_unanswered_start() -> None:
    rules = rulebook(plan(row("first_response", "1h"), row("next_response", "2h")))
    source = Telling("INC-2").opened("Mon 09:00").responded("Mon 09:10").replied("Mon 10:00")
    source.happened(EventKind.MERGED, "Mon 11:30", merged_into="INC-1")
    assert not any(clock.state.open for clock in source.fold(rules).clocks)

    survivor = Telling().opened("Mon 09:00").responded("Mon 10:30").replied("Mon 11:00")
    # as ingest carries it over: the survivor's answer of 10:30 was to its own customer
    survivor.events += [
        copy_for_survivor(event, survivor.incident, EventId(f"{event.id}@2")) for event in source.events
    ]
    assert survivor.clock(rules, "next_response").due_at == survivor.at("Mon 12:00")


def test_23_a_long_gap_and_a_lunch_break_are_no_trouble() -> None:
    split = coverage("split", "tue 09:00-12:00;tue 13:00-17:00")
    told = Telling().opened("Tue 11:00")
    assert told.clock(rulebook(plan(row("resolution", "6h", "split"), coverages=(split,)))).due_at == told.at(
        "2026-11-24 10:00"
    )


def test_24_a_calendar_that_is_never_open_is_a_remark_and_no_loop() -> None:
    shut = Coverage(
        id="shut",
        weekly={},
        openings=(LocalSpan(datetime.fromisoformat("2026-01-05T09:00"), datetime.fromisoformat("2026-01-05T10:00")),),
        holidays=HolidaySource.NONE,
    )
    rules = rulebook(plan(row("resolution", "1h", "shut"), coverages=(shut, ALWAYS)), last_year=2028)
    incident = Telling().opened("Mon 09:00").fold(rules)
    assert RemarkKind.UNREACHABLE_TARGET in {remark.kind for remark in incident.remarks}


def test_25_a_canary_gets_its_due_instant_without_any_incident() -> None:
    """The preview is the end-to-end canary's expectation: what must be told, and when."""
    rules = rulebook(plan(row("first_response", "1h", warn=[50])))
    line = preview(rules.contracts["acme"], "P1", {}, instant("Mon 09:00"), rules).lines[0]
    assert (line.due_at, [w.at for w in line.warnings]) == (instant("Mon 10:00"), [instant("Mon 09:30")])


def test_runner_up_no_contract_is_no_error() -> None:
    incident = Telling(customer="").opened("Mon 09:00").fold(rulebook(plan(row("resolution", "1h"))))
    assert RemarkKind.DEFAULT_CONTRACT in {remark.kind for remark in incident.remarks}
    assert clock_of(incident, "resolution").due_at == instant("Mon 10:00")


def test_runner_up_the_breach_is_the_first_crossing_not_the_last() -> None:
    told = Telling().opened("Mon 09:00").waits("Mon 11:00").resumed("Mon 12:00").resolved("Mon 16:00")
    clock = told.clock(rulebook(plan(row("resolution", "1h"))))
    assert (clock.breached_at, clock.due_at) == (told.at("Mon 10:00"), told.at("Mon 10:00"))
    assert keys(clock) == ["0/breach"]


def test_runner_up_a_bot_that_answers_is_no_response() -> None:
    told = Telling().opened("Mon 09:00").responded("Mon 09:01", actor=Actor.BOT)
    assert told.clock(rulebook(plan(row("first_response", "1h"))), "first_response").state is ClockState.RUNNING
