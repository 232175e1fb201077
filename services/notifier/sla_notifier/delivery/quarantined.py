"""Deliveries that cannot be read, claimed or recorded: taken out of the queue, and put back once they are mended."""

from __future__ import annotations

from datetime import datetime

import orjson
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_notifier import tables
from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.delivery.row import row_of
from sla_notifier.delivery.state import DeliveryState
from sla_platform.store.quarantine import QuarantineRow, raw_row

SEND = "send"
_d = tables.delivery


async def take_out(connection: AsyncConnection, id_: str, now: datetime) -> QuarantineRow:
    """Set a delivery that cannot be processed to failed; return its raw row for the quarantine.

    The quarantine is a table of records that could not be processed. The caller adds the returned row to that table. If
    there is no delivery with this id, the data in the returned row is an empty object.

    Args:
        id_: The delivery's id.
        now: Stored as the time of the failure.
    """
    row = await raw_row(connection, SEND, _d.c.id, id_, ("incident", "notice"), "kind")
    over = {"state": DeliveryState.FAILED.value, "reason": UnsentReason.UNFIT.value, "lease": "", "finished_at": now}
    await connection.execute(update(_d).where(_d.c.id == id_).values(over))
    return row


async def put_back(connection: AsyncConnection, id_: str, now: datetime) -> None:
    """Queue a delivery again that `take_out` set to failed; do nothing if the delivery no longer exists.

    If the row still cannot be read, an error such as ValueError or KeyError is raised; the caller must then roll back.

    Args:
        id_: The delivery's id.
        now: When the delivery is due.
    """
    again = {"state": DeliveryState.QUEUED.value, "reason": "", "next_at": now, "finished_at": None}
    await connection.execute(update(_d).where(_d.c.id == id_, _d.c.reason == UnsentReason.UNFIT.value).values(again))
    found = (await connection.execute(select(_d).where(_d.c.id == id_))).mappings().one_or_none()
    if found is not None:
        orjson.loads(row_of(dict(found)).payload)
