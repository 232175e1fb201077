"""Whenever an event moves a due instant, whatever its kind, it is one of those that are answered with a promise."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest
from tests.property.fold.histories import histories
from tests.property.fold.test_carried_on import history

from sla_catalogue import load_catalogue
from sla_domain.event import EventKind, IncidentEvent
from sla_domain.fold import fold
from sla_domain.movers import due_date_movers
from sla_domain.promise import promise
from sla_domain.rulebook import Rulebook


def _moves(known: list[IncidentEvent], event: IncidentEvent, rules: Rulebook) -> bool:
    def due(events: list[IncidentEvent]) -> set[object]:
        return {(line.clock, line.due_at) for line in promise(fold(events, rules))} if events else set()

    return due(known) != due([*known, event])


def _check(events: list[IncidentEvent], rules: Rulebook, moved: Counter[EventKind]) -> None:
    movers = due_date_movers(rules)
    for number, event in enumerate(events):
        if _moves(events[:number], event, rules):
            moved[event.kind] += 1
            assert movers.may_move(event), event


def test_every_event_that_moves_a_promise_is_told_about() -> None:
    moved: Counter[EventKind] = Counter()
    for story in histories(1, 120):
        _check([arrival.event for arrival in story.arrivals if arrival.event is not None], story.books[0], moved)
    assert len(moved) > 12, "the histories say too little"


@pytest.fixture(scope="module")
def rules() -> Rulebook:
    return load_catalogue(Path(__file__).parents[3] / "examples" / "catalogue").rulebook


def test_under_the_plans_of_a_real_catalogue(rules: Rulebook) -> None:
    moved: Counter[EventKind] = Counter()
    for number in range(60):
        _check(history(Random(number), rules), rules, moved)
    assert {EventKind.DESCRIBED, EventKind.RESPONDED, EventKind.RESUMED, EventKind.CUSTOMER_REPLIED} <= moved.keys()


def test_what_can_move_nothing_costs_nothing() -> None:
    """A rating without attributes changes no clock of a catalogue without dated contracts."""
    (story,) = histories(5, 1)
    movers = due_date_movers(story.books[0])
    opening = next(arrival.event for arrival in story.arrivals if arrival.event is not None)
    kinds = {EventKind.RATED, EventKind.ESCALATED, EventKind.EXEMPTED}
    assert not kinds & movers.kinds
    assert not movers.dated
    assert due_date_movers(story.books[0]) is movers
    assert opening.kind not in kinds
