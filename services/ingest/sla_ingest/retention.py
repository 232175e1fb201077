"""Retention: removes deliveries that are finished, and the events of incidents that ended long ago
(sla_platform.retention).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import accumulate, takewhile
from typing import Any

from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.event import IncidentEvent, IncidentId
from sla_domain.fold import Folding, timeline
from sla_domain.incident import Incident
from sla_domain.rulebook import Rulebook
from sla_ingest import tables
from sla_ingest.entry import DeliveryResult
from sla_ingest.history import IncidentHistory, load_history, whole_history
from sla_ingest.name import delete_names
from sla_platform.bus import Quarantine, SkippedRows
from sla_platform.retention import Removed
from sla_platform.rows import in_parts
from sla_platform.store import tombstone
from sla_platform.store.engine import Store
from sla_platform.store.keyset import rows_after
from sla_platform.store.types import LATEST
from sla_platform.turn import LoopYielder

BATCH = 200  # deliveries, or incidents, in one step
BATCH_BYTES = 8 * 1024 * 1024  # of bodies: SQLite walks every page of one that it frees
DONE = (DeliveryResult.ACCEPTED.value, DeliveryResult.IGNORED.value, DeliveryResult.REPLAYED.value)
_inbox, _event = tables.inbox.c, tables.event.c


class Deliveries:
    """Deletes old deliveries from the inbox, the table of everything that ticketing systems have sent. Call `done`.

    Only deliveries that nobody has to look at again are deleted.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def done(self, horizon: datetime) -> AsyncIterator[Removed]:
        """Delete accepted, ignored and replayed deliveries received before `horizon`, the oldest first.

        Parked (not understood) and refused deliveries are kept. Yields the number of deleted rows by table after each
        transaction that deleted any.
        """
        after: datetime | None = None
        while page := await self._page(horizon, after):
            ids = [row.id for row in _as_many_as_fit(page)]
            async with self._store.transaction() as connection:
                # Asked again: a replay may have changed what became of it.
                going = delete(tables.inbox).where(_inbox.id.in_(ids), _inbox.outcome.in_(DONE))
                rows = (await connection.execute(going)).rowcount
            after = page[len(ids) - 1].received_at
            if rows:
                yield {"ingest_inbox": rows}

    async def _page(self, horizon: datetime, after: datetime | None) -> Sequence[Any]:
        """From the instant on that the step before has reached; what waits in between is passed over only once."""
        query = select(_inbox.id, _inbox.received_at, func.length(_inbox.body).label("bytes")).where(
            _inbox.received_at < horizon, _inbox.outcome.in_(DONE)
        )
        if after is not None:
            query = query.where(_inbox.received_at >= after)
        async with self._store.reading() as connection:
            return (await connection.execute(query.order_by(_inbox.received_at).limit(BATCH))).all()


