"""Ingest's part of an incident's evidence: the deliveries from which its events were read, raw, with their digests."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.rfc3339 import rfc3339
from sla_ingest.entry import kept_headers
from sla_ingest.history import whole_history
from sla_ingest.tables import inbox
from sla_platform.http.evidence import EvidenceLine
from sla_platform.store.engine import Store
from sla_platform.turn import LoopYielder

_AT_ONCE = 200  # instants of receipt in one statement
_BYTES_AT_ONCE = 4 * 1024 * 1024
_LISTED = (*(column for column in inbox.c if column.name != "body"), func.length(inbox.c.body).label("bytes"))


class InboxEvidence:
    """Finds the deliveries from which an incident's events were read, for the incident's evidence. Call `lines`.

    Evidence is a file by which anybody can verify slad's verdicts on the incident.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def lines(self, incident: str) -> AsyncIterator[EvidenceLine]:
        """Yield a record of evidence for each delivery of an incident, in the order of receipt.

        A record holds the delivery's body in base64. A delivery belongs to the incident if its stored response names
        one of the incident's events. Events copied from a merged incident are skipped, as their deliveries are evidence
        of the other ticket. Headers with a proof of the sender, such as a signature, are left out; their names are
        listed in `left_out`.

        Args:
            incident: The id under which the incident is stored. An unknown id gives no records.
        """
        ids, instants = set[str](), set[datetime]()
        turn = LoopYielder()
        async with self._store.reading() as connection:
            async for event in whole_history(connection, incident):
                if event.carried_from is None:
                    ids.add(event.copy_of or event.id)
                    instants.add(event.received_at)
                await turn.yield_if_due()
        ordered = sorted(instants)
        for start in range(0, len(ordered), _AT_ONCE):
            async with self._store.reading() as connection:
                rows = await self._of(connection, ordered[start : start + _AT_ONCE], ids)
            for some in _in_portions(rows):
                async with self._store.reading() as connection:
                    query = select(inbox.c.id, inbox.c.body).where(inbox.c.id.in_([row.id for row in some]))
                    bodies = {one.id: bytes(one.body) for one in await connection.execute(query)}
                for row in some:
                    if row.id in bodies:  # retention may have removed it meanwhile
                        yield EvidenceLine("inbox", _delivery(row, bodies[row.id]))
                    await turn.yield_if_due()

    async def _of(self, connection: AsyncConnection, instants: Sequence[datetime], ids: Collection[str]) -> list[Any]:
        query = select(*_LISTED).where(inbox.c.received_at.in_(instants)).order_by(inbox.c.received_at, inbox.c.id)
        return [row for row in (await connection.execute(query)).all() if _names_one_of(row.answer, ids)]


def _in_portions(rows: Sequence[Any]) -> Iterator[list[Any]]:
    """Deliveries whose bodies are read at once: at least one, and no more bytes than memory has room for."""
    some: list[Any] = []
    size = 0
    for row in rows:
        if some and size + row.bytes > _BYTES_AT_ONCE:
            yield some
            some, size = [], 0
        some.append(row)
        size += row.bytes
    if some:
        yield some


def _names_one_of(answer: str, ids: Collection[str]) -> bool:
    try:
        told = orjson.loads(answer)
    except ValueError:  # refused: the answer is a problem, or empty
        return False
    events = told.get("events", ()) if isinstance(told, dict) else ()
    return any(one.get("id") in ids for one in events)


def _delivery(row: Any, body: bytes) -> dict[str, Any]:
    headers = orjson.loads(row.headers)
    kept = kept_headers(headers)
    return {
        "id": row.id,
        "source": row.source,
        "delivery": row.delivery,
        "digest": row.digest,
        "received_at": rfc3339(row.received_at),
        "headers": kept,
        "left_out": sorted(set(headers) - set(kept)),
        "outcome": row.outcome,
        "reason": row.reason,
        "detail": row.detail,
        "answer": row.answer,
        "body": base64.b64encode(body).decode(),
    }
