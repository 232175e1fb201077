"""Entering incidents of an earlier release in the list, some at a time, while the board runs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

import structlog
from sqlalchemy import delete, select, union, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board import tables
from sla_board.history.keep import keep_listed
from sla_board.projection import store as projections
from sla_board.projection.incident import incident_row
from sla_domain.forgotten import drop_forgotten
from sla_platform.bus import Quarantine, SkippedRows
from sla_platform.fault import Fault, as_retryable, error_text, fault_of
from sla_platform.store import tombstone
from sla_platform.store.engine import Store

PART = 100  # incidents in one transaction
_log = structlog.get_logger(__name__)


class ListFilling:
    """Fills the list of incidents, after an upgrade, with incidents that an earlier release stored. Call `run`.

    Progress is stored in the same transaction as the rows, so that a restart continues after the last stored row.

    Args:
        quarantine: Receives the incidents that cannot be added.
        pause: Seconds to wait between two transactions, so that other writers are not blocked.
    """

    def __init__(self, store: Store, quarantine: Quarantine, pause: float = 0.05) -> None:
        self._store = store
        self._pause = pause
        self._skipped = SkippedRows(quarantine, "listing", self._again)

    async def run(self) -> None:
        """Add all incidents that are missing, then wait until cancelled."""
        while await self.enter_part():  # noqa: ASYNC110 - the pause is for others who write
            await asyncio.sleep(self._pause)
        await asyncio.Event().wait()

    async def enter_part(self) -> bool:
        """Add the next 100 incidents, and return whether there may be more.

        If they cannot be added together, they are added one by one. One that fails alone goes to the quarantine.

        Raises:
            StoreBusy: The store is busy.
        """
        place = select(tables.listing.c.after)
        async with self._store.reading() as connection:
            if (await connection.execute(place)).first() is None:
                return False
        try:
            return await self._enter(PART)
        except Exception as error:
            if fault_of(error) is Fault.PASSING:
                raise as_retryable(error) from error
            _log.warning("board.filling_split", error=error_text(error)[:500])
        more = True
        for _ in range(PART):
            async with self._store.reading() as connection:
                after = (await connection.execute(place)).scalar_one_or_none()
                names = [] if after is None else await _next_names(connection, after, 1)
            # The place moves on past the incident that stays in quarantine.
            if names and not await self._skipped.tried(names[0], partial(self._enter, 1)):
                await self._enter(1, skip=names[0])
            elif not names:
                more = await self._enter(1)
                break
        return more

    async def _enter(self, most: int, skip: str = "") -> bool:
        place = select(tables.listing.c.after)
        async with self._store.transaction() as connection:
            # Another instance waits here for the lock, and then continues after these rows.
            after = (await connection.execute(place.with_for_update())).scalar_one_or_none()
            if after is None:
                return False
            names = await _next_names(connection, after, most)
            if not names:
                await connection.execute(delete(tables.listing))
                _log.info("board.list_filled")
                return False
            if names[0] != skip:
                await _renew(connection, names)
                await keep_listed(connection, names)
            await connection.execute(update(tables.listing).values(after=names[-1]))
        return True

    async def _again(self, name: str) -> None:
        async with self._store.transaction() as connection:
            await _renew(connection, [name])
            await keep_listed(connection, [name])


async def _next_names(connection: AsyncConnection, after: str, most: int) -> Sequence[str]:
    """Of incidents that have events, and of those that have only clocks; sorted as the database sorts."""
    parts = []
    for column in (tables.incident.c.id, tables.clock.c.incident):
        part = select(column.label("name")).where(column > after).distinct().order_by(column).limit(most)
        parts.append(select(part.subquery().c.name))
    both = union(*parts).subquery()
    return (await connection.execute(select(both.c.name).order_by(both.c.name).limit(most))).scalars().all()


async def _renew(connection: AsyncConnection, names: Sequence[str]) -> None:
    """Compute their own rows anew: earlier releases did not store when an incident ended."""
    tombstones = await tombstone.tombstones(connection, tables.tombstone, names)
    kept = await projections.events_of_incidents(connection, names)
    counting = {name: drop_forgotten(kept[name], tombstones.get(name)) for name in sorted(kept)}
    rows = [incident_row(events) for events in counting.values() if events]
    await projections.upsert_rows(connection, tables.incident, rows)
    await projections.copy_phases(connection, names)
