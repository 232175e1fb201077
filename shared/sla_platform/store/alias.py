"""The other names of incidents, as a service that reads incident events has learnt them (ticket moved, renamed)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import BigInteger, Column, Index, MetaData, String, Table, delete, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.event import LINKING, EventKind, IncidentEvent
from sla_platform.store.dialect import upsert

_FURTHER = 50  # names of one incident, each an alias of the next


def alias_table(metadata: MetaData, service: str) -> Table:
    """Return the table `<service>_alias`, in which each row says that `name` is another name of `incident`.

    Another name is, for example, the key of a ticket before it was moved. If the ticket was moved again, `incident` may
    itself be an old name; `incident_named` follows the names to the present one.

    People may link the ticket `name` to another ticket, and unlink it again. Each such event has a version; the column
    `version` is the highest of them, or 0 if there was none. After an unlink, `incident` is the ticket itself.
    """
    return Table(
        f"{service}_alias",
        metadata,
        Column("name", String(300), primary_key=True),
        Column("incident", String(300), nullable=False),
        Column("version", BigInteger, nullable=False, server_default=text("0")),
        Index(f"ix_{service}_alias_incident", "incident"),
    )


async def store_names(connection: AsyncConnection, table: Table, events: Iterable[IncidentEvent]) -> None:
    """Store in the alias table `table` the other names of incidents that these events state.

    An event uses its fields `incident` and `known_as` as follows:

    - renamed, linked: `known_as` is another name of `incident`
    - merged: `incident` is another name of `known_as`
    - unlinked: `known_as` no longer names another incident, and gets a row that names itself

    An earlier row of the same name is overwritten. A link or unlink overwrites only a row with a lower `version`.
    Events of other kinds, events without `known_as` and events copied from another incident (`carried_from`) are
    skipped.
    """
    stated: dict[str, str] = {}
    linked: dict[str, tuple[int, str]] = {}
    for event in events:
        if event.kind in LINKING:
            if event.version and event.known_as is not None and event.merged_into is None:
                incident = event.incident if event.kind is EventKind.LINKED else event.known_as
                known = linked.get(event.known_as, (0, ""))
                linked[event.known_as] = max(known, (event.version, incident))
            continue
        if event.known_as is None or event.known_as == event.incident or event.carried_from is not None:
            continue
        if event.kind is EventKind.RENAMED:
            stated[event.known_as] = event.incident
        elif event.kind is EventKind.MERGED:
            stated[event.incident] = event.known_as
    if stated:
        rows: list[dict[str, Any]] = [{"name": name, "incident": stated[name]} for name in sorted(stated)]
        await connection.execute(upsert(connection, table), rows)
    if linked:
        rows = [{"name": name, "incident": linked[name][1], "version": linked[name][0]} for name in sorted(linked)]
        await connection.execute(upsert(connection, table, newer_by="version"), rows)


async def incident_named(connection: AsyncConnection, table: Table, name: str) -> str:
    """Return the id of the incident that has the other name `name`.

    If `name` is no incident's other name, `name` itself is returned. If the ticket was moved several times, the names
    are followed to the present one, over at most 50 moves.

    Args:
        table: The table of other names (`alias_table`).
    """
    seen = {name}
    for _ in range(_FURTHER):
        query = select(table.c.incident).where(table.c.name == name)
        further = (await connection.execute(query)).scalar_one_or_none()
        if further is None or further in seen:
            break
        seen.add(further)
        name = further
    return name


async def names_of(connection: AsyncConnection, table: Table, incident: str) -> list[str]:
    """Return all other names of an incident, in alphabetical order.

    If the ticket was moved several times, its names before each move are included.

    Args:
        table: The table of other names (`alias_table`).
    """
    found = await _names(connection, table, [incident])
    return sorted(found - {incident})


async def forget_names(connection: AsyncConnection, table: Table, incidents: Collection[str]) -> dict[str, str]:
    """Delete all other names of these incidents, and return the deleted ones as name -> incident.

    If a ticket was moved several times, its names before each move are deleted.

    Args:
        table: The table of other names (`alias_table`).
    """
    gone: dict[str, str] = {}
    for incident in sorted(incidents):
        gone |= dict.fromkeys(await _names(connection, table, [incident]) - {incident}, incident)
    if gone:
        await connection.execute(delete(table).where(table.c.name.in_(sorted(gone))))
    return gone


async def _names(connection: AsyncConnection, table: Table, incidents: Iterable[str]) -> set[str]:
    found = set(incidents)
    frontier = sorted(found)
    for _ in range(_FURTHER):
        query = select(table.c.name).where(table.c.incident.in_(frontier))
        frontier = sorted(set((await connection.execute(query)).scalars()) - found)
        if not frontier:
            break
        found |= set(frontier)
    return found
