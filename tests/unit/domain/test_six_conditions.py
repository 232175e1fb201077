"""The six conditions of a metric, in their published order: stop > reset > cancel > pause > resume > start."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.build.rulebook import plan, row, rulebook
from tests.build.story import Telling, clock_of

from sla_domain.clock import Clock, ClockState
from sla_domain.event import Actor, EventKind, WaitingOn
from sla_domain.plan import Metric, MetricId, ReopenMode, Trigger
from sla_domain.rulebook import Rulebook

OPENED = Trigger(kind=EventKind.OPENED)
ASSIGNED = Trigger(kind=EventKind.ASSIGNED)
HOUR = timedelta(hours=1)


def book(**conditions: Any) -> Rulebook:
    """One metric `m`, eight office hours, started by the opening."""
    given: dict[str, Any] = {"start": (OPENED,), "stop": (Trigger(kind=EventKind.RESOLVED),), **conditions}
    metric = Metric(id=MetricId("m"), **given)
    return rulebook(plan(row("m", "8h"), metrics=(metric,)))


def after(rules: Rulebook, *assigned: str) -> Clock:
    told = Telling().opened("Mon 09:00")
    for at in assigned:
        told.happened(EventKind.ASSIGNED, at, actor=Actor.STAFF)
    return told.updated("Mon 15:00").clock(rules, "m")


@pytest.mark.parametrize(
    ("conditions", "state", "generation", "consumed"),
    [
        # assigned at 10:00 and at 12:00; asked at 15:00
        (("stop", "reset", "cancel", "pause", "resume"), ClockState.MET, 0, 1),
        (("reset", "cancel", "pause", "resume"), ClockState.RUNNING, 2, 3),
        (("cancel", "pause", "resume"), ClockState.CANCELLED, 0, 1),
        (("pause", "resume"), ClockState.PAUSED, 0, 1),
        (("resume",), ClockState.RUNNING, 0, 6),
    ],
)
def test_of_several_conditions_that_hold_the_first_alone_counts(
    conditions: tuple[str, ...], state: ClockState, generation: int, consumed: int
) -> None:
    rules = book(**dict.fromkeys(conditions, (ASSIGNED,)))

    clock = after(rules, "Mon 10:00", "Mon 12:00")

    assert (clock.state, clock.generation, clock.consumed) == (state, generation, consumed * HOUR)


def test_an_event_that_stops_a_clock_may_start_the_next_cycle() -> None:
    """That is how a cadence re-arms; each period has its own verdict."""
    rules = book(stop=(ASSIGNED,), start=(OPENED, ASSIGNED))
    told = Telling().opened("Mon 09:00").happened(EventKind.ASSIGNED, "Mon 10:00")

    first, second = (told.clock(rules, "m", cycle) for cycle in (0, 1))

    assert (first.state, first.consumed) == (ClockState.MET, HOUR)
    assert (second.state, second.started_at) == (ClockState.RUNNING, told.at("Mon 10:00"))


def test_a_reset_counts_from_zero_in_a_new_generation() -> None:
    clock = after(book(reset=(ASSIGNED,)), "Mon 11:00")

    assert (clock.generation, clock.cycle) == (1, 0)
    assert clock.due_at == Telling().at("Tue 11:00")
    assert clock.counted_from == Telling().at("Mon 11:00")


def test_a_reset_wipes_out_a_breach_but_not_its_record() -> None:
    told = Telling().opened("Mon 09:00").happened(EventKind.ASSIGNED, "Tue 12:00").resolved("Tue 13:00")

    clock = told.clock(book(reset=(ASSIGNED,)), "m")

    assert clock.state is ClockState.MET
    assert [(mark.key, mark.at) for mark in clock.marks] == [("0/breach", told.at("Mon 17:00"))]


def test_a_trigger_may_ask_who_did_it_and_on_whom_the_incident_waits() -> None:
    rules = book(
        pause=(Trigger(kind=EventKind.WAITING, waiting_on=frozenset({WaitingOn.CUSTOMER})),),
        resume=(Trigger(kind=EventKind.RESUMED, actors=frozenset({"staff"})),),
    )
    told = Telling().opened("Mon 09:00").waits("Mon 10:00")
    told.resumed("Mon 11:00", actor=Actor.BOT)
    assert told.clock(rules, "m").state is ClockState.PAUSED

    told.resumed("Mon 12:00", actor=Actor.STAFF)

    assert told.clock(rules, "m").consumed == HOUR
    assert told.clock(rules, "m").state is ClockState.RUNNING


def test_a_wait_that_is_no_pause_ends_the_pause_before_it() -> None:
    rules = book(pause=(Trigger(kind=EventKind.WAITING, waiting_on=frozenset({WaitingOn.CUSTOMER})),))
    told = Telling().opened("Mon 09:00").waits("Mon 10:00").waits("Mon 12:00", WaitingOn.VENDOR)

    clock = told.clock(rules, "m")

    assert clock.state is ClockState.RUNNING
    assert [(s.start, s.running) for s in clock.segments] == [
        (told.at("Mon 09:00"), True),
        (told.at("Mon 10:00"), False),
        (told.at("Mon 12:00"), True),
    ]


@pytest.mark.parametrize(
    ("mode", "cycle", "state", "due"),
    [
        (ReopenMode.IGNORE, 0, ClockState.MET, "Mon 17:00"),
        (ReopenMode.NEW_CYCLE, 1, ClockState.RUNNING, "Wed 12:00"),
        # two hours consumed before the resolution, six left from Tuesday noon
        (ReopenMode.RESUME, 0, ClockState.RUNNING, "Wed 10:00"),
    ],
)
def test_reopening(mode: ReopenMode, cycle: int, state: ClockState, due: str) -> None:
    told = Telling().opened("Mon 09:00").resolved("Mon 11:00").reopened("Tue 12:00")

    clock = told.clock(book(on_reopen=mode), "m")

    assert (clock.cycle, clock.state, clock.due_at) == (cycle, state, told.at(due))


def test_reopening_undoes_the_resolution_and_nothing_else() -> None:
    """A clock stopped by the answer stays stopped even in mode resume; a cancelled one lives again."""
    rules = book(stop=(Trigger(kind=EventKind.RESPONDED),), on_reopen=ReopenMode.RESUME)
    answered = Telling().opened("Mon 09:00").responded("Mon 10:00").resolved("Mon 11:00").reopened("Mon 12:00")
    cancelled = Telling().opened("Mon 09:00").cancelled("Mon 11:00").reopened("Mon 12:00")

    assert answered.clock(rules, "m").state is ClockState.MET
    assert cancelled.clock(rules, "m").state is ClockState.RUNNING
    assert cancelled.clock(rules, "m").due_at == cancelled.at("Tue 10:00")


def test_closing_stops_and_cancelling_cancels_what_the_metric_forgot() -> None:
    rules = book(stop=(Trigger(kind=EventKind.RATED),))

    assert Telling().opened("Mon 09:00").closed("Mon 10:00").clock(rules, "m").state is ClockState.MET
    assert Telling().opened("Mon 09:00").cancelled("Mon 10:00").clock(rules, "m").state is ClockState.CANCELLED


def test_a_metric_may_wait_for_another_and_end_with_a_third() -> None:
    """The cadence: armed by the first response, re-armed by each update, over with the workaround."""
    rules = rulebook(plan(row("first_response", "1h"), row("update", "1h"), row("workaround", "8h")))
    told = Telling().opened("Mon 09:00").updated("Mon 09:10")
    assert not [c for c in told.fold(rules).clocks if c.metric == "update"]

    told.responded("Mon 09:30").updated("Mon 10:15").updated("Mon 11:30")
    cadence = [c.state for c in told.fold(rules).clocks if c.metric == "update"]
    assert cadence == [ClockState.MET, ClockState.MISSED, ClockState.RUNNING]

    told.workaround("Mon 12:00").updated("Mon 13:00")
    assert clock_of(told.fold(rules), "update").state is ClockState.MET
    assert clock_of(told.fold(rules), "update").cycle == 2


def test_a_clock_that_starts_during_a_pause_starts_paused() -> None:
    rules = rulebook(plan(row("first_response", "1h"), row("next_response", "2h")))
    told = Telling().opened("Mon 09:00").responded("Mon 09:30").waits("Mon 10:00", WaitingOn.VENDOR)

    clock = told.replied("Mon 11:00").clock(rules, "next_response")
    assert (clock.state, clock.due_at) == (ClockState.PAUSED, None)

    clock = told.resumed("Mon 12:00").clock(rules, "next_response")
    assert clock.due_at == told.at("Mon 14:00")
