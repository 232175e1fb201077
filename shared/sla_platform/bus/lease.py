"""One relay at a time per log: a lock that ends with its holder, also when the holder only sleeps.

On PostgreSQL an advisory lock of a session of its own. The server ends that session when it idles for five seconds,
so a holder that was killed, cut off or frozen loses the lock, and a holder that cannot confirm it stops by itself.
On SQLite, where all users of the file share a machine, a lock on a file beside the database.

Two relays at once would do no harm (see relay.py); the lease saves them from sending everything twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import zlib
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import NoReturn, Protocol

import structlog
from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from sla_platform.errors import Retryable
from sla_platform.outage import as_store_busy
from sla_platform.store.engine import Store

_log = structlog.get_logger(__name__)

CONFIRM_SECONDS = 1.0
IDLE_SECONDS = 5  # the server's patience with a silent holder
_ANSWER_SECONDS = 3.0
_CLASS = zlib.crc32(b"slad relay") - 2**31  # the first half of the lock's number, signed


class LeaseLock(Protocol):
    """A lock that is taken, confirmed and given back.

    Every method may raise Retryable, which loses the lock.
    """

    async def take(self) -> bool:
        """Try to take the lock; return whether it is held now."""

    async def confirm(self) -> None:
        """Check that the lock is still held. Raises Retryable when that is not known."""

    async def give_back(self) -> None:
        """Release the lock; nothing happens when it is not held."""


async def while_held(lock: LeaseLock, work: Callable[[], Awaitable[None]], told: Callable[[bool], None]) -> NoReturn:
    """Run `work` whenever the lock is held and cancel it when the lock is lost; `told` is called at both."""
    try:
        while True:
            try:
                if await lock.take():
                    told(True)
                    await _work_and_confirm(lock, work)
            except Retryable as error:
                _log.warning("relay.lease_lost", error=str(error))
                await lock.give_back()
            finally:
                told(False)
            await asyncio.sleep(CONFIRM_SECONDS)
    finally:
        await lock.give_back()


async def _work_and_confirm(lock: LeaseLock, work: Callable[[], Awaitable[None]]) -> None:
    working = asyncio.ensure_future(work())
    try:
        while not working.done():
            await asyncio.wait([working], timeout=CONFIRM_SECONDS)
            await lock.confirm()
        await working
    finally:
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await working


class PostgresLock:
    """An advisory lock of the database, identified by name."""

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
        """Try to take the lock in a session of its own."""
        query = text("SELECT pg_try_advisory_lock(:class, :number)")
        with _passing():
            if self._session is None:
                self._session = await self._engine.connect()
            return bool((await self._session.execute(query, {"class": _CLASS, "number": self._number})).scalar_one())

    async def confirm(self) -> None:
        """Ask the session that holds the lock. Raises Retryable when it does not answer."""
        assert self._session is not None
        with _passing():
            await self._session.execute(text("SELECT 1"))

    async def give_back(self) -> None:
        """End the session, which releases the lock."""
        session, self._session = self._session, None
        if session is not None:
            # Ending the session is giving the lock back.
            with contextlib.suppress(Exception):
                async with asyncio.timeout(_ANSWER_SECONDS):
                    await session.close()


class FileLock:
    """A lock on a file; the system releases it when the process ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    async def take(self) -> bool:
        """Try to lock the file."""
        if self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    async def confirm(self) -> None:
        """Do nothing: no other process can take a file's lock away."""

    async def give_back(self) -> None:
        """Close the file, which releases the lock."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def lock_for(store: Store, name: str) -> LeaseLock:
    """Return the lock of this name that fits the store's database."""
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
