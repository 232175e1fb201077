"""Writing deliveries: inbox, events and log in one transaction, for a whole group of deliveries at once.

A delivery whose id is in the inbox already has no effect and is answered as the first time. Another body under a known
id cannot be a redelivery and cannot be believed to be a new event either: it is answered like the first, with a remark,
and parked, so that somebody can look at it. Rows are written in the order of their ids, so that two instances that
take the same deliveries wait for each other instead of for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import itemgetter
from typing import Any

import orjson
import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.event import EventKind, IncidentEvent, IncidentId
from sla_domain.forgotten import remembered
from sla_domain.incident import RemarkKind
from sla_domain.rulebook import Rulebook
from sla_ingest.dialect.port import ParkedBecause
from sla_ingest.entry import Entry, Receipt, answer_of, parked_instead, reused
from sla_ingest.promise import PROMISING, promise
from sla_ingest.settle import recognised
from sla_ingest.tables import event as event_table
from sla_ingest.tables import forgotten as forgotten_table
from sla_ingest.tables import inbox, log
from sla_platform.envelope import Envelope, Topic
from sla_platform.errors import BadEnvelope
from sla_platform.store import forgotten
from sla_platform.store.dialect import insert_new
from sla_platform.store.log import append, row_of
from sla_platform.wire import decode_event, encode_event

_log = structlog.get_logger(__name__)
_PER_STATEMENT = 500


@dataclass(slots=True)
class History:
    """What is known of some incidents: their accepted events, and of forgotten ones through when they are history."""

    events: dict[IncidentId, list[IncidentEvent]] = field(default_factory=dict)
    endings: Mapping[str, datetime] = field(default_factory=dict)

    def counting(self, incident: IncidentId) -> list[IncidentEvent]:
        """The events this incident is folded from."""
        return remembered(self.events.get(incident, ()), self.endings.get(incident))


# -- before the transaction: look and decide -------------------------------------------------------------


def asks_history(entry: Entry) -> Iterable[IncidentId]:
    """The incidents whose stored events matter for this entry's answer."""
    for one in entry.events:
        if one.unless_reporter or (entry.promises and one.event.kind in PROMISING):
            yield one.event.incident


async def load_history(connection: AsyncConnection, incidents: Iterable[IncidentId]) -> History:
    """The accepted events of these incidents."""
    events: dict[IncidentId, list[IncidentEvent]] = {}
    endings: dict[str, datetime] = {}
    names = sorted(set(incidents))
    for start in range(0, len(names), _PER_STATEMENT):
        some = names[start : start + _PER_STATEMENT]
        for row in await connection.execute(select(event_table).where(event_table.c.incident.in_(some))):
            try:
                event = decode_event(_envelope(row))
            except BadEnvelope as error:
                # Of another release, or a bug: the promise is told without it, and no delivery of this incident fails.
                _log.error("ingest.event_unreadable", event_id=row.id, error=str(error)[:500])
                continue
            events.setdefault(event.incident, []).append(event)
        endings |= await forgotten.endings(connection, forgotten_table, some)
    return History(events, endings)


def decided(entries: Sequence[Entry], history: History, rulebook: Rulebook) -> list[Receipt]:
    """Every entry with its final events and its answer, in order; later ones see the events of earlier ones."""
    receipts = []
    for entry in entries:
        final = entry
        if any(one.unless_reporter for one in entry.events):
            known = (recognised(one, history.counting(one.event.incident)) for one in entry.events)
            final = replace(entry, events=tuple(known))
        for one in final.events:
            history.events.setdefault(one.event.incident, []).append(one.event)
        told = _promise(final, history, rulebook)
        receipts.append(Receipt(final, orjson.dumps(answer_of(final, told)), noticed=_noticed(final, told)))
    return receipts


def _noticed(entry: Entry, promise: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Counted once an incident, at its opening; what an event itself remarks is counted with the event."""
    if promise is None or all(one.event.kind is not EventKind.OPENED for one in entry.events):
        return ()
    return tuple(remark["code"] for remark in promise["remarks"] if remark["code"] != RemarkKind.MAPPING)


def _promise(entry: Entry, history: History, rulebook: Rulebook) -> Any:
    """None too for a word about an incident so old that it was forgotten: no clock follows from it."""
    if not entry.promises:
        return None
    incident = next((one.event.incident for one in entry.events if one.event.kind in PROMISING), None)
    events = [] if incident is None else history.counting(incident)
    return promise(events, rulebook) if events else None


def _envelope(row: Any) -> Envelope:
    return Envelope(
        topic=Topic.INCIDENTS,
        id=row.id,
        type=row.type,
        source="",
        subject=row.incident,
        key=row.incident,
        time=row.time,
        data=row.data.encode(),
    )


# -- the transaction --------------------------------------------------------------------------------------


async def store(connection: AsyncConnection, receipts: Sequence[Receipt]) -> list[Receipt]:
    """Write what is new; the receipts in the same order, those seen before with their first answer."""
    first: dict[str, Receipt] = {}
    for receipt in receipts:
        first.setdefault(receipt.entry.id, receipt)
    fresh = await insert_receipts(connection, first.values())
    # In the order of arrival: that is the order in which the log is read.
    await publish(connection, [receipt.entry for id_, receipt in first.items() if id_ in fresh])
    told = {id_: (receipt.entry.digest, receipt.answer) for id_, receipt in first.items() if id_ in fresh}
    if len(fresh) < len(first):
        told |= await _known(connection, sorted(set(first) - fresh))
    answered = [
        receipt
        if first[receipt.entry.id] is receipt and receipt.entry.id in fresh
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
