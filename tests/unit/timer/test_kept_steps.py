"""Which earlier states of a long fold are kept: never one much further back than twice the event that needs it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from tests.build.rulebook import contract, plan, row, rulebook

from sla_domain.event import EventId, EventKind, IncidentEvent, IncidentId
from sla_domain.fold import Folding, timeline
from sla_timer.apply.fold_cache import MOST_STEPS, CachedFold

START = datetime(2026, 11, 23, 10, tzinfo=UTC)


def noted(number: int) -> IncidentEvent:
    at = START + timedelta(seconds=number)
    kind = EventKind.ASSIGNED if number else EventKind.OPENED
    return IncidentEvent(
        id=EventId(str(number)), incident=IncidentId("demo:HOT"), kind=kind, occurred_at=at, received_at=at,
        source="demo", attributes={"assignee": f"p{number}"} if number else {"customer": "Acme"},
    )  # fmt: skip


def test_an_event_that_lies_n_back_is_read_from_a_state_at_most_two_and_a_half_n_and_250_back() -> None:
    book = rulebook(plan(row("resolution", "4h", "always")), contract("acme", customers=frozenset({"Acme"})))
    folding, kept = Folding(timeline([noted(0)]), book), CachedFold(book)
    for first in range(1, 20_001, 50):
        folding.read_next([noted(number) for number in range(first, first + 50)])
        kept.note(folding)
        places = [0, *(step.count for step in kept.steps), folding.count]
        for base, following in pairwise(places):
            back = folding.count - following  # the worst: an event just before the next state
            assert folding.count - base <= 2.5 * back + 250 + 50
        assert len(kept.steps) <= MOST_STEPS
