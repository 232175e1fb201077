"""A cache of incidents being folded, so that one with very many events is not read anew for each batch.

Only a speed-up: an incident's row counts its stored events, and a kept fold counts for as long as it has read exactly
so many. Events are never changed, and removed only with the whole incident, so equal counts mean equal events. What a
unit of work has folded is kept once it is committed. Of each incident a few earlier states are kept beside the latest
(`Folding.branch`): an event that lies in the past is read from the last state before it on.

Reading and folding give way to everything else on the loop after every few events.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

from sla_domain.clock import Clock, ClockId
from sla_domain.event import IncidentEvent
from sla_domain.fold import Folding, bound, position, timeline
from sla_domain.fold.order import Position
from sla_domain.forgotten import drop_forgotten
from sla_domain.incident import Incident
from sla_domain.rulebook import Rulebook
from sla_platform.turn import LoopYielder

HOT = 250  # stored events from which on an incident's fold is kept
AT_ONCE = 20  # events folded between two looks at the clock
STEP = 250  # events between the latest states that are kept; further back they lie further apart
MOST_STEPS = 10
NEAR = 500  # events folded again, or clocks decided about, at once by the consumer; others would wait for more
MANY = 100  # new events of one large incident from which on they are applied beside the consumer, for the same reason
MOST_INCIDENTS = 64
MOST_CHANGED = 500  # clocks that are read by name; when more may have changed, all are
MOST_KEPT = 200_000  # events behind all kept folds together


Any_ = TypeVar("Any_")


class CountObserver(Protocol):
    """A callback that is called with a number of events, such as the `inc` of a Prometheus counter.

    The result of the callback is ignored.
    """

    def __call__(self, many: int, /) -> object: ...


class FoldNotPrepared(Exception):
    """Raised in a transaction that needs a large incident which was not computed before the transaction.

    Large means 250 events or more. Roll back, compute the incident (`FoldCache.prepare`), and run the transaction
    again; `FoldPreparer.around` does all three.

    Args:
        wanted: Incident id -> the rulebook (plans, contracts, calendars) by which to compute the incident.
    """

    def __init__(self, wanted: Mapping[str, Rulebook]) -> None:
        super().__init__(", ".join(wanted))
        self.wanted = wanted


class TooFar(Exception):
    """Raised if more stored events must be read again than a `FoldBudget` allows; nothing was stored."""


@dataclass(slots=True)
class FoldBudget:
    """A limit on how many stored events may be read again to compute incidents.

    New events are not limited.
    """

    most: int | None = None
    """The limit for all incidents together. None means no limit."""
    spent: int = 0
    """How many events were read so far."""

    def spend(self, events: int) -> None:
        """Add `events`, a number of stored events to be read again, to `spent`.

        Raises:
            TooFar: `spent` would exceed `most`. `spent` is then unchanged.
        """
        if self.most is not None and self.spent + events > self.most:
            raise TooFar
        self.spent += events


class EventReader(Protocol):
    """Protocol: reads the stored events of one incident; each call is a query outside of any transaction."""

    async def count(self) -> int:
        """Return how many events of the incident are stored; 0 for an unknown incident."""
        ...

    async def known(self, ids: Collection[str]) -> set[str]:
        """Return which of the given event ids are stored."""
        ...

    async def ended_at(self) -> datetime | None:
        """Return when an incident ended whose events retention has removed. None for every other incident.

        Retention removes the events of incidents that ended long ago.
        """
        ...

    def since(self, at: datetime | None) -> AsyncIterator[Sequence[IncidentEvent]]:
        """Yield the events of the incident that occurred at `at` or later. If `at` is None, all events are yielded.

        The events come in lists, in the order of occurrence.
        """
        ...


@dataclass(slots=True)
class CachedFold:
    """The cached computation of one incident under one rulebook (plans, contracts, calendars).

    New events continue it. It has the state after the last event, and states in between, from which to start again for
    a late event.
    """

    rulebook: Rulebook
    head: Folding | None = None
    """The state after the last event. None if nothing was computed yet, or if the state may include uncommitted events.
    """
    steps: list[Folding] = field(default_factory=list)
    """Copies of earlier states, the earliest first. After a late event, reading starts again from the last copy before
    the event."""

    def drop_from(self, first: Position) -> None:
        """Drop the cached states in `steps` that include an event at position `first` or later.

        A position is the sort key of an event. Earlier states and `head` stay. Call this before events at `first` and
        later are read again.
        """
        self.steps = [step for step in self.steps if step.last < first]

    def note(self, folding: Folding) -> None:
        """Add a copy of `folding` to `steps`, if 250 events were read since the last copy.

        If a late event arrives, reading starts again from the last copy before that event, and not from the first
        event. At most 10 copies are kept, more of them near the end. So the events to read again are at most about
        twice those that follow the late event, plus 250.

        Args:
            folding: The state of the incident after the events read so far.
        """
        if folding.count < (self.steps[-1].count if self.steps else 0) + STEP:
            return
        self.steps.append(folding.branch())
        if len(self.steps) <= MOST_STEPS:
            return
        counts = [0, *(step.count for step in self.steps)]
        latest = counts[-1] + STEP
        del self.steps[
            min(range(len(counts) - 2), key=lambda at: (counts[at + 2] - counts[at]) / (latest - counts[at + 1]))
        ]


@dataclass(slots=True)
class PreparedFold:
    """A large incident, computed from its stored events and the new events of one transaction.

    Large means 250 events or more. `FoldCache.prepare` makes it.
    """

    name: str
    """The incident's id."""
    count: int
    """How many events are stored."""
    fresh: frozenset[str]
    """Ids of the new events."""
    surplus: frozenset[str]
    """Ids of the new events beyond the limit, which are ignored."""
    foldings: Mapping[str, Folding]
    """Maps a catalogue version to the computation."""
    settled: Mapping[ClockId, Clock]
    """Ended clocks about which everything was published, judged under `version`."""
    version: str
    used: dict[str, Incident] = field(default_factory=dict)
    """Maps a catalogue version to the incident, for the versions requested so far."""
    _unsettled: frozenset[ClockId] | None = None
    _compared: bool = False

    @property
    def events(self) -> int:
        """Return how many events of the incident are used after the commit.

        The number is that of the stored events (`count`) plus the new events (`fresh`), minus the ignored events beyond
        the limit (`surplus`).
        """
        return self.count + len(self.fresh) - len(self.surplus)

    def fits(self, count: int, fresh: Collection[str], rulebook: Rulebook) -> bool:
        """Return whether this computation is still valid for the incident.

        The result is True if it was made from `count` stored events, from exactly the new events `fresh` (ids), and
        under the version of `rulebook`. If False, compute the incident again.
        """
        return self.count == count and self.fresh == set(fresh) and rulebook.version in self.foldings

    def incident(self, rulebook: Rulebook) -> Incident:
        """Return the incident as computed by `rulebook` (plans, contracts, calendars).

        Raises:
            FoldNotPrepared: The incident was not computed under the rulebook's version.
        """
        version = rulebook.version
        if version not in self.foldings:
            raise FoldNotPrepared({self.name: rulebook})
        if version not in self.used:
            self.used[version] = self.foldings[version].incident()
        return self.used[version]

    @property
    def undecided(self) -> int:
        """Return how many clocks `decide` must compare with what was published, because any of them may have changed.

        These are all clocks of the incident. The result is 0 if `unsettled` names the clocks that may have changed.
        """
        if self.unsettled() is not None:
            return 0
        return max((sum(len(one.builders) for one in fold.trackers) for fold in self.foldings.values()), default=0)

    def unsettled(self) -> frozenset[ClockId] | None:
        """Return the ids of the clocks that may have changed since everything about them was published.

        They are found by comparing the incident's clocks with `settled` (ended clocks about which everything was
        published). Returned are clocks that are new or changed, and clocks of `settled` that the incident no longer
        has. None means that every clock may have changed: `settled` is empty, the incident was not computed under
        `version`, or more than 500 clocks differ.
        """
        if not self._compared:
            self._compared, self._unsettled = True, self._differing()
        return self._unsettled

    def _differing(self) -> frozenset[ClockId] | None:
        if not self.settled or self.version not in self.foldings:
            return None
        if self.version not in self.used:
            self.used[self.version] = self.foldings[self.version].incident()
        same, changed = 0, set[ClockId]()
        for clock in self.used[self.version].clocks:
            if self.settled.get(clock.id) is clock:
                same += 1
            else:
                changed.add(clock.id)
        if same < len(self.settled):  # some have changed or are gone
            changed |= self.settled.keys() - {clock.id for clock in self.used[self.version].clocks}
        return frozenset(changed) if len(changed) <= MOST_CHANGED else None


