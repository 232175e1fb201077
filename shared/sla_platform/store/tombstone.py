"""Tombstones: what a service keeps of incidents it has deleted, their id and the instant through which they are
history.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from datetime import datetime

from sqlalchemy import Column, Index, MetaData, String, Table, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_platform.store.dialect import greatest, insert
from sla_platform.store.engine import Store
from sla_platform.store.types import Instant

_LATE = text("late_at IS NOT NULL")


def tombstone_table(metadata: MetaData, service: str) -> Table:
    """Return the table `<service>_forgotten`: one row (tombstone) for each incident that the service has deleted.

    By its tombstone the service recognises a late event of a deleted incident. The table has these columns besides the
    incident's id:

    - `ended_at`: when the incident had ended
    - `late_at`: when an event of the incident was last stored after the deletion; NULL if there is no such event, or if
      such events were deleted since
    """
    return Table(
        f"{service}_forgotten",
        metadata,
        Column("incident", String(300), primary_key=True),
        Column("ended_at", Instant, nullable=False),
        Column("late_at", Instant),
        Index(f"ix_{service}_forgotten_late", "late_at", postgresql_where=_LATE, sqlite_where=_LATE),
    )


async def tombstones(connection: AsyncConnection, table: Table, incidents: Collection[str]) -> dict[str, datetime]:
    """Return which of these incidents the service has deleted, as incident id -> when it had ended.

    Args:
        table: The tombstones, one row for each deleted incident (`tombstone_table`).
    """
    query = select(table.c.incident, table.c.ended_at).where(table.c.incident.in_(sorted(incidents)))
    return {row.incident: row.ended_at for row in (await connection.execute(query)).all()}


async def insert_tombstones(connection: AsyncConnection, table: Table, ended: Mapping[str, datetime]) -> None:
    """Record that the caller's transaction deletes these incidents.

    If an incident is already recorded, the later end is kept, and its `late_at` becomes NULL.

    Args:
        table: The tombstones, one row for each deleted incident.
        ended: Incident id -> when the incident had ended.
    """
    if not ended:
        return
    statement = insert(connection, table)
    latest = greatest(connection, table.c.ended_at, statement.excluded.ended_at)
    replacing = {"ended_at": latest, "late_at": None}
    rows = [{"incident": name, "ended_at": ended[name], "late_at": None} for name in sorted(ended)]
    await connection.execute(statement.on_conflict_do_update(index_elements=["incident"], set_=replacing), rows)


async def mark_late(connection: AsyncConnection, table: Table, incidents: Collection[str], now: datetime) -> None:
    """Record that events of these deleted incidents were stored at `now`, after the deletion.

    `remove_late` later finds those events by the column `late_at`, and deletes them. Incidents that were not deleted
    are skipped.

    Args:
        table: The tombstones, one row for each deleted incident. The `late_at` of these incidents becomes `now`.
    """
    if incidents:
        await connection.execute(update(table).where(table.c.incident.in_(sorted(incidents))).values(late_at=now))


async def remove_late(
    store: Store,
    table: Table,
    known: Column[str],
    remove: Callable[[AsyncConnection, list[str]], Awaitable[Mapping[str, int]]],
    horizon: datetime,
    limit: int,
) -> AsyncIterator[Mapping[str, int]]:
    """Delete the data of deleted incidents that were stored after the deletion (late data).

    An incident's late data are deleted once none of them was stored at or after the instant `horizon`. They are kept if
    the incident was reopened, so that it exists again. After each commit, the function yields what `remove` returned.

    Args:
        table: The tombstones, one row for each deleted incident. The column `late_at` of the handled incidents becomes
            NULL.
        known: The column of the ids of existing incidents.
        remove: Function to call within a transaction with the ids of at most `limit` incidents. It deletes their data
            and returns table name -> number of deleted rows.
    """
    late = table.c.late_at
    query = select(table.c.incident).where(late.is_not(None), late < horizon).order_by(late).limit(limit)
    while True:
        async with store.reading() as connection:
            names = list((await connection.execute(query)).scalars())
        if not names:
            return
        async with store.transaction() as connection:
            opened_anew = set((await connection.execute(select(known).where(known.in_(names)))).scalars())
            removed = await remove(connection, [name for name in names if name not in opened_anew])
            # Nothing late is left of these, unless something has come meanwhile.
            which = table.c.incident.in_(sorted(names)), late < horizon
            await connection.execute(update(table).where(*which).values(late_at=None))
        yield removed
