"""What follows when tickets are linked or unlinked: events are brought to where they count, in the same transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import and_, delete
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.event import LINKING, NOTHING, EventId, EventKind, IncidentEvent, IncidentId
from sla_ingest import tables
from sla_ingest.history import whole_history
from sla_ingest.name.joining import derived_id
from sla_ingest.name.kept import insert_aliases, load_names, with_since
from sla_ingest.name.known import AliasKind, IncidentNames, names_in_event
from sla_ingest.name.linking import LinkChange, divided, link_change, linked_tickets, moves_between, ticket_of
from sla_ingest.published import append_missing_events

_alias = tables.alias.c
_LINKED = "="  # between the id of an event and what tells to which stream it was copied
Streams = Mapping[IncidentId, Sequence[IncidentEvent]]


async def regroup(connection: AsyncConnection, events: Iterable[IncidentEvent]) -> None:
    """Record the links of tickets that events report, and copy the tickets' events to their present incidents.

    Linked tickets are one incident, which has copies of the events of all of them.

    Events `linked` and `unlinked` are stored by this function; other events must already be stored.
    """
    for event in events:
        mentioned = set(names_in_event(event))
        names = await load_names(connection, mentioned)
        change = link_change(event, names)
        if not change and event.kind not in LINKING:
            continue
        await _store_change(connection, change, event.occurred_at)
        known = await with_since(connection, await load_names(connection, mentioned), mentioned)
        now = divided(known, ticket_of(event, known))
        await _store_groups(connection, names.under, now.under, event.occurred_at)
        await _bring_together(connection, event, names, now)


async def store_keys(connection: AsyncConnection, changes: Mapping[EventId, tuple[LinkChange, datetime]]) -> None:
    """Record the keys of tickets (the names that people use), in one statement.

    Args:
        changes: Maps an event's id to (a LinkChange with the keys that it adds, the time of the event). No
            LinkChange here may add or remove links.
    """
    rows = {row: since for change, since in changes.values() for row in change.added}
    await insert_aliases(connection, sorted(rows.items()))


async def _store_change(connection: AsyncConnection, change: LinkChange, since: datetime) -> None:
    for name, kind, other in change.removed:
        row = and_(_alias.name == name, _alias.kind == kind.value, _alias.incident == other)
        await connection.execute(delete(tables.alias).where(row))
    await insert_aliases(connection, [(row, since) for row in change.added])


async def _store_groups(
    connection: AsyncConnection,
    before: Mapping[IncidentId, IncidentId],
    after: Mapping[IncidentId, IncidentId],
    since: datetime,
) -> None:
    moved = sorted(moves_between(before, after))
    if not moved:
        return
    old = and_(_alias.name.in_(moved), _alias.kind == AliasKind.UNDER.value)
    await connection.execute(delete(tables.alias).where(old))
    rows = [((name, AliasKind.UNDER, after[name]), since) for name in moved if name in after]
    await insert_aliases(connection, rows)


async def _bring_together(
    connection: AsyncConnection, told: IncidentEvent, before: IncidentNames, now: IncidentNames
) -> None:
    tickets = sorted({*linked_tickets(now), *linked_tickets(before)})
    streams = {name: [event async for event in whole_history(connection, name)] for name in tickets}
    copies = copies_where_they_count(streams, now.under)
    links = link_events(told, streams, before.under, now.under, {copy.incident for copy in copies})
    await append_missing_events(connection, [*copies, *links])


def copies_where_they_count(streams: Streams, under: Mapping[IncidentId, IncidentId]) -> list[IncidentEvent]:
    """Return copies of tickets' events for the incidents to which the tickets belong.

    Events that are already stored for the incident are left out.

    Args:
        streams: Maps a ticket to all events that are stored under its id.
        under: Maps a ticket to the incident to which it belongs. A ticket that is left out is an incident of its own.
    """
    said: dict[IncidentId, dict[EventId, IncidentEvent]] = {}
    there: set[tuple[IncidentId, EventId]] = set()
    for name, events in streams.items():
        for event in events:
            if event.kind in LINKING or event.carried_from is not None:
                continue
            root = event.copy_of or event.id
            there.add((name, root))
            said.setdefault(event.said_as or name, {}).setdefault(root, event)
    missing = []
    for ticket, events_by_root in said.items():
        incident = under.get(ticket, ticket)
        for root, event in events_by_root.items():
            if (incident, root) not in there:
                missing.append(
                    replace(
                        event,
                        id=derived_id(root, incident, _LINKED),
                        incident=incident,
                        said_as=None if ticket == incident else ticket,
                        copy_of=root,
                    )
                )
    return missing


def link_events(
    told: IncidentEvent,
    streams: Streams,
    before: Mapping[IncidentId, IncidentId],
    after: Mapping[IncidentId, IncidentId],
    begun: Collection[IncidentId] = (),
) -> list[IncidentEvent]:
    """Return the events `linked` and `unlinked` to store for the tickets that now belong to another incident.

    They are for the tickets themselves, and for the incidents that they leave or join. If `told` itself is an event
    `linked` or `unlinked`, one of the results has its id. If `told` is such an event and changes nothing, the result is
    only a copy of `told`, with the version 0, without attributes and without the ticket's state.

    Args:
        told: The event that has caused the change.
        streams: Maps a ticket to all events that are stored under its id.
        before, after: Maps a ticket to its incident. A ticket that is left out is an incident of its own.
        begun: Tickets that get copies of events now. Other tickets without events get no result of their own.
    """
    found: list[IncidentEvent] = []
    # The receipt, so that what is said of a ticket in several streams can be compared, whichever is read first.
    versions = [event.version for events in streams.values() for event in events if event.kind in LINKING]
    number = max([int(told.received_at.timestamp() * 1_000_000), *versions])

    def tell(kind: EventKind, stream: IncidentId, other: IncidentId, goes_on: IncidentId | None = None) -> None:
        found.append(
            IncidentEvent(
                id=derived_id(EventId(f"{told.id}/{other}"), stream, _LINKED),
                incident=stream,
                kind=kind,
                occurred_at=told.occurred_at,
                received_at=told.received_at,
                source=told.source,
                quality=told.quality,
                version=number + len(found) + 1,
                actor=told.actor,
                actor_name=told.actor_name,
                merged_into=goes_on,
                known_as=other,
                reason=told.reason if told.kind in LINKING else "",
                history=told.history,
            )
        )

    for ticket in sorted(moves_between(before, after)):
        was, now = before.get(ticket, ticket), after.get(ticket, ticket)
        if was != ticket:
            tell(EventKind.UNLINKED, was, ticket)
        if now != ticket:
            tell(EventKind.LINKED, now, ticket)
        if not streams.get(ticket) and ticket not in begun:
            continue
        if now != ticket:
            tell(EventKind.LINKED, ticket, now, now)
        else:
            tell(EventKind.UNLINKED, ticket, was, was)
    if told.kind not in LINKING:
        return found
    if not found:
        return [replace(told, version=0, merged_into=None, attributes=NOTHING, snapshot=None)]
    first = next((one for one in found if one.kind is told.kind and one.merged_into is None), found[0])
    return [replace(one, id=told.id) if one is first else one for one in found]
