"""Group commit: deliveries that arrive together share one transaction; each is answered once it is durable.

Nobody waits for company when nobody is there: a lone delivery commits at once. While a commit runs others gather, and
after a shared one the next waits up to `gather` for more. The queue is bounded in number and bytes, and senders take
turns (`CommitQueue`); beyond that the sender is told to come back. A large batch is written slice by slice, so that
others' requests come in between, and has room of its own (`batch`, `take_slices`). A failed commit changes nothing and
every delivery in it is answered 503, so a retry finds no trace; if a commit succeeded although its answer was lost, the
retry finds the first answer in the inbox.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from sla_domain.rulebook import Rulebook
from sla_ingest import inbox
from sla_ingest.commit_queue import CommitQueue, SenderRoom
from sla_ingest.entry import InboxEntry, Receipt
from sla_ingest.metrics import IngestMetrics
from sla_ingest.name import joins
from sla_platform.bus import WakeSignal
from sla_platform.errors import Retryable, StoreBusy
from sla_platform.store.engine import Store

_log = structlog.get_logger(__name__)
_Labels = tuple[str, str]
_JOINING = 25
_SLICES = 5  # of a batch that wait at a time: as much as one commit holds


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitBounds:
    """The limits of one commit of deliveries, and of the queue of deliveries that wait for a commit."""

    gather_seconds: float = 0.002
    """How long a commit waits for more deliveries, if the commit before held several requests."""
    group_deliveries: int = 500
    """A commit that holds this many deliveries takes no further request."""
    contended_deliveries: int = 100
    """The same while others wait to write to the database."""
    group_bytes: int = 16 * 1024 * 1024
    """A commit that holds this many bytes takes no further request."""
    queue_deliveries: int = 10_000
    """How many deliveries may wait. Beyond this number QueueFull is raised."""
    queue_bytes: int = 64 * 1024 * 1024
    """How many bytes may wait. Beyond this number QueueFull is raised."""
    batch_deliveries: int = 20_000
    """How many deliveries all batches may have that are being taken in. Beyond this number QueueFull is raised."""
    batch_bytes: int = 64 * 1024 * 1024
    """How many bytes all batches may have that are being taken in. Beyond this number QueueFull is raised."""
    commit_seconds: float = 15.0
    """A commit that takes longer fails."""
    slow_seconds: float = 2.0
    """If a failed commit took longer, all deliveries in the queue fail with it."""


class QueueFull(Retryable):
    """Raised if more deliveries are waiting than slad accepts. The sender may send its deliveries again in a moment."""


@dataclass(slots=True)
class _Waiting:
    entries: Sequence[InboxEntry]
    bytes: int
    is_slice: bool
    answered: asyncio.Future[list[Receipt]]


class GroupCommit:
    """Stores the deliveries of all requests of a process, with several requests in one transaction.

    Deliveries that arrive during a commit share the next commit. Call `take` for a request; for a large batch, call
    `take_slices` within `batch`.

    Args:
        rulebook: Returns the plans, contracts and calendars in force.
        wake_signal: Wakes the readers of ingest's event log when events were stored.
        bounds: The limits of a commit and of the queue. None means the default limits.
        count_work: Counts reported work in the ledgers of contracts. None means that no contract has a ledger.
        refresh: Updates the contracts in memory that are kept in the database. None means that there are none.
    """

    def __init__(
        self,
        store: Store,
        rulebook: Callable[[], Rulebook],
        wake_signal: WakeSignal,
        metrics: IngestMetrics,
        bounds: CommitBounds | None = None,
        count_work: inbox.CountWork | None = None,
        refresh: inbox.RefreshContracts | None = None,
    ) -> None:
        self._store = store
        self._giving_way = store.giving_way()  # for slices of batches alone
        self._rulebook = rulebook
        self._wake_signal = wake_signal
        self._metrics = metrics
        self._bounds = bounds or CommitBounds()
        self._count_work = count_work
        self._refresh = refresh
        self._queue: CommitQueue[_Waiting] = CommitQueue(self._bounds.queue_deliveries, self._bounds.queue_bytes)
        self._batches = SenderRoom(self._bounds.batch_deliveries, self._bounds.batch_bytes)
        self._company = False
        self._task: asyncio.Task[None] | None = None

    async def take(self, entries: Sequence[InboxEntry], sender: str = "") -> list[Receipt]:
        """Store deliveries and return a receipt for each, in the order of `entries`.

        Deliveries of several requests share a commit. The call returns once all deliveries are durable. A receipt holds
        the response to the sender. After an error, pass all entries again: for those that were stored, the first
        response is returned again.

        Args:
            sender: Who sends them, a source or an API key. The queue serves the senders in turn.

        Raises:
            QueueFull: Too many deliveries wait, in all or of this sender. Nothing was stored.
            StoreBusy: The database fails. Some deliveries may be stored.
        """
        if not self._queue.admits(sender, len(entries), _size(entries)):
            raise QueueFull
        return await self._queued(entries, sender, counted=True)

    @contextmanager
    def batch(self, sender: str, deliveries: int, size: int) -> Iterator[None]:
        """Reserve room for a batch (a request with several deliveries) during the `with` block, which stores the batch.

        Room is a part of a limit on the deliveries that slad works on. Batches have a limit of their own, so that they
        do not use up the queue of the other requests.

        Args:
            sender: Who sends the batch, a source or an API key.
            deliveries: How many deliveries the batch has.
            size: How many bytes the batch has.

        Raises:
            QueueFull: Too many deliveries are in batches, in all or of this sender. The sender must send the batch
                again.
        """
        if not self._batches.admits(sender, deliveries, size):
            raise QueueFull
        with self._batches.holding(sender, deliveries, size):
            yield

    async def take_slices(
        self, slices: Sequence[Sequence[InboxEntry]], sender: str, *, in_order: bool
    ) -> list[list[Receipt]]:
        """Store the slices (portions) of a batch and return the receipts of each, in the order of `slices`.

        Call this within `batch`. Each slice is stored in one transaction, which it may share with other requests. Only
        a few slices wait in the queue at a time, so that other requests are stored in between. A transaction that has
        only slices waits behind other writers of the database.

        After an error some slices may be stored. Pass all slices again: for deliveries that were stored, the first
        response is returned again.

        Args:
            sender: Who sends them, a source or an API key. The queue serves the senders in turn.
            in_order: Whether a slice is stored only after the one before it.

        Raises:
            StoreBusy: The database fails.
        """
        receipts: list[list[Receipt]] = [[] for _ in slices]
        left = deque(enumerate(slices))

        async def go_on() -> None:
            while left:
                number, entries = left.popleft()
                try:
                    receipts[number] = await self._queued(entries, sender, counted=False)
                except BaseException:
                    left.clear()
                    raise

        await asyncio.gather(*(go_on() for _ in range(1 if in_order else _SLICES)))
        return receipts

    async def _queued(self, entries: Sequence[InboxEntry], sender: str, *, counted: bool) -> list[Receipt]:
        size = _size(entries)
        waiting = _Waiting(entries, size, not counted, asyncio.get_running_loop().create_future())
        self._queue.add(sender, waiting, len(entries), size, counted=counted)
        self._metrics.pending.set(self.pending)
        if self._task is None:
            self._task = asyncio.create_task(self._drain(), name="ingest.commit")
        return await waiting.answered

    @property
    def pending(self) -> int:
        """Return how many deliveries wait in the queue."""
        return self._queue.deliveries

    @property
    def full(self) -> bool:
        """Return whether the queue has reached its limit of deliveries or bytes.

        The next delivery is then refused with QueueFull.
        """
        return self._queue.full

    async def close(self) -> None:
        """Wait until everything in the queue has been committed or has failed."""
        while self._task is not None:
            await asyncio.wait((self._task,))

    async def _drain(self) -> None:
        try:
            while self._queue:
                if self._company:
                    await asyncio.sleep(self._bounds.gather_seconds)
                group = self._next_group()
                self._company = len(group) > 1
                await self._answer(group)
        finally:
            self._task = None

    def _next_group(self) -> list[_Waiting]:
        bounds = self._bounds
        most = bounds.contended_deliveries if self._store.contended else bounds.group_deliveries
        group: list[_Waiting] = []
        size = work = 0
        while self._queue and (not group or (work < most and size < bounds.group_bytes)):
            waiting = self._queue.take()
            size += waiting.bytes
            work += sum(commit_weight(entry) for entry in waiting.entries)
            group.append(waiting)
        self._metrics.pending.set(self.pending)
        return group

    async def _answer(self, group: Sequence[_Waiting]) -> None:
        began = time.monotonic()
        try:
            store = self._giving_way if all(waiting.is_slice for waiting in group) else self._store
            receipts = await self._commit([entry for waiting in group for entry in waiting.entries], store)
        except Retryable as error:
            self._metrics.commit_failures.inc()
            for waiting in group:
                _fail(waiting, error)
            if time.monotonic() - began > self._bounds.slow_seconds:
                # Deliveries that arrived meanwhile have waited as long; a second wait would be too long.
                while self._queue:
                    for waiting in self._next_group():
                        _fail(waiting, error)
        except Exception as error:
            self._metrics.commit_failures.inc()
            if len(group) == 1:
                _log.exception("ingest.commit_failed", deliveries=[entry.id for entry in group[0].entries])
                _fail(group[0], error)
                return
            # A delivery that the database refuses must not make the others fail.
            for waiting in group:
                await self._answer((waiting,))
        else:
            done = iter(receipts)
            for waiting in group:
                mine = [next(done) for _ in waiting.entries]
                if not waiting.answered.done():
                    waiting.answered.set_result(mine)

    async def _commit(self, entries: Sequence[InboxEntry], store: Store) -> list[Receipt]:
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._bounds.commit_seconds):
                receipts = [receipt for run in _runs(entries) for receipt in await self._write(run, store)]
        except TimeoutError:
            raise StoreBusy("the database did not take the delivery in time; try again shortly") from None
        self._metrics.commit_seconds.observe(time.perf_counter() - started)
        self._metrics.commit_deliveries.observe(len(entries))
        self._note(receipts)
        return receipts

    async def _write(self, entries: Sequence[InboxEntry], store: Store) -> list[Receipt]:
        receipts = await inbox.take_entries(
            store, entries, self._rulebook(), inbox.store_receipts, self._count_work, self._refresh
        )
        if any((one.entry.events or one.entry.work is not None) and not one.duplicate for one in receipts):
            self._wake_signal.wake()
        return receipts

    def _note(self, receipts: Sequence[Receipt]) -> None:
        """Counted in sums: looking up a metric by its labels costs more than adding to it."""
        deliveries, events, remarks = Counter[_Labels](), Counter[_Labels](), Counter[_Labels]()
        for receipt in receipts:
            entry = receipt.entry
            source = entry.counted_as
            deliveries[source, "duplicate" if receipt.duplicate else entry.result.value] += 1
            if receipt.duplicate:
                continue
            for code in receipt.noticed:
                remarks[source, code] += 1
            for one in entry.events:
                events[source, one.event.kind.value] += 1
                for noted in one.remarks:
                    remarks[source, noted.remark.code] += 1
            if entry.events:
                event = entry.events[0].event
                lag = (event.received_at - event.occurred_at).total_seconds()
                self._metrics.lag.labels(source).observe(lag)
        for counted, metric in (
            (deliveries, self._metrics.deliveries),
            (events, self._metrics.events),
            (remarks, self._metrics.remarks),
        ):
            for labels, number in counted.items():
                metric.labels(*labels).inc(number)


def _size(entries: Sequence[InboxEntry]) -> int:
    return sum(len(entry.body) for entry in entries)


def commit_weight(entry: InboxEntry) -> int:
    """Return how many deliveries an entry counts as, for the limit of one commit: 25 or 1.

    The limit is `CommitBounds.group_deliveries`. An entry that renames or merges incidents counts as 25, since it is
    written in a transaction of its own. Any other entry counts as 1.
    """
    return _JOINING if joins(entry) else 1


def _runs(entries: Sequence[InboxEntry]) -> Iterator[Sequence[InboxEntry]]:
    """The parts of a group that are written one after the other.

    A delivery that joins names is alone: what follows it is decided with the joined names.
    """
    start = 0
    for number, entry in enumerate(entries):
        if joins(entry):
            if start < number:
                yield entries[start:number]
            yield entries[number : number + 1]
            start = number + 1
    if start < len(entries):
        yield entries[start:]


def _fail(waiting: _Waiting, error: Exception) -> None:
    if not waiting.answered.done():
        waiting.answered.set_exception(error)


def most_of_one_incident(entries: Iterable[InboxEntry]) -> int:
    """Return the greatest number of these entries that concern the same incident; 0 if none has events."""
    numbers = Counter(entry.events[0].event.incident for entry in entries if entry.events)
    return max(numbers.values(), default=0)


def group_by_incident(entries: Sequence[InboxEntry], size: int) -> list[list[int]]:
    """Divide a request's entries among several commits.

    The result has a list for each commit, with the indexes of its entries in `entries`. All entries of an incident are
    in the same commit, so that a reader never sees half of them. The exception are entries that rename, merge or link
    incidents: they may be in any commit.

    Args:
        size: About how much is in one commit, in units of `commit_weight` (1 for most entries). If the entries of one
            incident are more, their commit is larger.
    """
    own: dict[str, list[int]] = {}
    for number, entry in enumerate(entries):
        name: str = entry.work.incident if entry.work is not None else f"\n{number}"
        if entry.events and not joins(entry):
            name = entry.events[0].event.incident
        own.setdefault(name, []).append(number)
    chunks: list[list[int]] = []
    room = 0
    for places in own.values():
        work = sum(commit_weight(entries[number]) for number in places)
        if not chunks or work > room:
            chunks.append([])
            room = size
        chunks[-1] += places
        room -= work
    return [sorted(chunk) for chunk in chunks]
