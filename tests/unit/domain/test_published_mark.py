"""Told marks are known by target and instant: what late events renumber, and what older releases wrote."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from tests.build.rulebook import plan, row, rulebook
from tests.build.story import Telling
from tests.unit.domain.test_diff import Listener, kinds

from sla_domain import published_text
from sla_domain.clock import ClockState
from sla_domain.cycles import with_published_ids
from sla_domain.diff import new_facts
from sla_domain.fact import FactKind
from sla_domain.fold import fold
from sla_domain.published import PublishedState, after_publishing, keys_after, timers
from sla_platform.wire.fact_body import details_of

RULES = rulebook(
    plan(
        row("first_response", "1h", "always", priority="P1", warn=[50]),
        row("first_response", "4h", "always", priority="P3"),
        row("first_response", "8h", "always", priority="P4"),
    )
)
BREACHED, WARNED, AMENDED = FactKind.CLOCK_BREACHED, FactKind.CLOCK_WARNED, FactKind.CLOCK_AMENDED


def broken() -> tuple[Telling, Listener]:
    """Opened with P3, made P1 five minutes later, broken and told at ten."""
    told, listener = Telling().opened("Mon 09:00", priority="P3"), Listener(RULES)
    listener.hears(told)
    listener.hears(told.priority("Mon 09:05", "P1"))
    assert kinds(listener.hears(told, upto="Mon 10:30")) == [WARNED, BREACHED]
    return told, listener


def of_an_older_release(told: PublishedState) -> PublishedState:
    """The row as the release before wrote it: keys, the cause and the promise, nothing that says what keys mean."""
    words = [
        word
        for word in published_text.write_state(told).split()
        if not word.startswith("@") or word.startswith(("@cause", "@promised"))
    ]
    return published_text.read_state(
        " ".join(words), state=told.state, generation=told.generation, due_at=told.due_at,
        breached_at=told.breached_at, priority=told.priority, metric=told.metric, started_at=told.started_at,
    )  # fmt: skip


@pytest.mark.parametrize("older", [False, True])
def test_a_late_priority_before_the_broken_one_is_no_news(older: bool) -> None:
    told, listener = broken()
    if older:
        listener.told = {id_: of_an_older_release(row) for id_, row in listener.told.items()}
    assert listener.hears(told.priority("Mon 09:01", "P4").late(), upto="Mon 10:30") == []
    assert (listener.row.generation, listener.row.breached_at) == (2, told.at("Mon 10:00"))
    assert timers(told.clock(RULES, "first_response"), listener.row) == ()


@pytest.mark.parametrize("older", [False, True])
def test_an_answer_after_the_renumbering_still_ends_the_breach_it_ends(older: bool) -> None:
    told, listener = broken()
    if older:
        listener.told = {id_: of_an_older_release(row) for id_, row in listener.told.items()}
    listener.hears(told.priority("Mon 09:01", "P4").late(), upto="Mon 10:30")
    assert kinds(listener.hears(told.responded("Mon 11:00"))) == [FactKind.CLOCK_MISSED]
    (amended,) = listener.hears(told.responded("Mon 09:50").late())
    assert (amended.kind, details_of(amended.body)["takes_back"]) == (AMENDED, "1/breach")
    assert details_of(amended.body)["takes_back_due"] == told.at("Mon 10:00").isoformat()


def test_a_priority_that_comes_back_is_a_target_in_force_again_not_another_breach() -> None:
    told, listener = broken()
    listener.hears(told.priority("Mon 10:40", "P3"), upto="Mon 10:40")
    (back,) = listener.hears(told.priority("Mon 10:50", "P1"), upto="Mon 10:50")
    assert (back.kind, details_of(back.body)["broken_since"]) == (
        FactKind.CLOCK_RETARGETED,
        told.at("Mon 10:00").isoformat(),
    )
    assert listener.row.breached_at == told.at("Mon 10:00")


def test_the_keys_of_an_older_release_keep_what_was_taken_back_apart() -> None:
    rules = rulebook(plan(row("resolution", "4h", "always")))
    told, listener = Telling().opened("Mon 09:00"), Listener(rules)
    listener.hears(told)
    row_ = listener.row
    (id_,) = listener.told
    # told at 13:00, taken back by a late pause, and true again at 15:00
    told.waits("Mon 10:00").resumed("Mon 12:00")
    older = published_text.write_state(of_an_older_release(row_))
    listener.told[id_] = published_text.read_state(
        f"{older} 0/breach -0/breach 0/breach~1", state="running", generation=0,
        due_at=told.at("Mon 15:00"), breached_at=told.at("Mon 15:00"), priority=row_.priority, metric=row_.metric,
        started_at=row_.started_at,
    )  # fmt: skip
    assert not {BREACHED, AMENDED} & {*kinds(listener.hears(told, upto="Mon 15:30"))}
    (amended, _) = listener.hears(told.waits("Mon 14:00").late())
    assert details_of(amended.body)["takes_back"] == "0/breach~1"


def test_timers_that_an_older_process_has_replaced_are_not_mistaken_for_ours() -> None:
    """During a rolling upgrade: it keeps our words, gives the key another instant, and the timer fires."""
    told, listener = Telling().opened("Mon 09:00"), Listener(rulebook(plan(row("resolution", "4h", "always"))))
    listener.hears(told)
    (id_,) = listener.told
    ours = listener.row
    told.waits("Mon 10:00").resumed("Mon 11:00")
    listener.told[id_] = published_text.read_state(
        f"{published_text.write_state(ours)} 0/breach", state="running", generation=0, due_at=told.at("Mon 14:00"),
        breached_at=told.at("Mon 14:00"), priority=ours.priority, metric=ours.metric, started_at=ours.started_at,
    )  # fmt: skip
    assert not {BREACHED, AMENDED} & {*kinds(listener.hears(told, upto="Mon 15:00"))}


class TestCycles:
    RULES = rulebook(plan(row("first_response", "1h", "always"), row("next_response", "1h", "always")))

    def hears(self, told: Telling, upto: datetime) -> list[tuple[FactKind, int]]:
        incident = with_published_ids(fold(told.events, self.RULES), self.told)
        facts = new_facts(incident, self.told, self.keys, upto)
        self.told, self.keys = after_publishing(self.told, facts, incident.clocks), keys_after(self.keys, facts)
        return [(fact.kind, fact.cycle) for fact in facts if fact.metric == "next_response" or "gone" in fact.key]

    def setup_method(self) -> None:
        self.told: dict = {}
        self.keys: frozenset[str] = frozenset()

    @pytest.mark.parametrize(("at_once", "older"), [(True, False), (False, False), (True, True)])
    def test_a_question_answered_in_time_that_comes_late_takes_no_other_s_breach_back(
        self, at_once: bool, older: bool
    ) -> None:
        told = Telling().opened("Mon 09:00").responded("Mon 09:10").replied("Mon 12:00")
        end = told.at("Mon 13:30")
        assert self.hears(told, end) == [(FactKind.CLOCK_STARTED, 0), (BREACHED, 0)]
        broken = {id_ for id_, row_ in self.told.items() if row_.breaches}
        if older:
            self.told = {id_: of_an_older_release(row_) for id_, row_ in self.told.items()}
        said = []
        told.replied("Mon 10:00").late()
        if not at_once:
            said += self.hears(told, end)
        told.responded("Mon 10:20").late()
        said += self.hears(told, end)
        assert BREACHED not in [kind for kind, _ in said]
        first = [kind for kind, cycle in said if cycle == 0 and kind is not AMENDED]
        assert first[-2:] == [FactKind.CLOCK_STARTED, FactKind.CLOCK_MET]
        assert {id_ for id_, row_ in self.told.items() if row_.breaches} == broken, "under the id people know"
        assert {row_.state for row_ in self.told.values() if row_.breaches} == {ClockState.RUNNING}


def test_told_rows_survive_their_text() -> None:
    _, listener = broken()
    row_ = listener.row
    columns = {
        name: getattr(row_, name)
        for name in ("generation", "due_at", "breached_at", "priority", "metric", "started_at")
    }
    assert published_text.read_state(published_text.write_state(row_), state=row_.state, **columns) == row_
    assert (
        published_text.read_state(
            published_text.write_state(replace(row_, meanings={})), state=row_.state, **columns
        ).meanings
        == {}
    )
