"""Re-planning: open incidents are moved to the catalogue and contracts in force, a batch at a time, beside the tick.

Where it has come to is in the rows themselves (an incident's catalogue version), so a killed process goes on where it
stopped. A recorded contract that has changed moves its own incidents alone (`timer_replan`). Each move of a due instant
is told as `clock.retargeted` with the old and the new instant; clocks that had ended keep the verdict of their own
version. Only the catalogue activated last moves anything: an instance that still has older files stands aside.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import orjson
import structlog
from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.normal import normal
from sla_domain.rulebook import after_version
from sla_platform.contracts.shelf import index_of
from sla_platform.rows import in_parts
from sla_platform.store.dialect import upsert
from sla_platform.store.engine import Store
from sla_platform.wire.contract import RecordData
from sla_timer import tables
from sla_timer.apply.quarantine import REPLAN, TimerQuarantine, is_quarantined
from sla_timer.apply.refold import Refolder, query_of_names
from sla_timer.metrics import TimerMetrics
from sla_timer.rulebooks import Rulebooks

_log = structlog.get_logger(__name__)
BATCH = 100  # incidents; a unit holds its partition for some tens of milliseconds
IDLE_SECONDS = 2.0
BETWEEN_SECONDS = 0.02  # lets the tick and the consumer go first
LIVE = ("open", "waiting")


class Replanner:
    """Re-planning: after a change of the catalogue or a contract, judges open incidents by the new version. Call `run`.

    Up to 100 incidents are judged at a time.

    Args:
        wake: Called after each transaction. It wakes the readers of the log of published events.
    """

    def __init__(
        self,
        store: Store,
        rulebooks: Rulebooks,
        refolder: Refolder,
        metrics: TimerMetrics,
        wake: Callable[[], None],
        quarantine: TimerQuarantine,
    ) -> None:
        self._store = store
        self._quarantine = quarantine
        self._rulebooks = rulebooks
        self._refolder = refolder
        self._metrics = metrics
        self._wake = wake

    async def run(self) -> None:
        """Judge open incidents by the present catalogue and contracts, batch by batch, until cancelled.

        The pause between batches is 20 ms, or 2 seconds if nothing was left to do.
        """
        while True:
            moved = await self.once()
            await asyncio.sleep(BETWEEN_SECONDS if moved else IDLE_SECONDS)

    async def once(self) -> int:
        """Judge up to 100 open incidents again; return how many were tried.

        Open incidents that were judged by another catalogue version come first, all from one partition. If there are
        none, the incidents of one changed recorded contract (kept in the database) are judged. The result is 1 if this
        contract has no open incidents, so that the caller goes on to the next contract. The result is 0 if nothing was
        left to do, or if another instance has activated a newer catalogue. Incidents that fail go to the quarantine,
        where they wait for a replay.

        Raises:
            Retryable: A passing failure of the database.
        """
        first = await self._anything()
        if first is None:
            await self._announce()
            return await self._of_contracts()
        version = self._rulebooks.current.version
        async with self._store.transaction() as connection:
            if not await self._rulebooks.newest(connection):
                return 0
            query = _stale(version).where(tables.incident.c.partition == first.partition).limit(BATCH)
            names = [row.id for row in (await connection.execute(query)).all()]
        unfit = partial(self._quarantine.keep, REPLAN, first.partition, version)
        await in_parts(names, partial(self._move, first.partition, version), unfit)
        return len(names)

    async def _announce(self) -> None:
        """Put the version in force on record, once, where no incident has to be moved to it."""
        if not self._rulebooks.announced:
            async with self._store.transaction() as connection:
                await self._rulebooks.newest(connection)

    async def _of_contracts(self) -> int:
        """Judge anew the next open incidents of one recorded contract that has changed."""
        async with self._store.reading() as connection:
            asked = (await connection.execute(select(tables.replan).limit(1))).one_or_none()
            if asked is None:
                return 0
            found = (await connection.execute(_of_contract(asked))).all()
        by_partition: dict[int, list[str]] = {}
        for row in found:
            by_partition.setdefault(row.partition, []).append(row.id)
        version = f"{asked.contract}@{asked.revision}"
        for partition, names in by_partition.items():
            unfit = partial(self._quarantine.keep, REPLAN, partition, version)
            await in_parts(names, partial(self._move, partition, version), unfit)
        own = (tables.replan.c.contract == asked.contract, tables.replan.c.revision == asked.revision)
        async with self._store.transaction() as connection:
            if len(found) < BATCH:
                await connection.execute(delete(tables.replan).where(*own))
            else:
                await connection.execute(update(tables.replan).where(*own).values(after=found[-1].id))
        return max(len(found), 1)

    async def _move(self, partition: int, version: str, names: Sequence[str]) -> None:
        moved = await self._refolder.refold(partition, query_of_names(names), moved=True)
        self._metrics.replanned.inc(len(moved.incidents))
        self._wake()
        _log.info("replan.moved", incidents=len(moved.incidents), facts=len(moved.facts), catalogue=version)

    async def _anything(self) -> Any | None:
        """The first of those to be moved. A look without a lock, so that an idle process writes nothing."""
        async with self._store.reading() as connection:
            return (await connection.execute(_stale(self._rulebooks.current.version).limit(1))).one_or_none()


async def ask_contracts(connection: AsyncConnection, changed: Sequence[RecordData]) -> None:
    """Request that open incidents of these changed contracts and of their customers are judged again.

    `Replanner` carries out the request. The request is a row of `timer_replan` for each contract, written in the
    caller's transaction.
    """
    rows = [
        {
            "contract": one.id,
            "revision": one.revision,
            "customers": orjson.dumps([normal(name)[:300] for name in index_of(one).customers]).decode(),
            "after": "",
        }
        for one in changed
    ]
    if rows:
        await connection.execute(upsert(connection, tables.replan), rows)


def _of_contract(asked: Any) -> Any:
    """The next live incidents that a change of the contract may concern."""
    incident = tables.incident.c
    theirs = or_(incident.contract == asked.contract, incident.customer_key.in_(orjson.loads(asked.customers)))
    return (
        select(incident.id, incident.partition)
        .where(incident.phase.in_(LIVE), theirs, incident.id > asked.after)
        .order_by(incident.id)
        .limit(BATCH)
    )


def _stale(version: str) -> Any:
    """Live incidents of other catalogue versions, on either side of this one in the index.

    Behind a catalogue version lie, up to `after_version`, those that join it with revisions of recorded contracts.
    """
    incident = tables.incident
    other = or_(incident.c.catalogue < version, incident.c.catalogue >= after_version(version))
    return (
        select(incident.c.id, incident.c.partition)
        .where(incident.c.phase.in_(LIVE), other, ~is_quarantined(incident.c.id, REPLAN, version))
        .order_by(incident.c.catalogue, incident.c.id)
    )
