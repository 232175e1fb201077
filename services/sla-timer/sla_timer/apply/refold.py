"""Folding incidents again without a new event: after a change of the catalogue, or to restore what is missing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from sla_platform.envelope import Envelope
from sla_platform.store.engine import Store
from sla_platform.timesource import TimeSource
from sla_timer.apply import deferred, load, ownership, save
from sla_timer.apply.decide import DecisionOptions, decide
from sla_timer.apply.fold_cache import PreparedFold
from sla_timer.apply.prepare import FoldPreparer, check_prepared, stored_incident
from sla_timer.rulebooks import Rulebooks


@dataclass(frozen=True, slots=True)
class Refolded:
    """The result of `Refolder.refold`: which incidents were computed again, and what was published about them."""

    incidents: Sequence[str]
    """The ids of the requested incidents."""
    facts: Sequence[Envelope]
    """The events that were published about them."""


def query_of_names(names: Sequence[str]) -> Callable[[AsyncConnection], Awaitable[Sequence[str]]]:
    """Return an async function that returns `names` and ignores its argument, a connection.

    Pass it as the argument `incidents` of `Refolder.refold` if the ids are known before the transaction.
    """

    async def known(_: AsyncConnection) -> Sequence[str]:
        return names

    return known


class Refolder:
    """Computes incidents again from their stored events, without a new event; call `refold`.

    Differences from what was published are written and published. While `refold` runs, the owner of the partition
    cannot apply events. Re-planning, the self-audit and the quarantine use this class.
    """

    def __init__(self, store: Store, rulebooks: Rulebooks, time_source: TimeSource, preparing: FoldPreparer) -> None:
        self._store = store
        self._rulebooks = rulebooks
        self._time_source = time_source
        self._preparing = preparing

    async def refold(
        self,
        partition: int,
        incidents: Callable[[AsyncConnection], Awaitable[Sequence[str]]],
        *,
        moved: bool = False,
    ) -> Refolded:
        """Compute incidents of a partition again, write their rows and timers, and publish the differences.

        Incidents without events are skipped.

        Args:
            incidents: Called within the transaction. Returns the ids, which must all be of this partition.
            moved: Whether to judge the incidents by the present catalogue from now on, instead of the version used
                before.

        Raises:
            StoreBusy: The database fails.
        """

        async def unit(prepared: Mapping[str, PreparedFold]) -> Refolded:
            return await self._unit(partition, incidents, moved, prepared)

        return await self._preparing.around({}, unit)

    async def _unit(
        self,
        partition: int,
        incidents: Callable[[AsyncConnection], Awaitable[Sequence[str]]],
        moved: bool,
        prepared: Mapping[str, PreparedFold],
    ) -> Refolded:
        decided = save.Changes()
        async with self._store.transaction() as connection:
            await ownership.keep_owner_out(connection, partition)
            names = await incidents(connection)
            known = await load.load_incidents(connection, names)
            pins = await self._rulebooks.pinned(connection, known.versions)
            check_prepared(known, pins, prepared, dict.fromkeys(names, ()), moved)
            now = self._time_source.now()
            options = DecisionOptions(moved=moved, whole=True)
            for name in names:
                if (one := stored_incident(name, known, prepared.get(name))) is not None:
                    decided.add(decide(partition, replace(one, settled={}), pins, now, options))
            await save.write_changes(connection, decided)
            if waiting := [row.id for row in known.incidents.values() if row.deferred]:
                await deferred.hold_timers(connection, waiting)
        self._preparing.committed(decided)
        return Refolded(names, decided.facts)
