"""Fair queueing between contracts: what many facts say is worked on in turns, so that no herd holds up the others.

Who was served longest ago comes first, one batch is one transaction, and a contract whose batch is under way has no
second one beside it. What the database or the deciding refuses is done again one by one; the one that fails alone is
set aside for people and holds nobody up.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from itertools import count

import structlog

from sla_notifier.desk import Desk
from sla_notifier.intake import waiting
from sla_notifier.intake.apply import apply
from sla_platform.bus import rung_within
from sla_platform.errors import Retryable
from sla_platform.store.instant import store_now
from sla_platform.store.outage import busy

_log = structlog.get_logger(__name__)
AT_ONCE = 3  # batches; one waits for the database most of the time
LIMIT = 250  # facts in one batch
MOST_FLOWS = 25  # in one batch
POLL_SECONDS = 0.5  # for what another process has taken in and left
MOST_REMEMBERED = 10_000  # contracts
PAUSE_SECONDS = 0.5


class Turns:
    """One per process; several processes may work on the same database."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._under_way: set[str] = set()
        self._served: dict[str, int] = {}
        self._number = count(1)
        self.last_pass = time.monotonic()

    async def run(self) -> None:
        at_once = 1 if self._desk.store.sqlite else AT_ONCE
        async with asyncio.TaskGroup() as group:
            for number in range(at_once):
                group.create_task(self._forever(POLL_SECONDS * (1 + 3 * number)))

    async def once(self) -> int:
        """One batch; how many facts and notices it held. Raises Retryable when nothing was changed."""
        chosen = await self._chosen()
        if not chosen:
            return 0
        share = max(LIMIT // len(chosen), 1)
        try:
            done = await self._batch(chosen, share)
        except Retryable:
            raise
        except Exception as error:
            _log.error("facts.refused", error=str(error)[:500])
            done = await self._one_by_one(chosen, share)
        finally:
            self._under_way.difference_update(chosen)
        return done

    async def _forever(self, poll: float) -> None:
        with self._desk.taken.listen() as rung:
            while True:
                rung.clear()
                try:
                    done = await self.once()
                except Retryable as error:
                    _log.warning("facts.retry", error=str(error))
                    await asyncio.sleep(PAUSE_SECONDS)
                    continue
                self.last_pass = time.monotonic()
                if not done:
                    await rung_within(rung, poll)

    async def _chosen(self) -> list[str]:
        """Flows for a batch, which are this one's from now on: the one served longest ago first."""
        async with self._desk.store.reading() as connection:
            there = await waiting.flows(connection)
        free = [flow for flow in there if flow not in self._under_way]
        chosen = sorted(free, key=lambda flow: self._served.get(flow, 0))[:MOST_FLOWS]
        self._under_way.update(chosen)
        for flow in chosen:
            self._served.pop(flow, None)
            self._served[flow] = next(self._number)
        while len(self._served) > MOST_REMEMBERED:
            del self._served[next(iter(self._served))]  # who was served longest ago
        return chosen

    async def _batch(self, flows: Sequence[str], share: int) -> int:
        desk = self._desk
        async with desk.store.transaction() as connection:
            now = await store_now(connection, desk.time)
            taken = await waiting.take(connection, await waiting.held(connection, flows), share)
            if taken:
                await apply(connection, taken, desk, now)
        if taken:
            desk.ring()
        return len(taken)

    async def _one_by_one(self, flows: Sequence[str], share: int) -> int:
        done = 0
        for flow in flows:
            for _ in range(share):
                if not await self._single(flow):
                    break
                done += 1
        self._desk.ring()
        return done

    async def _single(self, flow: str) -> bool:
        """The next fact of a flow, worked on or set aside; False when there is none, or another process has it."""
        async with self._desk.store.transaction() as connection:
            seq = await waiting.first(connection, flow) if await waiting.held(connection, (flow,)) else None
            if seq is None:
                return False
            now = await store_now(connection, self._desk.time)
            try:
                # What fails is undone and set aside in one hold of the flow: a moment later another would be the first.
                async with connection.begin_nested():
                    await apply(connection, await waiting.take(connection, (flow,), 1), self._desk, now)
            except Exception as error:
                if isinstance(error, Retryable) or busy(error) is not None:
                    raise
                event = await waiting.set_aside(connection, seq, f"{type(error).__name__}: {error}")
                _log.error("facts.set_aside", fact=event, contract=flow, error=str(error)[:500])
        return True
