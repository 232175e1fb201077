"""Writing deliveries: inbox, events and log in one transaction, for a whole group of deliveries at once.

A delivery whose id is in the inbox already has no effect and is answered as the first time. Where nobody signs the
sender's id (`Entry.by_body`) the id is made of the body, and a body that is known under any id is the same delivery.
Another body under a known id cannot be a redelivery and cannot be believed to be a new event either: it is answered
like the first, with a remark, and parked, so that somebody can look at it. Rows are written in the order of their ids,
so that two instances that take the same deliveries wait for each other instead of for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.contract import ContractId
from sla_domain.event import EventKind, IncidentId
from sla_domain.fold import fold
from sla_domain.incident import Incident, RemarkKind
from sla_domain.movers import movers_of
from sla_domain.rulebook import MatchReason, Rulebook
from sla_domain.seen import seen
from sla_ingest.dialect.port import ParkedBecause, Translated
from sla_ingest.entry import (
    CONTRACT_HEADER,
    Entry,
    Receipt,
    Result,
    answer_of,
    observed_instead,
    parked_instead,
    refused_instead,
    reused,
)
from sla_ingest.history import History
from sla_ingest.promise import crowded, promise, ran_out
from sla_ingest.rule import broken_rule
from sla_ingest.settle import behind_breaches, recognised
from sla_ingest.tables import event as event_table
from sla_ingest.tables import inbox, log
from sla_platform.envelope import Envelope
from sla_platform.store.dialect import insert_new
from sla_platform.store.log import append, row_of
from sla_platform.turn import Turn
from sla_platform.wire import encode_event

_PER_STATEMENT = 500
# Bodies that were put aside for what an unsigned header said: they stand in nobody's way.
_ASIDE = (ParkedBecause.ID_REUSED.code, ParkedBecause.CONTRADICTED.code)


# -- before the transaction: look and decide -------------------------------------------------------------


@dataclass(slots=True)
class Asked:
    """The incidents whose stored events matter for the answers to some entries, by how much of them."""

    judged: set[IncidentId] = field(default_factory=set)  # what an event means depends on them
    promised: set[IncidentId] = field(default_factory=set)
    whose: set[IncidentId] = field(default_factory=set)  # only under which contract they are

    @classmethod
    def by(cls, entries: Iterable[Entry], rulebook: Rulebook) -> Asked:
        asked = cls()
        for entry in entries:
            if entry.observed is not None:
                asked.judged.add(entry.observed.event.incident)
            for one in entry.events:
                incident = one.event.incident
                if one.unless_reporter or one.not_before_told:
                    asked.judged.add(incident)
                elif entry.promises and movers_of(rulebook).may_move(one.event):
                    asked.promised.add(incident)
                elif CONTRACT_HEADER in entry.headers:
                    asked.whose.add(incident)
        return asked

    def __bool__(self) -> bool:
        return bool(self.judged or self.promised or self.whose)


async def decided(entries: Sequence[Entry], history: History, rulebook: Rulebook) -> list[Receipt]:
    """Every entry with its final events and its answer, in order; later ones see the events of earlier ones."""
    receipts = []
    turn = Turn()
    for entry in entries:
        seen_ = entry.observed
        if seen_ is not None and history.is_news(seen_.event, rulebook):
            entry = observed_instead(entry)
        final = _confined(entry, history, rulebook)
        if any(one.unless_reporter or one.not_before_told for one in final.events):
            final = replace(final, events=tuple(_judged(one, history, rulebook) for one in final.events))
        if final.by_rule and (refused := broken_rule(final, history, rulebook)) is not None:
            final = refused_instead(final, refused)
        for one in final.events:
            history.add(one.event)
        told = _promise(final, history, rulebook)
        receipts.append(Receipt(final, orjson.dumps(answer_of(final, told)), noticed=_noticed(final, told)))
        await turn.over()
    return receipts


def _judged(one: Translated, history: History, rulebook: Rulebook) -> Translated:
    """An event whose meaning depends on what is stored of its incident."""
    known = history.counting(one.event.incident)
    if one.not_before_told:
        one = behind_breaches(one, known, ran_out(known, rulebook, one.event.received_at))
    return recognised(one, known)


def _confined(entry: Entry, history: History, rulebook: Rulebook) -> Entry:
    """The entry, but parked when its key's contract is not the one under which an incident of it stands then.

    A ticket that moved to another customer is that customer's: the system of the one before acts on it no more. What
    happened before the move may still be reported. Of an incident whose customer nobody has named the event is taken
    for the contract's own customer: it must not start clocks under the default contract, whose people are others.
    """
    only = entry.headers.get(CONTRACT_HEADER)
    if only is None:
        return entry
    for one in entry.events:
        match = history.contract_at(one.event.incident, one.event.occurred_at, rulebook)
        if match is not None and match.reason is MatchReason.CUSTOMER and match.contract.id != only:
            return parked_instead(entry, ParkedBecause.OTHER_CONTRACT, one.event.incident)
    return replace(entry, events=tuple(_named(one, only, history, rulebook) for one in entry.events))


def _named(one: Translated, only: str, history: History, rulebook: Rulebook) -> Translated:
    """The event with the contract's customer, unless somebody has named one before it."""
    contract = rulebook.contracts.get(ContractId(only))
    if contract is None or not contract.customers or not history.nameless(one.event):
        return one
    stated = {**one.event.attributes, "customer": min(contract.customers)}
    return replace(one, event=replace(one.event, attributes=stated))


