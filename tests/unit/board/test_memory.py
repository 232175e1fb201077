"""What the board remembers of much that was said makes the same row as everything, whatever comes afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import orjson

from sla_board.projection.clock import PublishedFact, clock_row
from sla_board.projection.incident import incident_row
from sla_board.projection.memory import MANY, RowMemory, essential_events, essential_facts
from sla_domain.clock import clock_id
from sla_domain.event import EventId, EventKind, IncidentEvent, IncidentId, Snapshot
from sla_domain.fact import FactKind
from sla_domain.plan import MetricId
from sla_platform.wire import ClockFact

START = datetime(2026, 11, 23, 10, tzinfo=UTC)
CLOCK = clock_id(IncidentId("INC-1"), MetricId("resolution"), 0)
KINDS = [kind for kind in FactKind if kind.value.startswith("clock.")]


def _fact(random: Random, number: int) -> PublishedFact:
    at = START + timedelta(minutes=random.randrange(300))
    kind = random.choice(KINDS)
    generation = random.randrange(3)
    details: dict[str, str] = {}
    if kind is FactKind.CLOCK_AMENDED and random.random() < 0.5:
        details = {"takes_back": f"{generation}/breach", "new_state": "running", "old_state": "missed"}
    if kind is FactKind.CLOCK_PAUSED:
        details = {"waiting_on": "customer", "why": f"because {number}"}
    fact = ClockFact(
        kind=kind,
        incident="INC-1",
        at=at,
        fired_at=at + timedelta(minutes=random.randrange(40)),
        clock=CLOCK,
        metric="resolution" if random.random() < 0.9 else "",
        generation=generation,
        due_at=START + timedelta(hours=4),
        state=random.choice(("running", "paused", "")),
        priority=f"P{number % 4}",
        threshold="warn-75" if kind is FactKind.CLOCK_WARNED else "",
        details=details,
    )
    key = f"{generation}/breach" if kind is FactKind.CLOCK_BREACHED else f"{number}"
    return PublishedFact(f"{CLOCK}/{key}", fact)


def _event(random: Random, number: int) -> IncidentEvent:
    at = START + timedelta(minutes=random.randrange(300))
    stated = {name: f"{number}" for name in ("title", "priority", "customer", "odd") if random.random() < 0.2}
    return IncidentEvent(
        id=EventId(f"e{number}"),
        incident=IncidentId("INC-1"),
        kind=random.choice(list(EventKind)),
        occurred_at=at,
        received_at=at,
        source=f"s{number}",
        attributes=stated,
        snapshot=_snapshot(random, at) if random.random() < 0.3 else None,
    )


def _snapshot(random: Random, at: datetime) -> Snapshot:
    shown = {name: random.choice(("", "shown")) for name in ("title", "priority", "even") if random.random() < 0.4}
    created = random.choice((None, START - timedelta(days=random.randrange(9))))
    return Snapshot(at=at, created_at=created, attributes=shown)


def test_a_snapshot_is_seen_on_the_board() -> None:
    event = _event(Random(1), 1)
    shown = Snapshot(at=event.occurred_at, created_at=START - timedelta(days=5), attributes={"title": "Down"})
    row = _row([replace(event, kind=EventKind.OBSERVED, attributes={"title": "Up"}, snapshot=shown)])
    assert (row["title"], row["opened_at"]) == ("Down", START - timedelta(days=5))


def _row(events: list[IncidentEvent]) -> dict[str, Any]:
    row = incident_row(events)
    return row | {"attributes": orjson.loads(row["attributes"])}


def test_the_row_of_a_clock() -> None:
    for seed in range(1_500):
        random = Random(seed)
        facts = [_fact(random, number) for number in range(random.randrange(2, 20))]
        cut, again = random.randrange(1, len(facts)), random.randrange(1, len(facts))
        kept = essential_facts(facts[:cut])
        for part in (facts[cut : max(cut, again)], facts[max(cut, again) :]):
            kept = essential_facts([*kept, *part])
        assert clock_row(kept) == clock_row(facts), seed


def test_the_row_of_an_incident() -> None:
    for seed in range(1_500):
        random = Random(seed)
        events = [_event(random, number) for number in range(random.randrange(2, 20))]
        cut = random.randrange(1, len(events))
        kept = essential_events(events[:cut])
        assert _row(essential_events([*kept, *events[cut:]])) == _row(events), seed


def test_nothing_is_remembered_of_a_clock_that_another_instance_has_written_to() -> None:
    memory: RowMemory[str, int] = RowMemory(list)
    memory.remember("a", MANY, [1, 2])
    assert memory.recall("a", MANY) == [1, 2]
    assert memory.recall("a", MANY + 1) is None
    assert "a" not in memory


def test_a_thousand_pauses_leave_a_handful_to_read() -> None:
    random = Random(7)
    facts = [
        one for one in (_fact(random, number) for number in range(5_000)) if one.fact.kind is FactKind.CLOCK_PAUSED
    ]
    assert len(essential_facts(facts)) <= 3
