"""Laws of the explanation: it tiles the clock's life and its sums are the clock's own, to the microsecond."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from tests.property.fold.random_lives import MINUTE, Life, Promise, lives, promises

from sla_domain.clock import ClockState
from sla_domain.explain import StepKind, calendar_of, explain, holder_shares
from sla_domain.fold import fold
from sla_domain.incident import holding_times, waiting_shares


@given(promises(), lives(), st.integers(0, 3000))
def test_segments_tile_and_sum_to_the_verdict(promise: Promise, life: Life, later: int) -> None:
    incident = fold(life.events, promise.rulebook)
    at = incident.changed_at + later * MINUTE
    for clock, found in zip(incident.clocks, explain(incident, promise.rulebook, at), strict=True):
        assert all(step.end == following.start for step, following in pairwise(found.steps))
        assert all(step.span > timedelta() for step in found.steps)
        assert all(step.counted == step.span for step in found.steps if step.kind is StepKind.COUNTED)
        assert all(not step.counted for step in found.steps if step.kind is not StepKind.COUNTED)
        if not clock.state.open:
            assert found.consumed == clock.consumed
        if clock.state is ClockState.RUNNING and clock.due_at is not None and clock.due_at > at:
            assert found.steps[-1].total == found.allowed, "arithmetic down to the due instant"
        if found.steps:
            assert found.steps[0].start == clock.started_at


@given(promises(), lives())
def test_shares_sum_to_the_elapsed_time(promise: Promise, life: Life) -> None:
    incident = fold(life.events, promise.rulebook)
    at = incident.changed_at
    assert sum(waiting_shares(incident, at).values(), timedelta()) == incident.elapsed(at)
    assert sum(holding_times(incident, at).values(), timedelta()) == incident.elapsed(at)
    for clock in incident.clocks:
        shares = holder_shares(clock, incident, calendar_of(clock, incident, promise.rulebook), at)
        assert sum(shares.values(), timedelta()) == clock.consumed