@dataclass(slots=True)
class _Entry:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0
    count: int = 0
    kept: dict[str, CachedFold] = field(default_factory=dict)
    settled: Mapping[ClockId, Clock] = field(default_factory=dict)
    version: str = ""  # the one by which it is settled
    unsure: Position | None = None  # states beyond this may have read events that were never stored

    def forget(self) -> None:
        self.settled = {}
        for kept in self.kept.values():
            kept.head, kept.steps = None, []


async def fold_in_slices(events: Iterable[IncidentEvent], rulebook: Rulebook) -> Incident:
    """Return the incident computed from these events, without blocking the event loop for long.

    Args:
        rulebook: The plans, contracts and calendars by which to judge the incident.

    Raises:
        FoldError: There are no events, or the events belong to several incidents.
    """
    line = await asyncio.to_thread(timeline, list(events))
    folding, turn = Folding(line, rulebook), LoopYielder()
    for some in _slices(line.following):
        folding.read_timeline(some)
        await turn.yield_if_due()
    return folding.incident()


class FoldCache:
    """A cache of computed incidents with 250 events or more. A process has one such cache.

    For each transaction: enter `held` (which locks the incidents), call `prepare`, and call `keep` after the commit.

    The argument `most` is the limit of events of one incident. Events up to the limit are all used. Events between the
    limit and twice the limit are used only if they can change a clock. Events beyond twice the limit are used only if
    they end the incident or its wait, or stop a clock.

    Args:
        read: Called with the number of events read from the store.
        folded: Called with the number of events from which incidents were computed.
        most: The limit of events of one incident, 50,000 by default.
    """

    def __init__(self, read: CountObserver, folded: CountObserver, most: int = bound.MOST) -> None:
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._read = read
        self._folded = folded
        self.most = most  # events of one incident that count whatever they say

    def __contains__(self, incident: str) -> bool:
        return incident in self._entries

    def busy(self, incident: str) -> bool:
        """Return whether a task has locked this incident with `held`.

        The lock may last as long as the computation of all events of the incident.
        """
        entry = self._entries.get(incident)
        return entry is not None and entry.lock.locked()

    @asynccontextmanager
    async def held(self, incidents: Collection[str]) -> AsyncIterator[None]:
        """Lock these incidents in the cache for the `async with` block.

        No other task can use their entries meanwhile. An incident that is not cached gets an empty entry. Enter the
        block before a database transaction, never within one.

        Args:
            incidents: The ids of the incidents.
        """
        async with AsyncExitStack() as stack:
            for name in sorted(incidents):
                entry = self._entries.setdefault(name, _Entry())
                self._entries.move_to_end(name)
                stack.enter_context(_in_use(entry))
                await stack.enter_async_context(entry.lock)
            yield
        self._trim()

    async def prepare(
        self,
        incident: str,
        stored: EventReader,
        fresh: Iterable[IncidentEvent],
        rulebooks: Iterable[Rulebook] = (),
        budget: FoldBudget | None = None,
    ) -> PreparedFold:
        """Return an incident computed from its stored events and its new events `fresh`.

        Call this within `held`. Without any usable event, `foldings` of the result is empty.

        Args:
            incident: The incident's id.
            stored: Reads the stored events.
            fresh: The new events. Those that are stored already are skipped.
            rulebooks: The plans, contracts and calendars by which to compute the incident. Every rulebook that is
                cached for the incident is used, too.
            budget: The limit on stored events to be read again. None means no limit.

        Raises:
            TooFar: The limit would be exceeded.
        """
        entry = self._entries[incident]
        budget = budget or FoldBudget()
        entry.count = await self._current(entry, stored)
        by_id = {event.id: event for event in sorted(fresh, key=position, reverse=True)}
        new = sorted((by_id[id_] for id_ in by_id.keys() - await stored.known(by_id)), key=position)
        for rulebook in rulebooks:
            entry.kept.setdefault(rulebook.version, CachedFold(rulebook)).rulebook = rulebook
        ids = frozenset(event.id for event in new)
        counting, surplus = await self._counting(entry, stored, new, budget)
        if counting:
            entry.unsure = position(counting[0])
        foldings = {}
        for version, kept in entry.kept.items():
            folding = await self._through(kept, entry.count, stored, counting, budget)
            if folding is not None:
                foldings[version] = folding
        left = frozenset(event.id for event in surplus)
        prepared = PreparedFold(incident, entry.count, ids, left, foldings, entry.settled, entry.version)
        prepared.unsettled()  # now, and not in one go with the decision
        await asyncio.sleep(0)
        return prepared

    def keep(self, prepared: PreparedFold) -> None:
        """Put an incident that `prepare` returned into the cache, after its new events were committed.

        Call this within `held`. Only computations under the catalogue versions in `prepared.used` stay cached; if
        `used` is empty, all stay cached.
        """
        entry = self._entries[prepared.name]
        entry.count = prepared.events
        entry.unsure = None
        if prepared.used:
            entry.kept = {version: entry.kept[version] for version in prepared.used}
        for version, kept in entry.kept.items():
            kept.head = prepared.foldings.get(version)

    def settle(self, incident: str, version: str, settled: Mapping[ClockId, Clock]) -> None:
        """Record for which ended clocks of the incident everything has been published ("settled").

        An earlier record of the incident is replaced. The incident must be in the cache.

        Args:
            version: The catalogue version by which the clocks were judged.
            settled: Maps a clock's id to the clock.
        """
        entry = self._entries[incident]
        entry.settled, entry.version = settled, version

    async def _current(self, entry: _Entry, stored: EventReader) -> int:
        count = await stored.count()
        if count != entry.count:
            entry.forget()  # another instance has gone on
        elif entry.unsure is not None:
            for kept in entry.kept.values():
                kept.head = None
                kept.drop_from(entry.unsure)
                if kept.steps and kept.steps[-1].assumed:
                    kept.steps = []  # an event that was not stored may have told when the incident was opened
        entry.unsure = None
        return count

    async def _counting(
        self, entry: _Entry, stored: EventReader, new: Sequence[IncidentEvent], budget: FoldBudget
    ) -> tuple[Sequence[IncidentEvent], Sequence[IncidentEvent]]:
        """Which of the new events count, and which are too many."""
        if entry.count + len(new) <= self.most or not entry.kept:
            return new, ()
        kept = next(iter(entry.kept.values()))
        kept.head = await self._through(kept, entry.count, stored, (), budget)
        return (new, ()) if kept.head is None else bound.split_by_limit(kept.head, entry.count, new, self.most)

    async def _through(
        self, kept: CachedFold, count: int, stored: EventReader, new: Sequence[IncidentEvent], budget: FoldBudget
    ) -> Folding | None:
        head, kept.head = kept.head, None
        if head is not None and head.unfit(new) is None:
            await self._follow(kept, head, new)
            return head
        if new:
            kept.drop_from(position(new[0]))
        ended_at = await stored.ended_at()
        if kept.steps and ended_at is None:
            budget.spend(max(count - kept.steps[-1].count, 0))
            base = kept.steps[-1].branch()
            later = await self._events(stored, base.last, new)
            if base.unfit(later) is None:
                await self._follow(kept, base, later)
                return base
        budget.spend(count)
        kept.steps = []
        return await self._anew(kept, drop_forgotten(await self._events(stored, None, new), ended_at), ended_at is None)

    async def _events(
        self, stored: EventReader, after: Position | None, new: Sequence[IncidentEvent]
    ) -> list[IncidentEvent]:
        """What is stored behind a place, with the new events, in order."""
        found = list(new)
        async for some in stored.since(None if after is None else after[0][0]):
            self._read(len(some))
            found += [event for event in some if after is None or position(event) > after]
            await asyncio.sleep(0)
        return sorted(found, key=position)

    async def _anew(self, kept: CachedFold, events: Sequence[IncidentEvent], steps: bool) -> Folding | None:
        if not events:
            return None
        line = await asyncio.to_thread(timeline, events)
        folding = Folding(line, kept.rulebook)
        turn, read = LoopYielder(), 0
        for some in _slices(line.following):
            folding.read_timeline(some)
            folding.build_ended()
            self._folded(len(some))
            read += len(some)
            last, next_ = some[-1][0], line.following[read : read + 1]
            # Until the opening's place is passed there is more to read before it; within an instant, too, since its
            # deliveries may be read in another order than they are stored in.
            within = bool(next_) and next_[0][0].occurred_at == last.occurred_at
            if steps and not within and folding.last == position(last):
                kept.note(folding)
            await turn.yield_if_due()
        return folding

    async def _follow(self, kept: CachedFold, folding: Folding, events: Sequence[IncidentEvent]) -> None:
        turn = LoopYielder()
        for some in _slices(events):
            folding.read_next(some)
            folding.build_ended()
            self._folded(len(some))
            kept.note(folding)
            await turn.yield_if_due()

    def _trim(self) -> None:
        """Let go of what was not asked for longest."""
        weight = sum(entry.count for entry in self._entries.values())
        for name, entry in list(self._entries.items())[:-1]:
            if len(self._entries) <= MOST_INCIDENTS and weight <= MOST_KEPT:
                return
            if not entry.users:
                weight -= entry.count
                del self._entries[name]


@contextmanager
def _in_use(entry: _Entry) -> Iterator[None]:
    entry.users += 1
    try:
        yield
    finally:
        entry.users -= 1


def _slices(many: Sequence[Any_]) -> Iterator[Sequence[Any_]]:
    return (many[start : start + AT_ONCE] for start in range(0, len(many), AT_ONCE))
