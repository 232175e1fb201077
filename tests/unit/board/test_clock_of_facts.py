"""A clock on the board against the domain's own: whatever a life brings, in whatever order its facts arrive."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.build.rulebook import plan, row, rulebook
from tests.build.story import Telling, clock_of
from tests.property.fold.random_lives import Life, Promise, lives, promises
from tests.unit.board.timer_in_memory import TimerInMemory

from sla_board.projection.clock import PublishedFact, about_clock, clock_row
from sla_board.shown.history import spans_of
from sla_board.shown.timeline import SpanKind
from sla_domain.clock import BREACH, Clock, ClockState
from sla_domain.published import PublishedState
from sla_platform.wire import decode_clock_fact

BOOK = rulebook(plan(row("resolution", "4h", "always", warn=(50,)), row("first_response", "1h", "always")))


def said_of(timer: TimerInMemory, clock: Clock) -> list[PublishedFact]:
    said = [PublishedFact(envelope.id, decode_clock_fact(envelope)) for envelope in timer.said]
    return [one for one in said if one.fact.clock == clock.id and about_clock(one.fact)]


def row_of_clock(timer: TimerInMemory, metric: str = "resolution") -> dict[str, object]:
    return clock_row(said_of(timer, clock_of(timer.incident, metric)))


def told_breach(clock: Clock, told: PublishedState) -> datetime | None:
    """The breach of the generation in force, if it has been told and not taken back."""
    mark = next((m for m in clock.marks if m.kind == BREACH and m.generation == clock.generation), None)
    return mark.at if mark is not None and mark.at in told.breaches else None


def play(life: Life, promise: Promise, seed: int) -> tuple[TimerInMemory, datetime]:
    """Events arrive out of order and in bursts; the tick runs in between."""
    chance = random.Random(seed)
    timer = TimerInMemory(promise.rulebook)
    waiting = list(life.events)
    chance.shuffle(waiting)
    now = max(event.occurred_at for event in life.events[:1])
    while waiting:
        burst, waiting = waiting[: (size := chance.randint(1, 3))], waiting[size:]
        now = max(now, *(event.occurred_at for event in burst)) + timedelta(seconds=chance.randint(1, 7200))
        timer.receive(burst, now)
        now += timedelta(seconds=chance.randint(1, 7200))
        timer.tick(now)
    return timer, now


@given(life=lives(), promise=promises(), seed=st.integers(0, 2**32))
def test_the_board_says_of_every_clock_what_the_domain_says(life: Life, promise: Promise, seed: int) -> None:
    timer, _ = play(life, promise, seed)
    chance = random.Random(seed)
    for clock in timer.incident.clocks:
        said = said_of(timer, clock)
        chance.shuffle(said)
        shown = clock_row(said)
        assert (shown["state"], shown["open"]) == (clock.state.value, clock.state.open)
        assert shown["started_at"] is not None
        if clock.state is not ClockState.CANCELLED:
            assert shown["due_at"] == clock.due_at
        if clock.state.open:
            assert shown["priority"] == clock.priority
            assert shown["breached_at"] == told_breach(clock, timer.told[clock.id])
        else:
            assert shown["stopped_at"] == clock.stopped_at
        assert (shown["breached_at"] is not None) >= (clock.state is ClockState.MISSED)


@given(life=lives(), promise=promises(), seed=st.integers(0, 2**32))
def test_any_order_of_arrival_gives_the_same_row(life: Life, promise: Promise, seed: int) -> None:
    timer, _ = play(life, promise, seed)
    chance = random.Random(seed + 1)
    for clock in timer.incident.clocks:
        said = said_of(timer, clock)
        mixed = chance.sample(said, len(said))
        assert clock_row(mixed) == clock_row(said)
        assert spans_of(mixed) == spans_of(said)


def test_a_clock_that_a_late_event_has_undone_is_cancelled_and_keeps_its_name() -> None:
    book = rulebook(plan(row("next_response", "1h", "always"), row("first_response", "1h", "always")))
    story = Telling().opened("Mon 09:00").responded("Mon 09:10").replied("Mon 10:00")
    timer = TimerInMemory(book)
    timer.receive(story.events, story.at("Mon 10:00"))
    undone = clock_of(timer.incident, "next_response")
    story.cancelled("Mon 09:30")
    timer.receive(story.events[-1:], story.at("Mon 10:05"))
    assert all(clock.id != undone.id for clock in timer.incident.clocks)
    shown = clock_row(said_of(timer, undone))
    assert (shown["metric"], shown["state"], shown["open"]) == ("next_response", "cancelled", False)


def test_a_breach_that_is_taken_back_leaves_no_lie_even_when_its_fact_arrives_last() -> None:
    story = Telling().opened("Mon 09:00")
    timer = TimerInMemory(BOOK)
    timer.receive(story.events, story.at("Mon 09:00"))
    timer.tick(story.at("Mon 13:00"))
    assert row_of_clock(timer)["breached_at"] == story.at("Mon 13:00")
    story.resolved("Mon 12:59").late("3 h")
    timer.receive(story.events[-1:], story.at("Mon 13:30"))
    clock = clock_of(timer.incident, "resolution")
    said = said_of(timer, clock)
    breach = next(one for one in said if one.fact.kind.value == "clock.breached")
    late = [one for one in said if one is not breach] + [breach]
    shown = clock_row(late)
    assert (shown["state"], shown["breached_at"]) == ("met", None)


@pytest.mark.parametrize("last", ["clock.breached", "clock.amended", "clock.paused"])
def test_a_late_pause_takes_the_breach_of_an_open_clock_back_whatever_arrives_last(last: str) -> None:
    story = Telling().opened("Mon 09:00")
    timer = TimerInMemory(BOOK)
    timer.receive(story.events, story.at("Mon 09:00"))
    timer.tick(story.at("Mon 13:00"))
    story.waits("Mon 12:30")
    timer.receive(story.events[-1:], story.at("Mon 13:30"))
    said = said_of(timer, clock_of(timer.incident, "resolution"))
    late = [one for one in said if one.fact.kind.value == last]
    assert late
    shown = clock_row([one for one in said if one not in late] + late)
    assert (shown["state"], shown["breached_at"]) == ("paused", None)


def test_a_tick_whose_clock_runs_ahead_does_not_set_a_paused_clock_running_again() -> None:
    story = Telling().opened("Mon 09:00")
    timer = TimerInMemory(BOOK)
    timer.receive(story.events, story.at("Mon 09:00"))
    timer.tick(story.at("Mon 11:00:03"))
    story.waits("Mon 11:00:01")
    timer.receive(story.events[-1:], story.at("Mon 11:00:01"))
    assert row_of_clock(timer)["state"] == "paused"


def test_a_breach_noticed_by_a_clock_that_runs_behind_still_counts() -> None:
    """The tick reads the database's clock, the applier its own: 3 s apart, the order of `fired_at` is no order."""
    story = Telling().opened("Mon 09:00").priority("Mon 12:59:59", "P2")
    timer = TimerInMemory(BOOK)
    timer.receive(story.events, story.at("Mon 13:00:02"))
    timer.tick(story.at("Mon 13:00:00"))
    shown = row_of_clock(timer)
    assert (shown["state"], shown["breached_at"]) == ("running", story.at("Mon 13:00"))


