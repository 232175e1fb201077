"""The embedded bus: consumers read the services' logs by cursor, on the same database.

A `Doorbell` per log wakes readers after a commit in the same process; without one (several processes on one
database) they look every `poll` seconds. One partition, number 0.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

import structlog
from sqlalchemy import Table

from sla_platform.bus import Batch, Handler
from sla_platform.envelope import Topic
from sla_platform.errors import Retryable
from sla_platform.store import cursor as cursors
from sla_platform.store import log as logs
from sla_platform.store.engine import Store
from sla_platform.timesource import TimeSource

_log = structlog.get_logger(__name__)


class Doorbell:
    """Rung after a commit that appended to a log; readers wait for it instead of asking the database in a loop."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Event] = set()

    def ring(self) -> None:
        for event in self._waiting:
            event.set()

    @contextlib.contextmanager
    def listen(self):  # type: ignore[no-untyped-def]  # a generator of asyncio.Event
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            yield event
        finally:
            self._waiting.discard(event)


class EmbeddedSource:
    """Reads some topics of some logs for one consumer (`group`), whose cursors lie in `cursor_table`."""

    def __init__(
        self,
        store: Store,
        logs_and_topics: Sequence[tuple[Table, Sequence[Topic]]],
        cursor_table: Table,
        time: TimeSource,
        doorbell: Doorbell,
        *,
        batch: int = 500,
        poll: float = 0.05,
    ) -> None:
        self._store = store
        self._feeds = tuple(logs_and_topics)
        self._cursors = cursor_table
        self._time = time
        self._doorbell = doorbell
        self._batch = batch
        self._poll = poll
        self._backlog = 0

    @property
    def lag(self) -> int:
        return self._backlog

    @property
    def healthy(self) -> bool:
        return True

    async def run(self, handler: Handler) -> None:
        await handler.assigned(frozenset({0}))
        try:
            with self._doorbell.listen() as rung:
                while True:
                    rung.clear()
                    if await self._pass(handler):
                        continue
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(rung.wait(), self._poll)
        finally:
            await handler.revoked(frozenset({0}))

    async def _pass(self, handler: Handler) -> bool:
        """One look at every feed; True when there may be more at once."""
        more = False
        # Taken before the look: whatever was accepted up to this instant is visible to the reads that follow.
        through = self._time.now()
        pages = []
        async with self._store.reading() as connection:
            for log, topics in self._feeds:
                at = await cursors.load(connection, self._cursors, log.name)
                pages.append((log, at, await logs.read(connection, log, topics, at, self._batch)))
        complete = all(page.complete for _, _, page in pages)
        self._backlog = sum(len(page.envelopes) for _, _, page in pages)
        for number, (log, at, page) in enumerate(pages):
            last = number == len(pages) - 1
            batch = Batch(0, page.envelopes, through if complete and last else None)
            if not batch.envelopes and batch.through is None:
                continue
            try:
                await handler.handle(batch)
            except Retryable as error:
                _log.warning("bus.retry", log=log.name, error=str(error))
                await asyncio.sleep(0.2)
                return True
            if page.cursor != at:
                async with self._store.transaction() as connection:
                    await cursors.save(connection, self._cursors, log.name, page.cursor)
            more = more or not page.complete
        self._backlog = 0
        return more
