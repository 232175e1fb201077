"""Applying the events that the consumer has deferred (see `deferred`), beside it and at a pace of their own.

What waits for one incident is applied in few units of work if earlier events have to be folded again for it, since that
is the same work for one event as for thousands. Else it is applied a request at a time, so that no transaction is long.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import func, literal, select

from sla_domain.event import IncidentEvent
from sla_platform.bus import Quarantine, signalled_within
from sla_platform.bus.quarantine import CONSUME, row_of_event
from sla_platform.envelope import Envelope, Topic
from sla_platform.errors import BadEnvelope, Fenced, Retryable
from sla_platform.rows import in_parts
from sla_platform.store.engine import Store
from sla_platform.store.types import LATEST
from sla_platform.turn import LoopYielder
from sla_platform.wire import decode_event
from sla_platform.wire.incident import SOURCE
from sla_timer import tables
from sla_timer.apply import deferred, ownership
from sla_timer.apply.fold_cache import FoldBudget
from sla_timer.apply.unit import Applier

_log = structlog.get_logger(__name__)
PER_SECOND = 1_000  # events folded again, or clocks decided about, in a second of the long run
SIZES = 4  # how many times its own size an incident waits at most for what was folded before it
AT_ONCE = 10_000  # events of one unit of work
IN_ORDER = 200  # the same if no earlier event has to be folded again for them; and what was received with the last
LOOK_SECONDS = 5.0  # between looks for what other processes have left
PAUSE_SECONDS = 0.5  # between looks while the next fold may not begin yet


@dataclass(frozen=True, slots=True)
class Waiting:
    """An incident with events in `timer_deferred`, which wait to be applied."""

    incident: str
    partition: int
    """The number of the incident's partition."""
    size: int
    """How many events the incident has, including the waiting ones."""


class FoldPace:
    """A rate limit: decides when the next incident may be computed from its stored events.

    The limit keeps these computations from slowing down the process. Each stored event that was read again makes the
    next incident wait 1 ms. An incident waits at most 4 ms for each of its own events, so that a small incident does
    not wait long after a large one. Times are in seconds of any steady clock, such as `time.monotonic`.
    """

    def __init__(self) -> None:
        self._debt = 0.0
        self._at = 0.0

    def spend(self, events: int, now: float) -> None:
        """Record that stored events were read again, so that the next incident has to wait.

        Args:
            events: The number of these events.
            now: The present time, in seconds of any steady clock.
        """
        self._debt, self._at = self._left(now) + events, now

    def pause(self, size: int, now: float) -> float:
        """Return how many seconds an incident has to wait before its computation; 0 for no wait.

        Args:
            size: How many events the incident has.
            now: The present time, in seconds of any steady clock.
        """
        return min(self._left(now), SIZES * size) / PER_SECOND

    def _left(self, now: float) -> float:
        return max(self._debt - (now - self._at) * PER_SECOND, 0.0)


