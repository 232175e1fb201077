"""A changed catalogue moves every open clock while timers fire: the tick does not wait, and nothing is missed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import func, select, text
from tests.integration.timer.desk import EXAMPLES, Desk
from tests.integration.timer.field import database_now, harvest, read_through, sow
from tests.integration.timer.test_replan import opened, replanner

from sla_catalogue import Catalogue, load_catalogue
from sla_platform.settings import Settings
from sla_platform.store.engine import Store
from sla_platform.store.schema import create_all
from sla_platform.timesource import SystemTime
from sla_timer import tables
from sla_timer.metrics import TimerMetrics
from sla_timer.tick.adapters import firing_of, progress_of
from sla_timer.tick.loop import TickLoop

FIRST = 1_000_000  # numbers of the clocks that fire; below are those that move
GOAL, LOOSE = 0.25, 2.0  # seconds, 99 of 100: on a machine of its own, and on one that tests share


@pytest.fixture
async def store(postgres_url: str) -> AsyncIterator[Store]:
    opened = Store(postgres_url)
    await create_all(opened, [tables.metadata])
    yield opened
    await opened.close()


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """The example catalogue after an edit: P1 is to be resolved within 2 h."""
    folder: Path = tmp_path_factory.mktemp("edited")
    for file in EXAMPLES.glob("*.yaml"):
        if file.name != "tests.yaml":
            (folder / file.name).write_text(file.read_text().replace("{P1: 4h, P2: 8h", "{P1: 2h, P2: 8h"))
    return load_catalogue(folder)


@pytest.mark.parametrize(
    ("moving", "firing", "seconds", "latest"),
    [
        (300, 500, 2, LOOSE),
        # Two clocks an incident: 100,000 move.
        pytest.param(50_000, 60_000, 60, GOAL, marks=[pytest.mark.slow, pytest.mark.timeout(900)]),
    ],
)
async def test_a_replanning_does_not_hold_up_the_tick(
    store: Store, edited: Catalogue, moving: int, firing: int, seconds: int, latest: float
) -> None:
    desk = await Desk(store, load_catalogue(EXAMPLES)).start()
    # The tick asks the database for the time, so what only moves must be due long after whatever day this runs on.
    monday = _monday_after(await database_now(store) + timedelta(days=7))
    desk.time.instant = monday
    for first in range(0, moving, 500):
        await desk.apply(*(opened(number, monday) for number in range(first, min(first + 500, moving))))
    begin = await database_now(store) + timedelta(seconds=0.5 + firing / 8_000)
    await sow(store, FIRST, firing, begin, timedelta(seconds=seconds))
    async with store.transaction() as connection:
        await connection.execute(text("UPDATE timer_incident SET phase = 'closed' WHERE catalogue = 'v'"))
    await read_through(store, begin + timedelta(hours=1))
    progress = progress_of(store)
    tick = TickLoop(firing_of(store, progress), progress, SystemTime(), Settings(), TimerMetrics(CollectorRegistry()),
                lambda: None)  # fmt: skip
    ticking = asyncio.create_task(tick.run())
    while await database_now(store) < begin:  # noqa: ASYNC110 - time is awaited
        await asyncio.sleep(0.02)
    desk.time.instant = monday + timedelta(minutes=1)
    moved = 0
    mover = replanner(desk, edited)
    while batch := await mover.once():
        moved += batch
        await asyncio.sleep(0.02)
    while await _count(store, "clock.breached") < firing:  # noqa: ASYNC110 - rows are awaited
        await asyncio.sleep(0.05)
    ticking.cancel()
    await asyncio.gather(ticking, return_exceptions=True)
    assert moved == moving
    assert await _count(store, "promise.moved") == moving
    assert await _count(store, "clock.breached") == firing
    found = await harvest(store)
    assert (found.marked, found.early, found.set_aside) == (firing, 0, 0)
    lateness = await _lateness(store, 0.99)
    print(f"p99 {lateness * 1000:.0f} ms beside {moving} moves")
    assert lateness < latest


def _monday_after(instant: datetime) -> datetime:
    """The first Monday 10:00 UTC after `instant`."""
    monday = (instant - timedelta(days=instant.weekday())).replace(hour=10, minute=0, second=0, microsecond=0)
    return monday + timedelta(days=7)


async def _count(store: Store, kind: str) -> int:
    query = select(func.count()).select_from(tables.log).where(tables.log.c.type == f"io.slad.{kind}.v1")
    async with store.reading() as connection:
        return int((await connection.execute(query)).scalar_one())


async def _lateness(store: Store, share: float) -> float:
    """Of the breaches: seconds from the instant to the tick that fired."""
    query = text(
        "SELECT percentile_cont(:share) WITHIN GROUP (ORDER BY extract(epoch FROM "
        "CAST(CAST(data AS jsonb) ->> 'fired_at' AS timestamptz) - time)) "
        "FROM timer_log WHERE type = 'io.slad.clock.breached.v1'"
    )
    async with store.reading() as connection:
        return float((await connection.execute(query, {"share": share})).scalar_one())
