"""A fold that is kept and goes on says what a fold of all events from the first one says: late, twice, in any order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from sla_catalogue import Catalogue, builtin_catalogue, load_catalogue
from sla_domain.event import (
    Actor,
    AgreedTarget,
    EventId,
    EventKind,
    IncidentEvent,
    IncidentId,
    Snapshot,
    TimeQuality,
    WaitingOn,
)
from sla_domain.fold import fold
from sla_domain.forgotten import drop_forgotten
from sla_domain.phase import Phase
from sla_domain.rulebook import Rulebook
from sla_timer.apply import fold_cache
from sla_timer.apply.fold_cache import FoldCache, PreparedFold

START = datetime(2026, 11, 16, 6, tzinfo=UTC)
NAME = IncidentId("INC-1")
KINDS = [kind for kind in EventKind if kind is not EventKind.OPENED]


class Shelf:
    """The stored events of one incident (`fold_cache.EventReader`), and how many were read back."""

    def __init__(self, ended_at: datetime | None = None) -> None:
        self.events: dict[str, IncidentEvent] = {}
        self.ended = ended_at

    async def count(self) -> int:
        return len(self.events)

    async def known(self, ids: Collection[str]) -> set[str]:
        return self.events.keys() & set(ids)

    async def ended_at(self) -> datetime | None:
        return self.ended

    async def since(self, at: datetime | None) -> AsyncIterator[Sequence[IncidentEvent]]:
        found = [event for event in self.events.values() if at is None or event.occurred_at >= at]
        for start in range(0, len(found), 3):
            yield found[start : start + 3]


@pytest.fixture(scope="module")
def catalogues() -> tuple[Catalogue, ...]:
    return load_catalogue(Path(__file__).parents[3] / "examples" / "catalogue"), builtin_catalogue()


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """States are kept after every few events, so that short histories have some to fall back to."""
    monkeypatch.setattr(fold_cache, "STEP", 3)
    monkeypatch.setattr(fold_cache, "MOST_STEPS", 4)
    monkeypatch.setattr(fold_cache, "AT_ONCE", 2)


def test_a_kept_fold_is_the_fold_from_the_first_event(catalogues: tuple[Catalogue, ...]) -> None:
    asyncio.run(_many(600, seed=1, catalogues=catalogues))


def test_what_was_folded_and_then_lost_dates_no_opening(catalogues: tuple[Catalogue, ...]) -> None:
    """A history in which an event that was never stored had told of an earlier opening than all that were."""
    random = Random(2_000_320)
    asyncio.run(_one(random, random.choice(catalogues).rulebook))


@pytest.mark.slow
def test_ten_thousand_kept_folds(catalogues: tuple[Catalogue, ...]) -> None:
    asyncio.run(_many(10_000, seed=2, catalogues=catalogues))


async def _many(histories: int, seed: int, catalogues: tuple[Catalogue, ...]) -> None:
    for number in range(histories):
        random = Random(seed * 1_000_000 + number)
        await _one(random, random.choice(catalogues).rulebook)


async def _one(random: Random, rulebook: Rulebook) -> None:
    """Arrivals in parts; some parts are folded and then lost, as in a transaction that fails; some come again."""
    events = history(random, rulebook)
    shelf = Shelf(START + timedelta(hours=2) if random.random() < 0.1 else None)
    folds = FoldCache(lambda many: None, lambda many: None)
    while events:
        take = random.choice((1, 1, 2, 3, 8))
        part, events = events[:take], events[take:]
        if shelf.events and random.random() < 0.2:
            part.append(random.choice(list(shelf.events.values())))
        await _round(folds, shelf, part, rulebook, stored=random.random() > 0.2)


async def _round(
    folds: FoldCache, shelf: Shelf, part: list[IncidentEvent], rulebook: Rulebook, *, stored: bool
) -> None:
    async with folds.held([NAME]):
        prepared = await folds.prepare(NAME, shelf, part, [rulebook])
        new = {event.id: event for event in sorted(part, key=fold_cache.position, reverse=True)}
        everything = {**new, **shelf.events}
        counting = drop_forgotten(everything.values(), shelf.ended)
        assert prepared.fresh == new.keys() - shelf.events.keys()
        if not counting:
            assert not prepared.foldings
            return
        expected = fold(counting, rulebook)
        got = prepared.incident(rulebook)
        assert got == expected
        _nothing_settled_is_missed(prepared)
        if stored:
            shelf.events |= {id_: event for id_, event in new.items() if id_ not in shelf.events}
            folds.keep(prepared)
            ended = {clock.id: clock for clock in got.clocks if not clock.state.open}
            folds.settle(NAME, rulebook.version, ended)


def _nothing_settled_is_missed(prepared: PreparedFold) -> None:
    """A clock that is not named as changed is the one that was settled."""
    unsettled = prepared.unsettled()
    if unsettled is None:
        return
    now = {clock.id: clock for clock in prepared.used[prepared.version].clocks}
    for id_ in (now.keys() | prepared.settled.keys()) - unsettled:
        assert now[id_] == prepared.settled[id_]


def history(random: Random, rulebook: Rulebook) -> list[IncidentEvent]:
    """An incident's events in the order of their arrival: mostly as they occurred, some late, some at one instant."""
    customers = sorted({name for contract in rulebook.contracts.values() for name in contract.customers}) or ["none"]
    own = random.sample(customers, min(2, len(customers)))
    at = START
    events = []
    for number in range(random.randrange(2, 28)):
        at += random.choice((timedelta(), timedelta(minutes=random.randrange(600)), timedelta(hours=9)))
        events.append(_event(random, number, at, own, rulebook))
    for _ in range(random.choice((0, 0, 1, 3))):
        events.append(events.pop(random.randrange(len(events))))
    return events


