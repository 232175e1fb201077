"""One installation of the bus on one store: writers that append to a log, readers whose handlers remember."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import MetaData

from sla_platform.audit.tables import audit_tables
from sla_platform.bus import Batch, EventSource, Feeds, KeepQuarantined
from sla_platform.bus.feeds import WRITERS
from sla_platform.bus.kafka import ensure_topics
from sla_platform.contracts.table import contract_cursor_table
from sla_platform.envelope import Envelope, Topic
from sla_platform.settings import Settings
from sla_platform.store import log as logs
from sla_platform.store.cursor import cursor_table
from sla_platform.store.engine import Store
from sla_platform.store.log import log_table
from sla_platform.store.quarantine import quarantine_table
from sla_platform.store.schema import create_all
from sla_platform.timesource import SystemTime

PARTITIONS = 3
PATIENCE_SECONDS = 30.0
_BEGINNING = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
_SERVICES = ("ingest", "timer", "notifier", "board")

Script = Callable[[Batch], Awaitable[None]]


def event(key: str, number: int, topic: Topic = Topic.INCIDENTS, data: bytes = b"{}") -> Envelope:
    """The nth event of a key; its id says so."""
    return Envelope(
        topic=topic,
        id=f"{key}/{number}",
        type="io.slad.incident.updated.v1",
        source="/slad/ingest",
        subject=key,
        key=key,
        time=_BEGINNING + timedelta(seconds=number),
        data=data,
    )


@dataclass
class Recorder:
    """A handler that remembers every call in order. `script` runs first and may raise what a handler may raise."""

    script: Script | None = None
    story: list[tuple[str, frozenset[int] | Batch]] = field(default_factory=list)
    offered: list[Batch] = field(default_factory=list)  # including batches whose handling failed
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def assigned(self, partitions: frozenset[int]) -> None:
        self._note("assigned", partitions)

    async def revoked(self, partitions: frozenset[int]) -> None:
        self._note("revoked", partitions)

    async def handle(self, batch: Batch) -> None:
        self.offered.append(batch)
        if self.script is not None:
            await self.script(batch)
        self._note("batch", batch)

    def _note(self, what: str, detail: frozenset[int] | Batch) -> None:
        self.story.append((what, detail))
        self._changed.set()

    @property
    def batches(self) -> list[Batch]:
        return [detail for _, detail in self.story if isinstance(detail, Batch)]

    @property
    def envelopes(self) -> list[Envelope]:
        return [envelope for batch in self.batches for envelope in batch.envelopes]

    @property
    def ids(self) -> list[str]:
        return [envelope.id for envelope in self.envelopes]

    def through(self, partition: int) -> datetime | None:
        """The latest instant said for a partition."""
        said = [batch.through for batch in self.batches if batch.partition == partition and batch.through]
        return max(said, default=None)

    async def until(self, condition: Callable[[Recorder], object], seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until a condition on what was recorded holds."""
        async with asyncio.timeout(seconds):
            while not condition(self):
                self._changed.clear()
                await self._changed.wait()

    async def until_seen(self, ids: Iterable[str], seconds: float = PATIENCE_SECONDS) -> None:
        wanted = set(ids)
        try:
            await self.until(lambda recorder: wanted <= set(recorder.ids), seconds)
        except TimeoutError:
            missing = sorted(wanted - set(self.ids))
            raise AssertionError(f"{len(missing)} of {len(wanted)} never came, the first {missing[:5]}") from None


@dataclass
class Rig:
    """`run(…)` and `writer(…)` are the two sides; everything else is plumbing."""

    store: Store
    settings: Settings
    name: str
    opened: list[Feeds] = field(default_factory=list)

    @property
    def kafka(self) -> bool:
        return not self.settings.embedded

    @property
    def partitions(self) -> range:
        return range(self.settings.partitions if self.kafka else 1)

    def feeds(self, instance: str = "one", **options: float) -> Feeds:
        settings = self.settings.model_copy(update={"instance": instance})
        self.opened.append(Feeds(settings, self.store, SystemTime(), **options))  # type: ignore[arg-type]
        return self.opened[-1]

    async def close(self) -> None:
        for feeds in self.opened:
            await feeds.close()
        await self.store.close()

    async def set_up(self) -> None:
        metadata = MetaData()
        for service in _SERVICES:
            log_table(metadata, service)
            cursor_table(metadata, service)
            contract_cursor_table(metadata, service)
            quarantine_table(metadata, service)
            audit_tables(metadata, service)
        cursor_table(metadata, "notifier_deadline")
        await create_all(self.store, [metadata])
        if self.kafka:
            await ensure_topics(self.settings)

    async def append(self, envelopes: Iterable[Envelope], feeds: Feeds | None = None) -> None:
        """Accept events in one transaction, as a service would."""
        envelopes = list(envelopes)
        writers = {WRITERS[envelope.topic] for envelope in envelopes}
        async with self.store.transaction() as connection:
            for writer in sorted(writers):
                mine = [envelope for envelope in envelopes if WRITERS[envelope.topic] == writer]
                await logs.append(connection, log_table(MetaData(), writer), mine)
        for writer in writers:
            if feeds is not None:
                feeds.wake_signal(writer).wake()

    def source(
        self,
        feeds: Feeds,
        group: str,
        topics: Iterable[Topic] = (Topic.INCIDENTS,),
        keep_quarantined: KeepQuarantined | None = None,
        at_once: int = 1,
    ) -> EventSource:
        cursor = cursor_table(MetaData(), group)
        return feeds.source(group, tuple(topics), cursor, keep_quarantined=keep_quarantined, at_once=at_once)

    @asynccontextmanager
    async def relays(self, feeds: Feeds, *services: str) -> AsyncIterator[None]:
        """The relays of some services, where there are any, for as long as the context lasts."""
        relays = [relay for service in services or ("ingest",) if (relay := feeds.relay(service)) is not None]
        async with contextlib.AsyncExitStack() as stack:
            for relay in relays:
                await stack.enter_async_context(background(relay.run()))
            yield

    @asynccontextmanager
    async def reading(
        self,
        recorder: Recorder,
        group: str = "timer",
        topics: Iterable[Topic] = (Topic.INCIDENTS,),
        *,
        feeds: Feeds | None = None,
        keep_quarantined: KeepQuarantined | None = None,
    ) -> AsyncIterator[EventSource]:
        """A running reader; at the end it is cancelled, as at a shutdown."""
        source = self.source(feeds or self.feeds(), group, topics, keep_quarantined)
        async with background(source.run(recorder)):
            yield source


@asynccontextmanager
async def background(work: Awaitable[object]) -> AsyncIterator[asyncio.Future[object]]:
    """Something that runs until the context ends; if it ends before, its error is the test's."""
    task = asyncio.ensure_future(work)
    try:
        yield task
    finally:
        early = task.done()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            try:
                await task
            except Exception:
                if early:
                    raise


def in_order(ids: Iterable[str]) -> dict[str, list[int]]:
    """The numbers per key, in the order of their first arrival."""
    found: dict[str, list[int]] = {}
    for written in dict.fromkeys(ids):
        key, _, number = written.rpartition("/")
        found.setdefault(key, []).append(int(number))
    return found
