"""The adapters of `LeaseLock`: an advisory lock of PostgreSQL, and a lock on a file beside an SQLite database.

On PostgreSQL the lock belongs to a session of its own. The server ends that session when it idles for five seconds,
so a holder that was killed, cut off or frozen loses the lock, and a holder that cannot confirm it stops by itself. On
SQLite all users of the file share a machine, whose kernel releases the lock with its holder.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import zlib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from sla_platform.bus.lease import LeaseLock
from sla_platform.outage import as_store_busy
from sla_platform.store.engine import Store

IDLE_SECONDS = 5  # the server's patience with a silent holder
_ANSWER_SECONDS = 3.0
_CLASS = zlib.crc32(b"slad relay") - 2**31  # the first half of the lock's number, signed


class PostgresLock:
    """A `LeaseLock` made of an advisory lock in a PostgreSQL database.

    The lock has a connection of its own, and ends with that connection.

    Args:
        url: The URL of the database.
        name: The name that identifies the lock.
    """

    def __init__(self, url: URL, name: str) -> None:
        self._engine = create_async_engine(
            url.set(drivername="postgresql+asyncpg"),
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,
            connect_args={
                "timeout": _ANSWER_SECONDS,
                "command_timeout": _ANSWER_SECONDS,
                "server_settings": {
                    "application_name": f"slad lease {name}",
                    "idle_session_timeout": f"{IDLE_SECONDS}s",
                },
            },
        )
        self._number = zlib.crc32(name.encode()) - 2**31
        self._session: AsyncConnection | None = None

    async def take(self) -> bool:
        """Try to take the lock, without waiting, and return whether this object holds the lock now.

        The result is also True if this object held the lock already. A database session is opened if there is none.

        Raises:
            StoreBusy: The database cannot be reached.
        """
        query = text("SELECT pg_try_advisory_lock(:class, :number)")
        with _passing():
            if self._session is None:
                self._session = await self._engine.connect()
            return bool((await self._session.execute(query, {"class": _CLASS, "number": self._number})).scalar_one())

    async def confirm(self) -> None:
        """Check that the database session which holds the lock still works.

        Raises:
            StoreBusy: The session no longer works.
        """
        assert self._session is not None
        with _passing():
            await self._session.execute(text("SELECT 1"))

    async def give_back(self) -> None:
        """Close the database session, which releases the lock.

        Nothing is done if there is no session.
        """
        session, self._session = self._session, None
        if session is not None:
            # Ending the session is giving the lock back.
            with contextlib.suppress(Exception):
                async with asyncio.timeout(_ANSWER_SECONDS):
                    await session.close()


class FileLock:
    """A LeaseLock made of a lock on the file `path` (flock).

    The kernel releases the lock when the process ends.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    async def take(self) -> bool:
        """Try to lock the file, without waiting, and return whether this object holds the lock now."""
        if self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    async def confirm(self) -> None:
        """Do nothing: no other process can take away the lock of an open file."""

    async def give_back(self) -> None:
        """Close the file, which releases the lock.

        Nothing is done if the file is not open.
        """
        if self._file is not None:
            os.close(self._file)
            self._file = None


def lock_for(store: Store, name: str) -> LeaseLock:
    """Return the lock with this name.

    On SQLite it is the file `<database>.<name>.lock`, on PostgreSQL an advisory lock.
    """
    if store.sqlite:
        return FileLock(Path(f"{store.url.database}.{name}.lock"))
    return PostgresLock(store.url, name)


@contextlib.contextmanager
def _passing() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if (passing := as_store_busy(error, connecting=True)) is not None:
            raise passing from error
        raise