def _event(random: Random, number: int, at: datetime, customers: list[str], rulebook: Rulebook) -> IncidentEvent:
    kind = EventKind.OPENED if random.random() < (0.9 if number == 0 else 0.03) else random.choice(KINDS)
    attributes: dict[str, str] = {}
    if kind is EventKind.OPENED or random.random() < 0.1:
        attributes = {"customer": random.choice(customers), "reporter": "ann", "title": f"title {number}"}
    if kind in (EventKind.OPENED, EventKind.PRIORITY_CHANGED, EventKind.RECLASSIFIED, EventKind.DOWNGRADE_PROPOSED):
        plan = rulebook.plan_of(rulebook.contract_for(customers[0], at).contract)
        attributes["priority"] = random.choice([*(priority.id for priority in plan.priorities), "odd"])
    if random.random() < 0.5:
        attributes |= {"description": "it is broken"} if random.random() < 0.5 else {"assignee": f"p{number % 3}"}
    metric = random.choice(("resolution", "workaround", "update", "no such"))
    agreed = AgreedTarget(
        metric=metric,
        due_at=at + timedelta(hours=random.randrange(100)),
        agreed_by="ann",
        moved_by_pauses=random.random() < 0.5,
    )
    return IncidentEvent(
        id=EventId(f"e{number}"),
        incident=NAME,
        kind=kind,
        occurred_at=at,
        received_at=at - timedelta(minutes=random.choice((0, 0, 0, 10))),
        source="test",
        quality=random.choice((TimeQuality.EXACT, TimeQuality.EXACT, TimeQuality.RECEIPT)),
        version=random.choice((0, number)),
        actor=random.choice(list(Actor)),
        actor_name=random.choice(("", "ann", "bob")),
        attributes=attributes,
        waiting_on=random.choice(list(WaitingOn)) if kind is EventKind.WAITING else None,
        agreed=agreed if kind is EventKind.TARGET_AGREED else None,
        metrics=random.choice(((), ("resolution",))) if kind is EventKind.EXEMPTED else (),
        score=3 if kind is EventKind.RATED else None,
        warnings=("odd word",) if random.random() < 0.1 else (),
        snapshot=_snapshot(random, at, customers) if random.random() < 0.35 else None,
    )


def _snapshot(random: Random, at: datetime, customers: list[str]) -> Snapshot:
    """How the ticket stands: mostly at the event's instant, at times later; often not as the events have it."""
    phase = random.choice((None, *(phase for phase in Phase if phase is not Phase.MERGED)))
    attributes = {"assignee": random.choice(("", "p1")), "title": "as it stands"}
    if random.random() < 0.5:
        attributes["priority"] = random.choice(("", "P1", "P3", "S1", "odd"))
    if random.random() < 0.2:
        attributes["customer"] = random.choice(("", *customers))
    return Snapshot(
        at=at + timedelta(minutes=random.choice((0, 0, 0, 7, 700))),
        created_at=random.choice((None, START - timedelta(hours=random.randrange(50)))),
        phase=phase,
        waiting_on=random.choice(list(WaitingOn)) if phase is Phase.WAITING else None,
        ended_at=random.choice((None, at, at - timedelta(minutes=random.randrange(600)))) if phase else None,
        attributes=attributes,
        version=random.choice((0, 0, 5)),
    )
