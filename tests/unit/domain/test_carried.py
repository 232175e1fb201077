"""Incidents that were merged: whose word is heard where, and who waits since when, whatever arrives first."""

from __future__ import annotations

from itertools import permutations

import pytest
from tests.build.rulebook import plan, row, rulebook
from tests.build.story import Telling, clock_of, instant

from sla_domain.clock import Clock, ClockState
from sla_domain.event import Actor, EventId, EventKind, IncidentEvent, IncidentId
from sla_domain.explain import events_known_at
from sla_domain.fold import Folding, fold, timeline
from sla_domain.fold.carried import COPIED, copy_for_survivor, has_unanswered_comment
from sla_domain.incident import Incident, Phase, RemarkKind

A, B, C = IncidentId("A"), IncidentId("B"), IncidentId("C")
RULES = rulebook(
    plan(
        row("first_response", "1h", "always"), row("next_response", "2h", "always"), row("resolution", "40h", "always")
    )
)


def merged(told: Telling, when: str, into: IncidentId) -> Telling:
    return told.happened(EventKind.MERGED, when, merged_into=into)


def carried(told: Telling, to: IncidentId) -> list[IncidentEvent]:
    """What the survivor is told of this incident."""
    return [
        copy_for_survivor(event, to, EventId(f"{event.id}@{told.incident}"))
        for event in told.events
        if event.kind in COPIED
    ]


def on(survivor: Telling, *others: Telling) -> Incident:
    return fold([*survivor.events, *(one for other in others for one in carried(other, survivor.incident))], RULES)


def next_response(incident: Incident) -> Clock | None:
    found = [clock for clock in incident.clocks if clock.metric == "next_response"]
    return found[-1] if found else None


def answered(name: IncidentId) -> Telling:
    return Telling(name).opened("Mon 09:00", actor=Actor.CUSTOMER).responded("Mon 09:10")


def test_an_unanswered_word_waits_on_the_survivor_since_it_was_said() -> None:
    source = merged(answered(A).replied("Mon 10:00").replied("Mon 10:40"), "Mon 11:30", B)
    clock = clock_of(on(answered(B), source), "next_response")
    assert (clock.state, clock.started_at, clock.due_at) == (
        ClockState.RUNNING, instant("Mon 10:00"), instant("Mon 12:00"),
    )  # fmt: skip


def test_an_answer_to_others_on_the_survivor_did_not_answer_it() -> None:
    source = merged(answered(A).replied("Mon 10:00"), "Mon 11:30", B)
    survivor = answered(B).replied("Mon 09:50").responded("Mon 10:30").replied("Mon 11:00")
    clock = clock_of(on(survivor, source), "next_response")
    assert (clock.state, clock.due_at) == (ClockState.RUNNING, instant("Mon 12:00"))
    clock = clock_of(on(survivor.responded("Mon 11:45"), source), "next_response")
    assert (clock.state, clock.stopped_at) == (ClockState.MET, instant("Mon 11:45"))


def test_what_was_due_before_the_merge_is_broken_once_it_is_carried_over() -> None:
    source = merged(answered(A).replied("Mon 10:00"), "Mon 12:30", B)
    clock = clock_of(on(answered(B), source), "next_response")
    assert (clock.breached_at, clock.due_at) == (instant("Mon 12:00"), instant("Mon 12:00"))


def test_the_survivors_own_earlier_word_stands() -> None:
    source = merged(answered(A).replied("Mon 10:00"), "Mon 11:30", B)
    clock = clock_of(on(answered(B).replied("Mon 09:30"), source), "next_response")
    assert (clock.started_at, clock.generation) == (instant("Mon 09:30"), 0)


def test_an_opening_that_nobody_answered_waits_too_and_the_survivor_keeps_its_own_first_response() -> None:
    source = merged(Telling(A).opened("Mon 10:00"), "Mon 10:30", B)
    assert clock_of(on(answered(B), source), "next_response").due_at == instant("Mon 12:00")
    late = Telling(B).opened("Mon 10:10")
    incident = on(late, source)
    assert next_response(incident) is None
    assert clock_of(incident, "first_response").due_at == instant("Mon 11:10")


@pytest.mark.parametrize("end", [EventKind.RESOLVED, EventKind.CLOSED])
def test_what_was_solved_before_the_merge_is_not_waited_for_but_an_end_in_its_instant_is_part_of_it(
    end: EventKind,
) -> None:
    solved = merged(answered(A).replied("Mon 10:00").happened(end, "Mon 11:00"), "Mon 11:30", B)
    assert next_response(on(answered(B), solved)) is None
    together = merged(answered(A).replied("Mon 10:00").happened(end, "Mon 11:30"), "Mon 11:30", B)
    assert clock_of(on(answered(B), together), "next_response").due_at == instant("Mon 12:00")


@pytest.mark.parametrize("actor", [Actor.BOT])
def test_a_bots_ticket_is_nobodys_word(actor: Actor) -> None:
    source = merged(Telling(A).opened("Mon 10:00", actor=actor), "Mon 10:30", B)
    assert next_response(on(answered(B), source)) is None


def test_words_after_the_merge_are_heard_on_the_survivor_until_the_merged_one_is_reopened() -> None:
    source = merged(answered(A), "Mon 10:00", B).replied("Mon 11:00").responded("Mon 11:30")
    source.reopened("Mon 12:00", actor=Actor.STAFF).replied("Mon 13:00")
    incident = on(answered(B), source)
    clock = clock_of(incident, "next_response")
    assert (clock.state, clock.stopped_at) == (ClockState.MET, instant("Mon 11:30"))
    assert clock_of(source.fold(RULES), "next_response").due_at == instant("Mon 15:00")


