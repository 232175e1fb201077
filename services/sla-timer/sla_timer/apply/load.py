"""What a unit of work must know before it decides: which events are new, the incidents' events, what has been told.

Every read is one statement for the whole batch. Timers are locked before clocks, in the order in which the fire
statement lets go of them, so that the two never wait for each other in a circle.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.event import IncidentEvent
from sla_domain.forgotten import remembered
from sla_platform.envelope import Envelope, Topic
from sla_platform.store import forgotten
from sla_platform.wire import decode_event
from sla_timer import tables


@dataclass(frozen=True, slots=True)
class Known:
    """What the store holds of the incidents of a batch, by incident id."""

    events: dict[str, list[IncidentEvent]]
    incidents: dict[str, Any]  # rows of timer_incident
    clocks: dict[str, list[Any]]  # rows of timer_clock, locked
    endings: Mapping[str, datetime]  # of those that were forgotten: through when they are history

    def counting(self, incident: str) -> list[IncidentEvent]:
        """The events this incident is folded from; none for a forgotten one that nothing has begun anew."""
        return remembered(self.events.get(incident, ()), self.endings.get(incident))

    @property
    def versions(self) -> set[str]:
        """The catalogue versions these incidents and clocks are judged by."""
        return {row.catalogue for row in self.incidents.values()} | {
            row.catalogue for rows in self.clocks.values() for row in rows
        }


async def already_applied(connection: AsyncConnection, ids: Sequence[str]) -> set[str]:
    query = select(tables.event.c.id).where(tables.event.c.id.in_(ids))
    return set((await connection.execute(query)).scalars())


async def known(connection: AsyncConnection, incidents: Iterable[str]) -> Known:
    """Lock and read everything the store holds of these incidents."""
    names = sorted(incidents)
    await _lock_timers(connection, names)
    clocks: dict[str, list[Any]] = defaultdict(list)
    query = select(tables.clock).where(tables.clock.c.incident.in_(names)).with_for_update()
    for row in (await connection.execute(query)).all():
        clocks[row.incident].append(row)
    rows = (await connection.execute(select(tables.incident).where(tables.incident.c.id.in_(names)))).all()
    events = await _stored(connection, names)
    endings = await forgotten.endings(connection, tables.forgotten, names)
    return Known(events, {row.id: row for row in rows}, clocks, endings)


async def _lock_timers(connection: AsyncConnection, incidents: list[str]) -> None:
    query = (
        select(tables.timer.c.clock_id)
        .join(tables.clock, tables.clock.c.id == tables.timer.c.clock_id)
        .where(tables.clock.c.incident.in_(incidents))
        .with_for_update(of=tables.timer)
    )
    await connection.execute(query)


async def events_of(connection: AsyncConnection, incident: str) -> list[IncidentEvent]:
    """The events one incident is folded from."""
    stored = (await _stored(connection, [incident]))[incident]
    endings = await forgotten.endings(connection, tables.forgotten, [incident])
    return remembered(stored, endings.get(incident))


async def _stored(connection: AsyncConnection, incidents: Sequence[str]) -> dict[str, list[IncidentEvent]]:
    found: dict[str, list[IncidentEvent]] = defaultdict(list)
    query = select(tables.event).where(tables.event.c.incident.in_(incidents))
    for row in (await connection.execute(query)).all():
        found[row.incident].append(decode_event(_envelope(row)))
    return found


def _envelope(row: Any) -> Envelope:
    return Envelope(
        topic=Topic.INCIDENTS,
        id=row.id,
        type=row.type,
        source="",
        subject=row.incident,
        key=row.incident,
        time=row.occurred_at,
        data=row.data.encode(),
    )
