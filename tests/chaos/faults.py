"""What goes wrong below and within slad: processes killed, servers restarted, clocks that leap."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from tests.chaos.world import World

# By how much, for how long (seconds).
LEAPS = (
    (3600.0, 6.0),
    (-3600.0, 6.0),
    (400 * 86400.0, 3.0),
    (90.0, 6.0),
    (2 * 86400.0, 6.0),
    (-40 * 86400.0, 6.0),
)
AWAY_SECONDS = 2.0


async def kills(world: World) -> None:
    """kill -9 of any process, in whatever state it is; the one process is given time to get ready in between."""
    lot = world.lot("kills")
    start = min(max(world.ready_seconds, 3.0), 15.0)  # killed more often than it starts, nothing would ever run
    while not world.enough.is_set():
        await asyncio.sleep(lot.uniform(start, 2 * start))
        await world.storm()
        async with world.disturbing("kills", after=8.0):
            world.kill(lot.choice(world.fleet.members))
            if len(world.fleet.members) == 1:
                with suppress(AssertionError):  # it may end by itself too; the supervisor says so
                    await world.fleet.ready()


async def database(world: World) -> None:
    """The database server is stopped at once and started again."""
    await _restarts(world, "database", first=6.0)


async def broker(world: World) -> None:
    """The broker is killed and started again."""
    await _restarts(world, "broker", first=12.0)


async def _restarts(world: World, name: str, first: float) -> None:
    lot, server = world.lot(name), world.servers[name]
    await asyncio.sleep(first + lot.uniform(0, 3))
    while not world.enough.is_set():
        await world.storm()
        async with world.disturbing(name, after=10.0):
            await asyncio.to_thread(server.stop)
            await asyncio.sleep(AWAY_SECONDS)
            await asyncio.to_thread(server.start)
        await asyncio.sleep(lot.uniform(25, 40))


async def clocks(world: World) -> None:
    """Every machine's clock leaps, and the database's with it, for some seconds."""
    lot = world.lot("clocks")
    while not world.enough.is_set():
        await asyncio.sleep(lot.uniform(2.0, 5.0))
        await world.storm()
        by, span = lot.choice(LEAPS)
        async with world.disturbing("clocks", after=2.0):
            await _set_clocks(world, by)
            await asyncio.sleep(span)
            await _set_clocks(world, 0.0)


async def _set_clocks(world: World, by: float) -> None:
    fresh = world.shift.with_suffix(".new")
    fresh.write_text(str(by))
    fresh.replace(world.shift)
    while world.store_url:
        engine = create_async_engine(world.store_url)
        try:
            async with engine.begin() as connection:
                await connection.execute(text("UPDATE played.off SET by = make_interval(secs => :by)"), {"by": by})
            return
        except Exception:  # the database may be away on purpose; its clock is set when it is back
            await asyncio.sleep(0.2)
        finally:
            await engine.dispose()


PLAYED_CLOCK = (
    "CREATE SCHEMA played",
    "CREATE TABLE played.off (by interval NOT NULL)",
    "INSERT INTO played.off VALUES ('0')",
    "CREATE FUNCTION played.clock_timestamp() RETURNS timestamptz VOLATILE LANGUAGE sql AS "
    "'SELECT pg_catalog.clock_timestamp() + by FROM played.off'",
    # The built-in schema is searched first unless the path names it.
    "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = public, played, pg_catalog', "
    "current_database()); END $$",
)


async def play_the_clock(store_url: str) -> None:
    """Give the database a clock that can be moved, once its tables are there."""
    engine = create_async_engine(store_url)
    try:
        async with engine.begin() as connection:
            for statement in PLAYED_CLOCK:
                await connection.execute(text(statement))
    finally:
        await engine.dispose()
