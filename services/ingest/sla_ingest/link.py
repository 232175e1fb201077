"""Linking and unlinking tickets of several systems by hand, each an act on the audit log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_catalogue.source import SourceId
from sla_domain.bounds import INCIDENT, shorten
from sla_domain.event import Actor, EventKind, IncidentEvent, IncidentId
from sla_domain.rulebook import Rulebook
from sla_ingest.dialect.port import Accepted, Delivery, TranslatedEvent, Translation, digest_id, event_id
from sla_ingest.entry import CONTRACT_HEADER, DeliveryResult, Receipt, entry_of
from sla_ingest.history import load_history
from sla_ingest.inbox import store_receipts, take_entries
from sla_ingest.name import IncidentNames, after_events, groups, load_names, with_since
from sla_ingest.tables import audit
from sla_platform.audit.act import Act, ActName, Command, state_digest
from sla_platform.audit.store import append as append_acts
from sla_platform.bus import WakeSignal
from sla_platform.http.problem import Problem
from sla_platform.store.engine import Store
from sla_platform.timesource import TimeSource

SOURCE = SourceId("slad")
_ACTS = {EventKind.LINKED: ActName.INCIDENT_LINKED, EventKind.UNLINKED: ActName.INCIDENT_UNLINKED}


@dataclass(frozen=True, slots=True)
class _Tickets:
    """The two tickets that somebody names, and what the caller's key may know of them."""

    names: IncidentNames
    first: IncidentId
    second: IncidentId
    foreign: frozenset[IncidentId]  # tickets of both groups that are under another contract than the key's
    unseen: frozenset[IncidentId]  # which of the two the caller must be told nothing of

    def shared(self, ticket: IncidentId) -> bool:
        """Return whether a ticket of its incident is under another contract than the key's."""
        return bool(_together(self.names, ticket) & self.foreign)


class TicketLinker:
    """Links and unlinks tickets of several systems by hand; call `change`.

    Args:
        rulebook: Returns the plans, contracts and calendars in force.
        wake_signal: Wakes the readers of ingest's event log when events were stored.
    """

    def __init__(
        self, store: Store, rulebook: Callable[[], Rulebook], wake_signal: WakeSignal, time_source: TimeSource
    ) -> None:
        self._store = store
        self._rulebook = rulebook
        self._wake_signal = wake_signal
        self._time_source = time_source

    async def change(
        self, kind: EventKind, incident: str, other: str, contract: str | None, command: Command
    ) -> dict[str, Any]:
        """Link two tickets, or unlink them, and return the ids of the tickets that are now one incident with the first.

        The result is a JSON object: `incident` is the incident's id, `also_known_as` has the ids of its other tickets.
        If the caller's key is for one contract, these are only tickets of that contract. `changed` is False if the
        tickets were already linked in this way; nothing is stored then, and nothing is written to the audit log.

        Args:
            kind: LINKED or UNLINKED.
            incident, other: The tickets: their ids, or their keys (the names that people use) after the name of the
                source, such as `jira:SUP-77`.
            contract: The only contract of the caller's key. Both tickets must be under this contract, and for a
                change all tickets that are linked with them, too. None means all contracts.
            command: Who orders the change, and why.

        Raises:
            StoreBusy: The database fails.
            Problem: HTTP error 404 if a ticket is unknown or the caller may not see it (with the same message); 409 if
                tickets to unlink are not linked, or are still linked through other tickets; 409 if more than 10 tickets
                would be one incident; 422 if both arguments name the same ticket.
        """
        found = await self._look(incident, other, contract)
        names, ticket, second = found.names, found.first, found.second
        # Before anything else is said: what follows would tell whose tickets are linked, or have two names.
        for name, asked in ((ticket, incident), (second, other)):
            if name in found.unseen:
                raise _unknown(asked)
        if ticket == second:
            detail = f"{_short(incident)} and {_short(other)} are names of one ticket."
            raise Problem(422, "same-ticket", "These are one ticket", detail)
        event = self._event(kind, ticket, second, command)
        together = _together(names, ticket)
        if kind is EventKind.LINKED and not _joins(event, names, second):
            return _answer(found, changed=False)
        for name, asked in ((ticket, incident), (second, other)):
            if found.shared(name):
                raise _unknown(asked)
        if kind is EventKind.UNLINKED:
            _demand_parted(event, names, second)

        async def write(connection: AsyncConnection, receipts: Sequence[Receipt], known: IncidentNames) -> Receipt:
            (receipt,) = receipts
            if receipt.entry.result is DeliveryResult.ACCEPTED:
                await store_receipts(connection, receipts, known)
                act = _act(kind, event, second, together, after_events([event], known), contract, command)
                await append_acts(connection, audit, [act], self._time_source.now())
            return receipt

        headers = {} if contract is None else {CONTRACT_HEADER: contract}
        body = orjson.dumps({"kind": kind.value, "incident": ticket, "same_as": second})
        delivery = Delivery(body=body, headers=headers, received_at=event.received_at)
        translation = Translation(_delivery_id(event), Accepted((TranslatedEvent(event=event),)))
        entry = entry_of(SOURCE, delivery, translation, promises=False)
        receipt = await take_entries(self._store, [entry], self._rulebook(), write)
        if receipt.entry.result is not DeliveryResult.ACCEPTED:
            if receipt.entry.reason == "too_many_names":
                raise Problem(409, "too-many-tickets", "Too many tickets", "At most 10 tickets are one incident.")
            raise _unknown(incident if receipt.entry.detail == ticket else other)
        self._wake_signal.wake()
        return _answer(await self._look(incident, other, contract), changed=True)

    async def _look(self, incident: str, other: str, contract: str | None) -> _Tickets:
        """Read both names, and whose the tickets are: with the same queries whether they are known or not."""
        asked = [IncidentId(incident), IncidentId(other)]
        async with self._store.reading() as connection:
            names = await with_since(connection, await load_names(connection, asked), asked)
            first, second = (names.ticket(name) for name in asked)
            every = _together(names, first) | _together(names, second)
            history = await load_history(connection, (), (), every if contract is not None else ())
        if contract is None:
            unseen = {name for name in (first, second) if name not in names.since and name not in names.under}
            return _Tickets(names, first, second, frozenset(), frozenset(unseen))
        now, rulebook = self._time_source.now(), self._rulebook()
        matches = {name: history.contract_at(name, now, rulebook) for name in every}
        own = {name for name, match in matches.items() if match is not None and match.contract.id == contract}
        foreign = {name for name, match in matches.items() if match is not None and name not in own}
        # A ticket without events is whose the tickets are that name it.
        together = {name: _together(names, name) for name in (first, second)}
        of_own = {name for name, group in together.items() if group & own and not group & foreign}
        return _Tickets(names, first, second, frozenset(foreign), frozenset({first, second} - own - of_own))

    def _event(self, kind: EventKind, ticket: IncidentId, other: IncidentId, command: Command) -> IncidentEvent:
        now = self._time_source.now()
        delivery = digest_id(kind.value, ticket, other, now.isoformat())
        return IncidentEvent(
            id=event_id(SOURCE, delivery, 0),
            incident=ticket,
            kind=kind,
            occurred_at=now,
            received_at=now,
            source=SOURCE,
            actor=Actor.STAFF,
            actor_name=command.actor.id,
            known_as=other,
            reason=command.reason,
        )


