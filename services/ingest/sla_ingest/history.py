"""The accepted events of incidents, and their fold, as needed to answer a delivery."""

from __future__ import annotations

from bisect import insort
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.event import EventKind, IncidentEvent, IncidentId
from sla_domain.fold import Folding, fold, position, timeline
from sla_domain.fold.order import Position
from sla_domain.forgotten import drop_forgotten
from sla_domain.incident import Incident
from sla_domain.rulebook import ContractMatch, Rulebook
from sla_ingest.tables import event as event_table
from sla_ingest.tables import tombstone as tombstone_table
from sla_platform.errors import BadEnvelope
from sla_platform.store import tombstone
from sla_platform.turn import LoopYielder
from sla_platform.wire import stored_event
from sla_platform.wire.incident import event_type

_log = structlog.get_logger(__name__)
MOST = 500
_FOLDED_AT_MOST = 20_000  # events from the first one on, for the answers of one transaction
_PER_STATEMENT = 500
_READ_AT_MOST = 3_000  # events of incidents with a promise, for the answers of one transaction
_NAMING = 20  # events that name a customer
_AMPLE = 20  # events of an incident, as a rule


@dataclass(slots=True)
class _Fold:
    folding: Folding
    read: int  # of the incident's events
    ids: set[str]


@dataclass(slots=True)
class _Customers:
    """The customer that an incident's events state, in the order in which a fold reads them."""

    read: int = 0  # of the incident's events
    opening: IncidentEvent | None = None
    first: IncidentEvent | None = None
    shown: IncidentEvent | None = None  # the first with a snapshot
    named: list[tuple[Position, str]] = field(default_factory=list)

    def read_on(self, events: Sequence[IncidentEvent]) -> None:
        for event in events[self.read :]:
            if self.first is None or position(event) < position(self.first):
                self.first = event
            if event.kind is EventKind.OPENED and (self.opening is None or position(event) < position(self.opening)):
                self.opening = event
            if (customer := event.attributes.get("customer")) is not None:
                insort(self.named, (position(event), customer))
            if event.snapshot is None:
                continue
            if self.shown is None or position(event) < position(self.shown):
                self.shown = event
            if (customer := event.snapshot.attributes.get("customer")) is not None:
                insort(self.named, ((event.snapshot_order, event.received_at), customer))
        self.read = len(events)


