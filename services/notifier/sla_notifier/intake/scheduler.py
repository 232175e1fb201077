"""Fair scheduling between contracts: waiting facts are processed in turns, so that no contract blocks another.

The contract served longest ago comes first; one of which this process has not heard yet waits up to 30 seconds. One
batch is one transaction, and a contract has one batch at a time. A batch that fails is done again one fact at a time;
the fact that fails alone is quarantined.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta
from itertools import count

import structlog

from sla_notifier.context import NotifierContext
from sla_notifier.intake import waiting
from sla_notifier.intake.apply import apply
from sla_platform.bus import signalled_within
from sla_platform.errors import Permanent, Retryable
from sla_platform.fault import Fault, as_retryable, error_text, fault_of
from sla_platform.rows import one_row
from sla_platform.store.instant import store_now
from sla_platform.store.quarantine import QuarantineEntry

_log = structlog.get_logger(__name__)
AT_ONCE = 3  # batches; one waits for the database most of the time
LIMIT = 250  # facts in one batch
MOST_QUEUES = 25  # in one batch
POLL_SECONDS = 0.5  # for what another process has taken in and left
MOST_REMEMBERED = 10_000  # contracts
PAUSE_SECONDS = 0.5
UNKNOWN_WAIT = timedelta(seconds=30)  # for a contract that a fact names and nobody has told of yet


class FairScheduler:
    """The loop that processes facts and notices which wait in the database; call `run`.

    A fact is a published event about an incident, or about the clock of one of its targets. A notice announces a
    critical fix. The contracts are served one after another, so that many facts of one contract do not delay the
    others. There is one loop for each process. Several processes may share a database.
    """

    def __init__(self, context: NotifierContext) -> None:
        self._context = context
        context.quarantine.register_replay(waiting.DECIDE, self._again)
        self._under_way: set[str] = set()
        self._served: dict[str, int] = {}
        self._number = count(1)
        self.last_pass = time.monotonic()

    async def run(self) -> None:
        """Process the facts and notices that wait in the database, until cancelled.

        A fact is a published event about an incident or the clock of a target. A notice announces a critical fix. After
        a Retryable error the loop pauses briefly and continues.
        """
        await self._take_over()
        at_once = 1 if self._context.store.sqlite else AT_ONCE
        async with asyncio.TaskGroup() as group:
            for number in range(at_once):
                group.create_task(self._forever(POLL_SECONDS * (1 + 3 * number)))

    async def once(self) -> int:
        """Process one batch of the facts and notices that wait in the database; return how many were processed.

        A fact is a published event about an incident or the clock of a target. A notice announces a critical fix. If
        the batch fails, its facts are processed one by one. A fact that then fails goes to the quarantine (a table of
        records that could not be processed).

        Raises:
            Retryable: A passing failure, such as of the database. Call again.
        """
        chosen = await self._chosen()
        if not chosen:
            return 0
        share = max(LIMIT // len(chosen), 1)
        try:
            done = await self._batch(chosen, share)
        except Exception as error:
            if fault_of(error) is Fault.PASSING:
                raise as_retryable(error) from error
            _log.error("facts.refused", error=error_text(error)[:500])
            done = await self._one_by_one(chosen, share)
        finally:
            self._under_way.difference_update(chosen)
        return done

    async def _forever(self, poll: float) -> None:
        with self._context.facts_taken_in.listen() as signalled:
            while True:
                signalled.clear()
                try:
                    done = await self.once()
                except Retryable as error:
                    _log.warning("facts.retry", error=str(error))
                    await asyncio.sleep(PAUSE_SECONDS)
                    continue
                self.last_pass = time.monotonic()
                if not done:
                    await signalled_within(signalled, poll)

    async def _chosen(self) -> list[str]:
        """Flows for a batch, which are this one's from now on: the one served longest ago first."""
        async with self._context.store.reading() as connection:
            there = await waiting.contract_queues(connection)
        early = await self._early(there)
        free = [queue for queue in there if queue not in self._under_way and queue not in early]
        chosen = sorted(free, key=lambda queue: self._served.get(queue, 0))[:MOST_QUEUES]
        self._under_way.update(chosen)
        for queue in chosen:
            self._served.pop(queue, None)
            self._served[queue] = next(self._number)
        while len(self._served) > MOST_REMEMBERED:
            del self._served[next(iter(self._served))]  # who was served longest ago
        return chosen

    async def _early(self, queues: Sequence[str]) -> set[str]:
        """The queues of contracts of which this process has not heard yet, unless it has waited long enough for them.

        The event that tells of a contract is read beside the facts, and may come after the first of them: whoever
        cannot be looked up would be passed over, and the operators told in their place.
        """
        context = self._context
        named = set(queues) - {waiting.NOTICES}
        if not context.unknown_contracts(named):
            return set()
        async with context.store.reading() as connection:
            await context.refresh(connection)
            unknown = context.unknown_contracts(named)
            now = await store_now(connection, context.time_source)
            early = await waiting.waiting_since(connection, unknown, now - UNKNOWN_WAIT)
        for contract in unknown - early:
            _log.warning("facts.unknown_contract", contract=contract, told="operators")
        return early

    async def _batch(self, queues: Sequence[str], share: int) -> int:
        context = self._context
        async with context.writing(derives=True) as connection:
            now = await store_now(connection, context.time_source)
            taken = await waiting.take_facts(connection, await waiting.locked_queues(connection, queues), share)
            if taken:
                await apply(connection, taken, context, now)
        if taken:
            context.signal()
        return len(taken)

    async def _one_by_one(self, queues: Sequence[str], share: int) -> int:
        done = 0
        for queue in queues:
            for _ in range(share):
                if not await self._single(queue):
                    break
                done += 1
        self._context.signal()
        return done

    async def _single(self, queue: str) -> bool:
        """The next fact of a queue, worked on or quarantined; False when there is none, or another process has it."""
        place: list[int] = []

        async def work() -> None:
            place.clear()
            async with self._context.writing() as connection:
                seq = (
                    await waiting.first_in_queue(connection, queue)
                    if await waiting.locked_queues(connection, (queue,))
                    else None
                )
                if seq is None:
                    return
                place.append(seq)
                now = await store_now(connection, self._context.time_source)
                await apply(connection, await waiting.take_facts(connection, (queue,), 1), self._context, now)

        error = await one_row(work)
        if error is not None:
            if not place:
                raise as_retryable(error) from error  # nothing is known of the fact: it was not even found
            await self._quarantine(place[0], error)
        return bool(place)

    async def _quarantine(self, seq: int, error: Exception) -> None:
        """By its place, not as the first: a moment later another may be that."""
        quarantine = self._context.quarantine
        async with self._context.store.transaction() as connection:
            row = await waiting.remove_fact(connection, seq)
            if row is not None:
                await quarantine.put_within(connection, row, error)
        if row is not None:
            quarantine.report(row, error)
            _log.error("facts.set_aside", fact=row.event, contract=row.key, error=error_text(error)[:500])

    async def _again(self, entry: QuarantineEntry) -> None:
        """Work on a fact out of the quarantine."""
        context = self._context
        async with context.writing() as connection:
            now = await store_now(connection, context.time_source)
            await apply(connection, [waiting.incoming_of_entry(entry)], context, now)
        context.signal()

    async def _take_over(self) -> None:
        """Move what an earlier release quarantined in a table of its own to the common quarantine."""
        try:
            async with self._context.store.transaction() as connection:
                for row, error in await waiting.take_failed_before(connection, MOST_REMEMBERED):
                    await self._context.quarantine.put_within(connection, row, Permanent(error))
        except Retryable as error:
            _log.warning("facts.not_taken_over", error=str(error))  # the next start tries again
