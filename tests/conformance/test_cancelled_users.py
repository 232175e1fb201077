"""Whoever is cancelled while it connects, asks or gives its connection back leaves its place to the next, on every
database.

A database in use answers those who wait at once; what bounds these tests in seconds is a wait for ever.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_platform.store.engine import Store

TURNS = (0, 1, 2, 4, 7, 10, 14, 30)  # of the event loop, after which a user is cancelled
MANY = 14  # more than either database has places for
SECONDS = 5.0

Opening = Callable[[], AbstractAsyncContextManager[AsyncConnection]]


def _ways_in(store: Store) -> list[tuple[Opening, int]]:
    """How connections are opened, each with the number of its places."""
    if store.sqlite:
        return [(store.reading, 4), (store.transaction, 1)]
    return [(store.reading, 12), (store.transaction, 12), (store.claiming, 6)]


async def _uses(opening: Opening) -> int:
    async with opening() as connection:
        return int((await connection.execute(text("SELECT 7"))).scalar_one())


async def _turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def _every_place_is_free(opening: Opening, places: int) -> None:
    """As many as there are places for hold connections at once, and no more."""
    held = 0
    full, over = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        nonlocal held
        async with opening():
            held += 1
            assert held <= places
            if held == places:
                full.set()
            await over.wait()
            held -= 1

    async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as group:
        for _ in range(places + 2):
            group.create_task(hold())
        await full.wait()
        await _turns(5)
        over.set()


@asynccontextmanager
async def _users(opening: Opening) -> AsyncIterator[list[asyncio.Task[int]]]:
    """Many that use connections at once, and a last one that must get its own whatever happens to the others."""
    users = [asyncio.create_task(_uses(opening)) for _ in range(MANY)]
    last = asyncio.create_task(_uses(opening))
    yield users
    for ended in await asyncio.gather(*users, return_exceptions=True):
        assert ended == 7 or isinstance(ended, asyncio.CancelledError), repr(ended)
    async with asyncio.timeout(SECONDS):
        assert await last == 7


async def test_users_that_are_cancelled_while_they_connect_make_nobody_wait(store: Store) -> None:
    """No connection is open yet, and what they break off never becomes one."""
    for way in range(len(_ways_in(store))):
        for turns in TURNS:
            fresh = Store(store.url.render_as_string(hide_password=False))
            opening, places = _ways_in(fresh)[way]
            async with _users(opening) as users:
                await _turns(turns)
                _cancel(users)
            await _every_place_is_free(opening, places)
            await fresh.close()


async def test_users_that_are_cancelled_while_they_ask_make_nobody_wait(store: Store) -> None:
    for opening, places in _ways_in(store):
        for turns in TURNS:
            await _every_place_is_free(opening, places)  # and its connections are open from now on
            async with _users(opening) as users:
                await _turns(turns)
                _cancel(users)
        await _every_place_is_free(opening, places)


async def test_users_that_are_cancelled_twice_make_nobody_wait(store: Store) -> None:
    """The second time while the connection closes on which the first has broken off a statement."""
    for opening, places in _ways_in(store):
        for turns, more in itertools.product(TURNS, (1, 4)):
            async with _users(opening) as users:
                await _turns(turns)
                _cancel(users)
                await _turns(more)
                _cancel(users)
        await _every_place_is_free(opening, places)


def _cancel(users: list[asyncio.Task[int]]) -> None:
    for user in users:
        user.cancel()
