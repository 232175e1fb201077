"""What the locks of a transaction do on every database, where a database with one writer needs none.

One suite for the adapters of `sla_platform.store.locks`.
"""

from __future__ import annotations

import asyncio

import pytest

from sla_platform.store.engine import Store
from sla_platform.store.locks import locks_of

TWO_WRITERS = pytest.mark.parametrize(
    "store_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
"""On SQLite there is no second writer who could ask."""
NUMBER, SPACE = 0x51AD_7E57, "slad.tests"


async def test_names_that_nobody_has_are_locked_in_their_order(store: Store) -> None:
    async with store.transaction() as connection:
        locks = locks_of(connection)
        assert await locks.try_each(SPACE, ["b", "a", ""]) == ["b", "a", ""]
        assert await locks.try_each(SPACE, ["a"]) == ["a"], "the holder keeps it"
        assert await locks.try_each(SPACE, []) == []


async def test_two_transactions_never_have_the_same_lock(store: Store) -> None:
    """The second one has the lock once the first has ended: it waits for it, or for its turn to write."""
    story: list[str] = []
    locked, goes_on = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with store.transaction() as connection:
            await locks_of(connection).hold(NUMBER)
            story.append("first has it")
            locked.set()
            await goes_on.wait()
            story.append("first ends")

    async def second() -> None:
        await locked.wait()
        async with store.transaction() as connection:
            await locks_of(connection).hold(NUMBER)
            story.append("second has it")

    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        group.create_task(first())
        waiting = group.create_task(second())
        await locked.wait()
        await asyncio.wait({waiting}, timeout=0.1)
        assert not waiting.done()
        goes_on.set()
    assert story == ["first has it", "first ends", "second has it"]


@TWO_WRITERS
async def test_what_is_locked_elsewhere_is_left_out_and_free_after_the_end(store: Store) -> None:
    async with store.transaction() as one, store.transaction() as other:
        assert await locks_of(one).try_each(SPACE, ["a", "b"]) == ["a", "b"]
        assert await locks_of(other).try_each(SPACE, ["b", "c", "a"]) == ["c"]
        assert await locks_of(other).try_each("slad.other", ["a"]) == ["a"], "a name of another space"
    async with store.transaction() as later:
        assert await locks_of(later).try_each(SPACE, ["a", "b", "c"]) == ["a", "b", "c"]


@TWO_WRITERS
async def test_a_shared_lock_is_had_by_many_and_by_nobody_alone(store: Store) -> None:
    async with store.transaction() as one, store.transaction() as other:
        await locks_of(one).hold(NUMBER, shared=True)
        async with asyncio.timeout(10):
            await locks_of(other).hold(NUMBER, shared=True)

        async def alone() -> None:
            async with store.transaction() as third:
                await locks_of(third).hold(NUMBER)

        wanting = asyncio.create_task(alone())
        await asyncio.wait({wanting}, timeout=0.2)
        assert not wanting.done()
    async with asyncio.timeout(10):
        await wanting
