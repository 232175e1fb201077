"""What a store does on every database: units of work, reading, and whether writes are taken.

One suite for the adapters of `sla_platform.store.database`. What is special to one of them is tested in
`tests/integration/store/test_engine.py`.
"""

from __future__ import annotations

import asyncio
import traceback

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, select, text
from sqlalchemy import exc as sqlalchemy_errors

from sla_platform.store.engine import Store
from sla_platform.store.schema import create_all

WORD = "tomato"
_metadata = MetaData()
_number = Table("number", _metadata, Column("n", Integer, primary_key=True))
_named = Table("named", _metadata, Column("name", String(100), primary_key=True))


async def _numbers(store: Store) -> list[int]:
    async with store.reading() as connection:
        return list((await connection.execute(select(_number.c.n).order_by(_number.c.n))).scalars())


async def test_a_transaction_is_kept_whole_or_not_at_all(store: Store) -> None:
    await create_all(store, [_metadata])
    async with store.transaction() as connection:
        await connection.execute(_number.insert(), [{"n": 1}, {"n": 2}])

    async def fails() -> None:
        async with store.transaction() as connection:
            await connection.execute(_number.insert(), [{"n": 3}])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fails()
    assert await _numbers(store) == [1, 2]


async def test_an_error_of_ours_stays_what_it_is(store: Store) -> None:
    await create_all(store, [_metadata])
    async with store.transaction() as connection:
        await connection.execute(_number.insert(), [{"n": 1}])
    with pytest.raises(sqlalchemy_errors.IntegrityError):
        async with store.transaction() as connection:
            await connection.execute(_number.insert(), [{"n": 1}])
    with pytest.raises(sqlalchemy_errors.DBAPIError, match="nowhere"):
        async with store.reading() as connection:
            await connection.execute(text("SELECT * FROM nowhere"))


async def test_a_unit_that_was_cancelled_leaves_nothing_and_blocks_nobody(store: Store) -> None:
    await create_all(store, [_metadata])
    inside = asyncio.Event()

    async def never_ends() -> None:
        async with store.transaction() as connection:
            await connection.execute(_number.insert(), [{"n": 1}])
            inside.set()
            await asyncio.Event().wait()

    unit = asyncio.create_task(never_ends())
    await inside.wait()
    unit.cancel()
    with pytest.raises(asyncio.CancelledError):
        await unit
    async with asyncio.timeout(5), store.transaction() as connection:
        await connection.execute(_number.insert(), [{"n": 2}])
    assert await _numbers(store) == [2]


async def test_what_is_not_committed_is_not_read(store: Store) -> None:
    await create_all(store, [_metadata])
    async with asyncio.timeout(20), store.transaction() as connection:
        await connection.execute(_number.insert(), [{"n": 1}])
        assert await _numbers(store) == [], "a reader waits for no writer, and sees nothing of it"
    assert await _numbers(store) == [1]


async def test_an_error_quotes_no_values(store: Store) -> None:
    await create_all(store, [_metadata])
    async with store.transaction() as connection:
        await connection.execute(_named.insert(), [{"name": WORD}])
    with pytest.raises(sqlalchemy_errors.IntegrityError) as raised:
        async with store.transaction() as connection:
            await connection.execute(_named.insert(), [{"name": WORD}])
    assert WORD not in "".join(traceback.format_exception(raised.value)), "nor does the driver's error behind it"


async def test_writes_are_taken_and_the_answer_needs_no_question_after_a_commit(store: Store) -> None:
    assert await store.write_refusal() is None
    assert not store.writes.recently_committed, "the database was asked, nothing was written"
    await create_all(store, [_metadata])
    async with store.transaction() as connection:
        await connection.execute(select(_number.c.n))
    assert not store.writes.recently_committed, "a unit of work that only reads says nothing about writing"
    async with store.transaction() as connection:
        await connection.execute(_number.insert(), [{"n": 1}])
    assert store.writes.recently_committed
    assert await store.write_refusal() is None
