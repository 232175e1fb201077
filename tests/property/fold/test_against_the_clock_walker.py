"""The fold and a walker that looks at every minute agree on every clock: marks, state, generation, consumed time."""

from __future__ import annotations

from hypothesis import given
from tests.oracle.clock_walker import ClockWalker, WalkedClock
from tests.property.fold.random_lives import END, MINUTE, START, Life, Promise, lives, promises

from sla_domain.clock import Clock
from sla_domain.fold import fold


@given(promises(), lives())
def test_every_clock_is_what_a_walk_through_its_minutes_gives(promise: Promise, life: Life) -> None:
    walked = ClockWalker(promise.simple, life.happenings, END).shown()
    incident = fold(life.events, promise.rulebook)

    assert sorted(map(_name, incident.clocks)) == sorted((clock.metric, clock.cycle) for clock in walked)
    by_name = {_name(clock): clock for clock in incident.clocks}
    for expected in walked:
        clock = by_name[expected.metric, expected.cycle]
        assert _marks(clock) == sorted(expected.marks), expected.metric
        assert clock.state.value == expected.shown, expected.metric
        assert clock.generation == expected.generation
        _same_time(clock, expected)


def _same_time(clock: Clock, expected: WalkedClock) -> None:
    """Consumed time as of the last event is not the walker's, which runs on; compare where both have stopped."""
    if not clock.state.open and expected.row is not None:
        assert clock.consumed == expected.counted * MINUTE, expected.metric
    if clock.due_at is not None and clock.due_at < START + END * MINUTE and clock.state.open:
        breach = [at for generation, kind, at in expected.marks if kind == "breach" and generation == clock.generation]
        assert [(clock.due_at - START) / MINUTE] == breach


def _name(clock: Clock) -> tuple[str, int]:
    return clock.metric, clock.cycle


def _marks(clock: Clock) -> list[tuple[int, str, float]]:
    end = START + END * MINUTE
    return sorted((m.generation, m.kind, (m.at - START) / MINUTE) for m in clock.marks if m.at < end)
