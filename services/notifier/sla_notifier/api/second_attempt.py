"""Actions of an administrator: queue a failed delivery again, enable a disabled endpoint again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update

from sla_notifier import tables
from sla_notifier.context import NotifierContext
from sla_notifier.delivery.fact import delivery_fact
from sla_notifier.delivery.row import row_of
from sla_notifier.delivery.state import DeliveryState
from sla_platform.audit import store as audit
from sla_platform.audit.act import Act, ActName, Command, state_digest
from sla_platform.store import log as logs
from sla_platform.store.instant import store_now

_d, _e = tables.delivery, tables.endpoint


async def retry_delivery(context: NotifierContext, id_: str, command: Command) -> bool:
    """Queue a failed delivery again under the same id; return whether it was queued.

    The result is False if there is no delivery with the id `id_`, if the delivery has not failed, or if the delivery
    was in a digest (a mail that collects several messages).

    At least one attempt to send is made. If it fails, further attempts are made only as long as the retry policy
    allows, counted from the creation of the delivery.

    Args:
        id_: The delivery's id.
        command: Who orders the retry, for the audit log.
    """
    async with context.store.transaction() as connection:
        now = await store_now(connection, context.time_source)
        failed = _d.c.id == id_, _d.c.state == DeliveryState.FAILED.value, _d.c.carried_by == ""
        before = (await connection.execute(select(_d).where(*failed).with_for_update())).mappings().first()
        if before is None:
            return False
        queued = {"state": DeliveryState.QUEUED.value, "reason": "", "next_at": now, "finished_at": None}
        await connection.execute(update(_d).where(_d.c.id == id_).values(**queued))
        row = row_of(dict(before) | queued)
        await logs.append(connection, tables.log, [delivery_fact(row, now)])
        act = Act(
            name=ActName.DELIVERY_RETRIED,
            command=command,
            object=id_,
            contract=row.contract,
            before=state_digest(_shown(dict(before))),
            after=state_digest(_shown(dict(before) | queued)),
            details={"person": row.person, "channel": row.channel, "reason": before["reason"]},
        )
        await audit.append(connection, tables.audit, [act], now)
    context.signal()
    return True


async def enable_endpoint(context: NotifierContext, id_: str, command: Command) -> bool:
    """Enable a disabled endpoint, so that messages are sent to it again; return False if the endpoint is not stored.

    An endpoint is a webhook or the mail server.

    Args:
        id_: The endpoint's id.
        command: Who orders the change. The id of this person or key is stored with the endpoint.
    """
    async with context.store.transaction() as connection:
        found = select(_e).where(_e.c.id == id_).with_for_update()
        before = (await connection.execute(found)).mappings().first()
        if before is None:
            return False
        now = await store_now(connection, context.time_source)
        values = {"state": "active", "reason": "", "changed_at": now, "changed_by": command.actor.id}
        await connection.execute(update(_e).where(_e.c.id == id_).values(values))
        act = Act(
            name=ActName.ENDPOINT_ENABLED,
            command=command,
            object=id_,
            before=state_digest(dict(before)),
            after=state_digest(dict(before) | values),
            details={"was": before["state"]},
        )
        await audit.append(connection, tables.audit, [act], now)
    context.signal()
    return True


def _shown(delivery: Mapping[str, Any]) -> dict[str, Any]:
    """What a retry changes of a delivery; its text and address are no part of the audit log."""
    return {name: delivery[name] for name in ("id", "state", "reason", "next_at", "finished_at", "attempts")}