@dataclass(slots=True)
class IncidentHistory:
    """The stored events of some incidents, in memory. `folded` computes an incident from its events.

    `load_history` makes the object; of an incident with very many events it reads only some. `add` appends events.
    """

    events: dict[IncidentId, list[IncidentEvent]] = field(default_factory=dict)
    """Maps an incident to its events."""
    tombstones: Mapping[str, datetime] = field(default_factory=dict)
    """Maps an incident that retention has removed to the instant at which it had ended."""
    partly: set[str] = field(default_factory=set)
    """Incidents of which only the opening and the events that name a customer were read."""
    cut: set[str] = field(default_factory=set)
    """Incidents with more than 20 events that name a customer, of which only the latest were read."""
    _folds: dict[IncidentId, _Fold] = field(default_factory=dict)
    _customers: dict[IncidentId, _Customers] = field(default_factory=dict)
    _folded: int = 0

    def add(self, event: IncidentEvent) -> None:
        """Append an event to the events of its incident, only in memory."""
        self.events.setdefault(event.incident, []).append(event)

    def counting(self, incident: IncidentId) -> Sequence[IncidentEvent]:
        """Return the events from which the incident is computed; empty for an unknown incident.

        Normally these are all events that were read. If retention (the removal of old incidents) has removed the
        incident, they are the events from its reopening on. The result is empty if it was not reopened.
        """
        ended_at = self.tombstones.get(incident)
        events = self.events.get(incident, [])
        return events if ended_at is None else drop_forgotten(events, ended_at)

    def crowded(self, incident: IncidentId) -> bool:
        """Return whether the incident has too many events to be computed during a request.

        The result is True if only some of its events were read, or if there are more than `MOST` (500). The result is
        also True if this object has already computed more than 20,000 events.
        """
        return incident in self.partly or len(self.events.get(incident, ())) > MOST or self._folded > _FOLDED_AT_MOST

    def contract_at(self, incident: IncidentId, at: datetime, rulebook: Rulebook) -> ContractMatch | None:
        """Return the contract of the incident at the instant `at`, and why it applies; None for an unknown incident.

        The result is the same as if the whole incident were computed. It is faster, since only the events that name a
        customer are read.

        Args:
            rulebook: The plans and contracts.
        """
        known = self._customers_of(incident)
        opening = known.opening or known.first
        if opening is None:
            return None
        # What claims to precede the opening is read at the opening, after it.
        opened_at = opening.occurred_at
        customer = opening.attributes.get("customer", "")
        shown = known.shown.snapshot if known.shown is not None and known.opening is None else None
        if shown is not None:
            customer = shown.attributes.get("customer", customer)
            opened_at = min(shown.created_at or opened_at, opened_at)
        if incident in self.cut:  # what was named before those that were read is not known: what follows stands for it
            customer = next((named for (order, _), named in known.named if order != opening.order), customer)
        for (order, _), named in known.named:
            if max(order[0], opened_at) > at:
                break
            if order != opening.order:
                customer = named
        return rulebook.contract_for(customer, max(at, opened_at))

    def nameless(self, event: IncidentEvent) -> bool:
        """Return whether neither `event` nor an earlier event of its incident names a customer.

        Events are earlier if they precede `event` in the order in which an incident is computed from its events.
        """
        if event.attributes.get("customer"):
            return False
        known = self._customers_of(event.incident)
        if known.opening is None:  # whichever event is the earliest opens the incident
            return not any(customer for order, customer in known.named if order <= position(event))
        until = max(event.occurred_at, known.opening.occurred_at)
        return not any(customer for (order, _), customer in known.named if order[0] <= until)

    def _customers_of(self, incident: IncidentId) -> _Customers:
        known = _Customers() if incident in self.tombstones else self._customers.setdefault(incident, _Customers())
        known.read_on(self.counting(incident))
        return known

    def is_news(self, event: IncidentEvent, rulebook: Rulebook) -> bool:
        """Return whether an event that shows a ticket's state must be stored, because the state is new.

        The state is new if the incident is unknown, or if the incident computed by `rulebook` has another state. If
        retention (the removal of old incidents) has removed the incident, the state is new only if the event reopens
        it. If the incident has too many events to be computed (`crowded`), the result is False; the next event that is
        stored will carry the state.
        """
        incident = event.incident
        if not self.counting(incident):
            return incident not in self.tombstones or bool(drop_forgotten([event], self.tombstones[incident]))
        if self.crowded(incident):
            return False  # the next event that must be stored anyway carries it
        known = self.folded(incident, rulebook)
        folding = self._folds[incident].folding
        if folding.unfit([event]) is None:
            return folding.snapshot_differs(event)
        ended_at = self.tombstones.get(incident)
        late = fold(drop_forgotten([*self.events[incident], event], ended_at), rulebook)
        return late != replace(known, changed_at=late.changed_at, quality=late.quality)

    def folded(self, incident: IncidentId, rulebook: Rulebook) -> Incident:
        """Return the incident as computed from its events by a rulebook (plans, contracts, calendars).

        The result is cached. If events were added since, the next call reads only these, and still uses the rulebook of
        the first call.

        Raises:
            FoldError: The incident cannot be computed from its events.
        """
        events = self.counting(incident)
        known = self._folds.get(incident)
        if known is not None and incident not in self.tombstones:
            new = {event.id: event for event in events[known.read :] if event.id not in known.ids}
            following = sorted(new.values(), key=position)
            if known.folding.unfit(following) is None:
                known.folding.read_next(following)
                known.ids |= new.keys()
                known.read = len(events)
                return known.folding.incident()
        line = timeline(events)
        folding = Folding(line, rulebook)
        folding.read_timeline(line.following)
        self._folded += len(events)
        self._folds[incident] = _Fold(folding, len(events), {event.id for event in events})
        return folding.incident()


