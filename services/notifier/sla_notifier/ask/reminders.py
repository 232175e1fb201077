"""The loop that reminds of questions without an answer, and ends those whose time is over."""

from __future__ import annotations

from collections.abc import Sequence

from sla_notifier.alert.change_set import ChangeSet
from sla_notifier.context import NotifierContext
from sla_notifier.notification.unit_of_work import write_changes
from sla_notifier.question import store
from sla_notifier.question.question import QuestionState, question_fact, remind
from sla_platform.rows import in_parts
from sla_platform.store.instant import store_now
from sla_platform.store.quarantine import QuarantineEntry

LOOK_SECONDS = 15.0  # between two looks at what is due


class Reminders:
    """The loop that sends reminders of questions that customers have not answered, and ends expired questions.

    Call `run` for the loop, or `look` for one pass. A question asks whether a lower priority of an incident is agreed.
    """

    def __init__(self, context: NotifierContext) -> None:
        self._context = context
        context.quarantine.register_replay(store.QUESTIONS, self._again)

    async def run(self) -> None:
        """Call `look` every 15 seconds until cancelled."""
        while True:
            while await self.look():
                pass
            await self._context.time_source.sleep(LOOK_SECONDS)

    async def look(self) -> int:
        """Send the due reminders of unanswered questions, and end the expired questions.

        Returns the number of reminders and expiries that were due. A question that cannot be processed goes to the
        quarantine, and the others are processed.

        Raises:
            Retryable: A passing failure, such as of the database.
        """
        context = self._context
        async with context.store.reading() as connection:
            due = await store.due_ids(connection, await store_now(connection, context.time_source))
        done = 0

        async def work(ids: Sequence[str]) -> None:
            nonlocal done
            done += await self._step(ids)

        await in_parts(due, work, self._quarantine)
        return done

    async def _step(self, ids: Sequence[str], again: Sequence[str] = ()) -> int:
        context = self._context
        async with context.writing() as connection:
            now = await store_now(connection, context.time_source)
            for id_ in again:
                await store.put_back(connection, id_, now)
            found = await store.lock_due(connection, ids, now)
            if not found:
                return 0
            batch = ChangeSet({})
            for before in found:
                after, request = remind(before, now)
                await store.save(connection, after)
                if request is not None:
                    batch.requests.append(request)
                if after.state is QuestionState.EXPIRED:
                    batch.events.append(question_fact(after, ""))
            await write_changes(connection, batch, context.catalogue(), context.render_config, now)
        context.signal()
        return len(found)

    async def _quarantine(self, id_: str, error: Exception) -> None:
        await self._context.quarantine.move(lambda connection, _: store.take_out(connection, id_), error)

    async def _again(self, entry: QuarantineEntry) -> None:
        """Work on a question out of the quarantine."""
        await self._step([entry.event], [entry.event])
