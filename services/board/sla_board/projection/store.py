"""Writing a batch: claim ids, keep events, fold what they touch. One statement per table, whatever the batch's size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board import tables
from sla_platform.envelope import Envelope, Topic
from sla_platform.store.dialect import insert, insert_new, upsert


async def claim(connection: AsyncConnection, envelopes: Sequence[Envelope], now: datetime) -> list[Envelope]:
    """The events of the batch that were never applied, each once; the claim is part of the caller's transaction."""
    first = {(envelope.topic.value, envelope.id): envelope for envelope in reversed(envelopes)}
    # Sorted, so that two instances that hold the same events during a rebalance wait for each other in one order.
    rows = [{"topic": topic, "id": id_, "applied_at": now} for topic, id_ in sorted(first)]
    statement = insert_new(connection, tables.inbox).returning(tables.inbox.c.topic, tables.inbox.c.id)
    fresh = {(row.topic, row.id) for row in (await connection.execute(statement, rows)).all()}
    return [envelope for key, envelope in reversed(first.items()) if key in fresh]


async def keep_events(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        await connection.execute(insert(connection, tables.event), list(rows))


async def events_of_incidents(connection: AsyncConnection, incidents: Iterable[str]) -> dict[str, list[Envelope]]:
    """All kept incident events, by incident."""
    kept = tables.event.c
    query = select(tables.event).where(kept.incident.in_(sorted(incidents)), kept.topic == Topic.INCIDENTS.value)
    found: dict[str, list[Envelope]] = defaultdict(list)
    for row in (await connection.execute(query)).all():
        found[row.incident].append(envelope_of(row))
    return found


async def facts_of_clocks(connection: AsyncConnection, clocks: Iterable[UUID]) -> dict[UUID, list[Envelope]]:
    """All kept facts, by clock."""
    query = select(tables.event).where(tables.event.c.clock.in_(sorted(clocks)))
    found: dict[UUID, list[Envelope]] = defaultdict(list)
    for row in (await connection.execute(query)).all():
        found[row.clock].append(envelope_of(row))
    return found


async def replace(connection: AsyncConnection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Write folds: they know everything, so they replace what was there."""
    if rows:
        await connection.execute(upsert(connection, table), list(rows))


async def replace_older(connection: AsyncConnection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Write what the newest facts say: a row that is newer by (at, rank) stays as it is."""
    if not rows:
        return
    statement = insert(connection, table)
    old, new = table.c, statement.excluded
    newer = or_(new["at"] > old["at"], and_(new["at"] == old["at"], new["rank"] >= old["rank"]))
    changed = {column.name: new[column.name] for column in table.columns if not column.primary_key}
    key = [column.name for column in table.primary_key.columns]
    await connection.execute(statement.on_conflict_do_update(index_elements=key, set_=changed, where=newer), list(rows))


def envelope_of(row: Any) -> Envelope:
    """The kept event as it travelled, as far as reading it needs."""
    return Envelope(
        topic=Topic(row.topic),
        id=row.id,
        type=row.type,
        source="",
        subject=row.incident,
        key=row.incident,
        time=row.at,
        data=row.data.encode(),
    )
