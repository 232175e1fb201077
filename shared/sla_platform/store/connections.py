"""The connections of an engine and the places of those who use them, so that nobody waits for a place that is free.

SQLAlchemy's pool wakes those who wait only when a connection comes back. A connection that could not be made, because
its user was cancelled or the server refused, makes room without waking anybody: they waited for the pool's timeout
beside free places. So the pool has no limit here (`unlimited`) and the places have: whatever becomes of a connection,
its place is given to the next in turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from sla_platform.outage import as_store_busy, store_busy

PATIENCE = 10.0  # seconds that a user waits for a place


def unlimited(kept: int) -> Mapping[str, Any]:
    """Return keyword arguments of `create_async_engine` for a pool that keeps `kept` connections open.

    The pool may open any number of further connections; `Connections` limits how many are used at once.
    """
    return MappingProxyType({"pool_size": kept, "max_overflow": -1})


class Connections:
    """Opens connections of a database engine for a limited number of coroutines at a time. Others wait in turn.

    Connections opened through the engine itself, as by migrations, are not limited.

    Args:
        engine: The engine, made with the arguments that `unlimited` returns, so that its own pool sets no limit.
        places: How many coroutines may have a connection at a time.
    """

    def __init__(self, engine: AsyncEngine, places: int) -> None:
        self.engine = engine
        self._free = asyncio.Semaphore(places)

    def with_options(self, **options: Any) -> Connections:
        """Return an object that opens connections with these SQLAlchemy options.

        The new object shares the `places` of this one: the limit applies to both together.
        """
        same = Connections(self.engine.execution_options(**options), 0)
        same._free = self._free
        return same

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection for the `with` block. It is closed at the end.

        If all places are taken, the method waits up to ten seconds.

        Raises:
            StoreBusy: No place becomes free. It is also raised for database errors that pass by themselves, such as a
                lost connection (see `as_store_busy`).
        """
        await self._take_place()
        connecting = True
        try:
            async with self.engine.connect() as connection:
                connecting = False
                yield connection
        except Exception as error:
            if (passing := as_store_busy(error, connecting=connecting)) is not None:
                raise passing from error
            raise
        finally:
            self._free.release()

    async def _take_place(self) -> None:
        if not self._free.locked():
            await self._free.acquire()  # does not wait, and needs no timer
            return
        try:
            async with asyncio.timeout(PATIENCE):
                await self._free.acquire()
        except TimeoutError as error:
            raise store_busy("every connection is in use") from error
