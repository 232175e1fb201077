"""Databases that one test leaves to the next: the tables stay, which take longer to make than most tests run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy import make_url
from tests.real.named_server import NamedServer

from sla_platform.local import PostgresServer

_TABLES = "SELECT string_agg(format('%I', tablename), ', ') FROM pg_tables WHERE schemaname = 'public'"
_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


class EmptiedDatabases:
    """One database for each kind of test, of this worker alone; a kind makes the same tables in each test."""

    def __init__(self, server: PostgresServer | NamedServer) -> None:
        self._server = server
        self._free: dict[str, tuple[str, str]] = {}

    @asynccontextmanager
    async def lent(self, kind: str, name: str) -> AsyncIterator[str]:
        """URL of a database without a row; it has the tables of the tests before, if there were any."""
        if kind in self._free:
            name, url = self._free.pop(kind)
        else:
            url = await self._server.create_database(name)
        yield url
        await _empty(url)
        self._free[kind] = (name, url)

    async def drop(self) -> None:
        for name, _ in self._free.values():
            await self._server.drop_database(name)
        self._free.clear()


async def _empty(url: str) -> None:
    connection = await asyncpg.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False))
    try:
        await connection.execute(_OTHERS)
        if tables := await connection.fetchval(_TABLES):
            await connection.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")
    finally:
        await connection.close()
