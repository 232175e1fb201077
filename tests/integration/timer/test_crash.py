"""kill -9 of ticking processes, a stopped one, a crashing database: nothing lost, nothing told twice, nothing early.

Small in every run. In full: `pytest -m slow tests/integration/timer/test_crash.py`; SLAD_SEED repeats a failure.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from datetime import timedelta

import pytest
from tests.integration.timer.field import Harvest, database_now, harvest, read_through, sow, waiting
from tests.integration.timer.nursery import Nursery

from sla_platform.errors import Retryable
from sla_platform.local import PostgresServer
from sla_platform.store.engine import Store
from sla_platform.store.schema import create_all
from sla_timer import tables

SEED = int(os.environ.get("SLAD_SEED", "5"))
EVENTUALLY = timedelta(seconds=30)  # other tests load the machine
CHUNK = 100_000


async def prepared(server: PostgresServer, count: int, spread: timedelta, lead: timedelta) -> Store:
    """`count` timers due from `lead` after now on, and events read far beyond."""
    store = Store(await server.create_database("timers"))
    await create_all(store, [tables.metadata])
    begin = await database_now(store) + lead
    for first in range(0, count, CHUNK):
        await sow(store, first, min(CHUNK, count - first), begin, spread)
    await read_through(store, begin + spread + timedelta(hours=1))
    return store


async def drained(store: Store, within: float) -> None:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            if not await some_left(store):
                return
        except Retryable:
            pass
        await asyncio.sleep(0.1)
    raise AssertionError(f"{await waiting(store)} timers have not fired")


async def some_left(store: Store) -> bool:
    try:
        return await waiting(store) > 0
    except Retryable:
        return True  # the database has just been struck


def assert_each_once(found: Harvest, count: int) -> None:
    assert (found.told, found.clocks, found.marked) == (count, count, count)
    assert (found.early, found.set_aside) == (0, 0)


@pytest.mark.parametrize(
    ("count", "seconds", "kills", "crashes"),
    [
        (20_000, 4, 10, 2),
        pytest.param(1_000_000, 240, 200, 20, marks=[pytest.mark.slow, pytest.mark.timeout(1800)]),
    ],
)
async def test_processes_and_the_database_crash_while_timers_fire(
    own_postgres: PostgresServer, count: int, seconds: int, kills: int, crashes: int
) -> None:
    lot = random.Random(SEED)
    lead = timedelta(seconds=1 + count / 8_000)
    spread = timedelta(seconds=seconds)
    blows = ["kill"] * kills + ["crash"] * crashes
    lot.shuffle(blows)
    with Nursery(own_postgres.url("timers")) as nursery:
        store = await prepared(own_postgres, count, spread, lead)
        for _ in range(3):
            await asyncio.to_thread(nursery.born)
        while await waiting(store) > count * 0.98:  # noqa: ASYNC110 - rows are awaited, not an event
            await asyncio.sleep(0.02)
        fallen = 0
        for blow in blows:
            await asyncio.sleep(lot.uniform(0.5, 1.0) * seconds * 0.5 / len(blows))
            if await waiting(store) == 0:
                break
            fallen += 1
            if blow == "kill":
                nursery.kill(lot.choice(nursery.children))
                await asyncio.to_thread(nursery.born)
            else:
                await asyncio.to_thread(own_postgres.restart, "immediate")
        await drained(store, 30 + count / 2_000)
    found = await harvest(store)
    await store.close()
    assert_each_once(found, count)
    assert fallen >= (len(blows) if count >= CHUNK else len(blows) // 2), "the blows came too late to prove anything"


async def until_left(store: Store, count: float) -> None:
    while await waiting(store) > count:  # noqa: ASYNC110 - rows are awaited, not an event
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("count", "seconds", "share"),  # how much is left when it wakes
    [
        (4_000, 4, 0.5),
        pytest.param(200_000, 160, 0.25, marks=[pytest.mark.slow, pytest.mark.timeout(600)]),
    ],
)
async def test_a_stopped_instance_holds_nothing_back_and_does_no_harm_when_it_wakes(
    own_postgres: PostgresServer, count: int, seconds: int, share: float
) -> None:
    with Nursery(own_postgres.url("timers")) as nursery:
        store = await prepared(own_postgres, count, timedelta(seconds=seconds), timedelta(seconds=1.5 + count / 8_000))
        sleeper = await asyncio.to_thread(nursery.born)
        awake = await asyncio.to_thread(nursery.born)
        await until_left(store, count * 0.9)
        nursery.stop(sleeper)
        await until_left(store, count * share)
        nursery.go_on(sleeper)
        nursery.kill(awake)  # what is left is for the one that slept
        left = await waiting(store)
        await drained(store, 30 + seconds)
    found = await harvest(store)
    await store.close()
    assert left > 0
    assert_each_once(found, count)
    # That nothing was held back shows above, in the order: the other one told what was due while this one slept.
    assert found.latest < EVENTUALLY
