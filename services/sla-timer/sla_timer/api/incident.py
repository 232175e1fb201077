"""One incident as a key sees it: found under any of its names, folded, with the promises that were withdrawn."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from sla_domain.bounds import INCIDENT, shorten
from sla_domain.clock import Clock, ClockId
from sla_domain.contract_view import ContractView, contract_share, contract_view
from sla_domain.cycles import with_published_ids
from sla_domain.errors import NoEvents
from sla_domain.event import IncidentEvent
from sla_domain.explain import events_known_at
from sla_domain.fold import fold, in_order
from sla_domain.forgotten import drop_forgotten
from sla_domain.incident import Incident
from sla_domain.published import PublishedState
from sla_domain.rulebook import Rulebook
from sla_domain.withdrawn import with_earlier_promises
from sla_platform.http.keys import KeyAccess
from sla_platform.http.problem import Problem
from sla_platform.store.alias import incident_named, names_of
from sla_timer import tables
from sla_timer.answer import incident_json
from sla_timer.apply.decide import published_state_of
from sla_timer.apply.fold_cache import fold_in_slices
from sla_timer.apply.load import StoredEventReader, events_of, has_carried_events, is_hot
from sla_timer.pages import page_among, page_of
from sla_timer.rulebooks import JudgedVersion, version_of
from sla_timer.service import TimerService


@dataclass(frozen=True, slots=True)
class FoundIncident:
    """An incident as one API key may see it."""

    row: Any
    """The incident's row of `timer_incident`."""
    rulebook: Rulebook
    """The plans, contracts and calendars by which the incident is judged."""
    incident: Incident
    """The state, computed from the events that the key may see."""
    events: Sequence[IncidentEvent] | None
    """The events that the key may see. None if there are 250 or more and the key may see all of them. They are then
    read page by page."""
    names: Sequence[str]
    """Other ids of the incident."""
    seen: ContractView | None = None
    """What a key of one contract may see. None for a key of all contracts, and if `events` is None."""


@dataclass(frozen=True, slots=True)
class WholeIncident:
    """An incident with all its clocks, including those whose targets are no longer promised."""

    incident: Incident
    told: dict[ClockId, PublishedState]
    """Maps a clock's id to what has been published about the clock."""
    rulebooks: dict[ClockId, Rulebook]
    """Maps a clock's id to its rulebook (plans, contracts, calendars), for clocks that are judged by another rulebook
    than the incident."""


async def _whole(
    timer: TimerService, known: FoundIncident, incident: Incident, events: Sequence[IncidentEvent] | None, at: datetime
) -> WholeIncident:
    """`events` are those the incident is folded from; None for very many."""
    name = known.row.id
    async with timer.store.reading() as connection:
        rows = (await connection.execute(select(tables.clock).where(tables.clock.c.incident == name))).all()
        told = {ClockId(row.id): published_state_of(row) for row in rows}
        incident = with_published_ids(incident, told)
        own = version_of(incident, known.rulebook)
        there = {clock.id for clock in incident.clocks}
        wanted = {old.catalogue for id_, old in told.items() if id_ not in there}
        wanted |= {version for old in told.values() for version in old.earned.values()}
        if not wanted - {own}:
            return WholeIncident(incident, told, {})
        books = (await timer.rulebooks.known(connection, wanted)).by_version
    folds: dict[tuple[str, datetime | None], tuple[Incident, Rulebook]] = {(own, None): (incident, known.rulebook)}
    for version in wanted - {own}:
        if (book := books.get(version)) is None:
            continue
        for until in {None, *(old.withdrawn_at for old in told.values() if old.catalogue == version)}:
            if events is None:
                then = await timer.preparing.incident(name, book)
            else:
                then = await fold_in_slices(events if until is None else events_known_at(events, until), book)
            folds[version, until] = (with_published_ids(then, told), book)

    def before(version: str, until: datetime | None) -> tuple[Incident, Rulebook] | None:
        return folds.get((version, until)) or folds.get((version, None))

    kept = with_earlier_promises(incident, dict.fromkeys(there, own), _as_shown(told, there, own), before, at)
    still = {id_ for id_, old in told.items() if old.withdrawn_at is not None and at < old.withdrawn_at} - there
    versions = kept.versions
    clocks = (_of(folds[versions[c.id], None][0], c.id) if c.id in still else c for c in kept.incident.clocks)
    books_of = {id_: folds[version, None][1] for id_, version in versions.items() if version != own}
    return WholeIncident(replace(kept.incident, clocks=tuple(clocks)), told, books_of)


def _of(incident: Incident, id_: ClockId) -> Clock:
    return next(clock for clock in incident.clocks if clock.id == id_)


def _as_shown(
    told: Mapping[ClockId, PublishedState], there: Collection[ClockId], own: str
) -> dict[ClockId, PublishedState]:
    """A clock that is shown by the incident's own rules: only what is on record of others is added."""
    return {id_: replace(old, catalogue=own) if id_ in there else old for id_, old in told.items()}