class DeferredEvents:
    """Applies events that `Applier` has stored for later, one incident at a time.

    These are events of incidents that take long to compute. They wait in the table `timer_deferred`. Call `run`, or
    `once` repeatedly.

    Args:
        applier: Applies the events. Only events of the partitions that it owns are applied.
        quarantine: Receives the events that cannot be applied.
    """

    def __init__(self, store: Store, applier: Applier, quarantine: Quarantine) -> None:
        self._store = store
        self._applier = applier
        self._quarantine = quarantine
        self._noticed: dict[str, float] = {}
        self._pace = FoldPace()
        self._late: set[str] = set()  # incidents of which the last unit of work had earlier events folded again

    async def run(self) -> None:
        """Apply the events that the consumer has stored for later, one incident at a time, until cancelled.

        The events are in the table `timer_deferred`. `FoldPace` (a rate limit) decides when the next incident may be
        computed. After a passing failure (Retryable), or if another instance has taken the partition (Fenced), the
        loop pauses and continues.
        """
        changed = self._applier.deferring
        while True:
            changed.clear()
            try:
                now = time.monotonic()
                waiting = await self.next(now)
                pause = LOOK_SECONDS if waiting is None else self._pace.pause(waiting.size, now)
                if waiting is not None and pause <= 0:
                    self._pace.spend(await self.apply(waiting), time.monotonic())
                    await asyncio.sleep(min(time.monotonic() - now, PAUSE_SECONDS))  # as long for the others
                    continue
            except (Retryable, Fenced) as error:
                _log.warning("deferred.retry", error=str(error))
                waiting, pause = None, PAUSE_SECONDS
                await asyncio.sleep(pause)
            if waiting is None:
                await signalled_within(changed, pause)
            else:
                await asyncio.sleep(min(pause, PAUSE_SECONDS))

    async def next(self, now: float) -> Waiting | None:
        """Return the incident whose waiting events are to be applied next; None if no events wait.

        Each incident has a time at which it is due: `size` / 1,000 seconds after this method first saw its events wait.
        The incident that is due first is returned. So small incidents do not wait for large ones, and large incidents
        do not wait for ever.

        Args:
            now: The present time, in seconds of any steady clock.
        """
        found = await self._waiting()
        self._noticed = {one.incident: self._noticed.get(one.incident, now) for one in found}
        return min(found, key=lambda one: self._noticed[one.incident] + one.size / PER_SECOND, default=None)

    async def once(self) -> int | None:
        """Apply the waiting events of one incident, ignoring the rate limit of `run`.

        Returns how many stored events were read again to compute the incident; None if no incident waits.

        Raises:
            Retryable: A passing failure of the database.
            Fenced: Another instance has taken the partition.
        """
        waiting = await self.next(0.0)
        return None if waiting is None else await self.apply(waiting)

    async def apply(self, waiting: Waiting) -> int:
        """Apply the first waiting events of one incident; return how many stored events were read again.

        Normally these are the first 200 events, and all that were received together with the last of them, so that no
        request is divided. If the last call for the incident read stored events again, up to 10,000 events are applied,
        because the cost is the same. All events are applied in one transaction, or in several if an event fails. Events
        that cannot be read or applied go to the quarantine.

        Raises:
            Retryable: A passing failure of the database.
            Fenced: Another instance has taken the partition.
        """
        budget = FoldBudget()
        rows, unreadable = await self._read(waiting)
        for envelope, error in unreadable:
            await self._give_up(waiting, envelope, error)

        async def work(some: Sequence[tuple[Envelope, IncidentEvent]]) -> None:
            await self._applier.apply_deferred(waiting.partition, waiting.incident, list(some), budget)

        async def unfit(row: tuple[Envelope, IncidentEvent], error: Exception) -> None:
            await self._give_up(waiting, row[0], error)

        await in_parts(rows, work, unfit)
        self._noticed.pop(waiting.incident, None)
        self._late.discard(waiting.incident)
        if budget.spent:
            self._late.add(waiting.incident)
            _log.info("deferred.applied", incident=waiting.incident, events=len(rows), folded_again=budget.spent)
        return budget.spent

    async def _waiting(self) -> list[Waiting]:
        waits, incident = tables.deferred.c, tables.incident.c
        query = (
            select(waits.incident, waits.partition, func.count(waits.id), func.max(incident.events))
            .select_from(tables.deferred.outerjoin(tables.incident, incident.id == waits.incident))
            .where(waits.partition.in_(sorted(self._applier.owned)))
            .group_by(waits.incident, waits.partition)
        )
        async with self._store.reading() as connection:
            found = (await connection.execute(query)).all()
        return [Waiting(name, number, count + (stored or 0)) for name, number, count, stored in found]

    async def _read(
        self, waiting: Waiting
    ) -> tuple[list[tuple[Envelope, IncidentEvent]], list[tuple[Envelope, Exception]]]:
        waits = tables.deferred.c
        its = (waits.incident == waiting.incident, waits.partition == waiting.partition)
        query = select(tables.deferred).where(*its).order_by(waits.received_at, waits.id).limit(AT_ONCE)
        if waiting.incident not in self._late:
            last = select(waits.received_at).where(*its).order_by(waits.received_at, waits.id).offset(IN_ORDER - 1)
            latest = literal(LATEST, waits.received_at.type)
            query = query.where(waits.received_at <= func.coalesce(last.limit(1).scalar_subquery(), latest))
        async with self._store.reading() as connection:
            found = (await connection.execute(query)).all()
        rows: list[tuple[Envelope, IncidentEvent]] = []
        unreadable: list[tuple[Envelope, Exception]] = []
        turn = LoopYielder()
        for row in found:
            envelope = Envelope.of_row(
                topic=Topic.INCIDENTS, id=row.id, type=row.type, key=row.incident, time=row.occurred_at, data=row.data,
                source=SOURCE,
            )  # fmt: skip
            try:
                rows.append((envelope, decode_event(envelope)))
            except (BadEnvelope, ValueError) as error:
                unreadable.append((envelope, error))
            await turn.yield_if_due()
        return rows, unreadable

    async def _give_up(self, waiting: Waiting, envelope: Envelope, error: Exception) -> None:
        """Move an event to the quarantine, as if the bus had just brought it."""
        row = row_of_event(envelope, CONSUME, f"timer_deferred/{envelope.id}", waiting.partition)
        async with self._store.transaction() as connection:
            await ownership.keep_owner_out(connection, waiting.partition)
            await self._quarantine.put_within(connection, row, error)
            await deferred.delete_deferred(connection, [envelope.id])
            await deferred.settle_timers(connection, waiting.incident, self._applier.now())
        self._quarantine.report(row, error)
