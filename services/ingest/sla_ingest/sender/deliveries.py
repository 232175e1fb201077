"""The last deliveries of a source: the body, the result, and the response to the sender."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import func, select

from sla_ingest.tables import inbox
from sla_platform.store.engine import Store

MOST_LISTED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDelivery:
    """A delivery of a source as stored in the inbox, with its outcome and the response that the sender got."""

    id: str
    delivery: str
    """The id that the sender gave it."""
    received_at: datetime
    outcome: str
    """A value of `DeliveryResult`."""
    reason: str
    """The code of the reason if it was not accepted. "" if it was."""
    detail: str
    """More about the reason, in words."""
    size: int
    """Bytes of the body."""
    answer: dict[str, Any]
    """The response that the sender got. {} if it is not stored."""


async def deliveries_of(store: Store, source: str, most: int) -> list[KeptDelivery]:
    """Return the last `most` deliveries of a source, the newest first.

    Raises:
        StoreBusy: The database fails.
    """
    statement = (
        select(
            inbox.c.id,
            inbox.c.delivery,
            inbox.c.received_at,
            inbox.c.outcome,
            inbox.c.reason,
            inbox.c.detail,
            func.length(inbox.c.body).label("size"),
            inbox.c.answer,
        )
        .where(inbox.c.source == source)
        .order_by(inbox.c.received_at.desc(), inbox.c.id)
        .limit(most)
    )
    async with store.reading() as connection:
        rows = (await connection.execute(statement)).all()
    return [
        KeptDelivery(
            id=row.id,
            delivery=row.delivery,
            received_at=row.received_at,
            outcome=row.outcome,
            reason=row.reason,
            detail=row.detail,
            size=row.size,
            answer=orjson.loads(row.answer) if row.answer else {},
        )
        for row in rows
    ]