def test_a_paused_clock_says_on_whom_it_waits_and_has_no_due_time() -> None:
    story = Telling().opened("Mon 09:00").waits("Mon 09:30", reason="logs, please")
    timer = TimerInMemory(BOOK)
    timer.receive(story.events, story.at("Mon 09:31"))
    shown = row_of_clock(timer)
    assert (shown["state"], shown["due_at"], shown["why"]) == ("paused", None, "waiting on customer: logs, please")


def test_a_warning_is_shown_until_the_target_changes() -> None:
    story = Telling().opened("Mon 09:00")
    timer = TimerInMemory(BOOK)
    timer.receive(story.events, story.at("Mon 09:00"))
    timer.tick(story.at("Mon 11:00"))
    assert row_of_clock(timer)["warned"] == "warn-50"
    story.agreed("Mon 11:30", "resolution", "Tue 11:30")
    timer.receive(story.events[-1:], story.at("Mon 11:30"))
    shown = row_of_clock(timer)
    assert (shown["generation"], shown["warned"], shown["due_at"]) == (1, "", story.at("Tue 11:30"))


def test_another_priority_is_shown_at_once_also_where_it_leaves_the_target_as_it_is() -> None:
    story = Telling().opened("Mon 09:00", priority="P3")
    timer = TimerInMemory(BOOK)
    timer.receive(story.events, story.at("Mon 09:00"))
    before = row_of_clock(timer)
    story.priority("Mon 09:30", "P1")
    timer.receive(story.events[-1:], story.at("Mon 09:31"))
    shown = row_of_clock(timer)
    assert (before["priority"], shown["priority"]) == ("P3", "P1")
    assert shown["generation"] == before["generation"] == 0
    assert shown["due_at"] == before["due_at"]
    told = len(timer.said)
    timer.receive(story.updated("Mon 09:40", priority="P1").events[-1:], story.at("Mon 09:41"))
    assert len(timer.said) == told, "a sender that repeats it makes nobody say it again"


def test_the_weight_is_what_time_does_not_change_of_the_urgency() -> None:
    """A P2 on the first plan weighs one half, however much time was left when slad spoke of it."""
    story = Telling().opened("Mon 09:00", priority="P2")
    timer = TimerInMemory(BOOK)
    timer.receive(story.events, story.at("Mon 12:30"))
    assert row_of_clock(timer)["weight"] == pytest.approx(0.5, rel=1e-4)
    story.waits("Mon 12:40")
    timer.receive(story.events[-1:], story.at("Mon 12:40"))
    assert row_of_clock(timer)["weight"] == pytest.approx(0.5, rel=1e-4)


def test_the_stretches_are_those_of_the_life() -> None:
    story = Telling().opened("Mon 09:00").waits("Mon 10:00").resumed("Mon 12:00").resolved("Mon 13:00")
    timer = TimerInMemory(BOOK)
    for event in story.events:
        timer.receive([event], event.occurred_at)
    spans = spans_of(said_of(timer, clock_of(timer.incident, "resolution")))
    assert [(span.kind, span.start, span.end) for span in spans] == [
        (SpanKind.RUNNING, story.at("Mon 09:00"), story.at("Mon 10:00")),
        (SpanKind.PAUSED, story.at("Mon 10:00"), story.at("Mon 12:00")),
        (SpanKind.RUNNING, story.at("Mon 12:00"), story.at("Mon 13:00")),
    ]
