"""An incident whose fold is kept tells what it would tell if it were folded anew each time, and ends in equal rows.

Random histories are played twice through the real applier and the real fire statement: once with the fold kept from
the third event on, with restarts, killed units and re-planning by other processes in between, and once never kept.

Events that come late are applied at once, beside the consumer, or later: then what is told is what would have been told
if all that waited had come in one batch, and no timer of the incident fires meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection
from tests.integration.timer.desk import Frozen
from tests.property.fold.histories import LONG, MINUTE, START, Arrival, History, history

from sla_domain.errors import NoEvents
from sla_domain.event import Actor, EventId, EventKind, IncidentEvent, IncidentId
from sla_domain.rulebook import Rulebook
from sla_platform.bus import Batch, Quarantine
from sla_platform.bus.metrics import BusMetrics
from sla_platform.store.engine import Store
from sla_platform.store.schema import create_all
from sla_platform.wire import encode_event
from sla_timer import tables
from sla_timer.apply import fold_cache, load, prepare, save
from sla_timer.apply.later import DeferredEvents
from sla_timer.apply.prepare import FoldPreparer
from sla_timer.apply.refold import Refolder, query_of_names
from sla_timer.apply.unit import Applier
from sla_timer.metrics import TimerMetrics
from sla_timer.rulebooks import Rulebooks
from sla_timer.tick.adapters import firing_of, progress_of
from sla_timer.tick.port import ClaimBounds

NEVER = 10**9


@dataclass(frozen=True)
class Plain:
    """A catalogue of nothing but rules."""

    rulebook: Rulebook
    version: str

    @property
    def text(self) -> str:
        return self.version


def catalogues(drawn: Iterable[Rulebook]) -> dict[str, Plain]:
    return {name: Plain(replace(book, version=name), name) for name, book in zip(("one", "two"), drawn, strict=True)}


class Installation:
    """Processes on one store: an applier that owns the partition, a re-planner that may be another process, a tick."""

    def __init__(self, store: Store, books: tuple[Rulebook, Rulebook]) -> None:
        self.store, self.time, self.known = store, Frozen(START), catalogues(books)
        self.current = "one"
        self.progress = progress_of(store)
        self.firing = firing_of(store, self.progress)

    async def restart(self) -> None:
        metrics = TimerMetrics(CollectorRegistry())
        rulebooks = Rulebooks(lambda: self.known[self.current], self.known.__getitem__, self.time)
        self.preparing = FoldPreparer(self.store, metrics)
        self.applier = Applier(
            self.store, rulebooks, self.progress, self.time, "one", metrics, lambda: None, self.preparing
        )
        quarantine = Quarantine("timer", self.store, tables.quarantine, self.time, BusMetrics())
        self.later = DeferredEvents(self.store, self.applier, quarantine)
        await self.applier.assigned(frozenset({0}))

    async def replan(self, incidents: Iterable[str], by_another: bool, moved: bool = True) -> None:
        rulebooks = Rulebooks(lambda: self.known[self.current], self.known.__getitem__, self.time)
        preparing = FoldPreparer(self.store, TimerMetrics(CollectorRegistry())) if by_another else self.preparing
        async with self.store.reading() as connection:
            c = tables.incident.c
            query = select(c.id).where(c.id.in_(list(incidents)), c.phase.in_(("open", "waiting")))
            names = sorted((await connection.execute(query)).scalars())
        await Refolder(self.store, rulebooks, self.time, preparing).refold(0, query_of_names(names), moved=moved)

    async def apply(self, events: Iterable[IncidentEvent]) -> None:
        await self.accept(events)
        await self.apply_deferred()

    async def apply_deferred(self) -> None:
        while await self.later.once() is not None:
            pass

    async def waits(self) -> bool:
        async with self.store.reading() as connection:
            return (await connection.execute(select(tables.deferred.c.id).limit(1))).first() is not None

    async def accept(self, events: Iterable[IncidentEvent]) -> None:
        """What takes long waits."""
        await self.applier.handle(Batch(0, tuple(map(encode_event, events)), START + 2 * LONG))
        await self.progress.publish()

    async def pass_time(self, to: datetime) -> None:
        self.time.instant = to
        while any(one.live for one in await self.firing.fire(ClaimBounds(to, None, timedelta(minutes=10), 1000))):
            pass

    async def told(self) -> list[dict[str, Any]]:
        async with self.store.reading() as connection:
            rows = (await connection.execute(select(tables.log).order_by(tables.log.c.position))).all()
        return [{"id": row.id, **json.loads(row.data)} for row in rows]

    async def rows(self) -> dict[str, dict[Any, dict[str, Any]]]:
        async with self.store.reading() as connection:
            found = {
                table.name: (await connection.execute(select(table))).mappings().all()
                for table in (tables.incident, tables.clock, tables.timer)
            }
        plain = {name: [{**row} for row in rows] for name, rows in found.items()}
        for row in plain["timer_clock"]:
            row["told"] = " ".join(sorted(row["told"].split()))
            row["context"] = json.loads(row["context"]) | {"urgency": 0}
            row["urgency"] = 0
        return {
            name: {tuple(str(row.get(key)) for key in ("id", "clock_id", "kind", "generation")): row for row in rows}
            for name, rows in plain.items()
        }


class Killed(BaseException):
    """The process died."""


def _dying(changes: Any) -> Any:
    async def dies(connection: AsyncConnection, decided: save.Changes) -> None:
        await changes(connection, decided)
        raise Killed

    return dies


async def killed(work: Awaitable[None]) -> None:
    with suppress(Killed), pytest.MonkeyPatch.context() as patch:
        patch.setattr(save, "write_changes", _dying(save.write_changes))
        await work


@contextmanager
def as_hot(drawn: History, hot: int) -> Iterator[None]:
    """Folds are kept from the event `hot` on, in small steps, and few events are folded again at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(load, "HOT", hot)
        patch.setattr(prepare, "NEAR", drawn.seed % 6)
        patch.setattr(fold_cache, "STEP", 3)
        yield


