"""Laws of the explanation: it tiles the clock's life and its sums are the clock's own, to the microsecond."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from tests.property.fold.random_lives import MINUTE, Life, Promise, lives, promises

from sla_domain.breakdown import (
    Breakdown,
    clock_breakdown,
    consumed_until,
    extended,
    going_on,
    incident_breakdown,
    total,
)
from sla_domain.clock import ClockState
from sla_domain.event import EventId, EventKind, IncidentEvent
from sla_domain.explain import StepKind, calendar_of, explain
from sla_domain.fold import fold


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


def _handed_on(life: Life, changes: list[tuple[int, str, str]]) -> list[IncidentEvent]:
    """The life, and in it changes of one attribute: minute, name, value."""
    first = min(life.events, key=lambda event: event.occurred_at)
    return [
        *life.events,
        *(
            replace(
                first,
                id=EventId(f"handed-{number}"),
                kind=EventKind.UPDATED,
                occurred_at=first.occurred_at + minute * MINUTE,
                attributes={name: value},
            )
            for number, (minute, name, value) in enumerate(changes)
        ),
    ]


_CHANGES = st.lists(
    st.tuples(
        st.integers(0, 5000), st.sampled_from(("assignee", "group", "line", "defect")), st.sampled_from(("", "a", "b"))
    ),
    max_size=6,
)


@given(promises(), lives(), _CHANGES, st.integers(0, 3000))
def test_breakdowns_sum_to_the_whole(
    promise: Promise, life: Life, changes: list[tuple[int, str, str]], later: int
) -> None:
    incident = fold(_handed_on(life, changes), promise.rulebook)
    at = incident.changed_at + later * MINUTE
    whole = incident_breakdown(incident, at)
    assert whole.whole.wall == incident.elapsed(at)
    then = incident.changed_at
    assert extended(incident_breakdown(incident, then), going_on(None, incident), None, at) == whole
    of_clocks: list[Breakdown] = []
    for clock in incident.clocks:
        calendar = calendar_of(clock, incident, promise.rulebook)
        found = clock_breakdown(clock, incident, calendar, at)
        end = clock.stopped_at or at
        known = clock_breakdown(clock, incident, calendar, then)
        assert extended(known, going_on(clock, incident), calendar, at) == found
        assert found.whole.wall == end - clock.started_at
        assert found.whole.within == (
            end - clock.started_at if calendar is None else calendar.between(clock.started_at, end)
        )
        assert found.whole.counted == consumed_until(clock, calendar, at)
        if not clock.state.open or at == incident.changed_at:
            assert found.whole.counted == clock.consumed
        for sums in (found.by_party(), found.by_holder()):
            assert sum((one.wall for one in sums.values()), timedelta()) == found.whole.wall
            assert sum((one.counted for one in sums.values()), timedelta()) == found.whole.counted
        assert all(part.sums.wall > timedelta() for part in found.parts)
        of_clocks.append(found)
    assert total(of_clocks).whole.wall == sum((one.whole.wall for one in of_clocks), timedelta())
    assert total(of_clocks).whole.counted == sum((one.whole.counted for one in of_clocks), timedelta())
