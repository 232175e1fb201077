"""What facts and notices do to alerts, within the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from sla_notifier.alert import store as alerts
from sla_notifier.context import NotifierContext
from sla_notifier.intake.decide import Incoming, decide
from sla_notifier.intake.waiting import clocks_of
from sla_notifier.notice import store as notices
from sla_notifier.notification.unit_of_work import write_changes
from sla_platform.wire import NoticeData


async def apply(
    connection: AsyncConnection, incoming: Sequence[Incoming], context: NotifierContext, now: datetime
) -> None:
    """Open, update and close alerts after facts and notices, and queue the messages; all in the caller's transaction.

    A fact is a published event about an incident, or about the clock of one of its targets. A notice announces a
    critical fix. The rows of the notices and of all alerts concerned are locked until the transaction ends.

    Args:
        incoming: Pairs of event id and content, in order. The content is a fact or a notice.
        now: The present instant, stored with the changes.
    """
    for some in _one_revision_each(incoming):
        catalogue = context.catalogue()
        said = [each for _, each in some if isinstance(each, NoticeData)]
        noticed = await notices.lock_notices(connection, said)
        known = await alerts.lock_alerts(connection, clocks_of(some))
        known |= await alerts.lock_alerts_of_notices(connection, noticed)
        batch = decide(some, known, catalogue, now, noticed)
        await write_changes(connection, batch, catalogue, context.render_config, now)


def _one_revision_each(incoming: Sequence[Incoming]) -> Iterator[list[Incoming]]:
    """Split where a notice comes a second time: whom the first revision told is known only once it is written."""
    some: list[Incoming] = []
    seen: set[str] = set()
    for each in incoming:
        said = each[1]
        if isinstance(said, NoticeData):
            if said.id in seen:
                yield some
                some, seen = [], set()
            seen.add(said.id)
        some.append(each)
    if some:
        yield some
