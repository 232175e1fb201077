"""A timer service's applier with its store, fed by hand, on a clock that stands still."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prometheus_client import CollectorRegistry
from sqlalchemy import select
from tests.given import given

from sla_catalogue import Catalogue, load_text
from sla_domain.event import IncidentEvent
from sla_platform.bus import Batch, Quarantine
from sla_platform.bus.metrics import BusMetrics
from sla_platform.bus.quarantine import CONSUME
from sla_platform.store.engine import Store
from sla_platform.wire import encode_event
from sla_timer import tables
from sla_timer.apply.later import DeferredEvents
from sla_timer.apply.prepare import FoldPreparer
from sla_timer.apply.quarantine import TimerQuarantine
from sla_timer.apply.refold import Refolder
from sla_timer.apply.unit import Applier
from sla_timer.metrics import TimerMetrics
from sla_timer.rulebooks import Rulebooks
from sla_timer.tick.adapters import firing_of, progress_of
from sla_timer.tick.port import ClaimBounds

EXAMPLES = Path(__file__).parents[3] / "examples" / "catalogue"
TEN = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)  # a Monday, 11:00 in Warsaw


class Frozen:
    authoritative = True

    def __init__(self, now: datetime) -> None:
        self.instant = now

    def now(self) -> datetime:
        return self.instant

    def steady(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing sleeps here")


class Desk:
    """An applier with its store, fed by hand."""

    def __init__(self, store: Store, catalogue: Catalogue, owner: str = "one") -> None:
        self.store = store
        self.current = catalogue  # in force
        self.time = Frozen(TEN)
        self.progress = progress_of(store)
        rulebooks = Rulebooks(lambda: self.current, load_text, self.time)
        self.metrics = metrics = TimerMetrics(CollectorRegistry())
        self.applier = Applier(store, rulebooks, self.progress, self.time, owner, metrics, lambda: None)
        self.firing = firing_of(store, self.progress)
        self.quarantine = Quarantine("timer", store, tables.quarantine, self.time, BusMetrics())
        self.quarantine.register_replay(CONSUME, self.applier.replay)
        self.later = DeferredEvents(store, self.applier, self.quarantine)
        self.kept = TimerQuarantine(
            store, self.quarantine, Refolder(store, rulebooks, self.time, FoldPreparer(store, metrics))
        )

    async def start(self) -> Desk:
        await self.applier.assigned(frozenset({0}))
        return self

    async def apply(self, *events: IncidentEvent, through: datetime | None = None) -> None:
        """What is put aside is applied at once, too."""
        await self.accept(*events, through=through)
        while await self.later.once() is not None:
            pass

    async def accept(self, *events: IncidentEvent, through: datetime | None = None) -> None:
        """What is put aside waits."""
        await given(self.applier, Batch(0, tuple(encode_event(event) for event in events), through), self.quarantine)
        await self.progress.publish()

    async def fire(self, now: datetime) -> list[str]:
        fired = await self.firing.fire(ClaimBounds(now, None, timedelta(minutes=10), 100))
        return [one.kind for one in sorted(fired, key=lambda one: one.fire_at) if one.live]

    async def facts(self) -> list[dict[str, object]]:
        async with self.store.reading() as connection:
            rows = (await connection.execute(select(tables.log).order_by(tables.log.c.position))).all()
        return [json.loads(row.data) for row in rows]

    async def kinds(self) -> list[str]:
        return [str(fact["kind"]) for fact in await self.facts()]

    async def state(self) -> dict[str, tuple[object, ...]]:
        async with self.store.reading() as connection:
            clocks = (await connection.execute(select(tables.clock))).all()
            timers = (await connection.execute(select(tables.timer))).all()
        return {
            row.metric: (
                row.cycle, row.state, row.generation, row.due_at, row.stopped_at,
                tuple(sorted((one.kind, one.fire_at) for one in timers if one.clock_id == row.id)),
            )
            for row in clocks
        }  # fmt: skip
