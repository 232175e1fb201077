"""The board's consumer: each batch is one transaction that claims, stores and folds (a `sla_platform.bus.Handler`)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, assert_never
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board import tables
from sla_board.metrics import BoardMetrics
from sla_board.projection import store as projections
from sla_board.projection import verdict as verdicts
from sla_board.projection.clock import PublishedFact, about_clock, clock_row
from sla_board.projection.contract import contract_rows
from sla_board.projection.delivery import alert_row, delivery_rows
from sla_board.projection.incident import incident_row
from sla_board.projection.mark import CountedNews, CountedOnce, marks_between, write_marks
from sla_board.projection.memory import RememberedReader, RowMemory, essential_events, essential_facts
from sla_board.projection.phase import phase_rows
from sla_domain.event import IncidentEvent
from sla_domain.fact import FactKind
from sla_domain.forgotten import drop_forgotten
from sla_platform.bus import Batch
from sla_platform.bus.quarantine import envelope_of
from sla_platform.envelope import Envelope, Topic
from sla_platform.errors import BadEnvelope
from sla_platform.store import alias, tombstone
from sla_platform.store.engine import Store
from sla_platform.store.quarantine import QuarantineEntry
from sla_platform.timesource import TimeSource
from sla_platform.wire import (
    ClockFact,
    DeliveryFact,
    NoticeData,
    decode_clock_fact,
    decode_delivery_fact,
    decode_event,
    decode_notice,
)
from sla_platform.wire.clock import CANARY

Listing = Callable[[AsyncConnection, Collection[str]], Awaitable[None]]
"""Writes the rows of the list of incidents anew for some incidents, within a transaction."""

TOPICS = (Topic.INCIDENTS, Topic.CLOCKS, Topic.DELIVERIES, Topic.NOTICES)


@dataclass(slots=True)
class _Touched:
    """What one batch holds, sorted by what must be folded afterwards."""

    events: list[dict[str, Any]] = field(default_factory=list)
    incidents: dict[str, list[IncidentEvent]] = field(default_factory=dict)
    clocks: dict[UUID, list[PublishedFact]] = field(default_factory=dict)
    moves: list[ClockFact] = field(default_factory=list)
    phases: list[ClockFact] = field(default_factory=list)
    told: list[DeliveryFact] = field(default_factory=list)
    alerts: list[dict[str, Any]] = field(default_factory=list)
    notices: list[NoticeData] = field(default_factory=list)
    noticed_at: list[datetime] = field(default_factory=list)  # when the sender knew, for the lag
    committed: list[Callable[[], None]] = field(default_factory=list)  # to be called after the commit

    @property
    def concerned(self) -> frozenset[str]:
        """Return the incidents of which the batch has events or facts."""
        return frozenset(row["incident"] for row in self.events)


class Projector:
    """Writes batches of events from the bus to the board's tables; call `handle` for a batch.

    The attribute `applied_at` is the instant of the last commit of new events. It is None before the first.

    Args:
        listing: Called in the transaction with changed incidents. It rewrites their rows in the list of incidents.
        changed: Called after each commit of new events.
        marked: Called after the commit with the incidents whose breakdowns must be computed anew. None for no call.
    """

    def __init__(
        self,
        store: Store,
        time_source: TimeSource,
        metrics: BoardMetrics,
        listing: Listing,
        changed: Callable[[], None],
        marked: Callable[[Collection[str]], None] | None = None,
    ) -> None:
        self._store = store
        self._marked = marked
        self._time_source = time_source
        self._metrics = metrics
        self._listing = listing
        self._changed = changed
        self._events = RememberedReader(
            RowMemory[str, IncidentEvent](essential_events), tables.event.c.incident, projections.events_of_incidents
        )
        self._facts = RememberedReader(
            RowMemory[UUID, PublishedFact](essential_facts), tables.event.c.clock, projections.facts_of_clocks
        )
        self.applied_at: datetime | None = None

    async def assigned(self, partitions: frozenset[int]) -> None:
        """Do nothing. The bus calls this when the board begins to read the given partitions of the topics.

        If another process still reads them, no event is applied twice, because the store records the applied events.
        """

    async def revoked(self, partitions: frozenset[int]) -> None:
        """Do nothing. The bus calls this when the board stops reading the given partitions of the topics.

        If another process reads them already, no event is applied twice, because the store records the applied
        events.
        """

    async def handle(self, batch: Batch) -> None:
        """Apply a batch of events to the board's tables in one transaction.

        Events that were applied before are skipped, and so are events of the canary (slad's own test clock, which is
        breached each minute).

        If an event cannot be read, an error such as BadEnvelope is raised. After an error nothing is stored, and the
        same batch may be passed again.

        Raises:
            StoreBusy: The store takes no work.
        """
        # slad's own test clock belongs to no incident, and would stay on every board for ever.
        envelopes = [envelope for envelope in batch.envelopes if envelope.key != CANARY]
        if not envelopes:
            return
        now = self._time_source.now()
        with self._metrics.apply_seconds.time():
            async with self._store.transaction() as connection:
                fresh = await projections.claim_events(connection, envelopes, now)
                touched = self._read(fresh, len(envelopes) == 1)
                late = await self._write(connection, touched, now)
        for remember in touched.committed:
            remember()
        if self._marked is not None and touched.concerned:
            self._marked(touched.concerned)
        self._metrics.repeated.inc(len(envelopes) - len(fresh))
        self._metrics.late.inc(late)
        if fresh:
            self._observe(fresh, touched, now)
            self._changed()

    async def replay(self, entry: QuarantineEntry) -> None:
        """Apply an event from the quarantine to the board's tables.

        The quarantine has events that could not be applied before. If the event still cannot be read, an error such as
        BadEnvelope is raised.

        Raises:
            StoreBusy: The store takes no work.
        """
        await self.handle(Batch(entry.partition, (envelope_of(entry),), None))

    async def refold(self, connection: AsyncConnection, incidents: Collection[str]) -> None:
        """Recompute all rows that the board derives from the stored events of some incidents.

        The old rows are deleted and new ones written in the caller's transaction. A process that applies an event to
        one of the incidents waits for the end of this transaction. The rows of deliveries and alerts are not touched,
        because the events behind them are not stored.

        Args:
            connection: A transaction of the board's store.
            incidents: The incidents' ids.

        Raises:
            StoreBusy: The store takes no work, or another process writes the same incident.
        """
        counted = await verdicts.counted_of(connection, incidents)
        # The old rows go first: what is read afterwards is not older than what another process has written of them.
        await projections.delete_derived(connection, incidents)
        touched = self._read(await projections.stored_events(connection, incidents), alone=False)
        await self._derive(connection, touched, self._time_source.now(), counted)

    def _observe(self, fresh: Sequence[Envelope], touched: _Touched, now: datetime) -> None:
        self.applied_at = now
        for envelope in fresh:
            self._metrics.applied.labels(envelope.topic.value).inc()
        for noticed_at in touched.noticed_at:
            self._metrics.lag_seconds.observe(max((now - noticed_at).total_seconds(), 0.0))

    def _read(self, envelopes: Sequence[Envelope], alone: bool) -> _Touched:
        """Raises BadEnvelope: nothing is claimed then, and the bus looks for the event that cannot be read."""
        touched = _Touched()
        for envelope in envelopes:
            try:
                _sort_in(touched, envelope)
            except BadEnvelope:
                if alone:
                    self._metrics.unreadable.labels(envelope.topic.value).inc()
                raise
        return touched

    async def _write(self, connection: AsyncConnection, touched: _Touched, now: datetime) -> int:
        """Return how many incidents in the batch have been forgotten and are not started anew."""
        await projections.keep_events(connection, touched.events)
        late = await self._derive(connection, touched, now)
        await projections.upsert_newer_rows(connection, tables.delivery, delivery_rows(touched.told))
        await projections.upsert_rows(connection, tables.alert, touched.alerts)
        await projections.upsert_notices(connection, notice_rows(touched.notices))
        return late

    async def _derive(
        self,
        connection: AsyncConnection,
        touched: _Touched,
        now: datetime,
        counted: Mapping[str, Sequence[CountedOnce]] | None = None,
    ) -> int:
        """Return how many incidents in the batch have been forgotten and are not started anew.

        `counted`: how attainment counted each incident before; None: as its rows say.
        """
        names = _named(touched)
        before = await verdicts.counted_of(connection, names) if counted is None else counted
        if self._marked is not None:
            await projections.mark_unfolded(connection, touched.concerned, now)
        late = await self._write_incidents(connection, touched, now) if touched.incidents else 0
        moves = contract_rows(touched.moves)
        await projections.upsert_newer_rows(connection, tables.contract, moves)
        clocks = await self._write_clocks(connection, touched, [row["incident"] for row in moves])
        phases = phase_rows(touched.phases)
        await projections.upsert_newer_rows(connection, tables.phase, phases)
        phased = {*touched.incidents, *(row["incident"] for row in phases)}
        await projections.copy_phases(connection, phased)
        await self._write_requests(connection, phased | clocks)
        after = await verdicts.counted_of(connection, names)
        await write_marks(connection, marks_between(before, after, _news(touched)))
        await self._listing(connection, {row["incident"] for row in touched.events})
        return late

    async def _write_clocks(self, connection: AsyncConnection, touched: _Touched, moved: Collection[str]) -> set[str]:
        """Return the incidents of the clocks that were written. `moved`: whose clocks may have been another's."""
        for id_ in await verdicts.clocks_of_moved(connection, moved):
            touched.clocks.setdefault(id_, [])
        if not touched.clocks:
            return set()
        known = await self._facts.of(connection, touched.clocks, touched.committed)
        rows = [clock_row(known[id_]) for id_ in sorted(known)]
        await verdicts.decided_in(connection, rows)
        await projections.upsert_rows(connection, tables.clock, rows)
        return {row["incident"] for row in rows}

    async def _write_requests(self, connection: AsyncConnection, incidents: Collection[str]) -> None:
        """Count these incidents anew, each as a whole."""
        await projections.upsert_rows(connection, tables.request, await verdicts.request_rows(connection, incidents))

    async def _write_incidents(self, connection: AsyncConnection, touched: _Touched, now: datetime) -> int:
        await alias.store_names(
            connection, tables.alias, (event for told in touched.incidents.values() for event in told)
        )
        tombstones = await tombstone.tombstones(connection, tables.tombstone, touched.incidents.keys())
        kept = await self._events.of(connection, touched.incidents, touched.committed, tombstones.keys())
        counting = {name: drop_forgotten(kept[name], tombstones.get(name)) for name in sorted(kept)}
        await projections.upsert_rows(
            connection, tables.incident, [incident_row(found) for found in counting.values() if found]
        )
        await tombstone.mark_late(connection, tables.tombstone, tombstones, now)
        return sum(1 for found in counting.values() if not found)


