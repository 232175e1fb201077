"""Writing a batch: claim ids, store events, upsert what follows. One statement per table, whatever the batch's size."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Select, Table, and_, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board import tables
from sla_board.projection.clock import PublishedFact
from sla_domain.event import IncidentEvent
from sla_platform.envelope import Envelope, Topic
from sla_platform.store.dialect import insert, insert_new, upsert
from sla_platform.turn import LoopYielder
from sla_platform.wire import decode_clock_fact, decode_event

_PART = 200  # rows
_AMPLE = 50  # rows of one incident or clock, as a rule


async def claim_events(connection: AsyncConnection, envelopes: Sequence[Envelope], now: datetime) -> list[Envelope]:
    """Record the given events as applied, and return those that were not applied before.

    An event that is given twice is returned once. The ids are recorded in the caller's transaction, so that a rollback
    removes the record.

    Args:
        now: The instant to record.
    """
    first = {(envelope.topic.value, envelope.id): envelope for envelope in reversed(envelopes)}
    # Sorted, so that two instances that hold the same events during a rebalance wait for each other in one order.
    rows = [{"topic": topic, "id": id_, "applied_at": now} for topic, id_ in sorted(first)]
    statement = insert_new(connection, tables.inbox).returning(tables.inbox.c.topic, tables.inbox.c.id)
    fresh = {(row.topic, row.id) for row in (await connection.execute(statement, rows)).all()}
    return [envelope for key, envelope in reversed(first.items()) if key in fresh]


async def keep_events(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows into the table `board_event`, the board's copy of the events and clock facts that it has received."""
    if rows:
        await connection.execute(insert(connection, tables.event), list(rows))


async def mark_unfolded(connection: AsyncConnection, incidents: Collection[str], now: datetime) -> None:
    """Mark incidents whose breakdowns and pauses must be computed anew.

    A breakdown divides the time of an incident by holder (assignee, group, support line) and party (who had to act).
    The mark is a row with the instant `now`. An older mark of the same incident is overwritten.
    """
    if incidents:
        token = secrets.token_hex(8)
        rows = [{"incident": name, "marked_at": now, "mark": token} for name in sorted(incidents)]
        await connection.execute(upsert(connection, tables.unfolded), rows)


async def events_of_incidents(
    connection: AsyncConnection, incidents: Collection[str]
) -> dict[str, list[IncidentEvent]]:
    """Return incident id -> its stored events, for these incidents, in no particular order.

    An incident without events is left out.
    """
    kept = tables.event.c
    query = select(tables.event).where(kept.incident.in_(sorted(incidents)), kept.topic == Topic.INCIDENTS.value)
    found: dict[str, list[IncidentEvent]] = defaultdict(list)
    async for row in _rows(connection, query, len(incidents)):
        found[row.incident].append(decode_event(envelope_of(row)))
    return found


async def stored_events(connection: AsyncConnection, incidents: Collection[str]) -> list[Envelope]:
    """Return all events of incidents that the board has stored, in the order of arrival.

    Among them are the facts that slad published about the incidents.
    """
    kept = tables.event.c
    query = select(tables.event).where(kept.incident.in_(sorted(incidents))).order_by(kept.position)
    return [envelope_of(row) async for row in _rows(connection, query, len(incidents))]


async def delete_derived(connection: AsyncConnection, incidents: Collection[str]) -> None:
    """Delete the rows that the board has computed for some incidents from their stored events.

    The incidents' rows in the list of incidents stay.
    """
    names = sorted(incidents)
    for table in (tables.clock, tables.request, tables.contract, tables.phase):
        await connection.execute(delete(table).where(table.c.incident.in_(names)))
    await connection.execute(delete(tables.incident).where(tables.incident.c.id.in_(names)))


