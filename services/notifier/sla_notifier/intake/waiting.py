"""Facts and notices that have been taken in and wait for their turn: one flow per contract, each in its own order.

A fact of a clock waits in the flow in which an earlier fact of that clock still waits, so that no change of contract
lets the later one overtake.
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
from sla_platform.store.dialect import is_postgres
from sla_platform.store.quarantine import Entry, Row
from sla_platform.wire import ClockFact, NoticeData

NOTICES = ""
"""The flow of what concerns many contracts."""

DECIDE = "decide"
_FACT = "fact"
_w = tables.waiting.c
# From each flow to the next along the index, however many wait in one.
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
_LOCK = text(
    "SELECT flow FROM unnest(CAST(:flows AS text[])) AS flow"
    " WHERE pg_try_advisory_xact_lock(hashtext('slad.notifier.flow'), hashtext(flow))"
)


def clocks_of(incoming: Iterable[Incoming]) -> set[str]:
    return {_clock(said) for _, said in incoming} - {""}


async def flows_of(connection: AsyncConnection, clocks: Collection[str]) -> dict[str, str]:
    """The flow in which facts of these clocks wait, of those of which any does."""
    if not clocks:
        return {}
    query = select(_w.clock, _w.flow).where(_w.clock.in_(sorted(clocks)), tables.NOT_QUARANTINED).order_by(_w.seq)
    return {row.clock: row.flow for row in (await connection.execute(query)).all()}


async def put(
    connection: AsyncConnection, incoming: Iterable[Incoming], before: Mapping[str, str], now: datetime
) -> None:
    """At the end of their flows, in this order; `before` are the flows in which facts of their clocks wait already."""
    held = dict(before)
    rows = []
    for id_, each in incoming:
        clock = _clock(each)
        flow = held.setdefault(clock, _flow(each)) if clock else _flow(each)
        rows.append(
            {"flow": flow, "clock": clock, "id": id_, "at": now, "kind": _kind(each), "said": each.model_dump_json()}
        )
    await connection.execute(tables.waiting.insert(), rows)


async def flows(connection: AsyncConnection) -> list[str]:
    """Those in which something waits."""
    return list((await connection.execute(_FLOWS)).scalars())


async def held(connection: AsyncConnection, wanted: Sequence[str]) -> list[str]:
    """Those of these flows that are nobody else's until the transaction ends."""
    if not is_postgres(connection):  # one writer
        return list(wanted)
    return list((await connection.execute(_LOCK, {"flows": list(wanted)})).scalars())


async def take(connection: AsyncConnection, held_flows: Sequence[str], share: int) -> list[Incoming]:
    """At most `share` of each of these flows, oldest first, out of the table."""
    if not held_flows:
        return []
    heads = [
        select(_w.seq).where(_w.flow == flow, tables.NOT_QUARANTINED).order_by(_w.seq).limit(share).subquery()
        for flow in held_flows
    ]
    chosen = union_all(*(select(head.c.seq) for head in heads))
    rows = (await connection.execute(delete(tables.waiting).where(_w.seq.in_(chosen)).returning(tables.waiting))).all()
    return [_incoming(row) for row in sorted(rows, key=lambda row: row.seq)]


async def first(connection: AsyncConnection, flow: str) -> int | None:
    """The place of what is next in this flow."""
    found: int | None = (
        await connection.execute(select(func.min(_w.seq)).where(_w.flow == flow, tables.NOT_QUARANTINED))
    ).scalar()
    return found


async def remove(connection: AsyncConnection, seq: int) -> Row | None:
    """Take out what has this place, as it is kept in quarantine; None when somebody else has it by now."""
    taken = delete(tables.waiting).where(_w.seq == seq)
    row = (await connection.execute(taken.returning(_w.flow, _w.clock, _w.id, _w.kind, _w.said))).one_or_none()
    return None if row is None else _quarantined(seq, row)


async def spoilt(connection: AsyncConnection, limit: int) -> list[tuple[Row, str]]:
    """Take out what the release before has set aside in its place, with the errors it noted."""
    some = select(_w.seq).where(_w.error != "").order_by(_w.seq).limit(limit)
    wanted = (_w.seq, _w.flow, _w.clock, _w.id, _w.kind, _w.said, _w.error)
    rows = (await connection.execute(delete(tables.waiting).where(_w.seq.in_(some)).returning(*wanted))).all()
    return [(_quarantined(row.seq, row), row.error) for row in rows]


def waited(entry: Entry) -> Incoming:
    """What waits in quarantine, read again. Raises ValueError."""
    kind = ClockFact if entry.type == _FACT else NoticeData
    return entry.event, kind.model_validate_json(entry.data)


def _quarantined(seq: int, row: Any) -> Row:
    return Row(
        part=DECIDE,
        position=f"notifier_waiting/{seq}",
        topic=Topic.CLOCKS.value if row.kind == _FACT else Topic.NOTICES.value,
        key=row.flow,
        event=row.id,
        type=row.kind,
        headers={"contract": row.flow, "clock": row.clock},
        data=row.said.encode("utf-8", "surrogatepass"),
    )


def _flow(said: ClockFact | NoticeData) -> str:
    return said.contract if isinstance(said, ClockFact) else NOTICES


def _clock(said: ClockFact | NoticeData) -> str:
    return str(said.clock or "") if isinstance(said, ClockFact) else ""


def _kind(said: ClockFact | NoticeData) -> str:
    return _FACT if isinstance(said, ClockFact) else "notice"


def _incoming(row: Any) -> Incoming:
    kind = ClockFact if row.kind == _FACT else NoticeData
    return row.id, kind.model_validate_json(row.said)