async def load_history(
    connection: AsyncConnection, judged: Iterable[str], promised: Iterable[str] = (), whose: Iterable[str] = ()
) -> IncidentHistory:
    """Read the stored events of some incidents, as far as they are needed to answer deliveries.

    If there are few events in all, all are read. Otherwise the arguments say how much to read of each incident. For an
    incident with more than `MOST` (500) events only some are read, including the opening. An event that cannot be read
    is logged and left out.

    Args:
        judged: Incidents whose events are all read.
        promised: Incidents whose events are all read as long as fewer than 3,000 events have been read in all. After
            that, the remaining incidents are treated like those of `whose`.
        whose: Incidents whose contract is needed. Only the opening and the latest events that name a customer are read,
            as these events decide the contract.
    """
    history = IncidentHistory()
    tombstones: dict[str, datetime] = {}
    turn = LoopYielder()
    whole, told, asked = set(judged), set(promised), set(whose)
    names = sorted(whole | told | asked, key=lambda name: (name not in whole, name not in told, name))
    read = 0
    for start in range(0, len(names), _PER_STATEMENT):
        some = names[start : start + _PER_STATEMENT]
        for row in await _rows(connection, some, whole, told, history, _READ_AT_MOST - read):
            read += 1
            try:
                history.add(_decoded(row))
            except BadEnvelope as error:
                # Of another release, or a bug: the promise is computed without it, and the delivery does not fail.
                _log.error("ingest.event_unreadable", event_id=row.id, error=str(error)[:500])
            await turn.yield_if_due()
        tombstones |= await tombstone.tombstones(connection, tombstone_table, some)
    history.tombstones = tombstones
    return history


async def _rows(
    connection: AsyncConnection,
    names: Sequence[str],
    whole: Collection[str],
    told: Collection[str],
    history: IncidentHistory,
    room: int,
) -> Sequence[Any]:
    """One statement, unless there is more than a few incidents can have together."""
    limit = MOST + _AMPLE * len(names)
    query = select(event_table)
    rows = (await connection.execute(query.where(event_table.c.incident.in_(names)).limit(limit + 1))).all()
    if len(rows) <= limit:
        return rows
    found: list[Any] = []
    for name in names:
        if name not in whole and (name not in told or len(found) > room):
            history.partly.add(name)
            found += await _opening(connection, name, history)
            continue
        first = (await connection.execute(query.where(event_table.c.incident == name).limit(MOST + 1))).all()
        found += first
        if len(first) > MOST:
            # Whose incident it is must be known all the same: by its opening and by what names a customer.
            there = {row.id for row in first}
            found += [row for row in await _opening(connection, name, history) if row.id not in there]
    return found


async def _opening(connection: AsyncConnection, name: str, history: IncidentHistory) -> list[Any]:
    """Openings, and the latest events that name a customer; without either the earliest event, which opens it."""
    own = select(event_table).where(event_table.c.incident == name)
    latest = own.where(event_table.c.data.contains('"customer"')).order_by(event_table.c.time.desc())
    opening = own.where(event_table.c.type == event_type(EventKind.OPENED)).order_by(event_table.c.time)
    naming = (await connection.execute(latest.limit(_NAMING + 1))).all()
    found = {row.id: row for row in naming}
    if len(naming) > _NAMING:
        history.cut.add(name)
    found |= {row.id: row for row in (await connection.execute(opening.limit(1))).all()}
    if all(row.type != event_type(EventKind.OPENED) for row in found.values()):
        found |= {row.id: row for row in (await connection.execute(own.order_by(event_table.c.time).limit(1))).all()}
    return list(found.values())


async def whole_history(connection: AsyncConnection, incident: str) -> AsyncIterator[IncidentEvent]:
    """Yield all stored events of one incident, in the order of their ids.

    Raises:
        BadEnvelope: An event cannot be read.
    """
    last = ""
    while True:
        query = select(event_table).where(event_table.c.incident == incident, event_table.c.id > last)
        rows = (await connection.execute(query.order_by(event_table.c.id).limit(_PER_STATEMENT))).all()
        for row in rows:
            yield _decoded(row)
        if len(rows) < _PER_STATEMENT:
            return
        last = rows[-1].id


def _decoded(row: Any) -> IncidentEvent:
    return stored_event(id=row.id, type=row.type, incident=row.incident, occurred_at=row.time, data=row.data)