async def live(place: Installation, drawn: History, chance: Random, troubled: bool) -> None:
    """`troubled`: restarts, killed units and re-planning by other processes, none of which may matter."""
    await place.restart()
    for arrival in drawn.arrivals:
        await place.pass_time(arrival.at)
        name = drawn.arrivals[0].event.incident if drawn.arrivals[0].event else ""
        if arrival.event is None:
            place.current = "two" if place.current == "one" else "one"
            await place.replan([name], troubled and chance.random() < 0.5)
            continue
        if troubled and chance.random() < 0.1:
            await place.restart()
        if troubled and chance.random() < 0.1:
            await killed(place.apply([arrival.event]))
        if troubled and chance.random() < 0.05:
            with suppress(NoEvents):  # nothing of it has been received yet
                await place.preparing.incident(name, place.known[place.current].rulebook)
        await place.apply([arrival.event])
    await place.pass_time(drawn.arrivals[-1].at + LONG)


async def outcome(folder: Path, drawn: History, hot: int, troubled: bool) -> tuple[list[Any], dict[str, Any]]:
    store = Store(f"sqlite:///{folder}/{'hot' if troubled else 'cold'}-{drawn.seed}.db")
    await create_all(store, [tables.metadata])
    with as_hot(drawn, hot):
        place = Installation(store, drawn.books)
        try:
            await live(place, drawn, Random(drawn.seed), troubled)
            return await place.told(), await place.rows()
        finally:
            await store.close()


