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
from sla_platform.rows import in_parts
from sla_platform.store.instant import store_now
from sla_platform.store.quarantine import QuarantineEntry

LIMIT = 200  # messages in one transaction
LOOK_SECONDS = 0.5


class Releaser:
    """The loop that decides about messages which wait for the end of quiet hours: send, cancel, or wait longer.

    Call `run` for the loop, or `look` to decide once.
    """

    def __init__(self, context: NotifierContext) -> None:
        self._context = context
        context.quarantine.register_replay(store.QUIET_HOURS, self._again)

    async def run(self) -> None:
        """Call `look` every half second until cancelled."""
        while True:
            while await self.look() == LIMIT:
                pass
            await self._context.time_source.sleep(LOOK_SECONDS)

    async def look(self) -> int:
        """Decide about at most 200 (LIMIT) due messages that wait for the end of quiet hours; return their number.

        Each message is sent, is cancelled or waits longer. If the batch fails, it is divided. A message that fails
        alone goes to the quarantine (a table of records that could not be processed), and its delivery fails.

        Raises:
            Retryable: A passing failure, such as of the database.
        """
        context = self._context
        async with context.store.reading() as connection:
            due = await store.due_ids(connection, await store_now(connection, context.time_source), LIMIT)
        done = 0

        async def work(ids: Sequence[str]) -> None:
            nonlocal done
            done += await self._step(ids)

        await in_parts(due, work, self._quarantine)
        return done

    async def _step(self, ids: Sequence[str], again: Sequence[str] = ()) -> int:
        """Decide about these messages, after letting those of before wait as they did."""
        async with self._context.writing() as connection:
            now = await store_now(connection, self._context.time_source)
            for id_ in again:
                await store.put_back(connection, id_, now)
            due = store.held_messages(await store.lock_due(connection, ids, now))
            await self._decide(connection, due, now)
        self._context.signal()
        return len(due)

    async def _quarantine(self, id_: str, error: Exception) -> None:
        await self._context.quarantine.move(lambda connection, now: store.take_out(connection, id_, now), error)

    async def _again(self, entry: QuarantineEntry) -> None:
        """Decide about a message out of the quarantine."""
        await self._step([entry.event], [entry.event])

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