def _noticed(entry: Entry, promise: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Counted once an incident, at its opening; what an event itself remarks is counted with the event."""
    if promise is None or all(one.event.kind is not EventKind.OPENED for one in entry.events):
        return ()
    return tuple(remark["code"] for remark in promise["remarks"] if remark["code"] != RemarkKind.MAPPING)


def _promise(entry: Entry, history: History, rulebook: Rulebook) -> Any:
    """None too for a word about an incident so old that it was forgotten: no clock follows from it."""
    if not entry.promises:
        return None
    may_move = (one.event.incident for one in entry.events if movers_of(rulebook).may_move(one.event))
    incident = next(may_move, None)
    if incident is None or not history.counting(incident):
        return None
    if history.crowded(incident):
        return crowded()
    only = entry.headers.get(CONTRACT_HEADER)
    view = None if only is None else partial(_as_seen, only, history, rulebook)
    return promise(incident, partial(history.folded, incident, rulebook), view)


def _as_seen(only: str, history: History, rulebook: Rulebook, incident: Incident) -> Incident | None:
    """The incident as the key of this contract sees it; None when it is under another contract by now."""
    found = seen(history.counting(incident.id), incident.periods, only)
    if found is None or found.until is not None:
        return None
    return found.of(fold(found.events, rulebook))


# -- the transaction --------------------------------------------------------------------------------------


async def store(connection: AsyncConnection, receipts: Sequence[Receipt]) -> list[Receipt]:
    """Write what is new; the receipts in the same order, those seen before with their first answer."""
    earlier = await _known_bodies(connection, receipts)
    first: dict[str, Receipt] = {}
    for receipt in receipts:
        if receipt.entry.id not in earlier:
            first.setdefault(receipt.entry.id, receipt)
    fresh = await insert_receipts(connection, first.values())
    # In the order of arrival: that is the order in which the log is read.
    await publish(connection, [receipt.entry for id_, receipt in first.items() if id_ in fresh])
    told = {id_: (receipt.entry.digest, receipt.answer) for id_, receipt in first.items() if id_ in fresh}
    if len(fresh) < len(first):
        told |= await _known(connection, sorted(set(first) - fresh))
    told |= earlier
    answered = [
        receipt
        if first.get(receipt.entry.id) is receipt and receipt.entry.id in fresh
        else _again(receipt, *told[receipt.entry.id])
        for receipt in receipts
    ]
    await insert_receipts(connection, [_aside(receipt) for receipt in answered if _reused(receipt, told)])
    return answered


async def insert_receipts(connection: AsyncConnection, receipts: Iterable[Receipt]) -> set[str]:
    """Rows for these receipts; the ids that were new."""
    rows = sorted((_row(receipt) for receipt in receipts), key=itemgetter("id"))
    if not rows:
        return set()
    statement = insert_new(connection, inbox).returning(inbox.c.id)
    return set((await connection.execute(statement, rows)).scalars())


async def publish(connection: AsyncConnection, entries: Sequence[Entry]) -> None:
    """Add the events of these entries to the incident's events and to the log."""
    envelopes = [encode_event(one.event) for entry in entries for one in entry.events]
    if not envelopes:
        return
    await connection.execute(insert_new(connection, event_table), [_event_row(one) for one in envelopes])
    await append(connection, log, envelopes)


async def _known(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, tuple[str, bytes]]:
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
        counts = and_(inbox.c.outcome != Result.REFUSED.value, inbox.c.reason.not_in(_ASIDE))
        for row in await connection.execute(select(*columns).where(wanted, counts)):
            for id_ in asked.get((row.source, row.digest), set()) - {row.id}:
                found[id_] = (row.digest, row.answer.encode())
    return found


def _again(receipt: Receipt, digest: str, answer: bytes) -> Receipt:
    if digest == receipt.entry.digest:
        return Receipt(receipt.entry, answer, duplicate=True)
    return Receipt(receipt.entry, reused(answer, receipt.entry.delivery), duplicate=True)


def _reused(receipt: Receipt, told: Mapping[str, tuple[str, bytes]]) -> bool:
    return receipt.duplicate and told[receipt.entry.id][0] != receipt.entry.digest


def _aside(receipt: Receipt) -> Receipt:
    entry = parked_instead(receipt.entry, ParkedBecause.ID_REUSED, f"first seen as delivery {receipt.entry.delivery}")
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


def _event_row(envelope: Envelope) -> dict[str, Any]:
    row = row_of(envelope)
    return {"incident": row["key"], "id": row["id"], "type": row["type"], "time": row["time"], "data": row["data"]}