class Histories:
    """Deletes the stored events of incidents that ended long ago, by its method `ended`.

    Args:
        rulebook: Returns the plans, contracts and calendars in force, which decide whether an incident has ended.
        quarantine: Receives, for a person to look at, the incidents that cannot be read or computed. Their events are
            not deleted.
    """

    def __init__(self, store: Store, rulebook: Callable[[], Rulebook], quarantine: Quarantine) -> None:
        self._store = store
        self._rulebook = rulebook
        self._horizon: datetime | None = None  # of the last call
        self._skipped = SkippedRows(quarantine, "retention", self._again, seconds=0)  # each look is an hour later

    async def ended(self, horizon: datetime) -> AsyncIterator[Removed]:
        """Delete the events of incidents that ended before `horizon` and received nothing since.

        A tombstone (id and end) of each incident is kept, so that late events are recognised. Yields the
        number of deleted rows by table after each transaction.
        """
        after: Any | None = None
        self._horizon = horizon
        judged: set[str] = set()  # an incident has as many places in these pages as its events have instants
        while page := await self._page(horizon, after):
            after = page[-1]
            names = {row.incident for row in page} - judged
            judged |= names
            steps: list[Removed] = []

            async def work(some: Sequence[str], steps: list[Removed] = steps) -> None:
                steps.append(await self._forget(set(some), horizon))

            await in_parts(sorted(names), work, self._skipped.skip)
            for removed in steps:
                if removed:
                    yield removed

    async def _forget(self, names: set[str], horizon: datetime) -> Removed:
        history, gone = await self._judged(names, horizon)
        if not gone:
            return {}
        async with self._store.transaction() as connection:
            return await self._remove(connection, gone, history.events)

    async def _again(self, incident: str) -> None:
        await self._judged({incident}, LATEST)  # whether it can be read
        if self._horizon is not None:
            await self._forget({incident}, self._horizon)

    async def _judged(
        self, names: set[str], horizon: datetime
    ) -> tuple[IncidentHistory, dict[IncidentId, datetime | None]]:
        """The events of these incidents, and those incidents whose events may go."""
        async with self._store.reading() as connection:
            history = await load_history(connection, names)
            for name, known in history.events.items():
                # Of these only some events were read so far.
                if history.crowded(name) and not _recent(known, horizon):
                    history.events[name] = [event async for event in whole_history(connection, name)]
        return history, await finished_incidents(history, self._rulebook(), horizon)

    async def _page(self, horizon: datetime, after: Any | None) -> Sequence[Any]:
        further = rows_after(after, _event.time, _event.incident)
        query = select(_event.time, _event.incident).distinct().where(_event.time < horizon, further)
        async with self._store.reading() as connection:
            return (await connection.execute(query.order_by(_event.time, _event.incident).limit(BATCH))).all()

    async def _remove(
        self,
        connection: AsyncConnection,
        gone: Mapping[IncidentId, datetime | None],
        events: Mapping[IncidentId, Sequence[IncidentEvent]],
    ) -> Removed:
        """Exactly the events that were judged: one that was accepted meanwhile stays."""
        keys = [(name, event.id) for name in gone for event in events[name]]
        rows = 0
        for start in range(0, len(keys), BATCH):
            which = tuple_(_event.incident, _event.id).in_(keys[start : start + BATCH])
            rows += (await connection.execute(delete(tables.event).where(which))).rowcount
        await tombstone.insert_tombstones(
            connection, tables.tombstone, {name: at for name, at in gone.items() if at is not None}
        )
        await delete_names(connection, gone)
        return {"ingest_event": rows}


async def finished_incidents(
    history: IncidentHistory, rulebook: Rulebook, horizon: datetime
) -> dict[IncidentId, datetime | None]:
    """Return the incidents of `history` whose events may be deleted: incident id -> the instant of its last event.

    An incident is included if both conditions are true:

    - It has ended according to `rulebook`, or its earlier events were deleted already.
    - None of its events happened or was received at `horizon` or later.

    If its earlier events were deleted already, the instant is None. Its present events then arrived after the
    deletion.
    """
    found: dict[IncidentId, datetime | None] = {}
    turn = LoopYielder()
    for name, known in history.events.items():
        await turn.yield_if_due()
        if _recent(known, horizon):
            continue
        counting = history.counting(name)
        if not counting:
            found[name] = None
        elif not (await _folded(counting, rulebook)).phase.live:
            found[name] = max(event.occurred_at for event in known)
    return found


def _recent(events: Iterable[IncidentEvent], horizon: datetime) -> bool:
    return any(max(event.occurred_at, event.received_at) >= horizon for event in events)


async def _folded(events: Sequence[IncidentEvent], rulebook: Rulebook) -> Incident:
    """A fold in turns: there may be very many events."""
    line = timeline(events)
    folding, turn = Folding(line, rulebook), LoopYielder()
    for start in range(0, len(line.following), 20):
        folding.read_timeline(line.following[start : start + 20])
        await turn.yield_if_due()
    return folding.incident()


def _as_many_as_fit(page: Sequence[Any]) -> Sequence[Any]:
    """At least one, and no more bytes than a short transaction frees."""
    sizes: Iterable[int] = accumulate(row.bytes for row in page)
    return page[: max(1, sum(1 for _ in takewhile(lambda size: size <= BATCH_BYTES, sizes)))]
