"""The connections of an engine and the places of those who use them, so that nobody waits for a place that is free.

SQLAlchemy's pool wakes those who wait only when a connection comes back. A connection that could not be made, because
its user was cancelled or the server refused, makes room without waking anybody: they waited for the pool's timeout
beside free places. So the pool has no limit here (`unlimited`) and the places have: whatever becomes of a connection,
its place is given to the next in turn.

Not all turns are alike. On SQLite all services of a process share one place to write, and a page passes it six times
from the timer to the sender: behind what only shows and counts it would wait each time. See `Connections.giving_way`.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from sla_platform.outage import as_store_busy, store_busy

PATIENCE = 10.0  # seconds that a user waits for a place
GIVES_WAY_SECONDS = 0.25  # seconds for which a user of low priority waits behind the others


def unlimited(kept: int) -> Mapping[str, Any]:
    """Return keyword arguments of `create_async_engine` for a pool that keeps `kept` connections open.

    The pool may open any number of further connections; `Connections` limits how many are used at once.
    """
    return MappingProxyType({"pool_size": kept, "max_overflow": -1})


class PrioritySemaphore:
    """A semaphore with two priorities. Each of its places is the right to use one connection.

    Callers of low priority (`gives_way`) wait behind the others. A caller of low priority that has waited for
    GIVES_WAY_SECONDS goes first.

    Args:
        free: The number of places.
    """

    def __init__(self, free: int) -> None:
        self._free = free
        self._first: deque[asyncio.Future[None]] = deque()
        self._giving_way: deque[tuple[float, asyncio.Future[None]]] = deque()

    @property
    def contended(self) -> bool:
        """Return whether any caller waits for a place."""
        return self._waiting()

    async def take(self, *, gives_way: bool) -> None:
        """Wait for a place, and take it.

        Args:
            gives_way: Whether the caller has low priority, and waits behind the callers of normal priority.

        Raises:
            TimeoutError: No place became free in PATIENCE seconds.
        """
        if self._free and not self._waiting():
            self._free -= 1  # does not wait, and needs no timer
            return
        given: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if gives_way:
            self._giving_way.append((time.monotonic(), given))
        else:
            self._first.append(given)
        try:
            async with asyncio.timeout(PATIENCE):
                await given
        except BaseException:
            if given.done() and not given.cancelled():
                self.give_back()  # the place was given at the moment in which the waiting user was cancelled
            raise

    def give_back(self) -> None:
        """Release a place, which the next waiting caller gets."""
        while (following := self._next()) is not None:
            if not following.done():
                following.set_result(None)
                return
        self._free += 1

    def _waiting(self) -> bool:
        return any(not one.done() for one in self._first) or any(not one.done() for _, one in self._giving_way)

    def _next(self) -> asyncio.Future[None] | None:
        while self._giving_way and self._giving_way[0][1].done():
            self._giving_way.popleft()
        if self._giving_way and time.monotonic() - self._giving_way[0][0] >= GIVES_WAY_SECONDS:
            return self._giving_way.popleft()[1]
        if self._first:
            return self._first.popleft()
        return self._giving_way.popleft()[1] if self._giving_way else None


class Connections:
    """Opens connections of a database engine, for a limited number of coroutines at a time.

    Further coroutines wait until a connection is free. Connections opened through the engine itself, as by migrations,
    are not limited.

    Args:
        engine: The engine, made with the arguments that `unlimited` returns, so that its own pool sets no limit.
        places: How many coroutines may have a connection at a time.
    """

    def __init__(self, engine: AsyncEngine, places: int) -> None:
        self.engine = engine
        self._places = PrioritySemaphore(places)
        self._gives_way = False

    @property
    def contended(self) -> bool:
        """Return whether any caller waits for a connection."""
        return self._places.contended

    def with_options(self, **options: Any) -> Connections:
        """Return an object that opens connections with these SQLAlchemy options.

        The new object shares the `places` of this one: the limit applies to both together.
        """
        same = Connections(self.engine.execution_options(**options), 0)
        same._places, same._gives_way = self._places, self._gives_way
        return same

    def giving_way(self) -> Connections:
        """Return an object like this one, whose callers get connections with low priority.

        Its callers wait behind those of this object. If one of its callers has waited for a quarter of a second, this
        caller goes first. The two objects share their `places`: the limit applies to both together.
        """
        same = self.with_options()
        same._gives_way = True
        return same

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection for the `with` block, and close it at the end.

        If all places are taken, the method waits up to ten seconds for one.

        Raises:
            StoreBusy: No place becomes free, or the database has a temporary error, such as a lost connection (see
                `as_store_busy`).
        """
        try:
            await self._places.take(gives_way=self._gives_way)
        except TimeoutError as error:
            raise store_busy("every connection is in use") from error
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
            self._places.give_back()
