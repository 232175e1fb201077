"""Actions of an administrator: queue a failed delivery again, enable a disabled endpoint again."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select, update

from sla_notifier import tables
from sla_notifier.context import NotifierContext
from sla_notifier.delivery.fact import delivery_fact
from sla_notifier.delivery.row import row_of
from sla_notifier.delivery.state import DeliveryState
from sla_platform.store import log as logs
from sla_platform.store.instant import store_now

_d, _e = tables.delivery, tables.endpoint


async def retry_delivery(context: NotifierContext, id_: str) -> bool:
    """Queue a failed delivery again, under its own id, and return whether that was done.

    False if it is unknown, has not failed, or was carried by a digest (a mail that collects several messages). It is
    attempted at least once, and then as its retry policy says; the longest time of the policy still counts from the
    creation of the delivery.
    """
    async with context.store.transaction() as connection:
        now = await store_now(connection, context.time_source)
        statement = (
            update(_d)
            .where(_d.c.id == id_, _d.c.state == DeliveryState.FAILED.value, _d.c.carried_by == "")
            .values(state=DeliveryState.QUEUED.value, reason="", next_at=now, finished_at=None)
            .returning(_d)
        )
        found = (await connection.execute(statement)).mappings().first()
        if found is None:
            return False
        row = replace(row_of(dict(found)), state=DeliveryState.QUEUED)
        await logs.append(connection, tables.log, [delivery_fact(row, now)])
    context.signal()
    return True


async def enable_endpoint(context: NotifierContext, id_: str, by: str) -> bool:
    """Allow sending to a disabled endpoint again; return False when no endpoint with this id is on record.

    `by`: who did it, recorded with the endpoint.
    """
    async with context.store.transaction() as connection:
        if (await connection.execute(select(_e.c.id).where(_e.c.id == id_))).first() is None:
            return False
        now = await store_now(connection, context.time_source)
        values = {"state": "active", "reason": "", "changed_at": now, "changed_by": by}
        await connection.execute(update(_e).where(_e.c.id == id_).values(values))
    context.signal()
    return True
