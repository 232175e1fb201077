"""Second chances by hand: a failed delivery is queued again, a disabled endpoint is enabled again."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select, update

from sla_notifier import tables
from sla_notifier.delivery.fact import delivery_fact
from sla_notifier.delivery.row import row_of
from sla_notifier.delivery.state import State
from sla_notifier.desk import Desk
from sla_platform.store import log as logs
from sla_platform.store.instant import store_now

_d, _e = tables.delivery, tables.endpoint


async def retry(desk: Desk, id_: str) -> bool:
    """Queue a failed delivery under its id; False when it is not in the state `failed`, or a digest carried it.

    It is offered once more, and up the ladder only as far as the ladder's bound since its creation still allows.
    """
    async with desk.store.transaction() as connection:
        now = await store_now(connection, desk.time)
        statement = (
            update(_d)
            .where(_d.c.id == id_, _d.c.state == State.FAILED.value, _d.c.carried_by == "")
            .values(state=State.QUEUED.value, reason="", next_at=now, finished_at=None)
            .returning(_d)
        )
        found = (await connection.execute(statement)).mappings().first()
        if found is None:
            return False
        row = replace(row_of(dict(found)), state=State.QUEUED)
        await logs.append(connection, tables.log, [delivery_fact(row, now)])
    desk.ring()
    return True


async def enable(desk: Desk, id_: str, by: str) -> bool:
    """Send to an endpoint again; False when there is none of that id on record."""
    async with desk.store.transaction() as connection:
        if (await connection.execute(select(_e.c.id).where(_e.c.id == id_))).first() is None:
            return False
        now = await store_now(connection, desk.time)
        values = {"state": "active", "reason": "", "changed_at": now, "changed_by": by}
        await connection.execute(update(_e).where(_e.c.id == id_).values(values))
    desk.ring()
    return True
