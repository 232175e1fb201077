"""Reading what a unit of work needs: which events are new, the incidents' stored events, and what has been published.

Every read is one statement for the whole batch. Timers are locked before clocks, in the order in which the fire
statement lets go of them, so that the two never wait for each other in a circle.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.clock import ClockId
from sla_domain.event import IncidentEvent
from sla_domain.forgotten import drop_forgotten
from sla_domain.published_text import earned_under
from sla_platform.store import tombstone
from sla_platform.store.engine import Store
from sla_platform.store.keyset import rows_after
from sla_platform.wire import stored_event
from sla_timer import tables
from sla_timer.apply.fold_cache import HOT
from sla_timer.rulebooks import JudgedVersion

OPEN_STATES = ("running", "paused")
_DECODED_AT_ONCE = 100
PAGE = 500  # events read at a time


@dataclass(frozen=True, slots=True)
class UnsettledClocks:
    """The clocks of one incident that may have changed since everything about them was published.

    For an incident with 250 events or more, `load_incidents` reads only these clocks and the open clocks.
    """

    version: str
    """The catalogue version by which the clocks were judged."""
    ids: frozenset[ClockId]
    """The ids of the clocks."""


NOTHING: Mapping[str, UnsettledClocks] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class LoadedIncidents:
    """The stored rows and events of some incidents, as `load_incidents` returns them.

    The mappings are by incident id.
    """

    events: dict[str, list[IncidentEvent]]
    """The events. Incidents with 250 events or more are missing."""
    incidents: dict[str, Any]
    """The row of `timer_incident`."""
    clocks: dict[str, list[Any]]
    """Rows of `timer_clock`, locked. For an incident with 250 events or more, unchanged ended clocks may be left out.
    """
    tombstones: Mapping[str, datetime]
    """When the incident ended, for incidents that retention (the removal of old incidents) has removed."""
    deferred: frozenset[str] = frozenset()
    """Ids of incidents whose new events are to be applied later. Only their row was read."""

    def counting(self, incident: str) -> list[IncidentEvent]:
        """Return the loaded events from which the incident is to be computed.

        If retention (the removal of old incidents) has removed the incident, only the events from its reopening on
        are returned; without a reopening, none.
        """
        return drop_forgotten(self.events.get(incident, ()), self.tombstones.get(incident))

    @property
    def versions(self) -> list[JudgedVersion]:
        """Return every catalogue version by which one of the loaded incidents or clocks was judged.

        The versions of earlier targets that were breached and then replaced are included. Each version comes with the
        contracts and the customer of one incident that was judged by it. One is enough: all incidents of a version are
        judged by the same rulebook (plans, contracts, calendars).
        """
        found: dict[str, tuple[set[str], set[str]]] = {}
        for name, row in self.incidents.items():
            judged = {row.catalogue: {row.contract}}
            for clock in self.clocks.get(name, ()):
                judged.setdefault(clock.catalogue, set()).add(clock.contract)
                for version in earned_under(clock.told):
                    judged.setdefault(version, {clock.contract})
            for version, contracts in judged.items():
                known, customers = found.setdefault(version, (set(), set()))
                if not known:  # of one incident, since others under this version are alike
                    known |= contracts
                    customers.add(row.customer)
        return [JudgedVersion(version, frozenset(those), frozenset(whose)) for version, (those, whose) in found.items()]


async def stored_event_ids(connection: AsyncConnection, ids: Collection[str]) -> set[str]:
    """Return which of the given event ids are stored already."""
    query = select(tables.event.c.id).where(tables.event.c.id.in_(ids))
    return set((await connection.execute(query)).scalars())


async def load_incidents(
    connection: AsyncConnection,
    incidents: Iterable[str],
    unsettled: Mapping[str, UnsettledClocks] = NOTHING,
    far: Collection[str] | None = None,
) -> LoadedIncidents:
    """Lock the timers and clocks of incidents, and return their rows, clocks and events.

    The events of a large incident (250 events or more) are not read. A large incident is deferred, which means that its
    new events are applied later, if it is in `far` or if earlier events of it still wait. Of a deferred incident, only
    the row is read and only the timers are locked.

    Args:
        unsettled: Incident id -> the clocks that may still change, under one catalogue version. Of a large incident
            only these clocks and the open ones are read. If the incident was judged last by another version, all its
            clocks are read.
        far: Ids of incidents that take long to compute. None means that no incident is deferred.
    """
    names = sorted(incidents)
    found = (await connection.execute(select(tables.incident).where(tables.incident.c.id.in_(names)))).all()
    rows = {row.id: row for row in found}
    hot = {name for name, row in rows.items() if is_hot(row)}
    deferred = frozenset(() if far is None else (name for name in hot if name in far or rows[name].deferred))
    await _lock_timers(connection, names)
    names = [name for name in names if name not in deferred]
    clocks: dict[str, list[Any]] = defaultdict(list)
    some = {name: one.ids for name, one in unsettled.items() if name in hot and rows[name].catalogue == one.version}
    query = _clocks(names, some)
    for row in (await connection.execute(query.with_for_update())).all():
        clocks[row.incident].append(row)
    few = [name for name in names if name not in hot]
    events = await _stored(connection, few) if few else {}
    tombstones = await tombstone.tombstones(connection, tables.tombstone, names)
    return LoadedIncidents(events, rows, clocks, tombstones, deferred)


def is_hot(row: Any | None) -> bool:
    """Return whether an incident has 250 events or more, so that its computation is cached.

    Args:
        row: The incident's row of `timer_incident`. None gives False.
    """
    return row is not None and row.events >= HOT


def _clocks(names: list[str], unsettled: Mapping[str, frozenset[ClockId]]) -> Select[Any]:
    clock = tables.clock.c
    if not unsettled:
        return select(tables.clock).where(clock.incident.in_(names))
    ids = sorted({id_ for some in unsettled.values() for id_ in some})
    part = and_(clock.incident.in_(sorted(unsettled)), or_(clock.state.in_(OPEN_STATES), clock.id.in_(ids)))
    return select(tables.clock).where(or_(clock.incident.in_([n for n in names if n not in unsettled]), part))


async def _lock_timers(connection: AsyncConnection, incidents: list[str]) -> None:
    """Only open clocks have timers."""
    query = (
        select(tables.timer.c.clock_id)
        .join(tables.clock, tables.clock.c.id == tables.timer.c.clock_id)
        .where(tables.clock.c.incident.in_(incidents), tables.clock.c.state.in_(OPEN_STATES))
        .with_for_update(of=tables.timer)
    )
    await connection.execute(query)


@dataclass(frozen=True, slots=True)
class StoredEventReader:
    """An `EventReader`: reads the stored events of one incident.

    Each call is a query outside of any transaction.
    """

    store: Store
    incident: str

    async def count(self) -> int:
        """Return how many events of the incident are stored, from the incident's row.

        The result is 0 for an unknown incident.
        """
        async with self.store.reading() as connection:
            query = select(tables.incident.c.events).where(tables.incident.c.id == self.incident)
            return (await connection.execute(query)).scalar_one_or_none() or 0

    async def known(self, ids: Collection[str]) -> set[str]:
        """Return which of the given event ids are stored."""
        if not ids:
            return set()
        async with self.store.reading() as connection:
            return await stored_event_ids(connection, ids)

    async def ended_at(self) -> datetime | None:
        """Return when the incident ended, if retention has removed its events; otherwise None.

        Retention removes incidents that ended long ago.
        """
        async with self.store.reading() as connection:
            return (await tombstone.tombstones(connection, tables.tombstone, [self.incident])).get(self.incident)

    async def since(self, at: datetime | None) -> AsyncIterator[Sequence[IncidentEvent]]:
        """Yield the events of the incident that occurred at `at` or later. If `at` is None, all events are yielded.

        The events come in lists, in the order of occurrence.
        """
        event = tables.event.c
        query = select(tables.event).where(event.incident == self.incident)
        if at is not None:
            query = query.where(event.occurred_at >= at)
        last: Any | None = None
        while True:
            page = query.where(rows_after(last, event.occurred_at, event.id))
            async with self.store.reading() as connection:
                rows = (await connection.execute(page.order_by(event.occurred_at, event.id).limit(PAGE))).all()
            for start in range(0, len(rows), _DECODED_AT_ONCE):
                yield [event_of_row(row) for row in rows[start : start + _DECODED_AT_ONCE]]
            if len(rows) < PAGE:
                return
            last = rows[-1]


async def has_carried_events(connection: AsyncConnection, incident: str) -> bool:
    """Return whether the incident has stored events of another ticket, which was merged into this one or is linked."""
    # Inside a text of JSON every quotation mark is escaped, so that nobody's words look like this key.
    carried = [tables.event.c.data.contains(f'"{key}":"', autoescape=True) for key in ("carried_from", "said_as")]
    query = select(tables.event.c.id).where(tables.event.c.incident == incident, or_(*carried)).limit(1)
    return (await connection.execute(query)).first() is not None


async def events_of(connection: AsyncConnection, incident: str) -> list[IncidentEvent]:
    """Return the stored events from which one incident is to be computed, in no particular order.

    If retention (the removal of old incidents) has removed the incident, only the events from its reopening on are
    returned; without a reopening, none.
    """
    stored = (await _stored(connection, [incident]))[incident]
    tombstones = await tombstone.tombstones(connection, tables.tombstone, [incident])
    return drop_forgotten(stored, tombstones.get(incident))


async def _stored(connection: AsyncConnection, incidents: Sequence[str]) -> dict[str, list[IncidentEvent]]:
    found: dict[str, list[IncidentEvent]] = defaultdict(list)
    query = select(tables.event).where(tables.event.c.incident.in_(incidents))
    for row in (await connection.execute(query)).all():
        found[row.incident].append(event_of_row(row))
    return found


def event_of_row(row: Any) -> IncidentEvent:
    """Return the event in a row of `timer_event`.

    Raises:
        BadEnvelope: The event cannot be read.
    """
    return stored_event(id=row.id, type=row.type, incident=row.incident, occurred_at=row.occurred_at, data=row.data)