async def find_incident(timer: TimerService, name: str, access: KeyAccess) -> FoundIncident:
    """Return the incident with the id `name`, as far as the caller's API key may see it.

    Args:
        name: Any id of the incident. A moved ticket has several ids.
        access: What the API key allows.

    Raises:
        Problem: HTTP error 404 if no such incident is known, or if the key may not see the incident.
    """
    asked = name
    async with timer.store.reading() as connection:
        name = await incident_named(connection, tables.alias, asked)
        names = await names_of(connection, tables.alias, name)
        row = (await connection.execute(select(tables.incident).where(tables.incident.c.id == name))).one_or_none()
        if row is None:
            raise _no_incident(asked)
        judged = JudgedVersion(row.catalogue, frozenset({row.contract}), frozenset({row.customer}))
        rulebooks = await timer.rulebooks.known(connection, [judged])
        events = None if is_hot(row) else await events_of(connection, name)
    rulebook = rulebooks.of(row)
    if events is not None and not events:  # slad's own clock, the canary, has a row and no history
        raise _no_incident(asked)
    try:
        incident = await timer.preparing.incident(name, rulebook) if events is None else fold(events, rulebook)
    except NoEvents:  # it has just been forgotten
        raise _no_incident(asked) from None
    if access.contract is None:
        return FoundIncident(row, rulebook, incident, events, names)
    share = contract_share(incident.periods, access.contract)
    if share is None:
        raise _no_incident(asked)
    if events is None:
        if share.whole and not await _has_carried_events(timer, name):
            return FoundIncident(row, rulebook, incident, None, names)
        events = await all_events(timer, name)
    found = contract_view(events, incident.periods, access.contract)
    if found is None:
        raise _no_incident(asked)
    # A name that it got under another contract is not shown to this key.
    told = {event.known_as for event in found.shown(found.events)}
    names = [one for one in names if one in told]
    return FoundIncident(row, rulebook, await fold_in_slices(found.events, rulebook), found.events, names, found)


async def _has_carried_events(timer: TimerService, name: str) -> bool:
    async with timer.store.reading() as connection:
        return await has_carried_events(connection, name)


async def all_events(timer: TimerService, name: str) -> list[IncidentEvent]:
    """Return all events of an incident that has very many, read from the store in several steps.

    Args:
        name: The incident's id.
    """
    stored = StoredEventReader(timer.store, name)
    found = [event async for some in stored.since(None) for event in some]
    return list(drop_forgotten(found, await stored.ended_at()))


async def incident_as_of(
    timer: TimerService, known: FoundIncident, at: datetime | None
) -> tuple[WholeIncident | None, datetime]:
    """Return an incident as of an instant, as (incident, instant used).

    If the incident left the contract of the API key earlier, the instant of leaving is used instead. The incident is
    computed from its events up to that instant; it is None if there is no event up to then.

    Args:
        known: The incident, as `find_incident` returned it.
        at: The instant. None means now.

    Raises:
        CalendarError: No calendar reaches the instant.
    """
    moment = at or timer.time_source.now()
    incident: Incident | None = known.incident
    events = known.events
    if known.seen is not None:
        moment = known.seen.as_of(moment)
    if at is not None:
        events = await all_events(timer, known.row.id) if known.events is None else known.events
        by_then = events = events_known_at(events, moment)
        incident = await fold_in_slices(by_then, known.rulebook) if by_then else None
    if incident is None:
        return None, moment
    whole = await _whole(timer, known, incident, events, moment)
    return (whole if known.seen is None else replace(whole, incident=known.seen.of(whole.incident))), moment


async def incident_answer(timer: TimerService, name: str, access: KeyAccess, limit: int, after: str) -> dict[str, Any]:
    """Return the JSON body (`IncidentResponse`) of an incident, with one page of its events.

    Args:
        name: Any id of the incident.
        access: What the caller's API key allows.
        limit: The highest number of events on the page.
        after: The id of the last event of the previous page. "" means the first page.

    Raises:
        Problem: HTTP error 404 if the incident is unknown, or if the key may not see the incident; 422 if `after` is
            not an event of the incident.
    """
    known = await find_incident(timer, name, access)
    name = known.row.id
    if known.events is None:
        page = await page_of(timer.store, known.row, after, limit)
    else:
        own = known.events if known.seen is None else known.seen.shown(known.events)
        page = page_among(list(in_order(own)), known.row, after, limit)
    if page is None:
        raise Problem(
            422, "no-such-page", "No such page", "`after` is not the `next` of an answer about this incident."
        )
    now = timer.time_source.now()
    whole = await _whole(timer, known, known.incident, known.events, now)
    answer = incident_json(whole.incident, page, known.rulebook, now, whole.told, known.seen, whole.rulebooks)
    return answer | {"also_known_as": list(known.names)}


def _no_incident(name: str) -> Problem:
    return Problem(
        404, "no-such-incident", "No such incident",
        f"{shorten(name, INCIDENT)} is not known here. An incident's id is <source>:<its own id>, e.g. demo:INC-1; "
        "an event that was accepted a moment ago may still be on its way.",
    )  # fmt: skip
