"""Facts and notices that were taken in and wait: one queue per contract, each in its own order.

A fact of a clock waits in the queue in which an earlier fact of that clock still waits, so that a change of contract
lets no later fact overtake it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, text, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_notifier import tables
from sla_notifier.intake.decide import Incoming
from sla_platform.envelope import Topic
from sla_platform.store.locks import locks_of
from sla_platform.store.quarantine import QuarantineEntry, QuarantineRow
from sla_platform.wire import ClockFact, NoticeData, ObjectiveFact, ReportFact

NOTICES = ""
"""The queue of what concerns many contracts."""

DECIDE = "decide"
Said = ClockFact | NoticeData | ObjectiveFact | ReportFact
_MODELS: Mapping[str, type[Said]] = {
    "fact": ClockFact,
    "notice": NoticeData,
    "objective": ObjectiveFact,
    "report": ReportFact,
}
_TOPICS = {
    "fact": Topic.CLOCKS,
    "notice": Topic.NOTICES,
    "objective": Topic.OBJECTIVES,
    "report": Topic.OBJECTIVES,
}
_w = tables.waiting.c
# From each queue to the next along the index, however many wait in one.
_FLOWS = text(
    """
    WITH RECURSIVE flows (flow) AS (
        SELECT min(flow) FROM notifier_waiting WHERE error = ''
        UNION ALL
        SELECT (SELECT min(w.flow) FROM notifier_waiting w WHERE w.flow > flows.flow AND w.error = '')
        FROM flows WHERE flows.flow IS NOT NULL
    )
    SELECT flow FROM flows WHERE flow IS NOT NULL
    """
)
_LOCK = "slad.notifier.flow"


def clocks_of(incoming: Iterable[Incoming]) -> set[str]:
    """Return the ids of the clocks that incoming facts are about.

    A fact is a published event about an incident, or about a clock (the timer of one of its targets). Notices of
    critical fixes, and facts without a clock, are skipped.

    Args:
        incoming: Pairs of event id and content. The content is a fact or a notice.
    """
    return {_clock(said) for _, said in incoming} - {""}


async def queues_of(connection: AsyncConnection, clocks: Collection[str]) -> dict[str, str]:
    """Return clock id -> the name of the queue in which facts about the clock wait to be processed.

    A clock is the timer of one target of an incident; facts are published events about it. Clocks without waiting facts
    are left out.

    Args:
        clocks: The ids to look up.
    """
    if not clocks:
        return {}
    query = select(_w.clock, _w.flow).where(_w.clock.in_(sorted(clocks)), tables.NOT_QUARANTINED).order_by(_w.seq)
    return {row.clock: row.flow for row in (await connection.execute(query)).all()}


async def append_to_queues(
    connection: AsyncConnection, incoming: Iterable[Incoming], before: Mapping[str, str], now: datetime
) -> None:
    """Append facts and notices to the queues in which they wait to be processed.

    A fact is a published event about an incident, or about a clock (the timer of one of its targets). Each contract has
    a queue for its facts. Notices of critical fixes share the queue NOTICES.

    Args:
        incoming: Pairs of event id and content, in order. The content is a fact or a notice.
        before: Clock id -> the queue in which earlier facts about the clock wait. New facts about the clock are added
            to that queue, even if the clock's contract has changed.
        now: Stored as the instant of arrival.
    """
    held = dict(before)
    rows = []
    for id_, each in incoming:
        clock = _clock(each)
        queue = held.setdefault(clock, _queue_of(each)) if clock else _queue_of(each)
        rows.append(
            {"flow": queue, "clock": clock, "id": id_, "at": now, "kind": _kind(each), "said": each.model_dump_json()}
        )
    await connection.execute(tables.waiting.insert(), rows)


async def contract_queues(connection: AsyncConnection) -> list[str]:
    """Return the names of the queues that are not empty, sorted.

    The queue with the id of a contract as its name contains the published events about this contract's incidents that
    wait to be processed. Notices of critical fixes wait in the queue NOTICES ("").
    """
    return list((await connection.execute(_FLOWS)).scalars())


async def waiting_since(connection: AsyncConnection, queues: Collection[str], instant: datetime) -> set[str]:
    """Return those of these queues whose oldest entry was received after `instant`.

    Args:
        queues: Names of queues. Each queue contains the events about one contract's incidents that wait to be
            processed.
        instant: The instant to compare with.
    """
    if not queues:
        return set()
    oldest = select(_w.flow).where(_w.flow.in_(sorted(queues)), tables.NOT_QUARANTINED).group_by(_w.flow)
    return set((await connection.execute(oldest.having(func.min(_w.at) > instant))).scalars())


async def locked_queues(connection: AsyncConnection, wanted: Sequence[str]) -> list[str]:
    """Lock these queues, except those that another process has locked; return the names of the locked queues.

    The locks last until the transaction ends. On SQLite, which has one writer, nothing is locked and all of `wanted` is
    returned.

    Args:
        wanted: Names of queues. Each queue contains the events about one contract's incidents that wait to be
            processed.
    """
    return await locks_of(connection).try_each(_LOCK, wanted)


async def take_facts(connection: AsyncConnection, held_queues: Sequence[str], share: int) -> list[Incoming]:
    """Delete and return the oldest facts and notices of some queues.

    A fact is a published event about an incident or the clock of a target. A notice announces a critical fix. Returns
    pairs of event id and content, in the order of arrival.

    Args:
        held_queues: Names of queues that the caller has locked by `locked_queues`.
        share: The highest number of entries to return from each queue.
    """
    if not held_queues:
        return []
    heads = [
        select(_w.seq).where(_w.flow == queue, tables.NOT_QUARANTINED).order_by(_w.seq).limit(share).subquery()
        for queue in held_queues
    ]
    chosen = union_all(*(select(head.c.seq) for head in heads))
    rows = (await connection.execute(delete(tables.waiting).where(_w.seq.in_(chosen)).returning(tables.waiting))).all()
    return [_incoming(row) for row in sorted(rows, key=lambda row: row.seq)]


async def first_in_queue(connection: AsyncConnection, queue: str) -> int | None:
    """Return the number (`seq`) of the oldest entry of a queue; None if the queue is empty.

    An entry is an event that waits to be processed. Events about a contract's incidents wait in the queue with the id
    of the contract, notices of critical fixes in NOTICES ("").

    Args:
        queue: The queue's name.
    """
    found: int | None = (
        await connection.execute(select(func.min(_w.seq)).where(_w.flow == queue, tables.NOT_QUARANTINED))
    ).scalar()
    return found


async def remove_fact(connection: AsyncConnection, seq: int) -> QuarantineRow | None:
    """Delete an entry of a queue, a waiting fact or notice, and return it as a row for the quarantine.

    The quarantine is a table of records that could not be processed. The result is None if there is no entry `seq`.

    Args:
        seq: The number of the entry in the queues.
    """
    taken = delete(tables.waiting).where(_w.seq == seq)
    row = (await connection.execute(taken.returning(_w.flow, _w.clock, _w.id, _w.kind, _w.said))).one_or_none()
    return None if row is None else _quarantined(seq, row)


async def take_failed_before(connection: AsyncConnection, limit: int) -> list[tuple[QuarantineRow, str]]:
    """Delete the facts that an older release marked as failed, to move them to the quarantine.

    The quarantine is a table of records that could not be processed. Returns pairs of the row for the quarantine and
    the error. The oldest facts come first.

    Args:
        limit: The highest number of facts.
    """
    some = select(_w.seq).where(_w.error != "").order_by(_w.seq).limit(limit)
    wanted = (_w.seq, _w.flow, _w.clock, _w.id, _w.kind, _w.said, _w.error)
    rows = (await connection.execute(delete(tables.waiting).where(_w.seq.in_(some)).returning(*wanted))).all()
    return [(_quarantined(row.seq, row), row.error) for row in rows]


def incoming_of_entry(entry: QuarantineEntry) -> Incoming:
    """Return the event in an entry of the quarantine, as a pair: event id, and fact or notice.

    The quarantine is a table of records that could not be processed. A fact is a published event about an incident or
    the clock of a target. A notice announces a critical fix.

    Raises:
        ValueError: The entry's data still cannot be read.
    """
    return entry.event, _MODELS[entry.type].model_validate_json(entry.data)


def _quarantined(seq: int, row: Any) -> QuarantineRow:
    return QuarantineRow(
        part=DECIDE,
        position=f"notifier_waiting/{seq}",
        topic=_TOPICS[row.kind].value,
        key=row.flow,
        event=row.id,
        type=row.kind,
        headers={"contract": row.flow, "clock": row.clock},
        data=row.said.encode("utf-8", "surrogatepass"),
    )


def _queue_of(said: Said) -> str:
    return NOTICES if isinstance(said, NoticeData) else said.contract


def _clock(said: Said) -> str:
    return str(said.clock or "") if isinstance(said, ClockFact) else ""


def _kind(said: Said) -> str:
    return next(kind for kind, model in _MODELS.items() if isinstance(said, model))


def _incoming(row: Any) -> Incoming:
    return row.id, _MODELS[row.kind].model_validate_json(row.said)
