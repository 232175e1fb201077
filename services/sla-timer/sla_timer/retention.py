"""Retention: removes incidents that ended long ago with their events, clocks and published keys (see
sla_platform.retention).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import delete, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_platform.retention import Removed
from sla_platform.store import alias, tombstone
from sla_platform.store.engine import Store
from sla_platform.store.keyset import rows_after
from sla_timer import tables
from sla_timer.apply import ownership
from sla_timer.gauge import OPEN_STATES

BATCH = 50  # incidents; a step holds its partition for some tens of milliseconds
PAGE = 20  # batches looked at in one go, since they lie in many partitions
_incident = tables.incident.c


class IncidentRetention:
    """Deletes old incidents from the timer's database, in small steps.

    `ended` deletes incidents that ended long ago. `late` deletes events that arrived for an incident after its
    deletion.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def ended(self, horizon: datetime) -> AsyncIterator[Removed]:
        """Delete incidents that ended before `horizon`.

        After each step the number of deleted rows by table is yielded. An incident is kept if it has an open clock,
        events that wait to be applied, or an event received at `horizon` or later. For each deleted incident a
        tombstone is stored: the id, and when the incident ended.
        """
        after: Any | None = None
        while page := await self._page(horizon, after):
            after = page[-1]
            fit = [row for row in page if row.changed_at < horizon]
            for partition, names in _batches(fit):
                async with self._store.transaction() as connection:
                    await ownership.keep_owner_out(connection, partition)
                    removed = await _forget(connection, names, horizon)
                if removed:
                    yield removed

    async def late(self, horizon: datetime) -> AsyncIterator[Removed]:
        """Delete events that arrived for an incident after the deletion of the incident.

        After each step the number of deleted rows by table is yielded. Only events received before `horizon` are
        deleted. A reopened incident keeps all its events.
        """

        async def strays(connection: AsyncConnection, names: Sequence[str]) -> Removed:
            events = tables.event.c
            stray = delete(tables.event).where(events.incident.in_(names), events.received_at < horizon)
            return {"timer_event": (await connection.execute(stray)).rowcount}

        steps = tombstone.remove_late(self._store, tables.tombstone, _incident.id, strays, horizon, BATCH)
        async for removed in steps:
            yield removed

    async def _page(self, horizon: datetime, after: Any | None) -> Sequence[Any]:
        """Ended incidents that were opened before the horizon, in the order of the index."""
        query = select(_incident.id, _incident.partition, _incident.opened_at, _incident.changed_at).where(
            tables.ENDED, _incident.opened_at < horizon
        )
        query = query.where(rows_after(after, _incident.opened_at, _incident.id))
        query = query.order_by(_incident.opened_at, _incident.id).limit(BATCH * PAGE)
        async with self._store.reading() as connection:
            return (await connection.execute(query)).all()


def _batches(rows: Sequence[Any]) -> Iterator[tuple[int, list[str]]]:
    """Partition and incidents of each step."""
    for partition, together in groupby(sorted(rows, key=_partition), key=_partition):
        names = [row.id for row in together]
        for start in range(0, len(names), BATCH):
            yield partition, names[start : start + BATCH]


def _partition(row: Any) -> int:
    return int(row.partition)


async def _forget(connection: AsyncConnection, names: Sequence[str], horizon: datetime) -> dict[str, int]:
    """Remove those of these incidents that may still go; rows by table."""
    clock, event = tables.clock.c, tables.event.c
    fit = select(_incident.id, _incident.changed_at).where(
        _incident.id.in_(names),
        tables.ENDED,
        _incident.changed_at < horizon,
        _incident.deferred == 0,
        ~exists().where(clock.incident == _incident.id, clock.state.in_(OPEN_STATES)),
        ~exists().where(event.incident == _incident.id, event.received_at >= horizon),
    )
    ended = {row.id: row.changed_at for row in (await connection.execute(fit)).all()}
    if not ended:
        return {}
    gone = sorted(ended)
    clocks = select(clock.id).where(clock.incident.in_(gone))
    removing = {
        tables.timer: tables.timer.c.clock_id.in_(clocks),
        tables.quarantine: or_(tables.quarantine.c.clock_id.in_(clocks), tables.quarantine.c.key.in_(gone)),
        tables.clock: clock.incident.in_(gone),
        tables.event: event.incident.in_(gone),
        tables.surplus: tables.surplus.c.incident.in_(gone),
        tables.incident: _incident.id.in_(gone),
    }
    rows = {
        table.name: (await connection.execute(delete(table).where(which))).rowcount for table, which in removing.items()
    }
    others = await alias.forget_names(connection, tables.alias, gone)
    await tombstone.insert_tombstones(
        connection, tables.tombstone, ended | {name: ended[was] for name, was in others.items()}
    )
    return {name: count for name, count in rows.items() if count}