def test_what_the_merged_ticket_states_of_itself_stays_there() -> None:
    source = merged(answered(A), "Mon 10:00", B).replied("Mon 11:00", priority="P4", customer="other")
    incident = on(answered(B).priority("Mon 09:30", "P2"), source)
    assert (incident.priority, incident.attributes["customer"]) == ("P2", "acme")
    source.closed("Mon 12:00")
    assert on(answered(B), source).phase is Phase.OPEN


def test_a_response_by_the_reporter_is_the_customers_word_there_too() -> None:
    source = Telling(A).opened("Mon 09:00", reporter="ada").responded("Mon 09:10")
    merged(source.responded("Mon 10:00", actor=Actor.UNKNOWN, actor_name="ada"), "Mon 11:00", B)
    assert clock_of(on(answered(B), source), "next_response").started_at == instant("Mon 10:00")


def test_a_chain_ends_at_its_last_survivor() -> None:
    first = merged(answered(A).replied("Mon 10:00"), "Mon 10:30", B).replied("Mon 14:00")
    second = merged(answered(B), "Mon 11:00", C)
    incident = on(answered(C), first, second)
    assert clock_of(incident, "next_response").started_at == instant("Mon 10:00")
    incident = on(answered(C).responded("Mon 13:00"), first, second)
    assert clock_of(incident, "next_response").started_at == instant("Mon 14:00")
    assert next_response(on(second, first)).state is ClockState.CANCELLED  # type: ignore[union-attr]


def test_an_answer_on_the_first_survivor_is_an_answer_for_all() -> None:
    first = merged(answered(A).replied("Mon 10:00"), "Mon 10:30", B)
    second = merged(answered(B).responded("Mon 10:45"), "Mon 11:00", C)
    assert next_response(on(answered(C), first, second)) is None


def test_of_two_that_are_merged_into_each_other_one_lives_and_hears() -> None:
    first = merged(answered(A), "Mon 10:00", B)
    second = merged(answered(B).replied("Mon 10:30"), "Mon 11:00", A)
    survivor, gone = on(first, second), on(second, first)
    assert (survivor.phase, gone.phase) == (Phase.OPEN, Phase.MERGED)
    assert clock_of(survivor, "next_response").due_at == instant("Mon 12:30")


def test_of_an_unknown_survivor_stands_in_what_was_merged_into_it_and_says_so() -> None:
    source = merged(answered(A).replied("Mon 10:00"), "Mon 11:00", B).replied("Mon 12:00")
    incident = on(Telling(B), source)
    assert [remark.kind for remark in incident.remarks] == [RemarkKind.STANDS_IN]
    assert incident.contract.id == source.fold(RULES).contract.id
    assert clock_of(incident, "first_response").state is ClockState.MET
    assert clock_of(incident, "next_response").started_at == instant("Mon 10:00")
    source.reopened("Mon 13:00").replied("Mon 14:00")
    assert on(Telling(B), source).changed_at == instant("Mon 12:00")
    # and once it is known, it is what it says itself
    assert RemarkKind.STANDS_IN not in {remark.kind for remark in on(answered(B), source).remarks}


def test_a_word_that_comes_with_a_merge_into_an_ended_incident_leaves_a_remark() -> None:
    source = merged(answered(A).replied("Mon 10:00"), "Mon 11:00", B)
    incident = on(answered(B).closed("Mon 10:30"), source)
    texts = [remark.text for remark in incident.remarks if remark.kind is RemarkKind.MERGED_IN]
    assert any("nobody is asked" in text for text in texts)
    assert not any(clock.state.open for clock in incident.clocks)


def test_who_is_waited_for() -> None:
    assert has_unanswered_comment(answered(A).replied("Mon 10:00").events)
    assert has_unanswered_comment(Telling(A).opened("Mon 10:00").events)
    assert not has_unanswered_comment(answered(A).events)
    assert not has_unanswered_comment(answered(A).replied("Mon 10:00").resolved("Mon 11:00").events)


def test_what_is_said_before_the_survivor_began_is_not_told_of_it_then() -> None:
    source = merged(answered(A), "Tue 11:00", B)
    survivor = Telling(B).opened("Tue 10:00")
    events = [*survivor.events, *carried(source, B)]
    assert events_known_at(events, instant("Mon 12:00")) == ()
    assert len(events_known_at(events, instant("Tue 10:30"))) == 3


def test_the_same_whatever_the_order_and_also_when_read_on() -> None:
    source = merged(answered(A).replied("Mon 10:00"), "Mon 11:00", B).replied("Mon 12:30").reopened("Mon 13:00")
    own = answered(B).responded("Mon 12:00").events
    events = [*own, *carried(source, B)]
    whole = fold(events, RULES)
    for order in list(permutations(events))[::1500]:
        assert fold(order, RULES) == whole
    folding = Folding(timeline(own), RULES)
    assert folding.unfit(carried(source, B)) is not None


# -- an incident that was another one all along


def test_what_began_under_a_later_name_ends_where_it_began_and_stays_ended() -> None:
    stray = Telling(B).opened("Mon 09:00").closed("Mon 09:30").reopened("Mon 10:00").replied("Mon 12:00")
    stray.happened(EventKind.MERGED, "Mon 12:00", merged_into=A, known_as=A)
    incident = stray.replied("Mon 13:00").fold(RULES)
    assert (incident.phase, incident.merged_into, incident.ended_at) == (Phase.MERGED, A, instant("Mon 09:00"))
    assert {clock.state for clock in incident.clocks} == {ClockState.CANCELLED}
    assert all(mark.pending is False for clock in incident.clocks for mark in clock.marks)
    assert all(clock.breached_at is None for clock in incident.clocks)
