"""Engines from a URL, and the two ways in: `transaction()` to change things, `reading()` to look.

SQLite gets one writer connection (BEGIN IMMEDIATE; the pool of one is the queue of writers) and several readers;
PostgreSQL one pool for both. Only these context managers commit.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

POSTGRES_SETTINGS = {
    "application_name": "slad",
    "timezone": "UTC",
    "jit": "off",  # a plan of microseconds must not wait for a compiler
    "statement_timeout": "60s",
    "idle_in_transaction_session_timeout": "60s",
    "lock_timeout": "20s",
}


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


class Store:
    """One database. Share one Store per URL in a process: on SQLite it is the queue of writers."""

    def __init__(self, url: str, *, pool: int = 8) -> None:
        self.url = make_url(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        if self.sqlite:
            self._writer, self._reader = _sqlite_engines(self.url)
        else:
            self._writer = self._reader = _postgres_engine(self.url, pool)

    @property
    def engine(self) -> AsyncEngine:
        """For migrations and for the tick, which runs in autocommit."""
        return self._writer

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """One unit of work: commits at the end, rolls back on any error."""
        async with self._writer.begin() as connection:
            yield connection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A look without a lock; nothing is kept."""
        async with self._reader.connect() as connection:
            yield connection

    async def close(self) -> None:
        await self._writer.dispose()
        if self._reader is not self._writer:
            await self._reader.dispose()


def _postgres_engine(url: URL, pool: int) -> AsyncEngine:
    return create_async_engine(
        url.set(drivername="postgresql+asyncpg"),
        pool_size=pool,
        max_overflow=4,
        pool_timeout=10,
        pool_pre_ping=True,
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
        connect_args={"server_settings": POSTGRES_SETTINGS, "timeout": 10},
    )


def _sqlite_engines(url: URL) -> tuple[AsyncEngine, AsyncEngine]:
    url = url.set(drivername="sqlite+aiosqlite")
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    writer = _sqlite_engine(url, size=1, begin="BEGIN IMMEDIATE")
    reader = _sqlite_engine(url, size=4, begin="BEGIN")
    return writer, reader


def _sqlite_engine(url: URL, *, size: int, begin: str) -> AsyncEngine:
    engine = create_async_engine(
        url,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=size,
        max_overflow=0,
        pool_timeout=30,
        connect_args={"timeout": 30},
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves: the driver's own rules differ by statement
        cursor = connection.cursor()
        # FULL: an answer 202 means the event survives a power cut, not only a crash.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine
