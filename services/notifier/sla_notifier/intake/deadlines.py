"""The reader that keeps the due instants of running clocks, beside the one that pages people.

Nobody is paged by due instants, so its transactions give way to others.
"""

from __future__ import annotations

from sla_notifier.context import NotifierContext
from sla_notifier.deadline import changed_deadlines, save_deadlines
from sla_notifier.hold import store as holds
from sla_notifier.hold.terms import holds_anything
from sla_platform.bus import Batch
from sla_platform.bus.quarantine import envelope_of
from sla_platform.envelope import Envelope, Topic
from sla_platform.errors import BadEnvelope
from sla_platform.fault import passing_as_retryable
from sla_platform.store.instant import store_now
from sla_platform.store.quarantine import QuarantineEntry
from sla_platform.turn import LoopYielder
from sla_platform.wire import ClockFact, decode_clock_fact
from sla_platform.wire.clock import CANARY

GROUP = "notifier_deadline"
"""The name of the reader, by which the bus knows how far it has read."""


class DeadlineHandler:
    """Keeps the table of due instants up to date: a handler of facts from the bus.

    A fact is a published event, mostly about a clock (the timer of one target of an incident). Messages about the same
    incidents may wait for the end of quiet hours. For these a new decision (wait, send or cancel) becomes due.
    """

    def __init__(self, context: NotifierContext) -> None:
        self._context = context
        self._store = context.store.giving_way().deriving()

    async def assigned(self, partitions: frozenset[int]) -> None:
        """Do nothing: the handler keeps no state of a partition of the message bus.

        Called when partitions are assigned to this process.
        """

    async def revoked(self, partitions: frozenset[int]) -> None:
        """Do nothing: the handler keeps no state of a partition of the message bus.

        Called when partitions are taken away from this process.
        """

    async def handle(self, batch: Batch) -> None:
        """Update the stored due instants from a batch of facts, in one transaction.

        A fact is a published event about an incident or the clock of a target. A fact that cannot be read is skipped,
        because FactHandler reads it too and quarantines it.

        Raises:
            Retryable: A passing failure of the database. Nothing is stored.
        """
        facts: list[ClockFact] = []
        turn = LoopYielder()
        for envelope in batch.envelopes:
            facts += _readable(envelope)
            await turn.yield_if_due()
        change = changed_deadlines(facts)
        if not change.rows and not change.ended:
            return
        with passing_as_retryable():
            async with self._store.transaction() as connection:
                await save_deadlines(connection, change)
                if holds_anything(self._context.catalogue()):
                    now = await store_now(connection, self._context.time_source)
                    await holds.look(connection, {fact.incident for fact in facts if fact.incident}, now)

    async def replay(self, entry: QuarantineEntry) -> None:
        """Update the stored due instants from a fact that could not be processed before; ignore events of other topics.

        A fact is a published event about an incident or the clock of a target.

        Args:
            entry: The event in the quarantine (a table of records that could not be processed).

        Raises:
            Retryable: A passing failure of the database.
        """
        if entry.topic == Topic.CLOCKS.value:
            await self.handle(Batch(entry.partition, (envelope_of(entry),), None))


def _readable(envelope: Envelope) -> list[ClockFact]:
    if envelope.key == CANARY:
        return []
    try:
        return [decode_clock_fact(envelope)]
    except BadEnvelope:
        return []
