"""What is stored when two ids prove to be one incident, or incidents are merged; in the delivery's transaction.
so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from heapq import nlargest

from sqlalchemy import not_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.bounds import INCIDENT
from sla_domain.event import LINKING, EventId, EventKind, IncidentEvent, IncidentId, TimeQuality
from sla_domain.fold import in_order
from sla_domain.fold.carried import COPIED, WORDS, copy_for_survivor, has_unanswered_comment
from sla_ingest.history import whole_history
from sla_ingest.name.kept import insert_alias, load_names, move_aliases
from sla_ingest.name.known import AliasKind, IncidentNames, copy_routes
from sla_ingest.published import append_missing_events
from sla_ingest.tables import event as event_table

_MAX_EVENT_ID = 120
_COPY = "~"  # between the id of an event and what tells where it was copied to
MOST_WORDS = 2_000
"""Words of a merged incident that are copied to a survivor when they are brought together: the latest."""


async def join(connection: AsyncConnection, event: IncidentEvent, names: IncidentNames) -> None:
    """Store the consequences of an event that renames its incident or merges it into another.

    Other events are ignored. The event itself must already be stored. A rename records the later id as another id of
    the incident; the events stored under the later id are copied to the incident. A merge is recorded. After a rename
    or a merge, the events of merged incidents are copied to the incidents into which they were merged.

    Args:
        names: The renames and merges that were recorded before this event.
    """
    incident = event.incident
    if event.kind is EventKind.RENAMED and event.known_as is not None:
        ticket = event.said_as or incident
        later = names.ticket(event.known_as)
        if later == ticket:
            return
        await move_aliases(connection, later, ticket)
        await insert_alias(connection, AliasKind.MOVED, later, ticket, event.occurred_at)
        stray = [one async for one in whole_history(connection, later)]
        await append_missing_events(connection, adopt_events(stray, event, later))
        if event.said_as is not None:
            return
    elif event.kind is EventKind.MERGED and event.merged_into is not None:
        if event.said_as is not None:
            return  # of one of the incident's tickets: that ticket ends, and not the incident
        await insert_alias(connection, AliasKind.MERGED, incident, event.merged_into, event.occurred_at)
    else:
        return
    # What belonged together before has its copies.
    merged = event.kind is EventKind.MERGED and event.merged_into is not None
    now = names.with_merge(incident, event.merged_into) if merged else await load_names(connection, [incident])
    copied_from, copied_to = copy_routes(event, now)
    for source in sorted(copied_from):
        for survivor in sorted(copied_to & now.survivors(source)):
            await _copy_all(connection, source, survivor, now)


async def carry_events(
    connection: AsyncConnection,
    events: Sequence[IncidentEvent],
    names: IncidentNames,
    begun: set[IncidentId],
    kept_from: Collection[IncidentId] = (),
) -> None:
    """Copy stored events to the incidents (survivors) into which their own incidents were merged.

    Only openings, comments of people, workarounds, escalations, ends, reopenings, merges and renames are copied.

    If an event's incident is not in `begun`, it first gets copies of the events of all incidents merged into it.

    A survivor in `begun` gets copies of the new events. Any other survivor gets copies of all events of the merged
    incident, but only if it has events of its own by now or if a customer's comment waits for a response.

    Args:
        names: The recorded merges of incidents.
        begun: Incidents that have events of their own. This function updates the set.
        kept_from: Survivors that get no copies, since the sender of the events may not change them.
    """
    for event in events:
        for source in sorted(names.sources(event.incident) if event.incident not in begun else ()):
            await _copy_all(connection, source, event.incident, names)
        if event.carried_from is None:
            begun.add(event.incident)
        if event.kind not in COPIED:
            continue
        for survivor in sorted(names.survivors(event.incident) - set(kept_from)):
            if survivor in begun:
                await append_missing_events(connection, [_copy(event, survivor, names)])
            else:
                await _copy_all(connection, event.incident, survivor, names)


async def incidents_with_own_events(connection: AsyncConnection, incidents: Iterable[IncidentId]) -> set[IncidentId]:
    """Return which of these incidents have a stored event of their own.

    Events that were copied from a merged incident do not count as its own.
    """
    column, own = event_table.c, not_(event_table.c.data.contains('"carried_from"'))
    wanted, found = set(incidents), set[IncidentId]()
    for condition in (not_(column.id.contains(_COPY)), column.id.contains(_COPY)):
        if left := sorted(wanted - found):
            query = select(column.incident).where(column.incident.in_(left), condition, own).distinct()
            found |= {IncidentId(name) for name in (await connection.execute(query)).scalars()}
    return found


def adopt_events(stray: Sequence[IncidentEvent], told: IncidentEvent, later: IncidentId) -> list[IncidentEvent]:
    """Return copies, for a renamed incident, of the events that were stored under its later id.

    Two kinds of events are not copied: copies from merged incidents, and events that rename to this incident or merge
    into it. If `stray` is not empty, a last event is added, which closes the incident `later` as merged.

    Args:
        stray: The events stored under `later`.
        told: The event that reports the rename. The copies belong to its `incident`.
        later: The later id.
    """
    incident = told.incident
    found = [
        replace(
            event,
            id=derived_id(event.id, incident, "="),
            incident=incident,
            said_as=told.said_as,
            merged_into=incident if event.merged_into == later else event.merged_into,
        )
        for event in stray
        # What is carried from others is copied anew, from there.
        if event.carried_from is None and event.kind not in LINKING
        if event.said_as is None and incident not in (event.merged_into, event.known_as)
    ]
    if stray:
        last = max(event.occurred_at for event in stray)
        found.append(
            IncidentEvent(
                id=derived_id(EventId(f"{later}/is"), incident, "="),
                incident=later,
                kind=EventKind.MERGED,
                occurred_at=max(last, told.occurred_at),
                received_at=told.received_at,
                source=told.source,
                quality=TimeQuality.OBJECT_UPDATED,
                merged_into=incident,
                known_as=incident,
                reason=f"it is {incident}"[:INCIDENT],
            )
        )
    return found


def derived_id(id_: EventId, incident: IncidentId, sign: str = _COPY) -> EventId:
    """Return the id for another incident's copy of an event. Equal arguments give equal ids.

    The id is `<id>~` and 12 digits of a digest (checksum) of the other incident. An id of more than 120 characters
    becomes a digest.

    Args:
        id_: The id of the copied event.
        incident: The other incident.
        sign: `~` for copies of events of merged incidents, `=` for events that were stored under a later id.
    """
    plain = f"{id_}{sign}{hashlib.sha256(incident.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"
    if len(plain) <= _MAX_EVENT_ID:
        return EventId(plain)
    return EventId(f"sha256-{hashlib.sha256(plain.encode('utf-8', 'surrogatepass')).hexdigest()}")


async def _copy_all(
    connection: AsyncConnection, source: IncidentId, survivor: IncidentId, names: IncidentNames
) -> None:
    """Copy all events on `source`; nothing while the survivor is unknown and no customer waits."""
    stored = [event async for event in whole_history(connection, source)]
    own_events = [
        event
        for event in stored
        if event.kind in COPIED
        and event.carried_from is None
        and (event.known_as is None or event.kind is EventKind.RENAMED)
    ]
    if not own_events:
        return
    if not await incidents_with_own_events(connection, [survivor]) and not has_unanswered_comment(in_order(own_events)):
        return
    await append_missing_events(connection, [_copy(event, survivor, names) for event in _latest(own_events)])


def _latest(own_events: list[IncidentEvent]) -> list[IncidentEvent]:
    """What is copied of all this: of very many words the latest, and the merge says so."""
    words = [event for event in own_events if event.kind in WORDS]
    if len(words) <= MOST_WORDS:
        return own_events
    kept = {event.id for event in nlargest(MOST_WORDS, words, key=lambda event: event.order)}
    text = f"of its {len(words)} words the latest {MOST_WORDS} are known here"
    return [
        replace(event, warnings=(text,)) if event.kind is EventKind.MERGED else event
        for event in own_events
        if event.kind not in WORDS or event.id in kept
    ]


def _copy(event: IncidentEvent, survivor: IncidentId, names: IncidentNames) -> IncidentEvent:
    into = event.merged_into
    told = event if into is None else replace(event, merged_into=names.incident(into))
    return copy_for_survivor(told, survivor, derived_id(event.id, survivor))
