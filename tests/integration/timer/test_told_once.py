"""Random histories through the real applier and the real fire statement of each store: told once and truly.

Many incidents live at once, as in an installation: each batch holds whatever arrives in a minute, the tick fires before
and after it, and now and then the process dies just before it commits.

SLAD_ORACLE_CASES sets how many histories the slow test plays on each store (10,000 at most); SLAD_ORACLE_SEED moves it.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection
from tests.integration.timer.desk import Desk, Frozen
from tests.property.fold.hearer import Hearer
from tests.property.fold.histories import LONG, START, History, history

from sla_domain.clock import ClockId
from sla_domain.cycles import with_published_ids
from sla_domain.event import IncidentEvent
from sla_domain.fold import fold
from sla_domain.incident import Incident
from sla_domain.rulebook import Rulebook
from sla_platform.bus import Batch, Quarantine
from sla_platform.bus.metrics import BusMetrics
from sla_platform.store.engine import Store
from sla_platform.wire import ClockFact, encode_event
from sla_timer import tables
from sla_timer.apply import save
from sla_timer.apply.decide import published_state_of
from sla_timer.apply.later import DeferredEvents
from sla_timer.apply.unit import Applier
from sla_timer.metrics import TimerMetrics
from sla_timer.rulebooks import Rulebooks
from sla_timer.tick.adapters import firing_of, progress_of

AT_ONCE = 100  # incidents in one store
CASES = min(int(os.environ.get("SLAD_ORACLE_CASES", "2000")), 10_000)
SEED = int(os.environ.get("SLAD_ORACLE_SEED", "0"))


@dataclass(frozen=True)
class Plain:
    """A catalogue of nothing but rules."""

    rulebook: Rulebook
    version: str = "test"
    text: str = ""


class Killed(Exception):
    """The process died."""


class World(Desk):
    """An applier and a tick on one store, and a hearer for every incident."""

    def __init__(self, store: Store, histories: Iterable[History], chance: Random) -> None:
        self.histories = {f"INC-{each.seed}": each for each in histories}
        catalogue = Plain(next(iter(self.histories.values())).books[0])
        self.store, self.time, self.progress = store, Frozen(START), progress_of(store)
        rulebooks = Rulebooks(lambda: catalogue, lambda text: catalogue, self.time)
        self.metrics = TimerMetrics(CollectorRegistry())
        self.applier = Applier(store, rulebooks, self.progress, self.time, "one", self.metrics, lambda: None)
        self.firing = firing_of(store, self.progress)
        self.quarantine = Quarantine("timer", store, tables.quarantine, self.time, BusMetrics())
        self.later = DeferredEvents(store, self.applier, self.quarantine)
        self.book = catalogue.rulebook
        self.chance = chance
        self.events: dict[str, list[IncidentEvent]] = defaultdict(list)
        # Where a change of priority restarts a clock, two cycles may by chance be due at one instant: only who knows
        # their clocks can tell them apart.
        self.hearers = {name: Hearer(by_clock=each.restarts) for name, each in self.histories.items()}
        self.position = 0

    async def live(self) -> None:
        minutes: dict[datetime, list[IncidentEvent]] = defaultdict(list)
        for each in self.histories.values():
            for arrival in each.arrivals:
                if arrival.event is not None:
                    minutes[arrival.at].append(arrival.event)
        await self.applier.assigned(frozenset({0}))
        for at in sorted(minutes):
            await self.pass_time(at)
            await self.receive(minutes[at])
            await self.pass_time(at)
        await self.pass_time(max(minutes) + LONG)

    async def pass_time(self, to: datetime) -> None:
        self.time.instant = to
        while await self.fire(to):
            pass
        await self.hear()

    async def receive(self, events: list[IncidentEvent]) -> None:
        """One batch; when the process dies in it, the bus gives it again, to a new one or in smaller pieces."""
        if self.chance.random() < 0.1:
            with suppress(Killed), pytest.MonkeyPatch.context() as patch:
                patch.setattr(save, "write_changes", _dying(save.write_changes))
                await self.applier.handle(Batch(0, tuple(encode_event(event) for event in events), None))
        middle = self.chance.randint(0, len(events))
        for part in (events[:middle], events[middle:], events[:1]):
            if part:
                await self.apply(*part, through=START + 2 * LONG)
                for event in part:
                    if event not in self.events[event.incident]:
                        self.events[event.incident].append(event)
                await self.hear()

    async def hear(self) -> None:
        c = tables.log.c
        async with self.store.reading() as connection:
            rows = (await connection.execute(select(c.position, c.id, c.data).where(c.position > self.position)
                                             .order_by(c.position))).all()  # fmt: skip
        folded: dict[str, Any] = {}
        for row in rows:
            self.position = row.position
            fact = ClockFact.model_validate(json.loads(row.data))
            if fact.clock is not None:
                if fact.incident not in folded:
                    folded[fact.incident] = await self.known(fact.incident)
                self.hearers[fact.incident].hear(fact, row.id.partition("/")[2], folded[fact.incident])

    async def known(self, incident: str) -> Incident:
        """Folded from its events, with the ids that its clocks have kept."""
        async with self.store.reading() as connection:
            query = select(tables.clock).where(tables.clock.c.incident == incident)
            rows = (await connection.execute(query)).all()
        told = {ClockId(row.id): published_state_of(row) for row in rows}
        return with_published_ids(fold(self.events[incident], self.book), told)

    async def wrong(self) -> dict[str, list[str]]:
        for incident in self.events:
            self.hearers[incident].ends(await self.known(incident), START + 2 * LONG)
        return {incident: hearer.wrong for incident, hearer in self.hearers.items() if hearer.wrong}


def _dying(changes: Any) -> Any:
    async def dies(connection: AsyncConnection, decided: save.Changes) -> None:
        await changes(connection, decided)
        raise Killed

    return dies


def alike(first: int, count: int) -> list[list[History]]:
    """Histories under one rulebook together."""
    by_book: dict[int, list[History]] = defaultdict(list)
    for seed in range(first, first + count):
        drawn = history(seed, f"INC-{seed}")
        by_book[id(drawn.books[0])].append(drawn)
    return [many[n : n + AT_ONCE] for many in by_book.values() for n in range(0, len(many), AT_ONCE)]


async def played(store: Store, first: int, count: int) -> dict[str, list[str]]:
    wrong: dict[str, list[str]] = {}
    for batch in alike(first, count):
        world = World(store, batch, Random(first))
        world.position = await _end(store)
        await world.live()
        wrong |= await world.wrong()
    return wrong


async def _end(store: Store) -> int:
    async with store.reading() as connection:
        query = select(tables.log.c.position).order_by(tables.log.c.position.desc()).limit(1)
        return (await connection.execute(query)).scalar() or 0


@pytest.mark.long
async def test_random_histories_are_told_once_and_truly(store: Store) -> None:
    assert await played(store, 0, 24) == {}


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600)
async def test_ten_thousand_random_histories_are_told_once_and_truly(store: Store) -> None:
    assert await played(store, SEED + 1_000, CASES) == {}


def test_histories_that_restart_clocks_are_among_them() -> None:
    drawn = [each for batch in alike(0, 24) for each in batch]
    assert len(drawn) == 24
    assert {each.restarts for each in drawn} == {True, False}
