"""aiosqlite's connection with one trip to its thread for a statement and its rows, where its own cursors take four.

Each trip waits for the event loop twice. A transaction of ten statements held SQLite's only place to write for forty of
them, and the busier the loop was with one incident, the longer the pages of all others took.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any

import aiosqlite

AT_ONCE = 1_000  # rows that come with the statement; a longer result is fetched as it is asked for


@dataclass(frozen=True, slots=True)
class _Executed:
    """What a statement gave. `cursor`: None if there are no further rows."""

    description: Any
    rowcount: int
    lastrowid: int | None
    rows: list[Any]
    cursor: sqlite3.Cursor | None


_NOTHING = _Executed(None, -1, None, [], None)


class QuickCursor:
    """A replacement for aiosqlite's cursor that needs fewer calls to the connection's thread.

    It has the methods that SQLAlchemy uses.
    """

    arraysize = 1

    def __init__(self, connection: QuickConnection) -> None:
        self._connection = connection
        self._done = _NOTHING

    async def __aenter__(self) -> QuickCursor:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def description(self) -> Any:
        """Return the columns of the result, or None if the statement has no result."""
        return self._done.description

    @property
    def rowcount(self) -> int:
        """Return how many rows the statement has changed; -1 if that is not known."""
        return self._done.rowcount

    @property
    def lastrowid(self) -> int | None:
        """Return the row id of the last inserted row."""
        return self._done.lastrowid

    async def execute(self, sql: str, parameters: Iterable[Any] = ()) -> QuickCursor:
        """Run a statement, and fetch the first rows of its result."""
        await self.close()
        self._done = await self._connection.run(_execute, sql, parameters)
        return self

    async def executemany(self, sql: str, parameters: Iterable[Iterable[Any]]) -> QuickCursor:
        """Run a statement without a result once for each row of parameters."""
        await self.close()
        self._done = await self._connection.run(_executemany, sql, parameters)
        return self

    async def fetchone(self) -> Any:
        """Return the next row of the result; None after the last row."""
        rows = await self.fetchmany(1)
        return rows[0] if rows else None

    async def fetchmany(self, size: int | None = None) -> Sequence[Any]:
        """Return the next rows of the result, at most `size`; nothing after the last row."""
        size, rows, cursor = size or self.arraysize, self._done.rows, self._done.cursor
        if not rows and cursor is not None:
            further: Sequence[Any] = await self._connection.call(cursor.fetchmany, size)
            return further
        taken = rows[:size]
        del rows[:size]
        return taken

    async def fetchall(self) -> Sequence[Any]:
        """Return all rows of the result that have not been returned yet."""
        rows = self._done.rows[:]
        self._done.rows.clear()
        if self._done.cursor is not None:
            rows += await self._connection.call(self._done.cursor.fetchall)
        return rows

    async def __aiter__(self) -> AsyncIterator[Any]:
        while rows := await self.fetchmany(AT_ONCE):
            for row in rows:
                yield row

    async def close(self) -> None:
        """Discard the rows of the result that have not been returned yet."""
        self._done.rows.clear()
        if (cursor := self._done.cursor) is not None:
            self._done = _Executed(self._done.description, self._done.rowcount, self._done.lastrowid, [], None)
            await self._connection.call(cursor.close)


class QuickConnection(aiosqlite.Connection):
    """A connection of aiosqlite whose cursors are `QuickCursor` objects."""

    _over = False  # nothing was done since the last commit

    def cursor(self) -> Any:
        """Return a new cursor. Making one does not use the connection's thread."""
        return QuickCursor(self)

    async def run(self, work: Any, *arguments: Any) -> Any:
        """Call `work` in the connection's thread and return its result.

        Args:
            work: Function to call with the driver's connection and then `arguments`.
            arguments: Further arguments of `work`.
        """
        self._over = False
        return await self.call(work, self._conn, *arguments)

    async def commit(self) -> None:
        """Commit the transaction."""
        await super().commit()
        self._over = True

    async def rollback(self) -> None:
        """Roll back the transaction.

        Nothing is done if no statement was run since the last commit, for example when SQLAlchemy's pool takes the
        connection back.
        """
        if not self._over:
            await super().rollback()

    async def call(self, work: Any, *arguments: Any) -> Any:
        """Call `work` in the connection's thread, with `arguments`, and return its result."""
        return await self._execute(work, *arguments)  # type: ignore[no-untyped-call]


def connect(database: str, **options: Any) -> QuickConnection:
    """Return a connection to a SQLite database file. Await the returned object to open the connection.

    Args:
        database: The path of the file.
        options: Further arguments of `sqlite3.connect`.
    """
    connection = QuickConnection(partial(sqlite3.connect, database, **options), iter_chunk_size=64)
    connection._thread.daemon = True  # as SQLAlchemy has it: it must not keep the process alive
    return connection


def _execute(connection: sqlite3.Connection, sql: str, parameters: Any) -> _Executed:
    cursor = connection.execute(sql, parameters)
    try:
        rows = cursor.fetchmany(AT_ONCE) if cursor.description else []
    except BaseException:
        cursor.close()  # the error keeps the cursor alive, and while it is open this connection sees an old state
        raise
    return _executed(cursor, rows, more=len(rows) == AT_ONCE)


def _executemany(connection: sqlite3.Connection, sql: str, parameters: Any) -> _Executed:
    return _executed(connection.executemany(sql, parameters), [], more=False)


def _executed(cursor: sqlite3.Cursor, rows: list[Any], *, more: bool) -> _Executed:
    done = _Executed(cursor.description, cursor.rowcount, cursor.lastrowid, rows, cursor if more else None)
    if not more:
        cursor.close()  # one that is open keeps its locks
    return done
