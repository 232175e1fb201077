"""What customers answer to the notifier's questions becomes events of their incidents (clause E9, docs/clauses.md).

An answer arrives on the topic `deliveries` and is stored in the inbox like any other delivery, under the source `slad`;
one that arrives again is known by its id. It counts for the contract whose people were asked: if the ticket has moved
to another one in the meantime, the answer is parked.
"""

from __future__ import annotations

import structlog

from sla_catalogue.source import SourceId
from sla_domain.event import Actor, EventId, EventKind, IncidentEvent, IncidentId
from sla_ingest.commit import GroupCommit
from sla_ingest.dialect.port import Accepted, Delivery, TranslatedEvent, Translation
from sla_ingest.entry import CONTRACT_HEADER, InboxEntry, entry_of
from sla_platform.bus import Batch
from sla_platform.bus.quarantine import envelope_of
from sla_platform.envelope import TYPE_PREFIX, Envelope
from sla_platform.store.quarantine import QuarantineEntry
from sla_platform.timesource import TimeSource
from sla_platform.wire import decode_delivery_fact

_log = structlog.get_logger(__name__)
SOURCE = SourceId("slad")
_KINDS = {
    f"{TYPE_PREFIX}question.agreed.v1": EventKind.DOWNGRADE_AGREED,
    f"{TYPE_PREFIX}question.declined.v1": EventKind.DOWNGRADE_DECLINED,
}


class AnswerHandler:
    """Stores the customers' answers to the notifier's questions as events of the incidents; call `handle`.

    A question asks the customer's people whether a lower priority is agreed (clause E9, docs/clauses.md).

    Args:
        commit: Stores the events that are made from the answers, in the same way as events of deliveries.
    """

    def __init__(self, commit: GroupCommit, time_source: TimeSource) -> None:
        self._commit = commit
        self._time_source = time_source

    async def assigned(self, partitions: frozenset[int]) -> None:
        """Do nothing, because the handler keeps nothing per partition. Called when partitions are assigned."""

    async def revoked(self, partitions: frozenset[int]) -> None:
        """Do nothing, because the handler keeps nothing per partition. Called when partitions are taken away."""

    async def handle(self, batch: Batch) -> None:
        """Store the customers' answers in a batch of the topic `deliveries`, and skip other events of the topic.

        After an error the batch may be passed again.

        Raises:
            BadEnvelope: An answer cannot be read.
            StoreBusy: The database fails.
            QueueFull: Too many deliveries wait.
        """
        entries = [self._entry(each, _KINDS[each.type]) for each in batch.envelopes if each.type in _KINDS]
        if not entries:
            return
        for receipt in await self._commit.take(entries):
            _log.info("answer.stored", delivery=receipt.entry.delivery, duplicate=receipt.duplicate)

    async def replay(self, entry: QuarantineEntry) -> None:
        """Store an answer that could not be stored before, from the quarantine.

        Args:
            entry: The answer's entry in the quarantine, the table of events that could not be processed.

        Raises:
            BadEnvelope: The answer still cannot be read.
        """
        await self.handle(Batch(entry.partition, (envelope_of(entry),), None))

    def _entry(self, envelope: Envelope, kind: EventKind) -> InboxEntry:
        said, now = decode_delivery_fact(envelope), self._time_source.now()
        event = IncidentEvent(
            id=EventId(envelope.id),
            incident=IncidentId(said.incident),
            kind=kind,
            occurred_at=said.at,
            received_at=now,
            source=SOURCE,
            actor=Actor.CUSTOMER,
            actor_name=said.by,
            attributes={"priority": said.priority} if kind is EventKind.DOWNGRADE_AGREED and said.priority else {},
        )
        headers = {CONTRACT_HEADER: said.contract} if said.contract else {}
        delivery = Delivery(body=envelope.data, headers=headers, received_at=now)
        translation = Translation(envelope.id, Accepted((TranslatedEvent(event=event),)))
        return entry_of(SOURCE, delivery, translation, promises=False)