async def facts_of_clocks(connection: AsyncConnection, clocks: Collection[UUID]) -> dict[UUID, list[PublishedFact]]:
    """Return clock id -> the facts that slad published about the clock, in no particular order.

    A clock without facts is left out.
    """
    query = select(tables.event).where(tables.event.c.clock.in_(sorted(clocks)))
    found: dict[UUID, list[PublishedFact]] = defaultdict(list)
    async for row in _rows(connection, query, len(clocks)):
        found[row.clock].append(PublishedFact(row.id, decode_clock_fact(envelope_of(row))))
    return found


async def count_events(connection: AsyncConnection, column: Column[Any], keys: Collection[Any]) -> dict[Any, int]:
    """Return how many rows the table `board_event` has for each of `keys`, by key.

    If the keys are incidents, only the incidents' own events are counted, not the facts that slad published. Keys
    without rows are left out.

    Args:
        column: The column with the keys, `incident` or `clock`.
    """
    if not keys:
        return {}
    query = select(column, func.count()).where(column.in_(sorted(keys))).group_by(column)
    if column is tables.event.c.incident:
        query = query.where(tables.event.c.topic == Topic.INCIDENTS.value)
    return {row[0]: row[1] for row in (await connection.execute(query)).all()}


async def _rows(connection: AsyncConnection, query: Select[Any], keys: int) -> AsyncIterator[Any]:
    """At once if they are as many as a few keys can have, else some at a time."""
    limit = _PART + _AMPLE * keys
    rows = (await connection.execute(query.limit(limit + 1))).all()
    if len(rows) <= limit:
        for row in rows:
            yield row
        return
    turn = LoopYielder()
    async for part in (await connection.stream(query)).partitions(_PART):
        for row in part:
            yield row
            await turn.yield_if_due()


async def upsert_rows(connection: AsyncConnection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows into the table; stored rows with the same primary key are overwritten."""
    if rows:
        await connection.execute(upsert(connection, table), list(rows))


async def upsert_newer_rows(connection: AsyncConnection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows into the table. A stored row with the same primary key is overwritten if it is not newer.

    The row with the later `at` is newer. If both have the same `at`, the row with the higher `rank` (a number in the
    row) is newer.
    """
    if not rows:
        return
    statement = insert(connection, table)
    old, new = table.c, statement.excluded
    newer = or_(new["at"] > old["at"], and_(new["at"] == old["at"], new["rank"] >= old["rank"]))
    changed = {column.name: new[column.name] for column in table.columns if not column.primary_key}
    key = [column.name for column in table.primary_key.columns]
    await connection.execute(statement.on_conflict_do_update(index_elements=key, set_=changed, where=newer), list(rows))


async def upsert_notices(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Insert critical-fix notices; a stored notice is overwritten unless its revision is later.

    Args:
        rows: The notices. Each notice occurs once.
    """
    if not rows:
        return
    statement = insert(connection, tables.notice)
    new = statement.excluded
    changed = {column.name: new[column.name] for column in tables.notice.columns if not column.primary_key}
    late = new["revision"] >= tables.notice.c.revision
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["id"], set_=changed, where=late), list(rows)
    )


async def copy_phases(connection: AsyncConnection, incidents: Collection[str]) -> None:
    """Set the stored phase of these incidents to the phase that the timer published last.

    The phase is the state of the work, such as `waiting`. If the timer has published none for an incident, the phase
    computed from the incident's events is kept.
    """
    if not incidents:
        return
    of, told = tables.incident.c, tables.phase.c
    said = select(told.phase).where(told.incident == of.id).scalar_subquery()
    differs = exists().where(told.incident == of.id, told.phase != of.phase)
    await connection.execute(update(tables.incident).where(of.id.in_(sorted(incidents)), differs).values(phase=said))


def envelope_of(row: Any) -> Envelope:
    """Return the event in a row of the table `board_event` as an `Envelope`, the form in which the bus carries events.

    `source` is "", because the source is not stored.
    """
    return Envelope.of_row(topic=row.topic, id=row.id, type=row.type, key=row.incident, time=row.at, data=row.data)
