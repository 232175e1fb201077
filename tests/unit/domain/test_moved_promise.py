"""A promise that moves says what was promised before and why, where an event says it (clauses B5, E7, I2)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.build.rulebook import plan, row, rulebook
from tests.build.story import Telling

from sla_domain.clock import ClockId
from sla_domain.diff import new_facts
from sla_domain.event import Actor, WaitingOn
from sla_domain.fact import MoveCause, PromiseMoved
from sla_domain.fold import fold
from sla_domain.published import PublishedState, after_publishing, keys_after
from sla_platform.wire.fact_body import body_of, details_of

RULES = rulebook(plan(row("resolution", "2h", "always", "P1"), row("resolution", "8h", "always", "P3")))


def moves(told: Telling) -> list[PromiseMoved]:
    """Every move of the promise, told event by event."""
    published: dict[ClockId, PublishedState] = {}
    keys: frozenset[str] = frozenset()
    found: list[PromiseMoved] = []
    for count in range(1, len(told.events) + 1):
        incident = fold(told.events[:count], RULES)
        facts = new_facts(incident, published, keys)
        found += [fact.body for fact in facts if isinstance(fact.body, PromiseMoved)]
        published = dict(after_publishing(published, facts, incident.clocks))
        keys = frozenset(keys_after(keys, facts))
    return found


@pytest.mark.parametrize(
    ("story", "cause", "before"),
    [
        (lambda told: told.priority("Mon 10:20", "P3", Actor.CUSTOMER), MoveCause.PRIORITY, "Mon 12:00"),
        (
            lambda told: told.waits("Mon 10:20").resumed("Mon 11:00"),
            MoveCause.WAITED_FOR_CUSTOMER,
            "Mon 12:00",
        ),
        (lambda told: told.waits("Mon 10:20", WaitingOn.VENDOR).resumed("Mon 11:00"), MoveCause.WAITED, "Mon 12:00"),
        (lambda told: told.agreed("Mon 10:20", "resolution", "Tue 10:00"), MoveCause.AGREED, "Mon 12:00"),
        (lambda told: told.resolved("Mon 10:20").reopened("Mon 11:00"), MoveCause.REOPENED, None),
    ],
    ids=["priority", "customer", "vendor", "agreed", "reopened"],
)
def test_a_move_says_its_cause(story: Callable[[Telling], Telling], cause: MoveCause, before: str | None) -> None:
    told = story(Telling().opened("Mon 10:00"))
    (body,) = moves(told)
    assert body.because is cause
    if before is not None:
        assert body.old == {"resolution": told.at(before)}
    assert body.lines["resolution"] > told.at("Mon 12:00")
    assert body_of(body.kind, details_of(body), "", overtaken=False) == body, "as it is read on the wire"


def test_a_move_that_an_older_release_told_has_neither() -> None:
    body = body_of(PromiseMoved.kind, {"due:resolution": "2026-11-24T12:00:00+00:00", "because": "magic"}, "", False)
    assert isinstance(body, PromiseMoved)
    assert (dict(body.old), body.because) == ({}, None)
