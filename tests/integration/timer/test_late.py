"""Timers that come late or are held: below the lower bound, after an outage, in a partition that lags behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import select, text
from tests.conformance.test_firing import PATIENCE, facts, seed
from tests.integration.timer.field import PARTITIONS, database_now, harvest, read_through, sow, waiting

from sla_platform.settings import Settings
from sla_platform.store.engine import Store
from sla_platform.store.schema import create_all
from sla_platform.timesource import SystemTime
from sla_timer import tables
from sla_timer.apply import ownership
from sla_timer.metrics import TimerMetrics
from sla_timer.tick import loop
from sla_timer.tick.adapters import firing_of, progress_of
from sla_timer.tick.loop import TickLoop
from sla_timer.tick.port import ClaimBounds
from sla_timer.tick.progress import Progress

HOUR = timedelta(hours=1)
MOMENT = timedelta(milliseconds=200)


class Skewed(SystemTime):
    """An application clock that is off."""

    def __init__(self, off: timedelta) -> None:
        right = SystemTime()
        super().__init__(lambda: right.now() + off)


@pytest.fixture
async def postgres(postgres_url: str) -> AsyncIterator[Store]:
    opened = Store(postgres_url)
    await create_all(opened, [tables.metadata])
    yield opened
    await opened.close()


def ticking(
    store: Store, source: SystemTime | None = None, progress: Progress | None = None, sweep: float = 1.0
) -> TickLoop:
    progress = progress or progress_of(store)
    settings = Settings(sweep_seconds=sweep)
    metrics = TimerMetrics(CollectorRegistry())
    return TickLoop(firing_of(store, progress), progress, source or SystemTime(), settings, metrics, lambda: None)


@pytest.mark.parametrize("held", [3 * MOMENT, pytest.param(timedelta(seconds=30), marks=pytest.mark.slow)], ids=str)
async def test_a_timer_that_a_slow_transaction_inserted_below_the_bound_is_swept_up(
    postgres: Store, monkeypatch: pytest.MonkeyPatch, held: timedelta
) -> None:
    """The classic loss: the bound has moved past the instant when the row becomes visible."""
    monkeypatch.setattr(loop, "BEHIND", timedelta(milliseconds=100))
    sweep = 1.0
    begun = await database_now(postgres)
    await read_through(postgres, begun + HOUR)
    tick = ticking(postgres, sweep=sweep)
    await tick.once()
    async with postgres.transaction() as slow:
        # It stands for one that is at work for so long; one that only slept would be ended by the server.
        await slow.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        await slow.execute(text(_INSERT), {"at": begun + MOMENT, "kind": "breach"})
        while await database_now(postgres) < begun + held:
            assert await tick.once() == 0
            await asyncio.sleep(0.025)
    passed = 0
    async with asyncio.timeout(30):  # how long is not judged: what hangs never comes
        while not await tick.once():
            passed += 1
            await asyncio.sleep(0.025)
    assert passed > 0, "the bounded claim found it: the bound has not been tried"
    told = await facts(postgres)
    assert [fact["time"] for fact in told] == [begun + MOMENT]
    await tick.once()
    assert len(await facts(postgres)) == 1


_INSERT = """
WITH i AS (
    INSERT INTO timer_incident (id, partition, catalogue, contract, plan, customer, priority, phase, opened_at,
                                changed_at, told)
    VALUES ('demo:slow', 0, 'v', 'acme', 'p', 'c', 'P1', 'open', now(), now(), '')
), c AS (
    INSERT INTO timer_clock (id, incident, partition, catalogue, contract, metric, cycle, priority, state, generation,
                             started_at, due_at, context)
    VALUES ('00000000-0000-0000-0000-000000000001', 'demo:slow', 0, 'v', 'acme', 'resolution', 1, 'P1', 'running', 0,
            now(), CAST(:at AS timestamptz), '{}')
)
INSERT INTO timer_timer (clock_id, kind, generation, partition, fire_at)
VALUES ('00000000-0000-0000-0000-000000000001', :kind, 0, 0, CAST(:at AS timestamptz))
"""


async def test_a_timer_inserted_an_hour_past_due_fires_once(store: Store) -> None:
    source = SystemTime()
    now = source.now()
    progress = progress_of(store)
    async with store.transaction() as connection:
        epoch = (await ownership.take_partitions(connection, [0], "test"))[0]
    progress.note(0, epoch, now + HOUR)
    tick = ticking(store, source, progress, sweep=0.3)
    await tick.once()
    await tick.once()
    clock = await seed(store, ("warn-50", now - 2 * HOUR), ("breach", now - HOUR), due=now - HOUR)
    async with asyncio.timeout(30):  # how long is not judged: what hangs never comes
        while await tick.once() == 0:  # noqa: ASYNC110 - a tick is asked, none comes by itself
            await asyncio.sleep(0.025)
    for _ in range(3):
        await tick.once()
    told = await facts(store)
    assert [fact["id"] for fact in told] == [f"{clock}/0/warn-50", f"{clock}/0/breach"]
    assert [fact["overtaken"] for fact in told] == [True, False]
    assert [fact["time"] for fact in told] == [now - 2 * HOUR, now - HOUR]


@pytest.mark.parametrize("off", [timedelta(minutes=5), timedelta(minutes=-5)], ids=["ahead", "behind"])
async def test_a_skewed_application_clock_fires_nothing_early_or_late(postgres: Store, off: timedelta) -> None:
    begun = await database_now(postgres)
    await read_through(postgres, begun + HOUR)
    due = begun + timedelta(milliseconds=700)
    await seed(postgres, ("breach", due), due=due)
    tick = ticking(postgres, Skewed(off))
    while not await tick.once():
        assert await database_now(postgres) < due + timedelta(seconds=1)
        await asyncio.sleep(0.01)
    (told,) = await facts(postgres)
    fired_at = told["fired_at"]
    assert isinstance(fired_at, str)
    assert due.isoformat() <= fired_at.replace("Z", "+00:00") < (due + timedelta(seconds=1)).isoformat()


@pytest.mark.parametrize(
    ("count", "seconds"),
    [(2_000, 2), pytest.param(100_000, 60, marks=[pytest.mark.slow, pytest.mark.timeout(300)])],
)
async def test_instances_ten_minutes_apart_fire_everything_once_and_on_time(
    postgres: Store, count: int, seconds: int
) -> None:
    """Each application clock is five minutes off, in its own direction; neither is asked."""
    begin = await database_now(postgres) + timedelta(seconds=0.5 + count / 8_000)
    spread = timedelta(seconds=seconds)
    await sow(postgres, 0, count, begin, spread)
    await read_through(postgres, begin + spread + HOUR)
    ticks = [ticking(postgres, Skewed(timedelta(minutes=off))) for off in (5, -5)]
    running = [asyncio.create_task(tick.run()) for tick in ticks]
    while await waiting(postgres):
        assert await database_now(postgres) < begin + spread + timedelta(seconds=5)
        await asyncio.sleep(0.05)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    found = await harvest(postgres)
    assert (found.told, found.clocks, found.marked, found.early, found.set_aside) == (count, count, count, 0, 0)
    assert found.latest < timedelta(seconds=2)


async def test_a_partition_that_lags_holds_its_own_timers_and_nobody_elses(postgres: Store) -> None:
    now = await database_now(postgres)
    await sow(postgres, 0, PARTITIONS * 100, now - timedelta(minutes=1))
    progress = progress_of(postgres)
    async with postgres.transaction() as connection:
        epochs = await ownership.take_partitions(connection, range(PARTITIONS), "test")
    lagging = 3
    for number, epoch in epochs.items():
        progress.note(number, epoch, now - timedelta(minutes=5) if number == lagging else now)
    tick = ticking(postgres, progress=progress)
    assert await tick.once() == (PARTITIONS - 1) * 100
    assert await _left_in(postgres) == {lagging: 100}
    for _ in range(3):
        assert await tick.once() == 0
    progress.note(lagging, epochs[lagging], now)
    assert await tick.once() == 100  # although the lower bound of the others is past them
    assert (await harvest(postgres)).told == PARTITIONS * 100


async def test_a_herd_of_one_partition_delays_no_other(postgres: Store) -> None:
    """The first batch already holds what others have due, however much lies before it in one partition."""
    now = await database_now(postgres)
    await read_through(postgres, now + HOUR)
    await sow(postgres, 0, 3000, now - timedelta(minutes=1), partitions=1)
    async with postgres.transaction() as connection:
        await connection.execute(text(_INSERT), {"at": now - MOMENT, "kind": "breach"})
        await connection.execute(text("UPDATE timer_timer SET partition = 7 WHERE fire_at = :at"), {"at": now - MOMENT})
    fired = await firing_of(postgres, progress_of(postgres)).fire(ClaimBounds(now, None, PATIENCE, 100))
    assert len(fired) == 101
    assert [one.fire_at for one in fired].count(now - MOMENT) == 1


async def test_without_watermarks_nothing_fires_until_the_bound_and_then_provisionally(postgres: Store) -> None:
    now = await database_now(postgres)
    await sow(postgres, 0, 120, now - timedelta(minutes=1))
    await read_through(postgres, now - timedelta(minutes=2))
    firing = firing_of(postgres, progress_of(postgres))
    just_before = now - timedelta(minutes=1) + PATIENCE - timedelta(microseconds=1)
    assert await firing.fire(ClaimBounds(just_before, None, PATIENCE, 500)) == []
    fired = await firing.fire(ClaimBounds(just_before + timedelta(microseconds=1), None, PATIENCE, 500))
    assert len(fired) == 120
    assert all(one.provisional for one in fired)
    assert all(fact["provisional"] for fact in await facts(postgres))


async def test_after_an_outage_the_oldest_fire_first_and_overtaken_warnings_are_marked(postgres: Store) -> None:
    now = await database_now(postgres)
    outage = timedelta(hours=3)
    await sow(postgres, 0, 6000, now - outage, outage, partitions=1)
    async with postgres.transaction() as connection:
        await connection.execute(
            text("INSERT INTO timer_timer SELECT clock_id, 'warn-75', 0, partition, fire_at - interval '10 minutes' "
                 "FROM timer_timer")
        )  # fmt: skip
    await read_through(postgres, now + HOUR)
    assert await ticking(postgres).once() == 12_000
    async with postgres.reading() as connection:
        rows = (await connection.execute(select(tables.log.c.time, tables.log.c.data).order_by("position"))).all()
    instants = [row.time for row in rows]
    assert instants == sorted(instants)
    assert len(rows) == 12_000
    overtaken = sum('"overtaken": true' in row.data for row in rows)
    breached = sum('"clock.breached"' in row.data for row in rows)
    assert (overtaken, breached) == (6000, 6000)
    assert await waiting(postgres) == 0


async def _left_in(store: Store) -> dict[int, int]:
    async with store.reading() as connection:
        rows = (await connection.execute(text("SELECT partition, count(*) FROM timer_timer GROUP BY 1"))).all()
    return {row[0]: row[1] for row in rows}
