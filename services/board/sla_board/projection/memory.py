"""A cache of facts and events of clocks and incidents that have very many, so that not each batch reads them again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Any, Generic, TypeVar

from sqlalchemy import Column
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board.projection import store as projections
from sla_board.projection.clock import MARKS, PublishedFact, about_clock
from sla_domain.event import LINKING, EventKind, IncidentEvent
from sla_domain.fact import FactKind
from sla_domain.fold.carried import own_events
from sla_domain.phase_state import REPORTER_ATTRIBUTES, affects_phase
from sla_platform.wire.fact_body import NO_BREACH_CHANGE

Key = TypeVar("Key", bound=Hashable)
Item = TypeVar("Item")
MANY = 50  # rows from which on they are remembered
MOST_KEYS = 512
_KEPT = MARKS | {FactKind.CLOCK_STARTED, FactKind.CLOCK_AMENDED}


class RowMemory(Generic[Key, Item]):
    """A cache of stored rows by key, so that they need not be read from the store for each batch of events.

    `remember` adds the rows of a key, `recall` returns them. Keys with fewer than `MANY` (50) stored rows are not
    cached. Beyond `MOST_KEYS` (512) keys, the least recently used are dropped.

    Args:
        essential: Selects, of all rows of a key, those that are still needed when later rows arrive. Only these are
            kept.
    """

    def __init__(self, essential: Callable[[Sequence[Item]], list[Item]]) -> None:
        self._essential = essential
        self._known: OrderedDict[Key, tuple[int, list[Item]]] = OrderedDict()

    def __contains__(self, key: Key) -> bool:
        return key in self._known

    def recall(self, key: Key, count: int) -> list[Item] | None:
        """Return the cached rows of a key; None if there are none, or if they are out of date.

        Cached rows are out of date, and are dropped, if the number of stored rows has changed since they were cached.

        Args:
            count: How many stored rows the key has now.
        """
        known = self._known.get(key)
        if known is None or known[0] != count:
            self._known.pop(key, None)
            return None
        self._known.move_to_end(key)
        return known[1]

    def remember(self, key: Key, count: int, items: Sequence[Item]) -> None:
        """Cache the rows of a key that `essential` selects; call this after the rows are committed.

        Args:
            count: How many stored rows the key has. With fewer than `MANY` (50) nothing is cached.
            items: All of these rows, or at least the rows that `essential` selects.
        """
        if count < MANY:
            return
        self._known[key] = (count, self._essential(items))
        self._known.move_to_end(key)
        while len(self._known) > MOST_KEYS:
            self._known.popitem(last=False)


class RememberedReader(Generic[Key, Item]):
    """Reads the stored rows of the keys that a batch of events concerns; call `of`.

    A key is an incident or a clock.

    Args:
        memory: The cache, used where possible.
        column: The column of the table `board_event` with the key.
        read: Reads all rows of some keys from the store.
    """

    def __init__(
        self,
        memory: RowMemory[Key, Item],
        column: Column[Any],
        read: Callable[[AsyncConnection, Collection[Key]], Awaitable[Mapping[Key, list[Item]]]],
    ) -> None:
        self._memory = memory
        self._column = column
        self._read = read

    async def of(
        self,
        connection: AsyncConnection,
        fresh: Mapping[Key, Sequence[Item]],
        committed: list[Callable[[], None]],
        never: Collection[Key] = (),
    ) -> dict[Key, list[Item]]:
        """Return the stored rows of each incident or clock in `fresh`, by key.

        For a cached key, only the fresh rows and the rows on which later results can depend are returned. For any other
        key, all rows are read from the store.

        Args:
            fresh: Maps a key to the rows of this batch, already stored by this transaction.
            committed: A list to which functions that update the cache are appended. Call them after the commit, drop
                them after a rollback.
            never: Keys for which the cache is not used.
        """
        asked = [key for key in fresh if key in self._memory and key not in never]
        counts = await projections.count_events(connection, self._column, asked)
        found: dict[Key, list[Item]] = {}
        for key in asked:
            known = self._memory.recall(key, counts.get(key, 0) - len(fresh[key]))
            if known is not None:
                found[key] = [*known, *fresh[key]]
                committed.append(partial(self._memory.remember, key, counts[key], found[key]))
        if missing := fresh.keys() - found.keys():
            for key, items in (await self._read(connection, missing)).items():
                found[key] = items
                if key not in never:
                    committed.append(partial(self._memory.remember, key, len(items), items))
        return found


def essential_facts(facts: Sequence[PublishedFact]) -> list[PublishedFact]:
    """Return the facts about one clock that its row of `board_clock` may still need when later facts arrive.

    A fact is an event that slad has published about the clock. These facts are returned:

    - all starts, amendments, warnings and breaches
    - all facts that take back or move a breach
    - the last pause
    - the last fact that is neither a warning nor a breach
    - the last fact with a metric that is neither a warning nor a breach
    """
    ordered = sorted((one for one in facts if about_clock(one.fact)), key=lambda one: one.noticed)
    applied = [one for one in ordered if one.fact.kind not in MARKS]
    last = {id(one) for one in applied[-1:]}
    last |= {id(one) for one in [one for one in applied if one.fact.metric][-1:]}
    last |= {id(one) for one in [one for one in applied if one.fact.kind is FactKind.CLOCK_PAUSED][-1:]}
    return [one for one in ordered if one.fact.kind in _KEPT or id(one) in last or _changes_breaches(one)]


def _changes_breaches(one: PublishedFact) -> bool:
    return one.fact.breach_change is not NO_BREACH_CHANGE


def essential_events(events: Sequence[IncidentEvent]) -> list[IncidentEvent]:
    """Return the events of one incident that its row of `board_incident` may still need when later events arrive.

    If tickets are linked to the incident, these are all of its events. Otherwise they are:

    - All events that state another id of the incident.
    - The first and the last event, the first opening, and the first event with a snapshot (the ticket's whole state).
    - For each attribute, the last event that states it.
    - Of successive events that affect the phase in the same way, the first and the last.
    """
    ordered = sorted(own_events(events), key=lambda event: event.order)
    if any(event.said_as is not None or event.kind in LINKING for event in ordered):
        return ordered
    kept = {id(ordered[0]), id(ordered[-1])}
    kept |= {id(event) for event in [event for event in ordered if event.kind is EventKind.OPENED][:1]}
    kept |= {id(event) for event in [event for event in ordered if event.snapshot is not None][:1]}
    kept |= {id(event) for event in ordered if event.known_as is not None}
    kept |= _turning(ordered)
    last: dict[str, IncidentEvent] = {}
    for event in ordered:
        last |= dict.fromkeys(event.attributes, event)
        if event.snapshot is not None:
            last |= dict.fromkeys(event.snapshot.attributes, event)
    kept |= {id(event) for event in last.values()}
    return [event for event in ordered if id(event) in kept]


def _turning(ordered: Sequence[IncidentEvent]) -> set[int]:
    kept: set[int] = set()
    for _, alike in groupby(filter(affects_phase, ordered), key=_way):
        run = list(alike)
        kept |= {id(run[0]), id(run[-1])}
    return kept


def _way(event: IncidentEvent) -> tuple[object, ...]:
    stated = tuple(event.attributes.get(name) for name in sorted(REPORTER_ATTRIBUTES))
    shown = event.snapshot
    where = None if shown is None else (shown.phase, shown.waiting_on, shown.ended_at)
    return (event.kind, event.waiting_on, event.actor, event.actor_name, event.actor_id, where, *stated)