def _joins(event: IncidentEvent, names: IncidentNames, other: IncidentId) -> bool:
    """Return whether the event `linked` says something new."""
    return other not in _together(names, event.incident) or bool(after_events([event], names).joined - names.joined)


def _demand_parted(event: IncidentEvent, names: IncidentNames, other: IncidentId) -> None:
    """Raise Problem if the event `unlinked` cannot do what it says."""
    ticket = event.incident
    if other not in _together(names, ticket):
        detail = f"{_short(ticket)} and {_short(other)} are two incidents."
        raise Problem(409, "not-linked", "They are not linked", detail)
    if other in _together(after_events([event], names), ticket):
        detail = "They are linked by way of other tickets of the incident: unlink those from one of the two first."
        raise Problem(409, "linked-by-others", "They are linked by way of others", detail)


def _together(names: IncidentNames, ticket: IncidentId) -> frozenset[IncidentId]:
    return next((group for group in groups(names) if ticket in group), frozenset({ticket}))


def _answer(found: _Tickets, *, changed: bool) -> dict[str, Any]:
    ticket = found.first
    seen = _together(found.names, ticket)
    if found.shared(ticket):  # and what no ticket of the key's says of the others is theirs
        seen = frozenset(name for name in seen if name in found.names.since) - found.foreign
    incident = found.names.under.get(ticket, ticket)
    if incident not in seen:
        incident = ticket
    return {"incident": incident, "also_known_as": sorted(seen - {incident}), "changed": changed}


def _act(
    kind: EventKind,
    event: IncidentEvent,
    other: IncidentId,
    before: frozenset[IncidentId],
    after: IncidentNames,
    contract: str | None,
    command: Command,
) -> Act:
    tickets = {"before": sorted(before), "after": sorted(_together(after, event.incident))}
    return Act(
        name=_ACTS[kind],
        command=command,
        object=event.incident,
        contract=contract or "",
        before=state_digest({"tickets": tickets["before"]}),
        after=state_digest({"tickets": tickets["after"], "with": other}),
        details={"same_as": other},
    )


def _delivery_id(event: IncidentEvent) -> str:
    return event.id.removeprefix(f"{SOURCE}/").removesuffix("/0")


def _short(name: str) -> str:
    return shorten(name, INCIDENT)


def _unknown(name: str) -> Problem:
    return Problem(
        404, "no-such-incident", "No such incident",
        f"{_short(name)} is not known here. An incident's id is <source>:<its own id>, e.g. demo:INC-1; a ticket may "
        "also be named as people call it, e.g. jira:SUP-77.",
    )  # fmt: skip
