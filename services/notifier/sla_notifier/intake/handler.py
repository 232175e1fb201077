"""The consumer of clocks and notices: one transaction for a batch, in which every event id is claimed first.

A few facts are worked on at once. Many wait for the scheduler, and so does what could not be worked on at once. Facts
that can concern no alert are skipped without a look at the database: with very many facts at once, a breach must not
wait for them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, assert_never

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_notifier import tables
from sla_notifier.alert.relevance import is_relevant
from sla_notifier.alert.tell import concerns_rules, happenings_of
from sla_notifier.context import NotifierContext
from sla_notifier.deadline import changed_deadlines, save_deadlines
from sla_notifier.hold.store import note_facts
from sla_notifier.hold.terms import holds_anything
from sla_notifier.intake import waiting
from sla_notifier.intake.apply import apply
from sla_notifier.intake.decide import Incoming
from sla_notifier.intake.work import expires_idle, put_off_expiries, work_of
from sla_notifier.notification.directory import contract_of
from sla_platform.bus import Batch
from sla_platform.bus.quarantine import envelope_of
from sla_platform.envelope import Envelope, Topic
from sla_platform.fault import Fault, as_retryable, error_text, fault_of, passing_as_retryable
from sla_platform.store.dialect import insert_new
from sla_platform.store.instant import store_now
from sla_platform.store.quarantine import QuarantineEntry
from sla_platform.wire import (
    ClockFact,
    NoticeData,
    ObjectiveFact,
    ReportFact,
    decode_clock_fact,
    decode_notice,
    decode_objective_fact,
    decode_report_fact,
)
from sla_platform.wire.clock import CANARY
from sla_platform.wire.report import REPORT_TYPE

_log = structlog.get_logger(__name__)
A_FEW = 25  # facts in a batch; in a herd it holds some hundreds
TOPICS = (Topic.CLOCKS, Topic.NOTICES, Topic.OBJECTIVES, Topic.INCIDENTS)


class FactHandler:
    """Receives facts and notices of critical fixes from the event bus, each event id once; call `handle`.

    A fact is a published event about an incident, or about the clock (timer) of one of its targets. A batch is
    processed at once if all three conditions are true:

    - At most 25 of its events (A_FEW) can concern an alert.
    - No earlier facts about the same clocks are waiting in the database.
    - The contracts of all its facts are in the catalogue.

    Otherwise, or if processing fails, the events are stored for the FairScheduler. Events about incidents (topic
    `incidents`) only put off the expiry of acknowledgements.

    Args:
        canary: Called with the due instant of each canary (a breach of slad's own test clock).
    """

    def __init__(self, context: NotifierContext, canary: Callable[[datetime], None] = lambda due_at: None) -> None:
        self._context = context
        self._canary = canary

    async def assigned(self, partitions: frozenset[int]) -> None:
        """Do nothing: the handler keeps no state of a partition of the message bus.

        Called when partitions are assigned to this process.
        """

    async def revoked(self, partitions: frozenset[int]) -> None:
        """Do nothing: the handler keeps no state of a partition of the message bus.

        Called when partitions are taken away from this process.
        """

    async def handle(self, batch: Batch) -> None:
        """Receive a batch of facts and notices of critical fixes in one transaction.

        A fact is a published event about an incident, or about the clock (timer) of one of its targets. The events are
        processed, or stored for the scheduler. Skipped are facts that concern no alert and no rule on whom to notify,
        and events that were received before. Canaries (breaches of slad's own test clock) are only passed to `canary`.

        After an error nothing is stored, and the batch may be passed again.

        Raises:
            BadEnvelope: An event cannot be read.
            Retryable: A passing failure, such as of the database.
        """
        for envelope in batch.envelopes:
            if envelope.key == CANARY:
                self._canary(envelope.time)
        await self._note_work(batch)
        heard = [each for each in batch.envelopes if each.key != CANARY and each.topic is not Topic.INCIDENTS]
        decoded = [(envelope.id, _decoded(envelope)) for envelope in heard]
        incoming = [(id_, said) for id_, said in decoded if not isinstance(said, ClockFact) or self._matters(said)]
        self._context.metrics.irrelevant.inc(len(decoded) - len(incoming))
        await self._note_held([said for _, said in decoded if isinstance(said, ClockFact)])
        if not incoming:
            return
        try:
            fresh = await self._take_in(incoming, len(incoming) <= A_FEW)
        except Exception as error:
            if fault_of(error) is Fault.PASSING:
                raise as_retryable(error) from error
            _log.error("facts.refused", error=error_text(error)[:500])
            fresh = await self._take_in(incoming, at_once=False)
        for _, said in fresh:
            self._context.metrics.facts.labels(_kind(said)).inc()
            if isinstance(said, ClockFact) and said.is_history:
                self._context.metrics.history.labels(_kind(said)).inc()
        self._context.metrics.repeated.inc(len(incoming) - len(fresh))
        self._context.signal()

    async def replay(self, entry: QuarantineEntry) -> None:
        """Process an event again that could not be processed before.

        Args:
            entry: The event in the quarantine (the table of events that could not be processed).

        Raises:
            BadEnvelope: The event still cannot be read.
            Retryable: A passing failure, such as of the database.
        """
        await self.handle(Batch(entry.partition, (envelope_of(entry),), None))

    async def _note_work(self, batch: Batch) -> None:
        """Events of incidents tell nobody of anything; work puts off the expiry of acknowledgements."""
        events = [each for each in batch.envelopes if each.topic is Topic.INCIDENTS]
        if not events or not expires_idle(self._context.catalogue().escalations):
            return
        work = work_of(events)
        if work:
            with passing_as_retryable():
                await put_off_expiries(work, self._context)

    async def _note_held(self, facts: list[ClockFact]) -> None:
        """What waits for the end of quiet hours may have become needless, or may wait no more.

        Of every fact, also those that concern no alert. The due instants are stored first, since it is decided by them;
        if nothing is ever held, a reader of their own stores them (`intake.deadlines`).
        """
        if not facts or not holds_anything(self._context.catalogue()):
            return
        with passing_as_retryable():
            async with self._context.store.deriving().transaction() as connection:
                await save_deadlines(connection, changed_deadlines(facts))
                await note_facts(connection, facts, await store_now(connection, self._context.time_source))

    def _matters(self, fact: ClockFact) -> bool:
        """Whether the fact can concern an alert, or a rule may tell of it."""
        if is_relevant(fact):
            return True
        if not happenings_of(fact):
            return False
        if self._context.unknown_contracts((fact.contract,)):
            return True
        catalogue = self._context.catalogue()
        return concerns_rules(catalogue.rulebook, contract_of(catalogue, fact.contract), fact)

    async def _take_in(self, incoming: list[Incoming], at_once: bool) -> list[Incoming]:
        """What nobody has taken in before, worked on `at_once` unless earlier facts of the same clocks still wait."""
        async with self._context.writing(derives=True) as connection:
            now = await store_now(connection, self._context.time_source)
            fresh = await self._claimed(connection, incoming, now)
            if not fresh:
                return fresh
            before = await waiting.queues_of(connection, waiting.clocks_of(fresh))
            named = {said.contract for _, said in fresh if not isinstance(said, NoticeData)}
            at_once = at_once and not before and not self._context.unknown_contracts(named)
            if at_once:
                await apply(connection, fresh, self._context, now)
            else:
                await waiting.append_to_queues(connection, fresh, before, now)
        if not at_once:
            self._context.facts_taken_in.wake()
        return fresh

    async def _claimed(self, connection: AsyncConnection, incoming: list[Incoming], now: datetime) -> list[Incoming]:
        """Those whose ids nobody has claimed before, each once."""
        unique = dict(incoming)
        statement: Any = insert_new(connection, tables.inbox).returning(tables.inbox.c.id)
        rows = [{"id": id_, "at": now} for id_ in unique]
        claimed = set((await connection.execute(statement, rows)).scalars())
        return [(id_, said) for id_, said in unique.items() if id_ in claimed]


def _decoded(envelope: Envelope) -> ClockFact | NoticeData | ObjectiveFact | ReportFact:
    match envelope.topic:
        case Topic.CLOCKS:
            return decode_clock_fact(envelope)
        case Topic.NOTICES:
            return decode_notice(envelope)
        case Topic.OBJECTIVES:
            if envelope.type == REPORT_TYPE:
                return decode_report_fact(envelope)
            return decode_objective_fact(envelope)
        case Topic.INCIDENTS | Topic.DELIVERIES | Topic.CONTRACTS:
            raise AssertionError(f"the notifier does not read {envelope.topic}")
        case _:
            assert_never(envelope.topic)


def _kind(said: ClockFact | NoticeData | ObjectiveFact | ReportFact) -> str:
    match said:
        case NoticeData():
            return "notice.published"
        case ReportFact():
            return said.kind
        case ClockFact() | ObjectiveFact():
            return said.kind.value
