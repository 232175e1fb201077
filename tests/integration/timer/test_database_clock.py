"""The clock that decides is the database's, and it is wrong: an hour ahead, an hour behind, and back to the truth.

A real PostgreSQL whose clock_timestamp() the test moves, by a function that is found before the built-in one; what is
early is judged by the built-in one. Small in every run; `pytest -m slow` waits for the guard's full half minute.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import text
from tests.integration.timer.field import database_now, harvest, read_through, sow, waiting

from sla_platform.clockguard import CONFIRM_SECONDS
from sla_platform.settings import Settings
from sla_platform.store.engine import Store
from sla_platform.store.schema import create_all
from sla_platform.timesource import SystemTime
from sla_timer import tables
from sla_timer.metrics import TimerMetrics
from sla_timer.tick.adapters import firing_of, progress_of
from sla_timer.tick.loop import TickLoop

HOUR = timedelta(hours=1)
COUNT = 2_000
AGAIN_SECONDS = 20.0  # for everything overdue, on a machine that tests share
HELD = [1.5, pytest.param(CONFIRM_SECONDS, marks=[pytest.mark.slow, pytest.mark.timeout(300)])]

_PLAYED = (
    "CREATE SCHEMA played",
    "CREATE TABLE played.off (by interval NOT NULL)",
    "INSERT INTO played.off VALUES ('0')",
    "CREATE FUNCTION played.clock_timestamp() RETURNS timestamptz VOLATILE LANGUAGE sql AS "
    "'SELECT pg_catalog.clock_timestamp() + by FROM played.off'",
    # The built-in schema is searched first unless the path names it.
    "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = played, public, pg_catalog', "
    "current_database()); END $$",
)


class Clock:
    """Moves the database's clock, and knows the true time."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def off_by(self, span: timedelta) -> None:
        async with self.store.transaction() as connection:
            await connection.execute(text("UPDATE played.off SET by = CAST(:by AS interval)"), {"by": span})

    async def true(self) -> datetime:
        async with self.store.reading() as connection:
            now: datetime = (await connection.execute(text("SELECT pg_catalog.clock_timestamp()"))).scalar_one()
        return now


@pytest.fixture
async def clock(postgres_url: str) -> AsyncIterator[Clock]:
    first = Store(postgres_url)
    await create_all(first, [tables.metadata])
    async with first.transaction() as connection:
        for statement in _PLAYED:
            await connection.execute(text(statement))
    await first.close()
    opened = Store(postgres_url)
    played = Clock(opened)
    await played.off_by(HOUR)
    assert abs(await database_now(opened) - await played.true() - HOUR) < timedelta(seconds=5), "the clock is not moved"
    await played.off_by(timedelta())
    yield played
    await opened.close()


@asynccontextmanager
async def ticking(store: Store, held: float) -> AsyncIterator[CollectorRegistry]:
    """Two instances that fire, each with a guard that believes a leap after `held` seconds."""
    registry = CollectorRegistry()
    metrics, progress = TimerMetrics(registry), progress_of(store)
    ticks = [
        TickLoop(
            firing_of(store, progress),
            progress,
            SystemTime(confirm_seconds=held),
            Settings(sweep_seconds=1),
            metrics,
            lambda: None,
        )
        for _ in range(2)
    ]
    running = [asyncio.create_task(tick.run()) for tick in ticks]
    try:
        yield registry
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


@pytest.mark.parametrize("held", HELD)
async def test_an_hour_ahead_for_a_while_fires_nothing_early(clock: Clock, held: float) -> None:
    """What is due in the meantime goes on being fired, by the time that was believed before the leap."""
    store = clock.store
    begin = await clock.true() + timedelta(seconds=0.5)
    span = timedelta(seconds=held)
    await sow(store, 0, COUNT, begin, span)
    await sow(store, COUNT, COUNT, begin + span + timedelta(minutes=1), timedelta(minutes=50))
    await read_through(store, begin + 2 * HOUR)
    async with ticking(store, held) as registry:
        while await waiting(store) > 2 * COUNT - COUNT // 10:  # noqa: ASYNC110 - rows are awaited
            await asyncio.sleep(0.02)
        await clock.off_by(HOUR)
        await asyncio.sleep(held * 0.7)  # too short to be believed
        assert await waiting(store) >= COUNT, "fired early"
        await clock.off_by(timedelta())
        await drained(store, COUNT)
        assert await waiting(store) == COUNT
    assert jumps(registry, "leapt_forward") > 0
    assert jumps(registry, "confirmed") == 0
    found = await harvest(store)
    assert (found.told, found.clocks, found.marked, found.early, found.set_aside) == (COUNT, COUNT, COUNT, 0, 0)
    assert found.latest < timedelta(seconds=2)


@pytest.mark.parametrize("held", HELD)
async def test_an_hour_behind_and_right_again_loses_nothing_and_fires_nothing_twice(clock: Clock, held: float) -> None:
    """Behind for so long that it is believed, everything is late; the way back is a leap that has to stay likewise."""
    store = clock.store
    begin = await clock.true() + timedelta(seconds=0.5)
    span = timedelta(seconds=4 * held)
    await sow(store, 0, COUNT, begin, span)
    await read_through(store, begin + 2 * HOUR)
    async with ticking(store, held) as registry:
        while await waiting(store) > COUNT * 0.9:  # noqa: ASYNC110 - rows are awaited
            await asyncio.sleep(0.02)
        await clock.off_by(-HOUR)
        before = await waiting(store)
        while jumps(registry, "confirmed") < 2:  # noqa: ASYNC110 - both instances
            await asyncio.sleep(0.01)
        left = await waiting(store)
        assert 0 < left < before, "until then everything was on time"
        await asyncio.sleep(held / 2)
        assert await waiting(store) == left, "the clock that decides has not reached them"
        await clock.off_by(timedelta())
        await drained(store, 0, 4 * held)
    assert jumps(registry, "confirmed") >= 4
    found = await harvest(store)
    assert (found.told, found.clocks, found.marked, found.early, found.set_aside) == (COUNT, COUNT, COUNT, 0, 0)


async def drained(store: Store, down_to: int, more: float = 0.0) -> None:
    async with asyncio.timeout(AGAIN_SECONDS + more):
        while await waiting(store) > down_to:  # noqa: ASYNC110 - rows are awaited
            await asyncio.sleep(0.05)


def jumps(registry: CollectorRegistry, reading: str) -> float:
    return registry.get_sample_value("slad_timer_clock_jumps_total", {"reading": reading}) or 0.0
