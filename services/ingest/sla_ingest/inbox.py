"""Writing deliveries: inbox, events and log in one transaction, for a whole group of deliveries at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from operator import itemgetter
from typing import Any, TypeVar

import orjson
from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.contract import ContractId
from sla_domain.contract_view import contract_view
from sla_domain.event import LINKING, EventId, EventKind, IncidentEvent, IncidentId
from sla_domain.fold import fold
from sla_domain.incident import Incident, RemarkKind
from sla_domain.movers import due_date_movers
from sla_domain.rulebook import MatchReason, Rulebook
from sla_ingest.dialect.port import ParkedBecause, TranslatedEvent
from sla_ingest.entry import (
    CONTRACT_HEADER,
    DeliveryResult,
    InboxEntry,
    Receipt,
    accept_for_snapshot,
    answer_of,
    answer_to_reuse,
    park_entry,
    refuse_entry,
)
from sla_ingest.history import IncidentHistory, load_history
from sla_ingest.name import (
    JOINING,
    IncidentNames,
    LinkChange,
    NamesChanged,
    after_events,
    carry_events,
    crowded_group,
    incident_with_too_many_names,
    incidents_with_own_events,
    join,
    joins,
    link_change,
    linked_tickets,
    load_names,
    lock_names,
    names_in_entry,
    names_in_event,
    names_unchanged,
    regroup,
    route_entry,
    store_keys,
    with_since,
)
from sla_ingest.promise import crowded_promise, latest_passed_due, promise
from sla_ingest.published import append_new_events
from sla_ingest.rule import rule_refusal
from sla_ingest.same import canonical_content
from sla_ingest.settle import after_breaches, with_reporter_recognised
from sla_ingest.tables import inbox
from sla_platform.errors import StoreBusy
from sla_platform.store.dialect import insert_new
from sla_platform.store.engine import Store
from sla_platform.turn import LoopYielder

_BODIES_PER_STATEMENT = 100  # bodies are large
_PER_STATEMENT = 500
_ROUNDS = 10  # decisions of one commit, when others join names all the time
_NO_NAMES = IncidentNames()
_Written = TypeVar("_Written")
CountWork = Callable[[AsyncConnection, Sequence[Receipt]], Awaitable[list[Receipt]]]
"""Counts the work that deliveries tell of in the ledgers of its contracts, in the transaction that stores them.

