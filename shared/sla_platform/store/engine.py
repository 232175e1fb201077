"""A database from a URL, and the ways in: `transaction()` to change things, `reading()` to look.

SQLite gets one writer connection (BEGIN IMMEDIATE; the writers queue for its one place) and several readers that
cannot write; PostgreSQL one pool for both. Only these context managers commit. A database that is away, full,
read-only or overtaxed raises StoreBusy from them, whatever the driver called it (`sla_platform.outage` lists it), and
so does a process without the file descriptors, memory or threads for a connection. Nothing was changed then, unless the
connection was lost during the commit itself, which is why every unit of work claims its event ids.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from copy import copy
from typing import Any

from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from sla_platform.errors import StoreBusy
from sla_platform.store.database import DERIVING, WROTE, Database
from sla_platform.store.postgres import PostgresDatabase
from sla_platform.store.sqlite import SqliteDatabase
from sla_platform.store.writes import WriteHealth


class Store:
    """The database of a service, or of all services in one process.

    Open connections by `transaction` and `reading`. Share one Store per URL in a process: on SQLite writers wait for
    each other within the Store. The attribute `sqlite` says whether the database is SQLite. The attribute `writes`
    remembers whether the last writes were accepted (`WriteHealth`).

    Args:
        pool: How many connections stay open on PostgreSQL.
        patient: Whether statements may take as long as they need (for migrations).
    """

    def __init__(self, url: str, *, pool: int = 8, patient: bool = False) -> None:
        """Prepare the use of the database."""
        self.url = make_url(url)
        self.writes = WriteHealth()
        self._looking: asyncio.Task[str | None] | None = None
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self._database: Database = (
            SqliteDatabase(self.url, patient=patient)
            if self.sqlite
            else PostgresDatabase(self.url, pool, patient=patient)
        )
        self._writer = self._database.writer

    def giving_way(self) -> Store:
        """Return a copy of this store whose transactions have low priority.

        The copy's transactions wait behind those of the original store. If one of them has waited for a quarter of a
        second, it goes first. Use the copy for work that may wait because no notification depends on it. On SQLite all
        services of a process share a single connection for writing. Close only the original store.
        """
        same = copy(self)
        same._writer = self._writer.giving_way()
        return same

    def deriving(self) -> Store:
        """Return a copy of this store that writes faster on SQLite, but may lose its latest writes in a power failure.

        Use the copy to store data that are derived from stored events, since such data are derived again after a
        restart. A transaction of the copy does not wait for the disk. The next commit of the original store also
        secures what the copy has written. So commit a transaction of the original store before anything is sent out of
        the process. If the process ends but the machine runs on, nothing is lost. On PostgreSQL the copy behaves like
        the original.

        Do not close the copy.
        """
        same = copy(self)
        same._writer = self._writer.with_options(**{DERIVING: True})
        return same

    @property
    def engine(self) -> AsyncEngine:
        """Return the SQLAlchemy engine, for migrations and tools.

        Statements on this engine raise the errors of SQLAlchemy and the driver, not StoreBusy.
        """
        return self._database.writer.engine

    @property
    def contended(self) -> bool:
        """Return whether other callers wait to write.

        If so, a caller with much to write should split its work into smaller transactions. On SQLite all services of a
        process share a single connection for writing.
        """
        return self._writer.contended

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction for the `with` block: commit at its end, roll back on any error.

        After a StoreBusy nothing was changed, unless the connection was lost during the commit.

        Raises:
            StoreBusy: The database is away, full or overloaded.
        """
        try:
            async with self._writer.connected() as connection, connection.begin():
                notes = connection.info
                notes.pop(WROTE, None)
                yield connection
        except StoreBusy as error:
            self.writes.note_refused(error)
            raise
        if notes.get(WROTE):
            self.writes.note_committed()

    @asynccontextmanager
    async def claiming(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection for the `with` block on which each statement is its own transaction.

        Use it for statements by which a worker finds rows and marks them as its own, in one step. For this connection
        PostgreSQL is set to find the rows by indexes.

        Raises:
            StoreBusy: The database cannot be used now.
            AssertionError: The database is SQLite, which has no such connection.
        """
        claimer = self._database.claimer
        assert claimer is not None, "SQLite's writers queue for transactions"
        try:
            async with claimer.connected() as connection:
                yield connection
        except StoreBusy as error:
            self.writes.note_refused(error)
            raise

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Open a read-only connection for the `with` block, which takes no locks.

        On SQLite all statements see the same state of the database. On PostgreSQL each statement sees what was
        committed before it.

        Raises:
            StoreBusy: The database cannot be read now.
        """
        async with self._database.reader.connected() as connection:
            yield connection

    def glance(self, query: str, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Run a query on SQLite synchronously, and return its first row, or None if there is no row.

        Use it in loops that check many times a second whether there is work.

        Args:
            query: A fast query (by an index), with parameters written `:name`.
            values: Parameter -> value.

        Raises:
            StoreBusy: The database cannot be read now.
            AssertionError: The database is PostgreSQL.
        """
        assert isinstance(self._database, SqliteDatabase), "PostgreSQL is asked over a connection"
        return self._database.glance(query, values)

    async def write_refusal(self) -> str | None:
        """Return why the database now refuses writes, or None when it accepts them.

        This is a readiness check. If a write succeeded in the last two seconds, the result is None. If a write found
        the disk full in the last 15 seconds, the result is that write's error. Otherwise the database is asked.
        """
        if self.writes.recently_committed:
            return None
        if self.writes.full:
            return self.writes.full
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._ask(), name="store.look")
        return await asyncio.shield(self._looking)

    async def _ask(self) -> str | None:
        return await self._database.write_refusal()

    async def close(self) -> None:
        """Close every connection to the database."""
        if self._looking is not None:
            await asyncio.wait((self._looking,))
        await self._database.close()
