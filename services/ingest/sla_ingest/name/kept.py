"""The table of incident names: read before a delivery is decided, and checked in the transaction that stores it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.event import IncidentId
from sla_ingest import tables
from sla_ingest.name.known import AliasKind, IncidentNames, Pair
from sla_ingest.name.linking import Row, linked_tickets
from sla_platform.store import tombstone
from sla_platform.store.dialect import insert_new
from sla_platform.store.locks import locks_of

_alias = tables.alias.c
_OF_TICKETS = frozenset(kind.value for kind in AliasKind) - {AliasKind.MOVED.value, AliasKind.KEY.value}
_PER_STATEMENT = 400
_ROUNDS = 50  # names of names; a real chain of merges is shorter
_LOCK = 0x51AD_0008  # of slad's own locks, that of names


class NamesChanged(Exception):
    """Raised when incidents were renamed, merged or linked while deliveries were being decided on.

    The deliveries must then be decided on again.
    """


async def lock_names(connection: AsyncConnection, *, joining: bool) -> None:
    """Keep other processes from renaming, merging or linking incidents until the transaction ends.

    Does nothing on SQLite, which has one writer at a time.

    Args:
        joining: Whether this transaction itself renames, merges or links. If True, it has the lock alone. If False, it
            shares the lock with other transactions for which this is False.
    """
    await locks_of(connection).hold(_LOCK, shared=not joining)


async def load_names(connection: AsyncConnection, names: Iterable[str]) -> IncidentNames:
    """Return the recorded renames, merges and links of incidents, found by their ids.

    The result also includes all other ids that are connected with these by renames, merges and links, directly or
    through others.
    """
    rows: dict[tuple[str, str, str], Any] = {}
    seen: set[str] = set()
    frontier = set(names)
    for _ in range(_ROUNDS):
        if not frontier:
            break
        seen |= frontier
        found: set[str] = set()
        for row in await _rows(connection, sorted(frontier)):
            rows[row.name, row.kind, row.incident] = row
            found |= {row.name, row.incident}
        frontier = found - seen
    return _names(rows.values())


async def with_since(
    connection: AsyncConnection, names: IncidentNames, mentioned: Iterable[IncidentId]
) -> IncidentNames:
    """Return a copy of `names` in which `since` has the time of each ticket's earliest event in the database.

    The tickets are those that are or were linked, and those in `mentioned`. Tickets without events are left out.

    Args:
        mentioned: The ids of tickets that are to be linked.
    """
    tickets = {*linked_tickets(names), *(names.ticket(name) for name in mentioned)}
    event = tables.event.c
    query = select(event.incident, func.min(event.time).label("since")).where(event.incident.in_(sorted(tickets)))
    rows = (await connection.execute(query.group_by(event.incident))).all()
    return replace(names, since={IncidentId(row.incident): row.since for row in rows})


def _names(rows: Iterable[Any]) -> IncidentNames:
    moved: dict[IncidentId, IncidentId] = {}
    under: dict[IncidentId, IncidentId] = {}
    keys: dict[IncidentId, tuple[datetime, IncidentId]] = {}
    merged: dict[IncidentId, set[IncidentId]] = {}
    stated: dict[IncidentId, set[IncidentId]] = {}
    pairs: dict[str, set[Pair]] = {AliasKind.JOINED.value: set(), AliasKind.APART.value: set()}
    for row in rows:
        name, incident = IncidentId(row.name), IncidentId(row.incident)
        match AliasKind(row.kind):
            case AliasKind.MOVED:
                moved[name] = incident
            case AliasKind.MERGED:
                merged.setdefault(name, set()).add(incident)
            case AliasKind.KEY:
                keys[name] = max(keys.get(name, (row.since, incident)), (row.since, incident))
            case AliasKind.STATED:
                stated.setdefault(name, set()).add(incident)
            case AliasKind.UNDER:
                under[name] = incident
            case AliasKind.JOINED | AliasKind.APART:
                pairs[row.kind].add(frozenset({name, incident}))
    return IncidentNames(
        moved,
        {name: frozenset(into) for name, into in merged.items()},
        {name: ticket for name, (_, ticket) in keys.items()},
        {name: frozenset(others) for name, others in stated.items()},
        frozenset(pairs[AliasKind.JOINED.value]),
        frozenset(pairs[AliasKind.APART.value]),
        under,
    )


async def names_unchanged(connection: AsyncConnection, known: IncidentNames, names: Iterable[str]) -> bool:
    """Return whether no rename, merge or link of incidents was recorded since `load_names`.

    This takes a single query, whereas `load_names` searches step by step.

    Args:
        known: The result of `load_names(names)`.
    """
    tickets = {*known.moved, *known.moved.values(), *known.merged, *known.keys, *known.keys.values(), *known.stated}
    tickets |= {*known.under, *known.under.values()}
    all_ = tickets.union(names, *known.merged.values(), *known.stated.values(), *known.joined, *known.apart)
    return _names(await _rows(connection, sorted(all_))) == replace(known, since={})


async def _rows(connection: AsyncConnection, names: list[str]) -> list[Any]:
    rows: list[Any] = []
    for start in range(0, len(names), _PER_STATEMENT):
        some = names[start : start + _PER_STATEMENT]
        query = select(tables.alias).where(or_(_alias.name.in_(some), _alias.incident.in_(some)))
        rows += (await connection.execute(query)).all()
    return rows


async def insert_alias(
    connection: AsyncConnection, kind: AliasKind, name: IncidentId, incident: IncidentId, since: datetime
) -> None:
    """Record that the id `name` belongs to an incident; do nothing if that is already recorded.

    Args:
        kind: MOVED if `name` is another id of `incident`; MERGED if `name` is an incident that was merged into
            `incident`.
        since: When the incident was renamed or merged.
    """
    await insert_aliases(connection, [((name, kind, incident), since)])


async def insert_aliases(connection: AsyncConnection, found: Iterable[tuple[Row, datetime]]) -> None:
    """Record how ids belong to incidents (renames, merges, links, ticket keys), except what is already recorded.

    Args:
        found: Pairs of a row and the time from which it applies. A row is (name, kind, incident).
    """
    rows = [{"name": name, "kind": kind.value, "incident": of, "since": since} for (name, kind, of), since in found]
    if rows:
        await connection.execute(insert_new(connection, tables.alias), rows)


async def move_aliases(connection: AsyncConnection, old: IncidentId, new: IncidentId) -> None:
    """Replace the incident `old` by `new` in all recorded renames, merges and links."""
    query = select(tables.alias).where(or_(_alias.name == old, _alias.incident == old))
    rows = [dict(row) for row in (await connection.execute(query)).mappings()]
    if not rows:
        return
    await connection.execute(delete(tables.alias).where(or_(_alias.name == old, _alias.incident == old)))
    renamed = []
    for row in rows:
        row["incident"] = new if row["incident"] == old else row["incident"]
        if row["kind"] in _OF_TICKETS and row["name"] == old:
            row["name"] = new
        if row["name"] != row["incident"]:
            renamed.append(row)
    if renamed:
        await connection.execute(insert_new(connection, tables.alias), renamed)


async def delete_names(connection: AsyncConnection, ended: Mapping[IncidentId, datetime | None]) -> None:
    """Delete the recorded renames, merges and links of incidents whose events retention deletes.

    Retention is the removal of old incidents. Each other id of a deleted incident gets a tombstone, a row with the
    instant at which the incident ended, so that late events are recognised. If the instant is None, no tombstone is
    written. A linked ticket that belongs to an incident outside `ended` keeps its links.

    Args:
        ended: Maps an incident to when it ended. None means that the incident was removed before.
    """
    gone = sorted(ended)
    over: dict[str, datetime] = {}
    for start in range(0, len(gone), _PER_STATEMENT):
        some = gone[start : start + _PER_STATEMENT]
        moved = select(_alias.name, _alias.incident).where(
            _alias.incident.in_(some), _alias.kind.in_([AliasKind.MOVED.value, AliasKind.UNDER.value])
        )
        for row in (await connection.execute(moved)).all():
            if (at := ended[IncidentId(row.incident)]) is not None:
                over[row.name] = at
        # A linked ticket ends with the incident under which it is told of: until then its links stay.
        linked = set(
            (
                await connection.execute(
                    select(_alias.name).where(
                        _alias.name.in_(some), _alias.kind == AliasKind.UNDER.value, _alias.incident.not_in(gone)
                    )
                )
            ).scalars()
        )
        own = sorted(set(some) - linked)
        merged = and_(_alias.name.in_(own), _alias.kind.in_(sorted(_OF_TICKETS)))
        await connection.execute(delete(tables.alias).where(or_(_alias.incident.in_(own), merged)))
    if over:
        await tombstone.insert_tombstones(connection, tables.tombstone, over)