Returns the receipts with what became of it, in the same order; what no ledger counts is parked.
"""
RefreshContracts = Callable[[AsyncConnection], Awaitable[None]]
"""Brings the recorded contracts that are in memory up to what is stored, as the connection sees it."""
# Bodies that were parked because of unsigned headers: they do not make another delivery a duplicate.
_PARKED_BY_HEADERS = (ParkedBecause.ID_REUSED.code, ParkedBecause.CONTRADICTED.code)


# -- before the transaction: look and decide -------------------------------------------------------------


@dataclass(slots=True)
class NeededHistories:
    """The incidents whose stored events must be read to answer some deliveries, in three sets by what is needed.

    The object is false in a condition if all sets are empty.
    """

    judged: set[IncidentId] = field(default_factory=set)
    """Incidents whose events decide what a delivery means. All these events are read."""
    promised: set[IncidentId] = field(default_factory=set)
    """Incidents whose due instants are in the response."""
    whose: set[IncidentId] = field(default_factory=set)
    """Incidents of which only the contract matters. Only the opening and the events that name a customer are read."""

    @classmethod
    def by(cls, entries: Iterable[InboxEntry], names: IncidentNames, rulebook: Rulebook) -> NeededHistories:
        """Return the incidents whose stored events must be read to answer deliveries.

        Args:
            entries: The deliveries.
            names: The renames and merges of incidents.
            rulebook: The plans and contracts. They decide which events can move a due instant.
        """
        asked = cls()
        for entry in entries:
            if entry.work is not None:
                asked.whose.add(entry.work.incident)
            if entry.observed is not None:
                asked.judged.add(entry.observed.event.incident)
            for one in entry.events:
                incident = one.event.incident
                if one.unless_reporter or one.not_before_told:
                    asked.judged.add(incident)
                elif entry.promises and due_date_movers(rulebook).may_move(one.event):
                    asked.promised.add(incident)
                elif CONTRACT_HEADER in entry.headers:
                    asked.whose.add(incident)
                if CONTRACT_HEADER in entry.headers:
                    known = after_events([one.event], names)
                    asked.whose |= {names.incident(name) for name in names_in_event(one.event)}
                    asked.whose |= names.survivors(incident)
                    asked.whose |= linked_tickets(known) if known is not names else set()
        return asked

    def __bool__(self) -> bool:
        return bool(self.judged or self.promised or self.whose)


async def take_entries(
    store: Store,
    entries: Sequence[InboxEntry],
    rulebook: Rulebook,
    write: Callable[[AsyncConnection, Sequence[Receipt], IncidentNames], Awaitable[_Written]],
    count_work: CountWork | None = None,
    refresh: RefreshContracts | None = None,
) -> _Written:
    """Decide what becomes of deliveries, and store the decisions in one transaction by calling `write`.

    If another process renames, merges or links these incidents meanwhile, everything is decided again.

    Args:
        entries: The deliveries.
        rulebook: The plans and contracts.
        write: Called with the connection, a receipt (response) for each entry in order, and the renames, merges and
            links of the incidents. Its result is returned, and its errors are passed on.
        count_work: Called before `write`. It counts reported work in ledgers.
        refresh: Called first. It updates the contracts in memory, which `rulebook` uses.

    Raises:
        StoreBusy: The incidents were renamed, merged or linked during each of 10 attempts. After any error nothing is
            stored.
    """
    mentioned = {name for entry in entries for name in names_in_entry(entry)}
    for _ in range(_ROUNDS):
        names, history, asked, links = IncidentNames(), IncidentHistory(), list(entries), False
        if mentioned:
            async with store.reading() as connection:
                if refresh is not None:
                    await refresh(connection)
                names = await load_names(connection, mentioned)
                links = any(_links(entry, names) for entry in entries)
                if links:
                    names = await with_since(connection, names, mentioned)
                # Hardly any delivery links tickets: what it says of names need not be worked out for all others.
                asked = [route_entry(entry, _said(entry, names) if links else names) for entry in entries]
                if about := NeededHistories.by(asked, names, rulebook):
                    history = await load_history(connection, about.judged, about.promised, about.whose)
        receipts = await decide_receipts(asked, history, rulebook, names)
        try:
            async with store.transaction() as connection:
                if mentioned:
                    joining = any(
                        joins(entry) or (links and _said(entry, names).under != names.under) for entry in asked
                    )
                    await lock_names(connection, joining=joining)
                    if not await names_unchanged(connection, names, mentioned):
                        raise NamesChanged
                counted = receipts
                if count_work is not None and any(one.entry.work is not None for one in receipts):
                    counted = await count_work(connection, receipts)
                return await write(connection, counted, names)
        except NamesChanged:
            continue
    raise StoreBusy("incidents get other names all the time; try again shortly")


def _links(entry: InboxEntry, names: IncidentNames) -> bool:
    """Return whether the delivery says something new of links, or names a ticket that a link may have named."""
    looked = () if entry.observed is None else (entry.observed,)
    changes = [link_change(one.event, names) for one in (*entry.events, *looked)]
    return any(not change.keys_only for change in changes) or (bool(names.stated or names.joined) and any(changes))


def _said(entry: InboxEntry, names: IncidentNames) -> IncidentNames:
    """The names after what the delivery itself says of links: its events are stored where they count from then on."""
    looked = () if entry.observed is None else (entry.observed,)
    return after_events([one.event for one in (*entry.events, *looked)], names)


async def decide_receipts(
    entries: Sequence[InboxEntry], history: IncidentHistory, rulebook: Rulebook, names: IncidentNames = _NO_NAMES
) -> list[Receipt]:
    """Decide what becomes of deliveries, and return a receipt (response) for each, in order; nothing is stored.

    A receipt holds the events to store. A delivery is parked in three cases: it concerns another contract than that of
    the sender's API key, would join too many incidents, or reports work for which no contract is found. A delivery
    whose `by_rule` is True is refused if it reports an agreement that the contract's plan does not allow.

    Args:
        entries: The deliveries.
        history: The events of the incidents. The events of each delivery are added to it, so that the next deliveries
            are decided with them.
        rulebook: The plans and contracts.
        names: The renames, merges and links of the incidents.
    """
    receipts = []
    turn = LoopYielder()
    for entry in entries:
        seen_ = entry.observed
        if seen_ is not None and history.is_news(seen_.event, rulebook):
            entry = accept_for_snapshot(entry)
        final = _confined(entry, history, rulebook, names)
        if (grown := incident_with_too_many_names(final, names)) is not None:
            final = park_entry(final, ParkedBecause.TOO_MANY_NAMES, grown)
        elif final.events and (said := _said(final, names)) is not names and crowded_group(said):
            final = park_entry(final, ParkedBecause.TOO_MANY_NAMES, final.events[0].event.incident)
        if any(one.unless_reporter or one.not_before_told for one in final.events):
            final = replace(final, events=tuple(_judged(one, history, rulebook) for one in final.events))
        if final.by_rule and (refused := rule_refusal(final, history, rulebook)) is not None:
            final = refuse_entry(final, refused)
        for one in final.events:
            history.add(one.event)
        told = _promise(final, history, rulebook)
        answer = orjson.dumps(answer_of(final, told))
        kept_from = _kept_from(final, history, rulebook, names)
        receipts.append(Receipt(final, answer, kept_from=kept_from, noticed=_noticed(final, told)))
        await turn.yield_if_due()
    return receipts


def _judged(one: TranslatedEvent, history: IncidentHistory, rulebook: Rulebook) -> TranslatedEvent:
    """An event whose meaning depends on what is stored of its incident."""
    known = history.counting(one.event.incident)
    if one.not_before_told:
        one = after_breaches(one, known, latest_passed_due(known, rulebook, one.event.received_at))
    return with_reporter_recognised(one, known)


def _confined(entry: InboxEntry, history: IncidentHistory, rulebook: Rulebook, names: IncidentNames) -> InboxEntry:
    """The entry, but parked when its key's contract is not the one under which an incident of it stands then.

    A ticket that moved to another customer is that customer's: the system of the one before acts on it no more. What
    happened before the move may still be reported. Of an incident whose customer nobody has named the event is taken
    for the contract's own customer: it must not start clocks under the default contract, whose people are others.
    Names are joined for good, so each of them must be the contract's both then and now.
    """
    only = entry.headers.get(CONTRACT_HEADER)
    if entry.work is not None:
        return _located(entry, only, history, rulebook)
    if only is None:
        return entry
    for one in entry.events:
        event = one.event
        asked = [(event.incident, event.occurred_at)]
        said = after_events([event], names)
        joined = linked_tickets(said) if said.under != names.under else frozenset()
        if event.kind in JOINING or joined:
            known = {names.incident(name) for name in names_in_event(event)} | joined
            asked += [(name, at) for name in sorted(known) for at in _then_and_now(event)]
        for incident, at in asked:
            if _anothers(incident, at, only, history, rulebook):
                return park_entry(entry, ParkedBecause.OTHER_CONTRACT, incident)
        for ticket in sorted(joined - {event.said_as or event.incident}):
            # A ticket of which nothing is known may turn out to be anybody's.
            match = history.contract_at(ticket, event.received_at, rulebook)
            if ticket not in names.under and (match is None or match.reason is not MatchReason.CUSTOMER):
                return park_entry(entry, ParkedBecause.OTHER_CONTRACT, ticket)
    return replace(entry, events=tuple(_named(one, only, history, rulebook) for one in entry.events))


def _located(entry: InboxEntry, only: str | None, history: IncidentHistory, rulebook: Rulebook) -> InboxEntry:
    """The work with the contract that pays for it, parked if that is not known or another than the key's (`only`).

    Of an incident that nobody has told of, the customer that the work names decides.
    """
    work = entry.work
    assert work is not None
    match = history.contract_at(work.incident, work.end, rulebook)
    if match is None and work.customer:
        match = rulebook.contract_for(work.customer, work.end)
    if match is None or (only is not None and match.reason is not MatchReason.CUSTOMER):
        if only is None:
            return park_entry(entry, ParkedBecause.NO_LEDGER, f"{work.incident} is not known, and no customer is named")
        contract = only
    else:
        contract = match.contract.id
    if only not in (None, contract):
        return park_entry(entry, ParkedBecause.OTHER_CONTRACT, work.incident)
    return replace(entry, work=replace(work, contract=contract))


def _then_and_now(event: IncidentEvent) -> tuple[datetime, datetime]:
    return event.occurred_at, max(event.occurred_at, event.received_at)


def _anothers(incident: IncidentId, at: datetime, only: str, history: IncidentHistory, rulebook: Rulebook) -> bool:
    """Return whether the incident stands under another contract than the key's at an instant."""
    match = history.contract_at(incident, at, rulebook)
    return match is not None and match.reason is MatchReason.CUSTOMER and match.contract.id != only


