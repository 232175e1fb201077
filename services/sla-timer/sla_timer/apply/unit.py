"""The timer's consumer: each batch is one unit of work, and so one transaction (docs/architecture.md)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.event import IncidentEvent
from sla_platform.bus import Batch
from sla_platform.bus.quarantine import envelope_of
from sla_platform.envelope import Envelope
from sla_platform.errors import BadEnvelope, Fenced
from sla_platform.store import alias, tombstone
from sla_platform.store.engine import Store
from sla_platform.store.instant import store_now
from sla_platform.store.quarantine import QuarantineEntry
from sla_platform.timesource import TimeSource
from sla_platform.turn import LoopYielder
from sla_platform.wire import decode_event
from sla_timer import tables
from sla_timer.apply import deferred, load, ownership, save
from sla_timer.apply.decide import DecisionOptions, decide
from sla_timer.apply.fold_cache import NEAR, FoldBudget, PreparedFold
from sla_timer.apply.prepare import FoldPreparer, check_prepared, stored_incident, unsettled_clocks
from sla_timer.metrics import TimerMetrics
from sla_timer.rulebooks import Rulebooks
from sla_timer.tick.progress import Progress

_log = structlog.get_logger(__name__)
Fresh = list[tuple[Envelope, IncidentEvent]]
AT_ONCE = 100  # events of different incidents in one transaction: a page passes between two


@dataclass(frozen=True, slots=True)
class _Unit:
    """A transaction that has locked its partition. `fresh`: the events that are not stored yet."""

    partition: int
    now: datetime
    fresh: Fresh


@dataclass(frozen=True, slots=True)
class _Done:
    """What a transaction has written. `fresh`: the events applied. `deferred`: how many events wait."""

    fresh: Fresh = field(default_factory=list)
    known: load.LoadedIncidents | None = None
    decided: save.Changes = field(default_factory=save.Changes)
    surplus: Mapping[str, int] = field(default_factory=dict)
    deferred: int = 0


class Applier:
    """The consumer of incident events: stores them, computes their incidents, and publishes what has changed.

    `handle` applies a batch. The bus also calls `assigned` and `revoked` (`sla_platform.bus.Handler`). Events of
    incidents that take long to compute are stored to be applied later; then the `asyncio.Event` `deferring` is set.

    Args:
        progress: Records up to which instant the events of each partition are applied.
        owner: The name of this instance.
        wake: Called after each transaction. It wakes the readers of the log of published events.
        preparing: Computes incidents with 250 events or more. If None, a new FoldPreparer is made.
    """

    def __init__(
        self,
        store: Store,
        rulebooks: Rulebooks,
        progress: Progress,
        time_source: TimeSource,
        owner: str,
        metrics: TimerMetrics,
        wake: Callable[[], None],
        preparing: FoldPreparer | None = None,
    ) -> None:
        self._store = store
        self._aside = store.giving_way()  # for one incident with very many events, which others need not wait for
        self._rulebooks = rulebooks
        self._progress = progress
        self._time_source = time_source
        self._owner = owner
        self._metrics = metrics
        self._wake = wake
        self._preparing = preparing or FoldPreparer(store, metrics)
        self._options = DecisionOptions()
        self._epochs: dict[int, int] = {}
        self.deferring = asyncio.Event()  # set when events may wait in timer_deferred

    @property
    def owned(self) -> Collection[int]:
        """Return the numbers of the partitions whose events this process applies."""
        return self._epochs.keys()

    def now(self) -> datetime:
        """Return the present instant, aware and in UTC."""
        return self._time_source.now()

    async def assigned(self, partitions: frozenset[int]) -> None:
        """Take ownership of the partitions that the bus has assigned to this process.

        From now on, earlier owners can apply no events of these partitions.
        """
        async with self._store.transaction() as connection:
            self._epochs |= await ownership.take_partitions(connection, partitions, self._owner)
        self.deferring.set()

    async def revoked(self, partitions: frozenset[int]) -> None:
        """Give up partitions that the bus takes away from this process.

        From now on `handle` refuses these partitions. The record of how far their events were applied is dropped.
        """
        for number in partitions:
            self._epochs.pop(number, None)
            self._progress.drop(number)

    async def handle(self, batch: Batch) -> None:
        """Apply a batch of events from the bus in one transaction.

        Events that are stored already are skipped. If an incident would take long to compute (for example with more
        than 500 stored events to be read again), its events are only stored, to be applied later. Until they are
        applied, new events of this incident are also only stored. At the end the partition is recorded as applied up to
        the instant `batch.through`, unless that is None.

        After an error nothing is stored.

        Raises:
            Fenced: This instance does not own the partition.
            BadEnvelope: An event cannot be read.
            StoreBusy: The database fails.
        """
        epoch = self._epochs.get(batch.partition)
        if epoch is None:
            raise Fenced(f"partition {batch.partition} is not ours")
        readable = await self._readable(batch.envelopes)
        for some in by_incident(readable, AT_ONCE):
            with self._metrics.apply_seconds.time():
                await self._apply(batch.partition, epoch, some)
            self._wake()
        if batch.through is not None:
            self._progress.note(batch.partition, epoch, batch.through)

    async def replay(self, entry: QuarantineEntry) -> None:
        """Apply an event again that failed and was put into the quarantine.

        Any instance may call this, not only the owner of the event's partition. If the event still fails, the error is
        raised, such as BadEnvelope, and nothing is stored.

        Args:
            entry: The event in the quarantine.
        """
        await self._apply(entry.partition, None, await self._readable([envelope_of(entry)]))
        self._wake()

    async def apply_deferred(self, partition: int, incident: str, readable: Fresh, budget: FoldBudget) -> None:
        """Apply events of one incident that were stored for later (`timer_deferred`), in one transaction.

        While events of an incident wait, none of its timers fires. After an error nothing is stored, and the events
        still wait.

        Args:
            readable: The events with their envelopes.
            budget: Counts the work for the rate limit: the stored events that are read again. If more than 500 clocks
                of the incident may have changed, all clocks of the incident are added to the count.

        Raises:
            Fenced: This instance does not own the partition.
            StoreBusy: The database fails.
        """
        epoch = self._epochs.get(partition)
        if epoch is None:
            raise Fenced(f"partition {partition} is not ours")

        async def unit(prepared: Mapping[str, PreparedFold]) -> None:
            budget.spent += sum(one.undecided for one in prepared.values() if one.undecided > NEAR)
            async with self._aside.transaction() as connection:
                begun = await self._begin(connection, partition, epoch, readable)
                await deferred.delete_deferred(connection, [envelope.id for envelope, _ in readable])
                done = await self._decide(connection, begun, prepared, None)
                left = await deferred.settle_timers(connection, incident, begun.now)
            self._committed(done)
            if not left:  # else the consumer would compute events that its transaction then defers
                self._preparing.deferred.discard(incident)

        await self._preparing.around({incident: [event for _, event in readable]}, unit, budget)
        self._wake()

    async def _readable(self, envelopes: Sequence[Envelope]) -> Fresh:
        """Raises BadEnvelope, at which the bus looks for the event that cannot be read and quarantines it."""
        readable, turn = [], LoopYielder()
        try:
            for envelope in envelopes:
                readable.append((envelope, decode_event(envelope)))
                await turn.yield_if_due()
        except BadEnvelope:
            if len(envelopes) == 1:
                self._metrics.parked.inc()
            raise
        return readable

    async def _apply(self, partition: int, epoch: int | None, readable: Fresh) -> None:
        """`epoch` None: without owning the partition, whose owner is kept out meanwhile."""
        events: dict[str, list[IncidentEvent]] = {}
        for _, event in readable:
            events.setdefault(event.incident, []).append(event)

        async def unit(prepared: Mapping[str, PreparedFold], far: Collection[str]) -> None:
            async with self._store.transaction() as connection:
                begun = await self._begin(connection, partition, epoch, readable)
                done = await self._decide(connection, begun, prepared, far)
            self._committed(done)

        await self._preparing.around_near(events, unit)

    async def _begin(self, connection: AsyncConnection, partition: int, epoch: int | None, readable: Fresh) -> _Unit:
        """Lock the partition and see which events are new."""
        now = await store_now(connection, self._time_source)
        if epoch is None:
            await ownership.keep_owner_out(connection, partition)
        else:
            await ownership.lock_partition(connection, partition, epoch)
        seen = await load.stored_event_ids(connection, [envelope.id for envelope, _ in readable])
        fresh = _first_of_each_id(readable, seen)
        self._metrics.repeated.inc(len(readable) - len(fresh))
        return _Unit(partition, now, fresh)

    async def _decide(
        self,
        connection: AsyncConnection,
        unit: _Unit,
        prepared: Mapping[str, PreparedFold],
        far: Collection[str] | None,
    ) -> _Done:
        """Store the new events and write what follows; those of incidents that are `far` wait. None: none waits."""
        now, fresh = unit.now, unit.fresh
        if not fresh:
            return _Done()
        known = await load.load_incidents(
            connection, {event.incident for _, event in fresh}, unsettled_clocks(prepared), far
        )
        waiting = 0
        if known.deferred:
            aside = [one for one in fresh if one[1].incident in known.deferred]
            fresh = [one for one in fresh if one[1].incident not in known.deferred]
            rows = [known.incidents[name] for name in known.deferred]
            waiting = await deferred.defer_events(connection, unit.partition, aside, rows)
        ids: dict[str, set[str]] = {}
        for envelope, event in fresh:
            ids.setdefault(event.incident, set()).add(envelope.id)
            known.events.setdefault(event.incident, []).append(event)
        pins = await self._rulebooks.pinned(connection, known.versions)
        check_prepared(known, pins, prepared, ids)
        left = {id_ for one in prepared.values() for id_ in one.surplus}
        await save.write_events(connection, [one for one in fresh if one[1].id not in left])
        await alias.store_names(connection, tables.alias, (event for _, event in fresh))
        surplus = await save.write_surplus_events(connection, [one for one in fresh if one[1].id in left])
        started = time.perf_counter()
        decided = save.Changes()
        turn = LoopYielder()
        for name in sorted(ids):
            if one := stored_incident(name, known, prepared.get(name), surplus.get(name, 0)):
                decided.add(decide(unit.partition, one, pins, now, self._options))
            await turn.yield_if_due()
        self._metrics.decide_seconds.observe(time.perf_counter() - started)
        await save.write_changes(connection, decided)
        await tombstone.mark_late(connection, tables.tombstone, known.tombstones, now)
        return _Done(fresh, known, decided, surplus, waiting)

    def _committed(self, done: _Done) -> None:
        """Count and say what a committed transaction has done."""
        if done.known is None:
            return
        self._preparing.committed(done.decided)
        self._metrics.applied.inc(len(done.fresh))
        if done.known.deferred:
            self._metrics.deferred.inc(done.deferred)
            self._preparing.deferred |= done.known.deferred
            self.deferring.set()
        self._tell_surplus(done.surplus)
        self._tell_late(done.fresh, done.known)
        for fact in done.decided.facts:
            self._metrics.facts.labels(fact.type.removeprefix("io.slad.").removesuffix(".v1")).inc()

    def _tell_surplus(self, surplus: Mapping[str, int]) -> None:
        for name, count in surplus.items():
            self._metrics.surplus.inc(count)
            _log.warning("apply.surplus", incident=name, events=count, hint="kept; see docs/operations.md")

    def _tell_late(self, fresh: Fresh, known: load.LoadedIncidents) -> None:
        """Say which events came too late to change anything: their incidents have been forgotten."""
        for name in known.tombstones:
            if load.is_hot(known.incidents.get(name)):
                continue
            counting = {event.id for event in known.counting(name)}
            late = [event.id for _, event in fresh if event.incident == name and event.id not in counting]
            if late:
                self._metrics.late.inc(len(late))
                _log.warning(
                    "apply.forgotten", incident=name, event_ids=late, ended_at=known.tombstones[name].isoformat()
                )


def by_incident(readable: Fresh, size: int) -> list[Fresh]:
    """Divide a batch of events into parts, one part for each transaction; nothing is stored.

    All events of an incident are in the same part, in their order, so that nobody sees half of the events of one
    request. Incidents are in the order of their first events.

    Args:
        readable: The events with their envelopes.
        size: How many events a part may have. If one incident has more, its part is larger.
    """
    of: dict[str, Fresh] = {}
    for one in readable:
        of.setdefault(one[1].incident, []).append(one)
    parts: list[Fresh] = []
    for events in of.values():
        if not parts or len(parts[-1]) + len(events) > size:
            parts.append([])
        parts[-1] += events
    return parts


def _first_of_each_id(readable: Fresh, seen: set[str]) -> Fresh:
    fresh: dict[str, tuple[Envelope, IncidentEvent]] = {}
    for envelope, event in readable:
        if envelope.id not in seen:
            fresh.setdefault(envelope.id, (envelope, event))
    return list(fresh.values())