def longer(seed: int) -> History:
    """A history with many questions and answers, some of them late, in which the catalogue changes now and then."""
    base, chance = history(seed), Random(-seed - 1)
    first = next(arrival.event for arrival in base.arrivals if arrival.event is not None)
    events = []
    for number in range(chance.randint(5, 25)):
        kind = chance.choice(
            (EventKind.CUSTOMER_REPLIED, EventKind.RESPONDED, EventKind.CUSTOMER_REPLIED, EventKind.UPDATED,
             EventKind.PRIORITY_CHANGED)
        )  # fmt: skip
        priority = {"priority": chance.choice(("P1", "P2", "P3", "P4"))}
        at = START + chance.randint(0, 90) * MINUTE
        events.append(IncidentEvent(
            id=EventId(f"{first.incident}/m{number}"), incident=IncidentId(first.incident), kind=kind, occurred_at=at,
            received_at=at, source="test", attributes=priority if kind is EventKind.PRIORITY_CHANGED else {},
            actor=Actor.CUSTOMER if kind is EventKind.CUSTOMER_REPLIED else Actor.STAFF,
        ))  # fmt: skip
    events.sort(key=lambda event: event.occurred_at)
    for _ in range(len(events) // 4):
        events.insert(chance.randrange(len(events)), events.pop(chance.randrange(len(events))))
    own = [arrival.event for arrival in base.arrivals if arrival.event is not None]
    middle = chance.randint(1, len(own))
    now, arrivals = START, []
    for event in [*own[:middle], *events, *own[middle:]]:
        now = max(now, event.occurred_at) + chance.choice((0, 0, 1, 5)) * MINUTE
        arrivals.append(Arrival(now, replace(event, received_at=now)))
        if chance.random() < 0.06:
            arrivals.append(Arrival(now, None))
    return replace(base, arrivals=tuple(arrivals))


def differences(one: Any, other: Any) -> list[str]:
    facts = [f"fact {a} / {b}" for a, b in zip(one[0], other[0], strict=False) if a != b]
    if len(one[0]) != len(other[0]):
        facts.append(f"{len(one[0])} facts, never kept {len(other[0])}")
    rows = [
        f"{table} {key} {column}: {mine.get(column)} / {theirs.get(column)}"
        for table in one[1]
        for key in one[1][table].keys() | other[1][table].keys()
        for mine, theirs in [(one[1][table].get(key, {}), other[1][table].get(key, {}))]
        for column in mine.keys() | theirs.keys()
        if mine.get(column) != theirs.get(column)
    ]
    return facts[:3] + rows[:6]


async def compared(folder: Path, seeds: Iterable[int]) -> dict[int, list[str]]:
    wrong = {}
    for seed in seeds:
        drawn = longer(seed)
        hot, cold = await outcome(folder, drawn, 3, True), await outcome(folder, drawn, NEVER, False)
        if found := differences(hot, cold):
            wrong[seed] = found
    return wrong


@pytest.mark.long
async def test_a_kept_fold_tells_what_a_fold_from_the_first_event_tells(tmp_path: Path) -> None:
    assert await compared(tmp_path, range(6, 14)) == {}


async def together(folder: Path, drawn: History) -> tuple[Any, Any, int]:
    """(Outcome with events that wait for some time, outcome if these had come in one batch, how many waited)."""
    chance, waiting, waited = Random(drawn.seed), list[IncidentEvent](), 0
    stores = [Store(f"sqlite:///{folder}/{name}-{drawn.seed}.db") for name in ("late", "batch")]
    for store in stores:
        await create_all(store, [tables.metadata])
    late, batch = (Installation(store, drawn.books) for store in stores)
    name = next(arrival.event.incident for arrival in drawn.arrivals if arrival.event is not None)

    async def settle() -> None:
        with as_hot(drawn, 3):
            if chance.random() < 0.2:
                await killed(late.apply_deferred())
            await late.apply_deferred()
        await batch.apply(waiting)
        waiting.clear()

    try:
        await late.restart()
        await batch.restart()
        for arrival in drawn.arrivals:
            await late.pass_time(arrival.at)
            batch.time.instant = arrival.at
            if not waiting:
                await batch.pass_time(arrival.at)
            if arrival.event is None:
                late.current = batch.current = "two" if late.current == "one" else "one"
                with as_hot(drawn, 3):
                    await late.replan([name], chance.random() < 0.5)
                await batch.replan([name], False)
                continue
            with as_hot(drawn, 3):
                await late.accept([arrival.event])
            if await late.waits():
                waiting.append(arrival.event)
                waited += 1
            else:
                await batch.accept([arrival.event])
            if chance.random() < 0.1:
                await late.restart()
            if waiting and chance.random() < 0.3:
                await settle()
        await settle()
        for place in (late, batch):
            await place.pass_time(drawn.arrivals[-1].at + LONG)
        return (await late.told(), await late.rows()), (await batch.told(), await batch.rows()), waited
    finally:
        for store in stores:
            await store.close()


async def compared_together(folder: Path, seeds: Iterable[int]) -> tuple[dict[int, list[str]], int]:
    wrong, waited = {}, 0
    for seed in seeds:
        late, batch, some = await together(folder, longer(seed))
        waited += some
        if found := differences(late, batch):
            wrong[seed] = found
    return wrong, waited


@pytest.mark.long
async def test_what_waited_tells_what_one_batch_of_it_tells(tmp_path: Path) -> None:
    wrong, waited = await compared_together(tmp_path, range(40, 46))
    assert wrong == {}
    assert waited > 20


@pytest.mark.slow
@pytest.mark.timeout(3600)
async def test_much_that_waited_tells_what_batches_of_it_tell(tmp_path: Path) -> None:
    wrong, waited = await compared_together(tmp_path, range(2_000, 2_400))
    assert wrong == {}
    assert waited > 1_000


@pytest.mark.slow
@pytest.mark.timeout(3600)
async def test_many_kept_folds_tell_what_folds_from_the_first_event_tell(tmp_path: Path) -> None:
    assert await compared(tmp_path, range(1_000, 1_400)) == {}
