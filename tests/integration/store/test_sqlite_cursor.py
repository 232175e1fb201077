"""Statements on SQLite: one trip to the connection's thread each, whatever the size of the result."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from sqlalchemy import exc as sqlalchemy_errors
from sqlalchemy import text

from sla_platform.store import sqlite_cursor
from sla_platform.store.engine import Store

ROWS = 2_500


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = Store(f"sqlite:///{tmp_path}/slad.db")
    async with opened.transaction() as connection:
        await connection.execute(text("CREATE TABLE number (n INTEGER PRIMARY KEY, word TEXT UNIQUE)"))
        rows = [{"n": n, "word": f"ż{n}"} for n in range(ROWS)]
        await connection.execute(text("INSERT INTO number VALUES (:n, :word)"), rows)
    yield opened
    await opened.close()


@pytest.fixture
def trips(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the connections' threads are asked to do from now on."""
    asked: list[str] = []
    execute = aiosqlite.Connection._execute

    async def counted(connection: aiosqlite.Connection, work: Any, *arguments: Any, **named: Any) -> Any:
        asked.append(work.__name__)
        return await execute(connection, work, *arguments, **named)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(aiosqlite.Connection, "_execute", counted)
    return asked


async def test_each_statement_of_a_transaction_is_one_trip(store: Store, trips: list[str]) -> None:
    """Each trip waits twice for the event loop, and all services wait for the one transaction."""
    async with store.transaction() as connection:
        await connection.execute(text("UPDATE number SET word = 'one' WHERE n = 1"))
        assert (await connection.execute(text("SELECT word FROM number WHERE n = 1"))).scalar_one() == "one"
        await connection.execute(text("DELETE FROM number WHERE n = :n"), [{"n": 2}, {"n": 3}])
    assert trips == ["_execute", "_execute", "_execute", "_executemany", "commit"]  # the first of them begins


async def test_a_result_of_any_length_is_whole(store: Store) -> None:
    for limit in (0, 1, sqlite_cursor.AT_ONCE - 1, sqlite_cursor.AT_ONCE, sqlite_cursor.AT_ONCE + 1, ROWS):
        query = text(f"SELECT n, word FROM number ORDER BY n LIMIT {limit}")
        async with store.reading() as connection:
            rows = (await connection.execute(query)).all()
            streamed = [row async for row in await connection.stream(query)]
            parts = [row async for part in (await connection.stream(query)).partitions(700) for row in part]
        assert rows == streamed == parts == [(n, f"ż{n}") for n in range(limit)]


async def test_a_stream_that_is_left_early_keeps_no_lock(store: Store) -> None:
    async with store.transaction() as connection:
        result = await connection.stream(text("SELECT n FROM number"))
        assert len(await result.fetchmany(10)) == 10
        await result.close()
        await connection.execute(text("DROP TABLE number"))  # refused while a statement of it is open


async def test_how_many_rows_were_changed_is_told(store: Store) -> None:
    async with store.transaction() as connection:
        assert (await connection.execute(text("UPDATE number SET word = word || '!' WHERE n < 7"))).rowcount == 7
        deleted = await connection.execute(text("DELETE FROM number WHERE n >= 2000 RETURNING n"))
        assert sorted(deleted.scalars()) == list(range(2000, ROWS))
        rows = [{"n": n, "word": ""} for n in range(3)]
        assert (await connection.execute(text("UPDATE number SET word = NULL WHERE n = :n"), rows)).rowcount == 3


async def test_an_error_of_a_statement_is_the_drivers_and_the_connection_goes_on(store: Store) -> None:
    with pytest.raises(sqlalchemy_errors.IntegrityError, match="UNIQUE"):
        async with store.transaction() as connection:
            await connection.execute(text("UPDATE number SET word = 'ż2' WHERE n = 1"))
    async with store.transaction() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM number"))).scalar_one() == ROWS


async def test_a_user_who_is_cancelled_in_a_statement_leaves_the_place_to_the_next(store: Store) -> None:
    slow = "WITH RECURSIVE up(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < 3000000) SELECT max(n) FROM up"

    async def use() -> None:
        async with store.transaction() as connection:
            await connection.execute(text("DELETE FROM number"))
            await connection.execute(text(slow))

    user = asyncio.create_task(use())
    await asyncio.sleep(0.05)
    user.cancel()
    await asyncio.gather(user, return_exceptions=True)
    async with store.transaction() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM number"))).scalar_one() == ROWS
