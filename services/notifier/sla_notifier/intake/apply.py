"""What facts and notices do to alerts, within the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from sla_notifier.alert import store as alerts
from sla_notifier.context import NotifierContext
from sla_notifier.intake.decide import Incoming, decide
from sla_notifier.intake.waiting import clocks_of
from sla_notifier.notification.unit_of_work import write_changes


async def apply(
    connection: AsyncConnection, incoming: Sequence[Incoming], context: NotifierContext, now: datetime
) -> None:
    """Decide what facts and notices change about alerts, and write it in the caller's transaction.

    `incoming`: (event id, fact or notice), in order. The rows of the alerts that facts are about are locked until the
    transaction ends.
    """
    catalogue = context.catalogue()
    known = await alerts.lock_alerts(connection, clocks_of(incoming))
    await write_changes(connection, decide(incoming, known, catalogue, now), catalogue, context.render_config, now)
