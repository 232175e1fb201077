"""Whose words count: those of bots and strangers neither answer nor wait, but what they do to the incident counts."""

from __future__ import annotations

import pytest
from tests.build.rulebook import plan, row, rulebook
from tests.build.story import Telling, clock_of
from tests.unit.domain.test_six_conditions import OPENED

from sla_domain.clock import ClockState
from sla_domain.event import WORDS, Actor, EventKind
from sla_domain.fold import fold
from sla_domain.incident import Phase, RemarkKind
from sla_domain.plan import Metric, MetricId, Trigger

RULES = rulebook(plan(row("first_response", "1h"), row("resolution", "8h")))
EVERYTHING = rulebook(plan(row("first_response", "1h"), row("next_response", "1h"), row("resolution", "8h")))


def test_a_bot_s_words_neither_answer_nor_wait() -> None:
    told = Telling().opened("Mon 09:00").responded("Mon 09:05", Actor.BOT)
    assert clock_of(told.fold(RULES), "first_response").state is ClockState.RUNNING
    told.responded("Mon 09:10").waits("Mon 09:20").happened(EventKind.CUSTOMER_REPLIED, "Mon 09:30", actor=Actor.BOT)
    incident = told.fold(EVERYTHING)
    assert (incident.phase, [clock.metric for clock in incident.clocks if clock.metric == "next_response"]) == (
        Phase.WAITING, [],
    )  # fmt: skip
    assert clock_of(incident, "resolution").state is ClockState.PAUSED


def test_what_a_bot_does_to_the_incident_counts() -> None:
    told = Telling().opened("Mon 09:00").waits("Mon 09:20", actor=Actor.BOT)
    assert told.fold(RULES).phase is Phase.WAITING
    assert told.resumed("Mon 09:30", actor=Actor.BOT).fold(RULES).phase is Phase.OPEN
    resolved = told.resolved("Mon 09:40", actor=Actor.BOT).fold(RULES)
    assert {clock.state for clock in resolved.clocks} == {ClockState.MET}


@pytest.mark.parametrize("kind", sorted(WORDS))
def test_a_word_of_a_bot_fires_only_what_names_bots(kind: EventKind) -> None:
    anybody, bots = (
        rulebook(plan(row("m", "1h"), metrics=(Metric(id=MetricId("m"), start=(OPENED,), stop=(trigger,)),)))
        for trigger in (Trigger(kind=kind), Trigger(kind=kind, actors=frozenset({"bot"})))
    )
    told = Telling().opened("Mon 09:00").happened(kind, "Mon 09:10", actor=Actor.BOT)
    assert told.clock(anybody, "m").state is ClockState.RUNNING
    assert told.clock(bots, "m").state is ClockState.MET
    by_people = Telling().opened("Mon 09:00").happened(kind, "Mon 09:10", actor=Actor.STAFF)
    assert by_people.clock(anybody, "m").state is ClockState.MET


def test_a_word_of_somebody_unknown_neither_answers_nor_waits_and_says_which_setting_is_missing() -> None:
    told = Telling().opened("Mon 09:00").happened(EventKind.COMMENTED, "Mon 09:05", actor_name="Pat")
    assert clock_of(told.fold(RULES), "first_response").state is ClockState.RUNNING
    told.responded("Mon 09:10").waits("Mon 09:20").happened(EventKind.COMMENTED, "Mon 09:30", actor_name="Pat")
    incident = told.fold(EVERYTHING)
    assert incident.phase is Phase.WAITING, "a passer-by does not end the wait for the customer"
    assert [clock for clock in incident.clocks if clock.metric == "next_response"] == []
    remarks = [remark for remark in incident.remarks if remark.kind is RemarkKind.SPEAKER_UNKNOWN]
    assert [remark.event for remark in remarks] == ["e1", "e4"]
    assert "Pat" in remarks[0].text
    assert "sources.test.staff" in remarks[0].text


@pytest.mark.parametrize("in_order", [True, False])
def test_a_comment_that_turns_out_to_be_the_reporter_s_is_a_reply_and_leaves_no_remark(in_order: bool) -> None:
    told = Telling().opened("Mon 09:00", reporter="Ann", reporter_id="a-1")
    told.waits("Mon 09:10").happened(EventKind.COMMENTED, "Mon 09:20", actor_name="a-1")
    incident = fold(told.events if in_order else reversed(told.events), RULES)
    assert incident.phase is Phase.OPEN
    assert RemarkKind.SPEAKER_UNKNOWN not in {remark.kind for remark in incident.remarks}
    namesake = Telling().opened("Mon 09:00", reporter="Ann", reporter_id="a-1")
    namesake.waits("Mon 09:10").happened(EventKind.COMMENTED, "Mon 09:20", actor_name="Ann")
    assert namesake.fold(RULES).phase is Phase.WAITING, "somebody else of that name"
    by_name = Telling().opened("Mon 09:00", reporter="Ann").waits("Mon 09:10")
    assert by_name.happened(EventKind.COMMENTED, "Mon 09:20", actor_name="Ann").fold(RULES).phase is Phase.OPEN


def test_whose_words_they_are_follows_the_reporter() -> None:
    told = Telling().opened("Mon 09:00", reporter_id="desk").responded("Mon 09:05")
    told.happened(EventKind.RECLASSIFIED, "Mon 09:10", reporter_id="a-1").waits("Mon 09:20")
    told.happened(EventKind.COMMENTED, "Mon 09:30", actor_name="desk")
    assert told.fold(RULES).phase is Phase.WAITING
    assert told.happened(EventKind.COMMENTED, "Mon 09:40", actor_name="a-1").fold(RULES).phase is Phase.OPEN
