"""The folds of incidents with very many events, made before the transaction that needs them.

Every decision about incidents runs within `FoldPreparer.around`: with the folds that are prepared, and once more when
it finds within its transaction that one is missing. Incidents with few events have nothing to prepare.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

from sla_domain.errors import NoEvents
from sla_domain.event import IncidentEvent
from sla_domain.fold import fold
from sla_domain.incident import Incident
from sla_domain.rulebook import Rulebook
from sla_platform.errors import StoreBusy
from sla_platform.store.engine import Store
from sla_timer.apply.decide import StoredIncident
from sla_timer.apply.fold_cache import MANY, NEAR, FoldBudget, FoldCache, FoldNotPrepared, PreparedFold, TooFar
from sla_timer.apply.load import LoadedIncidents, StoredEventReader, UnsettledClocks, is_hot
from sla_timer.apply.save import Changes
from sla_timer.metrics import TimerMetrics
from sla_timer.rulebooks import PinnedRulebooks

Given = TypeVar("Given")
ROUNDS = 8  # a first look, incidents seen for the first time, versions of old, and some room


class FoldPreparer:
    """Computes large incidents before the transactions that decide about them; one object for each process.

    Large means 250 events or more. Pass a transaction to `around`, which runs it, and call `committed` with its changes
    after the commit. To only read a large incident, call `incident`.
    """

    def __init__(self, store: Store, metrics: TimerMetrics) -> None:
        self._store = store
        self.folds = FoldCache(metrics.events_read.inc, metrics.events_folded.inc)
        self.deferred: set[str] = set()  # incidents whose events wait in timer_deferred, as far as this process knows

    async def incident(self, name: str, rulebook: Rulebook) -> Incident:
        """Return an incident with 250 events or more, computed from its stored events, and cache it.

        Args:
            name: The incident's id.
            rulebook: The plans, contracts and calendars by which to judge the incident.

        Raises:
            NoEvents: There is no usable event.
        """
        async with self.folds.held([name]):
            prepared = await self.folds.prepare(name, StoredEventReader(self._store, name), (), [rulebook])
            if rulebook.version not in prepared.foldings:
                raise NoEvents
            prepared.used |= {version: folding.incident() for version, folding in prepared.foldings.items()}
            self.folds.keep(prepared)
            return prepared.incident(rulebook)

    def committed(self, decided: Changes) -> None:
        """Record in the cache the ended clocks about which everything has been published.

        Call this after the commit of `decided`, which has these clocks in `decided.settled`. Incidents that are not
        cached are skipped.
        """
        for name, (version, ended) in decided.settled.items():
            if name in self.folds:
                self.folds.settle(name, version, ended)

    async def around(
        self,
        events: Mapping[str, Sequence[IncidentEvent]],
        work: Callable[[Mapping[str, PreparedFold]], Awaitable[Given]],
        budget: FoldBudget | None = None,
    ) -> Given:
        """Compute the large incidents that `work` needs, run `work`, and return its result.

        Large means 250 events or more. If `work` raises FoldNotPrepared, the missing incidents are computed and `work`
        runs again. Other exceptions of `work` are not caught.

        Args:
            events: Maps an incident's id to its new events. Stored events are skipped.
            work: A transaction. Its argument maps an incident's id to the computed incident.
            budget: Limits how many stored events are read to compute incidents anew. Incidents beyond the limit are
                left out of the argument of `work`. None means no limit.

        Raises:
            StoreBusy: `work` has run 8 times, and other instances keep changing the incidents.
        """

        async def with_all(prepared: Mapping[str, PreparedFold], _: Collection[str]) -> Given:
            return await work(prepared)

        return await self._around(events, with_all, lambda: budget, wait=True)

    async def around_near(
        self,
        events: Mapping[str, Sequence[IncidentEvent]],
        work: Callable[[Mapping[str, PreparedFold], Collection[str]], Awaitable[Given]],
    ) -> Given:
        """Compute the large incidents that `work` needs and that do not take long, run `work`, and return its result.

        Large means 250 events or more. If `work` raises FoldNotPrepared, the missing incidents are computed and `work`
        runs again. An incident is left out in five cases:

        - More than 500 stored events would have to be read again for this incident and the earlier ones in this call.
        - More than 500 clocks of the incident may have changed.
        - More than 100 of the new events belong to the incident.
        - Another task has locked the incident.
        - Earlier events of the incident are stored but not applied yet.

        Args:
            events: Maps an incident's id to its new events.
            work: A transaction. Its first argument maps an incident's id to the computed incident. Its second argument
                has the ids of the incidents that were left out.

        Raises:
            StoreBusy: `work` has run 8 times.
        """
        return await self._around(events, work, lambda: FoldBudget(NEAR), wait=False)

    async def _around(
        self,
        events: Mapping[str, Sequence[IncidentEvent]],
        work: Callable[[Mapping[str, PreparedFold], Collection[str]], Awaitable[Given]],
        budget_of_round: Callable[[], FoldBudget | None],
        *,
        wait: bool,
    ) -> Given:
        wanted: dict[str, list[Rulebook]] = {name: [] for name in events if name in self.folds}
        far: set[str] = set()
        for _ in range(ROUNDS):
            if not wait:
                far |= {
                    name
                    for name in wanted
                    if name in self.deferred or self.folds.busy(name) or len(events.get(name, ())) > MANY
                }
            async with self.folds.held(wanted.keys() - far):
                prepared, budget = {}, budget_of_round()
                for name in sorted(wanted.keys() - far):
                    stored = StoredEventReader(self._store, name)
                    try:
                        prepared[name] = await self.folds.prepare(
                            name, stored, events.get(name, ()), wanted[name], budget
                        )
                    except TooFar:
                        far.add(name)
                        continue
                    if not wait and prepared[name].undecided > NEAR:
                        far.add(name)
                        del prepared[name]
                try:
                    done = await work(prepared, far)
                except FoldNotPrepared as missing:
                    for name, rulebook in missing.wanted.items():
                        wanted.setdefault(name, []).append(rulebook)
                else:
                    for one in prepared.values():
                        self.folds.keep(one)
                    return done
        raise StoreBusy("events of an incident came from elsewhere while it was being read; it will be read again")


def unsettled_clocks(prepared: Mapping[str, PreparedFold]) -> dict[str, UnsettledClocks]:
    """Return the clocks that may have changed: incident id -> clocks.

    The result is the argument `unsettled` of `load_incidents`. An incident is left out if all its clocks may have
    changed.

    Args:
        prepared: Maps an incident's id to the computed incident.
    """
    return {
        name: UnsettledClocks(one.version, ids)
        for name, one in prepared.items()
        if (ids := one.unsettled()) is not None
    }


def check_prepared(
    known: LoadedIncidents,
    pins: PinnedRulebooks,
    prepared: Mapping[str, PreparedFold],
    fresh: Mapping[str, Collection[str]],
    moved: bool = False,
) -> None:
    """Raise FoldNotPrepared unless every large incident was computed for this transaction.

    Large means 250 events or more.

    Args:
        known: The stored rows and events of the incidents.
        pins: The rulebooks (plans, contracts, calendars) of this transaction.
        prepared: Maps an incident's id to the computed incident. Each must be computed from the stored events and
            exactly the new events, under the right rulebook.
        fresh: Maps an incident's id to the ids of its new events. Only these incidents are checked.
        moved: If True, the right rulebook is that of the present catalogue. If False, it is the rulebook by which the
            incident was judged last.
    """
    wanted = {}
    for name, ids in fresh.items():
        row = known.incidents.get(name)
        if row is None or not is_hot(row):
            continue
        rulebook = pins.newest_for(row) if moved else pins.of(row)
        if name not in prepared or not prepared[name].fits(row.events, ids, rulebook):
            wanted[name] = rulebook
    if wanted:
        raise FoldNotPrepared(wanted)


def stored_incident(
    name: str, known: LoadedIncidents, prepared: PreparedFold | None, surplus: int = 0
) -> StoredIncident | None:
    """Return the input of `decide` for the incident `name`; call `check_prepared` first.

    The result is None if the incident has no events. It is also None if retention (the removal of old incidents) has
    removed the incident and no event has reopened it.

    Args:
        known: The stored rows and events of the incidents.
        prepared: The computed incident if it has 250 events or more, otherwise None.
        surplus: How many events this transaction stores beyond the limit of the incident. These events are ignored.
    """
    row = known.incidents.get(name)
    clocks: Sequence[Any] = known.clocks.get(name, ())
    if prepared is not None and row is not None and is_hot(row):
        by_its_version = prepared.unsettled() is not None and row.catalogue == prepared.version
        settled = prepared.settled if by_its_version else {}
        return StoredIncident(prepared.incident, row, clocks, prepared.events, row.surplus + surplus, settled)
    counting = known.counting(name)
    if not counting:
        return None
    total = len(known.events.get(name, ()))
    return StoredIncident(lambda rulebook: fold(counting, rulebook), row, clocks, total, counting=counting)