def _named(touched: _Touched) -> set[str]:
    """The incidents that the batch is about, whatever it says of them."""
    facts = [*touched.moves, *touched.phases, *(one.fact for told in touched.clocks.values() for one in told)]
    return {*touched.incidents, *(fact.incident for fact in facts)}


def _news(touched: _Touched) -> dict[str, CountedNews]:
    """Whether what slad said of the clocks of each incident is news, or was history when it was said."""
    found: dict[str, CountedNews] = {}
    for told in touched.clocks.values():
        for one in told:
            said = CountedNews.HISTORY if one.fact.is_history else CountedNews.LIVE
            found[one.fact.incident] = max(said, found.get(one.fact.incident, CountedNews.PLAIN))
    return found


def _sort_in(touched: _Touched, envelope: Envelope) -> None:
    match envelope.topic:
        case Topic.INCIDENTS:
            event = decode_event(envelope)
            touched.incidents.setdefault(event.incident, []).append(event)
            touched.events.append(_event_row(envelope, event.incident))
            touched.noticed_at.append(event.received_at)
        case Topic.CLOCKS:
            fact = decode_clock_fact(envelope)
            clock = fact.clock if about_clock(fact) else None
            if clock is not None:
                touched.clocks.setdefault(clock, []).append(PublishedFact(envelope.id, fact))
            if fact.kind is FactKind.CONTRACT_CHANGED:
                touched.moves.append(fact)
            if fact.phase:
                touched.phases.append(fact)
            touched.events.append(_event_row(envelope, fact.incident, clock))
            touched.noticed_at.append(fact.fired_at or fact.at)
        case Topic.DELIVERIES:
            told = decode_delivery_fact(envelope)
            if told.alert and told.what.startswith("alert."):
                touched.alerts.append(alert_row(envelope.id, told))
            elif told.delivery:
                touched.told.append(told)
            touched.noticed_at.append(told.at)
        case Topic.NOTICES:
            notice = decode_notice(envelope)
            touched.notices.append(notice)
            touched.noticed_at.append(notice.published_at)
        case Topic.CONTRACTS | Topic.OBJECTIVES:
            raise AssertionError(f"{envelope.topic} has a reader of its own")
        case _:
            assert_never(envelope.topic)


def _event_row(envelope: Envelope, incident: str, clock: UUID | None = None) -> dict[str, Any]:
    return {
        "topic": envelope.topic.value,
        "id": envelope.id,
        "type": envelope.type,
        "incident": incident,
        "clock": clock,
        "at": envelope.time,
        "data": envelope.data.decode(),
    }


def notice_rows(notices: Iterable[NoticeData]) -> list[dict[str, Any]]:
    """Return a row for the table of critical-fix notices for each notice, sorted by id.

    If `notices` has several revisions of a notice, the row has the highest revision.
    """
    newest = {notice.id: notice for notice in sorted(notices, key=lambda notice: notice.revision)}
    return [_notice_row(newest[id_]) for id_ in sorted(newest)]


def _notice_row(notice: NoticeData) -> dict[str, Any]:
    return {
        "id": notice.id,
        "title": notice.title,
        "text": notice.text,
        "severity": notice.severity,
        "link": notice.link,
        "products": orjson.dumps([product.model_dump() for product in notice.products]).decode(),
        "published_at": notice.published_at,
        "published_by": notice.published_by,
        "revision": notice.revision,
        "cause": notice.cause,
        "withdrawn": notice.withdrawn,
        "reason": notice.reason,
    }
