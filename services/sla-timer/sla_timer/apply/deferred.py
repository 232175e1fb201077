"""The table of events that wait until their incident has been folded again (docs/decisions/0036).

An event that lies far back in an incident with very many events has most of them folded again. The consumer stores it
here and goes on with the other incidents; from then on all events of the incident are stored here, and its timers are
held, until `later.DeferredEvents` has applied them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import case, delete, func, literal, null, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.event import IncidentEvent
from sla_platform.envelope import Envelope
from sla_platform.store.dialect import insert_new
from sla_platform.store.types import LATEST
from sla_timer import tables
from sla_timer.apply.load import OPEN_STATES
from sla_timer.apply.save import event_rows

HELD = LATEST  # `ripe_at` of a timer of an incident whose events wait: no tick reaches it
AT_ONCE = 100  # rows of a statement: others on the loop have their turn in between


async def defer_events(
    connection: AsyncConnection,
    partition: int,
    fresh: Sequence[tuple[Envelope, IncidentEvent]],
    rows: Collection[Any],
) -> int:
    """Store events in the table `timer_deferred`, to be applied later; return how many were new.

    The timers of their incidents are kept from firing.

    Args:
        fresh: The events with their envelopes, all of `partition`.
        rows: The incidents' rows of `timer_incident`. The caller must have locked the partition and the timers.
    """
    statement = insert_new(connection, tables.deferred).returning(tables.deferred.c.incident)
    new = Counter[str]()
    for start in range(0, len(fresh), AT_ONCE):
        values = [row | {"partition": partition} for row in event_rows(fresh[start : start + AT_ONCE])]
        new.update((await connection.execute(statement, values)).scalars())
    incident = tables.incident.c
    for name, count in sorted(new.items()):
        more = update(tables.incident).where(incident.id == name).values(deferred=incident.deferred + count)
        await connection.execute(more)
    if began := [row.id for row in rows if not row.deferred]:
        await hold_timers(connection, began)
    return new.total()


async def hold_timers(connection: AsyncConnection, incidents: Collection[str]) -> None:
    """Keep the timers of these incidents from firing, until `settle_timers` releases the timers.

    Incidents without events in `timer_deferred` (events to be applied later) are skipped.

    Args:
        incidents: The ids of the incidents.
    """
    waiting = (
        select(tables.clock.c.id)
        .join(tables.incident, tables.incident.c.id == tables.clock.c.incident)
        .where(
            tables.incident.c.id.in_(sorted(incidents)),
            tables.incident.c.deferred > 0,
            tables.clock.c.state.in_(OPEN_STATES),
        )
    )
    await connection.execute(update(tables.timer).where(tables.timer.c.clock_id.in_(waiting)).values(ripe_at=HELD))


async def delete_deferred(connection: AsyncConnection, ids: Sequence[str]) -> None:
    """Delete the events with these ids from `timer_deferred`, the table of events to be applied later.

    In the same transaction, the caller must apply the events, or put failed events into the quarantine for a replay.
    """
    for start in range(0, len(ids), 1_000):
        await connection.execute(delete(tables.deferred).where(tables.deferred.c.id.in_(ids[start : start + 1_000])))


async def settle_timers(connection: AsyncConnection, incident: str, now: datetime) -> int:
    """Let the timers of an incident fire again, unless some of its events still wait to be applied.

    Returns how many events wait, in the table `timer_deferred`. While some wait, all timers of the incident are kept
    from firing. A released timer that is due at `now` fires once the events of its partition are applied up to `now`.
    """
    waits = select(func.count()).select_from(tables.deferred).where(tables.deferred.c.incident == incident)
    left = (await connection.execute(waits)).scalar_one()
    await connection.execute(update(tables.incident).where(tables.incident.c.id == incident).values(deferred=left))
    if left:
        await hold_timers(connection, [incident])
        return int(left)
    timer = tables.timer.c
    clocks = select(tables.clock.c.id).where(tables.clock.c.incident == incident, tables.clock.c.state.in_(OPEN_STATES))
    ripe = case((timer.fire_at <= now, literal(now, timer.ripe_at.type)), else_=null())
    held = (timer.ripe_at == HELD, timer.clock_id.in_(clocks))
    await connection.execute(update(tables.timer).where(*held).values(ripe_at=ripe))
    return 0
