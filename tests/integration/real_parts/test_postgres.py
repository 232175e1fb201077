"""A real PostgreSQL behind SQLAlchemy and asyncpg, and its return after a crash."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from sla_platform.local import PostgresServer


async def test_a_fresh_database_is_empty_and_speaks_utf8(postgres_url: str) -> None:
    assert await _scalar(postgres_url, "SHOW server_encoding") == "UTF8"
    assert await _scalar(postgres_url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0


async def test_databases_can_be_copied_from_a_prepared_one(own_postgres: PostgresServer) -> None:
    prepared = await own_postgres.create_database("prepared")
    await _execute(prepared, "CREATE TABLE promise (kept boolean)")

    copy = await own_postgres.create_database("copy", template="prepared")

    assert await _scalar(copy, "SELECT count(*) FROM promise") == 0


CRASHES: dict[str, Callable[[PostgresServer], None]] = {
    "immediate stop": lambda server: server.stop("immediate"),
    "kill -9": lambda server: server.kill(),
}


@pytest.mark.parametrize("crash", CRASHES.values(), ids=CRASHES.keys())
async def test_committed_rows_survive_a_crash(
    own_postgres: PostgresServer, crash: Callable[[PostgresServer], None]
) -> None:
    url = await own_postgres.create_database("slad")
    await _execute(url, "CREATE TABLE promise AS SELECT generate_series(1, 1000) AS number")

    await asyncio.to_thread(crash, own_postgres)
    assert not own_postgres.running
    await asyncio.to_thread(own_postgres.start)

    assert await _scalar(url, "SELECT count(*) FROM promise") == 1000


async def _scalar(url: str, statement: str) -> object:
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.scalar(text(statement))
    finally:
        await engine.dispose()


async def _execute(url: str, statement: str) -> None:
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            await connection.execute(text(statement))
    finally:
        await engine.dispose()
