"""The events of the listed incidents as CloudEvents, one a line: the history that `slad replay` reads."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board import tables
from sla_board.history.export import pages_of
from sla_board.history.filter import IncidentFilter
from sla_board.history.keep import read_events
from sla_board.history.part import ListPart
from sla_board.projection.contract import periods_of
from sla_board.projection.store import envelope_of
from sla_domain.contract_view import contract_view
from sla_domain.rfc3339 import rfc3339
from sla_platform.envelope import Envelope, Topic
from sla_platform.store.engine import Store
from sla_platform.wire import encode_event
from sla_platform.wire.incident import SOURCE

_PART = 500  # events at a time
_kept = tables.event.c


async def event_lines(store: Store, shown: IncidentFilter) -> AsyncIterator[bytes]:
    """Yield the events of the listed incidents as lines of JSON (CloudEvents 1.0), one or more lines at a time.

    The events of one incident are adjacent, in the order in which the board received them. `slad replay` accepts them
    in any order. If the filter chooses contracts, an incident that moved between contracts is exported with only the
    events that belonged to the chosen contracts.

    Args:
        shown: The filter of the list. It must not choose a metric.
    """
    async for rows in pages_of(store, shown):
        whole = [row.incident for row in rows if row.part != ListPart.SHARE.value]
        async for piece in _whole(store, whole):
            yield piece
        for row in rows:
            if row.part == ListPart.SHARE.value:
                yield await _shared(store, row.incident, row.contract)


async def _whole(store: Store, incidents: Sequence[str]) -> AsyncIterator[bytes]:
    for incident in incidents:
        after = 0
        while True:
            query = select(tables.event).where(_kept.incident == incident, _kept.topic == Topic.INCIDENTS.value)
            async with store.reading() as connection:
                found = await connection.execute(
                    query.where(_kept.position > after).order_by(_kept.position).limit(_PART)
                )
                rows = found.all()
            yield b"".join(_line(envelope_of(row)) for row in rows)
            if len(rows) < _PART:
                break
            after = rows[-1].position


async def _shared(store: Store, incident: str, contract: str) -> bytes:
    async with store.reading() as connection:
        happened, _ = await read_events(connection, incident)
        periods = await _periods(connection, incident)
    view = None if periods is None else contract_view(happened, periods_of(periods), contract, complete=False)
    return b"" if view is None else b"".join(_line(encode_event(event)) for event in view.shown(happened))


async def _periods(connection: AsyncConnection, incident: str) -> str | None:
    moved = tables.contract.c
    query = select(moved.periods).where(moved.incident == incident)
    periods: str | None = (await connection.execute(query)).scalar_one_or_none()
    return periods


def _line(envelope: Envelope) -> bytes:
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": envelope.id,
        "source": SOURCE,
        "type": envelope.type,
        "subject": envelope.key,
        "time": _utc(envelope.time),
        "datacontenttype": "application/json",
        "data": orjson.Fragment(envelope.data),
    }
    return orjson.dumps(event) + b"\n"


def _utc(at: datetime) -> str:
    return rfc3339(at, "microseconds")
