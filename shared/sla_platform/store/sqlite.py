"""SQLite in a file: one writer connection (BEGIN IMMEDIATE), and several readers that cannot write."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
from sqlalchemy import event
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from sla_platform.errors import BadSettings, StoreBusy
from sla_platform.store import sqlite_cursor
from sla_platform.store.connections import Connections, unlimited
from sla_platform.store.database import DERIVING, json_text, note_writes
from sla_platform.store.discreet import keep_values_out_of_errors
from sla_platform.store.writes import sqlite_write_refusal

_SYNCHRONOUS = "slad.synchronous"  # what the pragma of a connection was set to last
LOCK_SECONDS = 5.0  # how long a unit of work waits for another process' lock
LOOK_SECONDS = 2.0  # how long the readiness check does
# FULL: an answer 202 means the event survives a power cut, not only a crash. NORMAL is for what is derived from events:
# a power cut may undo it, the latest first, and it is derived again. The next commit with FULL takes all that was
# committed before it to the disk.
_SAFE, _DERIVED = "FULL", "NORMAL"
_PRAGMAS = (
    "journal_mode=WAL",
    f"synchronous={_SAFE}",
    "foreign_keys=ON",
    "temp_store=MEMORY",
    "journal_size_limit=67108864",  # bytes the log keeps after a burst has been checkpointed
)


class FileWatch:
    """Notices that a database's file was deleted or replaced while connections have it open.

    SQLite would keep writing to the deleted file, which no other process can open. All these writes would be lost when
    the process ends.

    Args:
        path: The file.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._opened: tuple[int, int] | None = None

    def note_opened(self) -> None:
        """Remember which file is at the path. Call this after the database was opened.

        Only the first call has an effect.
        """
        if self._opened is None:
            self._opened = self._present()

    def fault(self) -> str | None:
        """Return a sentence for people if the file was deleted or replaced since `note_opened`.

        The result is None if the file is still the same, or if `note_opened` was not called yet.
        """
        present = self._present()
        if self._opened is None or present == self._opened:
            return None
        what = "was deleted" if present is None else "was replaced by another file"
        return f"{self._path} {what} while slad has it open: put it back, or stop slad before it is restored"

    def check(self) -> None:
        """Raise an error if the file was deleted or replaced since `note_opened`.

        Raises:
            StoreBusy: The file was deleted or replaced.
        """
        if (fault := self.fault()) is not None:
            raise StoreBusy(fault)

    def _present(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self._path)
        except OSError:
            return None
        return found.st_dev, found.st_ino


class SqliteDatabase:
    """A `Database` in one SQLite file, with one connection for all writers and several for readers.

    Writers queue for their connection. `claimer` is None, as SQLite has no connections where each statement is its own
    transaction.

    Args:
        patient: Whether to wait 30 seconds for another process' lock instead of 5 (for migrations).

    Raises:
        BadSettings: The database is in memory.
    """

    claimer = None

    def __init__(self, url: URL, *, patient: bool) -> None:
        if not url.database or url.database == ":memory:" or "mode" in url.query:
            raise BadSettings(
                "SLAD_STORE_URL: slad keeps SQLite in a file, sqlite:///path/to/file.db; "
                "what is accepted must survive the process"
            )
        self._path = url.database
        url = url.set(drivername="sqlite+aiosqlite")
        Path(self._path).parent.mkdir(parents=True, exist_ok=True)
        self._file = FileWatch(self._path)
        self.writer = _sqlite_connections(
            url, self._file, size=1, begin="BEGIN IMMEDIATE", patience=30 if patient else LOCK_SECONDS
        )
        self.reader = _sqlite_connections(url, self._file, size=4, begin="BEGIN", pragmas=("query_only=ON",))
        self._glancing: sqlite3.Connection | None = None

    def glance(self, query: str, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Run a query on the caller's thread, and return its first row, or None if there is no row.

        This is about a hundred times faster than a query on the pool's connections, which work in another thread.

        Args:
            query: A query that an index answers in microseconds.
            values: Parameter of the query -> value.

        Raises:
            StoreBusy: The database cannot be read now.
        """
        try:
            if self._glancing is None:
                self._glancing = sqlite3.connect(
                    f"file:{quote(self._path)}?mode=rw", uri=True, timeout=0.0, isolation_level=None,
                    check_same_thread=False,
                )  # fmt: skip
                self._glancing.execute("PRAGMA query_only=ON")
            row: tuple[Any, ...] | None = self._glancing.execute(query, values).fetchone()
        except sqlite3.Error as error:
            self._stop_glancing()
            raise StoreBusy(f"SQLite does not answer: {error}") from error
        return row

    def _stop_glancing(self) -> None:
        if self._glancing is not None:
            self._glancing.close()
            self._glancing = None

    async def write_refusal(self) -> str | None:
        """Return why the database cannot be written now, or None when it can.

        The write lock is taken and released again to find out. This may take two seconds.
        """
        if (fault := self._file.fault()) is not None:
            return fault
        return await asyncio.to_thread(sqlite_write_refusal, self._path, LOOK_SECONDS)

    async def close(self) -> None:
        """Close every connection to the database."""
        self._stop_glancing()
        await self.writer.engine.dispose()
        await self.reader.engine.dispose()


class _Connection(sqlite3.Connection):
    """A connection that is rolled back before it closes.

    SQLite closes one only when the last of its statements is gone, and keeps its locks so long. The error of a user who
    was cancelled holds the statement that was broken off, for as long as anybody keeps the error.
    """

    def close(self) -> None:
        """Roll back what is under way, and close; a second call does nothing."""
        with contextlib.suppress(sqlite3.Error):
            self.rollback()
        super().close()


def _sqlite_connections(
    url: URL, file: FileWatch, *, size: int, begin: str, pragmas: tuple[str, ...] = (), patience: float = LOCK_SECONDS
) -> Connections:
    def opened(*args: Any, **more: Any) -> Any:
        file.check()  # a connection to a file that is gone would make an empty one
        return sqlite_cursor.connect(*args, **more)

    engine = create_async_engine(
        url,
        hide_parameters=True,
        poolclass=AsyncAdaptedQueuePool,
        **unlimited(size),
        connect_args={"timeout": patience, "factory": _Connection, "async_creator_fn": opened},
        json_serializer=json_text,
        json_deserializer=orjson.loads,
    )
    keep_values_out_of_errors(engine)

    @event.listens_for(engine.sync_engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # BEGIN is sent by this module: the driver's own rules differ by statement
        try:
            cursor = connection.cursor()
            for pragma in (*_PRAGMAS, *pragmas):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()
        except BaseException:
            connection.close()  # nobody else will, and it has a thread: the first statement opens the file
            raise
        file.note_opened()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        file.check()
        wanted = _DERIVED if connection.get_execution_options().get(DERIVING) else _SAFE
        if connection.info.get(_SYNCHRONOUS, _SAFE) != wanted:
            connection.exec_driver_sql(f"PRAGMA synchronous={wanted}")  # it cannot be changed within a transaction
            connection.info[_SYNCHRONOUS] = wanted
        connection.exec_driver_sql(begin)

    note_writes(engine)
    return Connections(engine, size)