def _kept_from(
    entry: InboxEntry, history: IncidentHistory, rulebook: Rulebook, names: IncidentNames
) -> frozenset[IncidentId]:
    """Return survivors of merges that are under another contract by now: no copies are made for them."""
    only = entry.headers.get(CONTRACT_HEADER)
    if only is None or not names.merged:
        return frozenset()
    return frozenset(
        survivor
        for one in entry.events
        for survivor in names.survivors(one.event.incident)
        if _anothers(survivor, _then_and_now(one.event)[1], only, history, rulebook)
    )


def _named(one: TranslatedEvent, only: str, history: IncidentHistory, rulebook: Rulebook) -> TranslatedEvent:
    """Return the event with the contract's customer, unless an earlier event has named one."""
    contract = rulebook.contracts.get(ContractId(only))
    if contract is None or not contract.customers or not history.nameless(one.event):
        return one
    stated = {**one.event.attributes, "customer": min(contract.customers)}
    return replace(one, event=replace(one.event, attributes=stated))


def _noticed(entry: InboxEntry, promise: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Counted once an incident, at its opening; what an event itself remarks is counted with the event."""
    if promise is None or all(one.event.kind is not EventKind.OPENED for one in entry.events):
        return ()
    return tuple(remark["code"] for remark in promise["remarks"] if remark["code"] != RemarkKind.MAPPING)


def _promise(entry: InboxEntry, history: IncidentHistory, rulebook: Rulebook) -> Any:
    """None too for a word about an incident so old that it was forgotten: no clock follows from it."""
    if not entry.promises:
        return None
    may_move = (one.event.incident for one in entry.events if due_date_movers(rulebook).may_move(one.event))
    incident = next(may_move, None)
    if incident is None or not history.counting(incident):
        return None
    if history.crowded(incident):
        return crowded_promise()
    only = entry.headers.get(CONTRACT_HEADER)
    view = None if only is None else partial(_as_seen, only, history, rulebook)
    return promise(incident, partial(history.folded, incident, rulebook), view)


def _as_seen(only: str, history: IncidentHistory, rulebook: Rulebook, incident: Incident) -> Incident | None:
    """The incident as the key of this contract sees it; None when it is under another contract by now."""
    found = contract_view(history.counting(incident.id), incident.periods, only)
    if found is None or found.until is not None:
        return None
    return found.of(fold(found.events, rulebook))


# -- the transaction --------------------------------------------------------------------------------------


async def store_receipts(
    connection: AsyncConnection, receipts: Sequence[Receipt], names: IncidentNames = _NO_NAMES
) -> list[Receipt]:
    """Store the new deliveries, publish their events, and return the receipts to send, in the same order.

    A repeated delivery is answered with its first response. If its content differs from that of the first delivery, a
    remark is added to the response, and the new body is parked (stored without effect).

    Args:
        names: The renames and merges of the incidents.
    """
    earlier = await _known_bodies(connection, receipts)
    first: dict[str, Receipt] = {}
    for receipt in receipts:
        if receipt.entry.id not in earlier:
            first.setdefault(receipt.entry.id, receipt)
    fresh = await insert_receipts(connection, first.values())
    # In the order of arrival: that is the order in which the log is read.
    await publish_receipts(connection, [receipt for id_, receipt in first.items() if id_ in fresh], names)
    told = {id_: (receipt.entry.digest, receipt.answer) for id_, receipt in first.items() if id_ in fresh}
    if len(fresh) < len(first):
        told |= await known_answers(connection, sorted(set(first) - fresh))
    told |= earlier
    again = [one for one in receipts if first.get(one.entry.id) is not one or one.entry.id not in fresh]
    other = [one.entry for one in again if told[one.entry.id][0] != one.entry.digest]
    same = await _same_as_stored(connection, other) if other else set()
    reused = {(entry.id, entry.digest) for entry in other} - same
    repeated = {
        id(one): _again(one, told[one.entry.id][1], (one.entry.id, one.entry.digest) in reused) for one in again
    }
    await insert_receipts(connection, [_parked_copy(entry) for entry in other if (entry.id, entry.digest) in reused])
    return [repeated.get(id(one), one) for one in receipts]


async def insert_receipts(connection: AsyncConnection, receipts: Iterable[Receipt]) -> set[str]:
    """Store the inbox rows of these receipts; return the ids of the rows that were not stored before."""
    rows = sorted((_row(receipt) for receipt in receipts), key=itemgetter("id"))
    if not rows:
        return set()
    statement = insert_new(connection, inbox).returning(inbox.c.id)
    return set((await connection.execute(statement, rows)).scalars())


async def publish_receipts(connection: AsyncConnection, receipts: Sequence[Receipt], names: IncidentNames) -> None:
    """Store the events of these receipts, and append them to the log that other services read.

    Events of merged incidents are copied to the incidents into which those were merged. New renames, merges and links
    are recorded.

    Args:
        names: The renames, merges and links that were recorded before these events.
    """
    begun: set[IncidentId] = set()
    keys: dict[EventId, tuple[LinkChange, datetime]] = {}
    if names.merged:
        own = {one.event.incident for receipt in receipts for one in receipt.entry.events}
        begun = await incidents_with_own_events(connection, own.union(*(names.survivors(one) for one in own)))
    stored = [one.event for receipt in receipts for one in receipt.entry.events if one.event.kind not in LINKING]
    await append_new_events(connection, stored)
    for receipt in receipts:
        events = [one.event for one in receipt.entry.events]
        if names.merged:
            await carry_events(connection, events, names, begun, receipt.kept_from)
        for event in events:
            if event.kind in JOINING:
                await join(connection, event, names)
            change = link_change(event, names)
            if event.kind in LINKING or not change.keys_only or (change and (names.stated or names.joined)):
                await regroup(connection, [event])
            elif change:
                keys[event.id] = (change, event.occurred_at)
    await store_keys(connection, keys)


async def known_answers(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, tuple[str, bytes]]:
    """Return the stored first response to each of these deliveries.

    The result maps an inbox id to (digest of the delivery, response as JSON). Deliveries that are not stored are left
    out.

    Args:
        ids: The deliveries' ids in the inbox.
    """
    found: dict[str, tuple[str, bytes]] = {}
    for start in range(0, len(ids), _PER_STATEMENT):
        wanted = inbox.c.id.in_(ids[start : start + _PER_STATEMENT])
        for row in await connection.execute(select(inbox.c.id, inbox.c.digest, inbox.c.answer).where(wanted)):
            found[row.id] = (row.digest, row.answer.encode())
    return found


async def _known_bodies(connection: AsyncConnection, receipts: Sequence[Receipt]) -> dict[str, tuple[str, bytes]]:
    """Digest and answer of bodies that are kept under another id than these entries have, by the entries' ids.

    Such ids are a sender's own, from before its deliveries were signed or from an earlier release.
    """
    asked: dict[tuple[str, str], set[str]] = {}
    for entry in (receipt.entry for receipt in receipts):
        if entry.by_body:
            asked.setdefault((entry.source, entry.digest), set()).add(entry.id)
    found: dict[str, tuple[str, bytes]] = {}
    digests = sorted({digest for _, digest in asked})
    columns = (inbox.c.id, inbox.c.source, inbox.c.digest, inbox.c.answer)
    for start in range(0, len(digests), _PER_STATEMENT):
        wanted = inbox.c.digest.in_(digests[start : start + _PER_STATEMENT])
        counts = and_(inbox.c.outcome != DeliveryResult.REFUSED.value, inbox.c.reason.not_in(_PARKED_BY_HEADERS))
        for row in await connection.execute(select(*columns).where(wanted, counts)):
            for id_ in asked.get((row.source, row.digest), set()) - {row.id}:
                found[id_] = (row.digest, row.answer.encode())
    return found


async def _same_as_stored(connection: AsyncConnection, entries: Sequence[InboxEntry]) -> set[tuple[str, str]]:
    """Return the keys of those entries that say what the stored delivery of the same id says."""
    said = {_key(entry): canonical_content(entry.body, entry.headers) for entry in entries}
    ids = sorted({entry.id for entry in entries})
    stored: dict[str, bytes | None] = {}
    for start in range(0, len(ids), _BODIES_PER_STATEMENT):
        wanted = inbox.c.id.in_(ids[start : start + _BODIES_PER_STATEMENT])
        for row in await connection.execute(select(inbox.c.id, inbox.c.headers, inbox.c.body).where(wanted)):
            stored[row.id] = canonical_content(bytes(row.body), orjson.loads(row.headers))
    return {key for key, what in said.items() if what is not None and what == stored.get(key[0])}


def _key(entry: InboxEntry) -> tuple[str, str]:
    return entry.id, entry.digest


def _again(receipt: Receipt, answer: bytes, reused: bool) -> Receipt:
    told = answer_to_reuse(answer, receipt.entry.delivery) if reused else answer
    return Receipt(receipt.entry, told, duplicate=True)


def _parked_copy(known: InboxEntry) -> Receipt:
    entry = park_entry(known, ParkedBecause.ID_REUSED, f"first seen as delivery {known.delivery}")
    return Receipt(entry, orjson.dumps(answer_of(entry, None)))


def _row(receipt: Receipt) -> dict[str, Any]:
    entry = receipt.entry
    return {
        "id": entry.id,
        "source": entry.source,
        "delivery": entry.delivery,
        "digest": entry.digest,
        "received_at": entry.received_at,
        "headers": orjson.dumps(entry.headers).decode(),
        "body": entry.body,
        "outcome": entry.result.value,
        "reason": entry.reason,
        "detail": entry.detail,
        "answer": receipt.answer.decode(),
    }
