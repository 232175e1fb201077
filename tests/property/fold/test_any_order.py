"""I6, I2, I3: whatever the order, duplication and delay of the same events, the same end, told once and completely."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from tests.property.fold.random_lives import DAYS, LAST_EVENT, MINUTE, START, Life, Promise, lives, promises
from tests.property.fold.world import World

from sla_domain.clock import BREACH
from sla_domain.cycles import with_published_ids
from sla_domain.diff import new_facts
from sla_domain.fold import fold
from sla_domain.published import after_publishing, keys_after
from sla_domain.published_mark import is_published as no_news

THE_END = START + timedelta(days=DAYS + 30)


@given(promises(), lives(), st.randoms(use_true_random=False))
def test_order_and_duplicates_change_nothing(promise: Promise, life: Life, random: Random) -> None:
    shuffled = [*life.events, *random.choices(life.events, k=3)]
    random.shuffle(shuffled)

    assert fold(shuffled, promise.rulebook) == fold(life.events, promise.rulebook)


@given(promises(), lives(), st.randoms(use_true_random=False))
def test_late_events_end_in_the_same_state_and_nothing_is_told_twice(
    promise: Promise, life: Life, random: Random
) -> None:
    """Arrivals in random order over days, timers firing in between, the row read back from its text each time."""
    world = World(promise.rulebook)
    arrivals = [*life.events, *random.choices(life.events, k=2)]
    random.shuffle(arrivals)
    now = START
    for event in arrivals:
        now = max(now, event.occurred_at) + random.randrange(LAST_EVENT // 2) * MINUTE
        world.arrive(event, now)

    in_order = with_published_ids(fold(life.events, promise.rulebook), world.told)
    assert world.incident == in_order
    assert world.repeated() == []
    for clock in in_order.clocks:
        told = world.told[clock.id]
        assert (told.state, told.generation, told.due_at) == (clock.state, clock.generation, clock.due_at)
        waiting = {(t.generation, t.kind.partition("~")[0], t.at) for t in world.timers[clock.id]}
        spoken = told.published_marks(clock)
        ahead = [m for m in clock.marks if m.pending and m.at > now and not no_news(m, spoken)]
        assert waiting == {(m.generation, m.kind, m.at) for m in ahead}

    world.fire(THE_END)
    assert world.repeated() == []
    for clock in in_order.clocks:
        assert world.breaches(clock.id) == {m.at for m in clock.marks if m.kind == BREACH and m.at <= THE_END}
        spoken = world.told[clock.id].published_marks(clock)
        assert all(no_news(mark, spoken) for mark in clock.marks if mark.at <= THE_END)
    for id_ in world.rows.keys() - {clock.id for clock in in_order.clocks}:
        assert not world.told[id_].state.open
        assert world.breaches(id_) == set()


@given(promises(), lives())
def test_a_timer_tells_what_telling_up_to_its_instant_would(promise: Promise, life: Life) -> None:
    """In order of arrival, firing rows and `new_facts(upto)` give the same facts of the same clocks."""
    world = World(promise.rulebook)
    told, keys, said = {}, frozenset[str](), set()
    for number, event in enumerate(life.events, 1):
        before = fold(life.events[: number - 1], promise.rulebook) if number > 1 else None
        now = event.occurred_at
        world.arrive(event, now - timedelta(microseconds=1))
        world.fire(now - timedelta(microseconds=1))
        for incident in (before, fold(life.events[:number], promise.rulebook)):
            if incident is not None:
                facts = new_facts(incident, told, keys, upto=now - timedelta(microseconds=1))
                told, keys = after_publishing(told, facts, incident.clocks), keys_after(keys, facts)
                said |= {(fact.clock, fact.key, fact.at) for fact in facts}

    assert said == {(fact.clock, fact.key, fact.at) for fact in world.facts}
    assert {id_: one.keys for id_, one in told.items()} == {id_: one.keys for id_, one in world.told.items()}
