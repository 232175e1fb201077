"""Storing events and appending them to the log, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.event import IncidentEvent
from sla_ingest.tables import event as event_table
from sla_ingest.tables import log
from sla_platform.envelope import Envelope
from sla_platform.store.dialect import insert_new
from sla_platform.store.log import append, row_of
from sla_platform.wire import encode_event


async def append_new_events(connection: AsyncConnection, events: Iterable[IncidentEvent]) -> None:
    """Store events, and append them to the log that other services read.

    The events must not be stored yet.
    """
    envelopes = [encode_event(event) for event in events]
    if not envelopes:
        return
    await connection.execute(insert_new(connection, event_table), [_row(one) for one in envelopes])
    await append(connection, log, envelopes)


async def append_missing_events(connection: AsyncConnection, events: Iterable[IncidentEvent]) -> None:
    """Store the events that are not stored yet, and append these to the log that other services read."""
    envelopes = [encode_event(event) for event in events]
    if not envelopes:
        return
    statement = insert_new(connection, event_table).returning(event_table.c.incident, event_table.c.id)
    rows = await connection.execute(statement, [_row(one) for one in envelopes])
    new = {(row.incident, row.id) for row in rows.all()}
    await append(connection, log, [one for one in envelopes if (one.key, one.id) in new])


def _row(envelope: Envelope) -> dict[str, Any]:
    row = row_of(envelope)
    return {"incident": row["key"], "id": row["id"], "type": row["type"], "time": row["time"], "data": row["data"]}
