"""The loop over messages that wait for the end of quiet hours: they are sent, wait on, or are cancelled.

Each is looked at when the quiet hours end, and before whenever something about its incident has changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from sla_notifier.alert import store as alerts
from sla_notifier.context import NotifierContext
from sla_notifier.deadline import deadlines_of
from sla_notifier.delivery.finish import finish
from sla_notifier.delivery.state import DeliveryState
from sla_notifier.hold import store
from sla_notifier.hold.decide import HoldAnswer, HoldDecision, decide_again
from sla_notifier.hold.message import HeldMessage
from sla_notifier.hold.terms import hold_terms
from sla_notifier.notification.released import held_deliveries, release
from sla_platform.store.instant import store_now

LIMIT = 200  # messages in one transaction
LOOK_SECONDS = 0.5


class Releaser:
    """The loop that sends or cancels held messages (which wait for the end of quiet hours), or lets them wait longer.

    Call `run`, or `look` to decide once.
    """

    def __init__(self, context: NotifierContext) -> None:
        self._context = context

    async def run(self) -> None:
        """Call `look` every half second until cancelled."""
        while True:
            while await self.look() == LIMIT:
                pass
            await self._context.time_source.sleep(LOOK_SECONDS)

    async def look(self) -> int:
        """Send, cancel or go on holding the held messages that are due, at most 200 (LIMIT); return their number.

        Raises:
            Retryable: A passing failure, such as of the database.
        """
        context = self._context
        async with context.store.reading() as connection:
            if not await store.any_due(connection, await store_now(connection, context.time_source)):
                return 0
        async with context.writing() as connection:
            now = await store_now(connection, context.time_source)
            due = store.held_messages(await store.lock_due(connection, now, LIMIT))
            await self._decide(connection, due, now)
        context.signal()
        return len(due)

    async def _decide(self, connection: AsyncConnection, due: Sequence[HeldMessage], now: datetime) -> None:
        catalogue = self._context.catalogue()
        incidents = {each.content.incident for each in due}
        deadlines = await deadlines_of(connection, incidents)
        late = await alerts.late_incidents(connection, incidents)
        decisions = [
            decide_again(
                each,
                hold_terms(catalogue, each.content),
                catalogue.rulebook,
                deadlines.get(each.content.incident, {}),
                each.content.incident in late,
                now,
            )
            for each in due
        ]
        waiting = [each for each in decisions if each.answer is HoldAnswer.WAITS]
        for each in waiting:
            await store.save(connection, each.message, each.look_at)
        over = [each for each in decisions if each.answer is not HoldAnswer.WAITS]
        rows = await held_deliveries(connection, [each.message.delivery for each in over])
        await store.remove(connection, [each.message.delivery for each in over])
        known = [(each, rows[each.message.delivery]) for each in over if each.message.delivery in rows]
        await finish(
            connection,
            [
                replace(row, state=DeliveryState.CANCELLED, reason=_reason(each), finished_at=now)
                for each, row in known
                if each.answer is HoldAnswer.NEEDLESS
            ],
            now,
        )
        leaving = [(each.message, row) for each, row in known if each.answer is HoldAnswer.LEAVES]
        await release(connection, leaving, catalogue, self._context.render_config, now)


def _reason(decision: HoldDecision) -> str:
    return decision.reason.value if decision.reason is not None else ""
