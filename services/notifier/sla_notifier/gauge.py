"""Metrics that only the database knows, updated every few seconds: queue, alerts, steps, endpoints."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_notifier import tables
from sla_notifier.alert import store as alerts
from sla_notifier.alert.alert import AlertState
from sla_notifier.context import NotifierContext
from sla_notifier.delivery.endpoint import disabled_endpoints
from sla_notifier.delivery.state import TO_SEND
from sla_notifier.intake.waiting import DECIDE
from sla_platform.bus import EventSource
from sla_platform.store import quarantine

EVERY_SECONDS = 5.0
_w = tables.waiting.c
MOST_COUNTED = 100_000  # beyond it the exact number does not matter


class NotifierGauges:
    """Sets the metrics that are read from the database; call `run`.

    The metrics are about unfinished deliveries, alerts, escalation steps, waiting facts (published events that are not
    processed yet) and endpoints.

    Args:
        source: Where the notifier reads events, for the number of unread events. None means that this number is not
            measured.
    """

    def __init__(self, context: NotifierContext, source: EventSource | None) -> None:
        self._context = context
        self._source = source

    async def run(self) -> None:
        """Update the metrics every 5 seconds until cancelled."""
        while True:
            await self.update()
            await asyncio.sleep(EVERY_SECONDS)

    async def update(self) -> None:
        """Read the database once and set every metric of this class.

        The metrics for waiting facts (unprocessed events) and for events in the log are at most 100,000 (MOST_COUNTED).

        Raises:
            Retryable: A passing failure of the database.
        """
        metrics, now, d = self._context.metrics, self._context.time_source.now(), tables.delivery.c
        unfinished = [state.value for state in TO_SEND]
        async with self._context.store.reading() as connection:
            queue = select(d.state, func.count(), func.min(d.created_at)).where(d.state.in_(unfinished))
            found = (await connection.execute(queue.group_by(d.state))).all()
            waiting = {state: (count, oldest) for state, count, oldest in found}
            opened = await alerts.count_open(connection)
            step = await alerts.oldest_step(connection)
            metrics.disabled.set(len(await disabled_endpoints(connection)))
            metrics.outbox.set(await _counted(connection, select(tables.log.c.position)))
            metrics.waiting.set(await _counted(connection, select(_w.seq).where(tables.NOT_QUARANTINED)))
            first = select(_w.at).where(tables.NOT_QUARANTINED).order_by(_w.seq).limit(1)
            metrics.oldest_waiting.set(_age((await connection.execute(first)).scalar_one_or_none(), now))
            held = await quarantine.count_waiting(connection, tables.quarantine)
            failed_before = await _counted(connection, select(_w.seq).where(_w.error != ""))
            metrics.quarantined.set(held.get(DECIDE, 0) + failed_before)
        for state in unfinished:
            metrics.queued.labels(state).set(waiting.get(state, (0, now))[0])
        metrics.oldest.set(_age(min((oldest for _, oldest in waiting.values()), default=None), now))
        metrics.overdue_steps.set(_age(step, now))
        for open_state in (AlertState.OPEN, AlertState.ACKNOWLEDGED):
            metrics.alerts.labels(open_state.value).set(opened.get(open_state.value, 0))
        if self._source is not None:
            metrics.lag.set(self._source.lag)


async def _counted(connection: AsyncConnection, rows: Select[Any]) -> int:
    some = rows.limit(MOST_COUNTED).subquery()
    return (await connection.execute(select(func.count()).select_from(some))).scalar_one()


def _age(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max((now - since).total_seconds(), 0.0)
