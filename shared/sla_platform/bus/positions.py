"""How far an embedded reader has come in each log: known at once, stored now and then.

To store it after each batch would cost a transaction, and on SQLite all services of a process share one place to write.
A reader that was killed reads again what it had read since it was last stored; every handler recognises that by the
ids of the events, as it does with Kafka.
"""

from __future__ import annotations

import asyncio
import time
from typing import NoReturn

import structlog
from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_platform.errors import Retryable
from sla_platform.store import cursor as cursors
from sla_platform.store.engine import Store
from sla_platform.store.log import Cursor
from sla_platform.timesource import TimeSource

_log = structlog.get_logger(__name__)
SAVE_SECONDS = 1.0
LOAD_SECONDS = 1.0  # somebody else may have moved what is stored


class ReadPositions:
    """Remembers up to where a reader has read each event log, and stores these positions about once a second.

    Call `load` before reading and `note` after handling, and run `keep` as a task.

    Args:
        table: The table in which the positions are stored (see `cursor_table`).
        time_source: The clock that measures the second between two writes.
    """

    def __init__(self, store: Store, table: Table, time_source: TimeSource) -> None:
        self._time_source = time_source
        self._store = store.giving_way().deriving()
        self._table = table
        self._reached: dict[str, Cursor] = {}
        self._stored: dict[str, Cursor] = {}
        self._loaded: dict[str, float] = {}
        self._moved = asyncio.Event()

    def forget(self) -> None:
        """Forget the positions in memory, so that the stored ones are read again.

        Call this when another process may have read further in the meantime.
        """
        self._reached.clear()
        self._loaded.clear()
        self._moved.clear()

    async def load(self, connection: AsyncConnection, log: str) -> Cursor:
        """Return up to where an event log has been read.

        The table is read at most once a second; in between, the position in memory is returned. If the table has
        another position than this object stored there, another process has stored it, and that position is returned.

        Args:
            log: The name of the event log.
        """
        now = time.monotonic()
        if now - self._loaded.get(log, float("-inf")) >= LOAD_SECONDS:
            stored = await cursors.load(connection, self._table, log)
            if log not in self._reached or stored != self._stored.get(log):
                self._reached[log] = self._stored[log] = stored
            self._loaded[log] = now
        return self._reached[log]

    def note(self, log: str, cursor: Cursor) -> None:
        """Remember that all events of a log up to a position (`cursor`) have been handled."""
        self._reached[log] = cursor
        self._moved.set()

    async def keep(self) -> NoReturn:
        """Store the noted positions about once a second, until cancelled.

        Call `save` afterwards to store the last ones.
        """
        while True:
            await self._moved.wait()
            await self._time_source.sleep(SAVE_SECONDS)
            try:
                await self.save()
            except Retryable as error:
                _log.warning("bus.position_not_stored", table=self._table.name, error=str(error))

    async def save(self) -> None:
        """Store the positions that are not stored yet, in one transaction.

        Raises:
            StoreBusy: The database cannot be used now. Nothing was stored; call again.
        """
        moved = {log: at for log, at in self._reached.items() if at != self._stored.get(log)}
        self._moved.clear()
        if not moved:
            return
        try:
            async with self._store.transaction() as connection:
                for log, at in moved.items():
                    await cursors.save(connection, self._table, log, at)
        except BaseException:
            self._moved.set()
            raise
        self._stored |= moved
