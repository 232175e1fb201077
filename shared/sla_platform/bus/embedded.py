"""The embedded bus: consumers read the services' logs by cursor, on the same database. One partition, number 0.

A `WakeSignal` per log wakes readers after a commit in the same process; between rings they look every `poll` seconds,
for what other processes committed and because `through` moves with time.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import NoReturn, TypeVar

import structlog
from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_platform.backoff import Backoff
from sla_platform.bus.handing import FENCED_PAUSE_SECONDS, StallDetector, hand_over, revoke
from sla_platform.bus.interrupted import InterruptedAt, InterruptedRuns, LaneCare
from sla_platform.bus.metrics import BusMetrics
from sla_platform.bus.port import Batch, Handler, KeepQuarantined, QuarantinedRecord
from sla_platform.bus.positions import ReadPositions
from sla_platform.bus.record import headers_of
from sla_platform.bus.wake_signal import WakeSignal, listen_to, signalled_within
from sla_platform.envelope import Envelope, Topic
from sla_platform.errors import Fenced, Retryable
from sla_platform.store import log as logs
from sla_platform.store.engine import Store
from sla_platform.store.instant import store_now
from sla_platform.timesource import TimeSource

_log = structlog.get_logger(__name__)
T = TypeVar("T")
_OURS = frozenset({0})
_COUNT_CAP = 100_000  # beyond this many unread events the exact number does not matter
_COUNT_EVERY_SECONDS = 2.0
_MOST_ENDS = 1_000
_WHOLE_LOOK_SECONDS = 1.0  # between whole looks; short looks do not notice that another process moved the cursor


@dataclass(frozen=True, slots=True)
class LogFeed:
    """The event log of one service, which a consumer reads, with the topics that it reads of the log.

    An `EmbeddedSource` has one for each log that it reads.
    """

    log: Table
    """The table of the events."""
    topics: tuple[Topic, ...]
    """The topics whose events are read."""
    wake_signal: WakeSignal
    """The signal by which the reader is woken when this process has appended to the log."""


@dataclass(frozen=True, slots=True)
class _Look:
    """What one feed had after the cursor `at`."""

    feed: LogFeed
    at: logs.Cursor
    page: logs.LogPage

    def after(self) -> _Look:
        """The look once its page was handled, if nothing has come since."""
        return _Look(self.feed, self.page.cursor, logs.LogPage((), self.page.cursor, complete=True))


class EmbeddedSource:
    """An `EventSource` that reads services' event logs in the same database for one consumer.

    Await `run`. All events belong to partition 0.

    Args:
        group: The consumer's name.
        feeds: The logs to read.
        cursor_table: The table in which the source stores, about once a second, how far it has read each log.
        batch: The number of events of a log that are read at once.
        poll: Seconds between reads if no wake signal comes.
        watchdog: Seconds without a handled event after which the source is not `healthy`.
        keep_quarantined: Function to call with an event that cannot be handled. None means that such events are only
            counted and logged.
        alone: A lock that all readers of the process share. After a crash, events are handled one at a time under this
            lock, to find the one that caused the crash (see `InterruptedRuns`). None means a lock for this source only.
    """

    def __init__(
        self,
        store: Store,
        group: str,
        feeds: Sequence[LogFeed],
        cursor_table: Table,
        time_source: TimeSource,
        *,
        batch: int = 500,
        poll: float = 0.05,
        watchdog: float = 60.0,
        keep_quarantined: KeepQuarantined | None = None,
        metrics: BusMetrics | None = None,
        alone: asyncio.Lock | None = None,
    ) -> None:
        self._store = store
        self._group = group
        self._feeds = tuple(feeds)
        self._positions = ReadPositions(store, cursor_table, time_source)
        self._runs = InterruptedRuns(store, cursor_table, alone or asyncio.Lock())
        self._care: Mapping[str, LaneCare] = {}
        self._time_source = time_source
        self._batch = batch
        self._poll = poll
        self._keep_quarantined = keep_quarantined
        self._metrics = metrics or BusMetrics()
        self._pulse = StallDetector(watchdog)
        self._waiting: dict[str, int] = {}
        self._counted = float("-inf")
        self._ended: tuple[_Look, ...] = ()  # after the last whole look, if it found the end of every feed
        self._looked = float("-inf")
        self._ends: deque[tuple[datetime, tuple[int, ...]]] = deque()

    @property
    def lag(self) -> int:
        """Return how many events of the logs were unread when the logs were last read.

        The number is exact while it fits in one batch of each log. A larger number is updated only every two seconds,
        and is at most 100,000 for each log.
        """
        return sum(self._waiting.values())

    @property
    def healthy(self) -> bool:
        """Return whether events are being handled.

        The result is False if events have waited for more than `watchdog` seconds (a parameter of this class) without
        any being handled.
        """
        return not self._pulse.stalled

    async def run(self, handler: Handler) -> NoReturn:
        """Read the logs and pass the events in batches to the handler until cancelled.

        If the handler raises Retryable, the same batch is given again after a pause of 0.1 s. The pause doubles with
        each failure up to 5 s. If the handler raises Fenced (another process owns the partition), `Handler.revoked` is
        called, and a second later `Handler.assigned`.
        """
        lanes = [feed.log.name for feed in self._feeds]
        while True:
            try:
                self._care = await self._patiently(lambda: self._runs.begin(lanes))
                await self._run_once(handler)
            finally:
                # Also on cancellation; only a process that dies leaves them.
                await self._runs.end(lanes)
            await asyncio.sleep(FENCED_PAUSE_SECONDS)

    async def _run_once(self, handler: Handler) -> None:
        """Read from the stored positions on, until another process owns the partition."""
        await self._patiently(lambda: handler.assigned(_OURS))
        self._metrics.assignments.labels(self._group).inc()
        self._positions.forget()
        keeping = asyncio.create_task(self._positions.keep(), name=f"{self._group}.positions")
        try:
            await self._read_on(handler, keeping)
        except Fenced as error:
            self._metrics.fenced.labels(self._group).inc()
            _log.warning("bus.fenced", group=self._group, error=str(error))
        finally:
            # Also on cancellation, which abandons a running unit: its transaction rolls back, the position stays.
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            await self._save_positions()
            await revoke(handler, _OURS)

    async def _save_positions(self) -> None:
        """What was handled is worth remembering, also at a shutdown; else it is read again."""
        try:
            await self._positions.save()
        except Retryable as error:
            _log.warning("bus.positions_lost", group=self._group, error=str(error))

    async def _patiently(self, work: Callable[[], Awaitable[T]]) -> T:
        patience = Backoff()
        while True:
            try:
                return await work()
            except Retryable as error:
                await self._wait(patience, error)

    async def _read_on(self, handler: Handler, keeping: asyncio.Task[NoReturn]) -> NoReturn:
        patience = Backoff()
        with listen_to(feed.wake_signal for feed in self._feeds) as signalled:
            while True:
                if keeping.done():
                    await keeping  # it ends only by a bug, after which the position would no longer be stored
                signalled.clear()
                try:
                    more = await self._pass(handler)
                except Retryable as error:
                    self._pulse.note_waiting()
                    await self._wait(patience, error)
                    continue
                patience.reset()
                if not more:
                    await signalled_within(signalled, self._poll)

    async def _wait(self, patience: Backoff, error: Retryable) -> None:
        self._metrics.retried.labels(self._group).inc()
        _log.warning("bus.retry", group=self._group, error=str(error))
        await asyncio.sleep(patience.pause())

    async def _pass(self, handler: Handler) -> bool:
        """One look at every feed; True when there may be more at once."""
        if (through := self._nothing_new()) is not None:
            self._pulse.note_handled()
            await self._hand_on(handler, self._ended[-1], Batch(0, (), through))
            return False
        self._ended, self._looked = (), time.monotonic()
        async with self._store.reading() as connection:
            # Taken before the look: whatever was accepted up to this instant is visible to the reads that follow.
            through = await store_now(connection, self._time_source)
            looks = [await self._look(connection, feed) for feed in self._feeds]
            await self._count(connection, looks)
            ends = await self._ends_of(connection, looks)
        complete = all(look.page.complete for look in looks)
        if all(look.page.cursor == look.at for look in looks):
            # Nothing can be read yet. If an event is held back, the wait for it is elsewhere.
            self._pulse.note_handled()
        reached = through if complete else self._reached(looks, through, ends)
        for number, look in enumerate(looks):
            last = number == len(looks) - 1
            await self._hand_on(handler, look, Batch(0, look.page.envelopes, reached if last else None))
        await self._settle()
        self._ended = tuple(look.after() for look in looks) if complete and self._store.sqlite else ()
        return any(look.page.cursor != look.at and not look.page.complete for look in looks)

    async def _settle(self) -> None:
        """What was found first is handled: none of it ended the run before."""
        unsettled = [care for care in self._care.values() if care.unsettled]
        if unsettled:
            await self._positions.save()
        for care in unsettled:
            await care.settle()

    async def _look(self, connection: AsyncConnection, feed: LogFeed) -> _Look:
        at = await self._positions.load(connection, feed.log.name)
        if self._store.sqlite and not logs.anything_after(self._store, feed.log, feed.topics, at):
            return _Look(feed, at, logs.LogPage((), at, complete=True))  # a hundredth of the time of a read
        return _Look(feed, at, await logs.read(connection, feed.log, feed.topics, at, self._batch))

    async def _ends_of(self, connection: AsyncConnection, looks: Sequence[_Look]) -> tuple[int, ...] | None:
        """Where the feeds end, if there is more than was read; on SQLite alone, where events are committed in order."""
        if not self._store.sqlite or all(look.page.complete for look in looks):
            return None
        return tuple([await logs.end_of(connection, look.feed.log, look.feed.topics) for look in looks])

    def _reached(self, looks: Sequence[_Look], through: datetime, ends: tuple[int, ...] | None) -> datetime | None:
        """The instant of the latest look whose ends these pages reach; None if there is none.

        While events come faster than they are read, no look finds the end of the logs. What it found is the end as of
        its instant, and once that is reached, everything that was accepted until then is.
        """
        while self._ends and all(end <= look.at.position for end, look in zip(self._ends[0][1], looks, strict=True)):
            self._ends.popleft()  # an earlier batch has said so
        reached = None
        for instant, there in self._ends:
            if any(end > look.page.cursor.position for end, look in zip(there, looks, strict=True)):
                break
            reached = instant
        if ends is not None and len(self._ends) < _MOST_ENDS:
            self._ends.append((through, ends))
        return reached

    def _nothing_new(self) -> datetime | None:
        """The instant up to which every feed is read, if a glance finds nothing after the last look; else None.

        On SQLite alone. Now and then the look is a whole one all the same, which reads the cursors, too.
        """
        if not self._ended or time.monotonic() - self._looked >= _WHOLE_LOOK_SECONDS:
            return None
        through = self._time_source.now()  # before the glance, as in a whole look
        if any(logs.anything_after(self._store, each.feed.log, each.feed.topics, each.at) for each in self._ended):
            return None
        return through

    async def _hand_on(self, handler: Handler, look: _Look, batch: Batch) -> None:
        moved = look.page.cursor != look.at
        if not moved and batch.through is None:
            return
        if moved:
            self._pulse.note_waiting()
        for unreadable in look.page.unreadable:
            await self._quarantine(_record_of_row(self._group, look.feed.log, unreadable))
        positions = {id(envelope): at for envelope, at in zip(batch.envelopes, look.page.positions, strict=True)}
        if batch.envelopes or batch.through is not None:
            care = self._care[look.feed.log.name]
            if batch.envelopes and care.careful:
                await self._one_by_one(handler, batch, positions, care)
            else:
                await hand_over(handler, batch, partial(self._dead, positions))
        if look.page.cursor == look.at:
            return
        self._positions.note(look.feed.log.name, look.page.cursor)
        self._pulse.note_handled()
        self._metrics.handled.labels(self._group).inc(len(batch.envelopes))
        self._show(look.feed, max(self._waiting.get(look.feed.log.name, 0) - len(batch.envelopes), 0))

    async def _one_by_one(self, handler: Handler, batch: Batch, positions: Mapping[int, int], care: LaneCare) -> None:
        """Hand a page over as after an interrupted run: what was handled before it at once, then event by event."""
        dead, left = partial(self._dead, positions), list(batch.envelopes)
        known = next((number for number, each in enumerate(left) if positions[id(each)] == care.held), 0)
        while left:
            position = positions[id(left[0])]
            if known or not care.careful:
                several = known or len(left)
                await hand_over(handler, Batch(batch.partition, tuple(left[:several]), None), dead)
                del left[:several]
                known = 0
            elif care.unfit(position):
                await dead(left.pop(0), InterruptedAt())
            else:
                async with care.alone(position):
                    await hand_over(handler, Batch(batch.partition, (left[0],), None), dead)
                del left[0]
                await care.note_alone()
        if batch.through is not None:
            await hand_over(handler, Batch(batch.partition, (), batch.through), dead)

    async def _count(self, connection: AsyncConnection, looks: Sequence[_Look]) -> None:
        """Bring the known lag up to date; a backlog of many pages is counted only now and then."""
        count_now = time.monotonic() - self._counted >= _COUNT_EVERY_SECONDS
        for look in looks:
            feed, waiting = look.feed, len(look.page.envelopes) + len(look.page.unreadable)
            if not look.page.complete:
                if not count_now:
                    continue
                self._counted = time.monotonic()
                waiting = await logs.waiting(connection, feed.log, feed.topics, look.at, _COUNT_CAP)
            self._show(feed, waiting)

    def _show(self, feed: LogFeed, waiting: int) -> None:
        self._waiting[feed.log.name] = waiting
        self._metrics.lag.labels(self._group, feed.log.name, "0").set(waiting)

    async def _dead(self, positions: Mapping[int, int], envelope: Envelope, error: Exception) -> None:
        """Keep an event that cannot be handled, so that those after it are."""
        headers, key = tuple(headers_of(envelope)), envelope.key.encode("utf-8", "replace")
        at, topic = positions[id(envelope)], envelope.topic
        await self._quarantine(
            QuarantinedRecord(self._group, topic.value, 0, at, key, envelope.data, headers, error, topic)
        )

    async def _quarantine(self, record: QuarantinedRecord) -> None:
        if self._keep_quarantined is not None:
            await self._keep_quarantined(record)
        self._metrics.dead.labels(self._group).inc()
        _log.error("bus.dead_letter", group=self._group, topic=record.topic, position=record.offset,
                   event_id=dict(record.headers).get("ce_id"), error=str(record.error)[:500])  # fmt: skip


def _record_of_row(group: str, log: Table, unreadable: logs.UnreadableLogRow) -> QuarantinedRecord:
    """A row of the log that is no event, with its fields as headers."""
    fields = unreadable.fields
    headers = tuple((f"ce_{name}", value) for name, value in fields.items() if name not in ("topic", "key", "data"))
    topic = next((topic for topic in Topic if topic.value.encode() == fields["topic"]), None)
    return QuarantinedRecord(
        group, log.name, 0, unreadable.position, fields["key"], fields["data"],
        (("ce_specversion", b"1.0"), *headers), unreadable.error, topic,
    )  # fmt: skip
