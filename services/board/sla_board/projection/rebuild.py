"""Computing anew what the board derives from stored events, beside the processes that go on applying new ones."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board import tables
from sla_board.projection.projector import Projector
from sla_platform.store.engine import Store

PART = 100  # incidents in one transaction
_DERIVED = (
    tables.incident, tables.clock, tables.request, tables.contract, tables.phase, tables.listed, tables.listed_clock,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RebuiltPart:
    """The result of one transaction of `Rebuild`, which recomputes at most 100 incidents."""

    incidents: int
    """How many incidents were recomputed."""
    differing: Sequence[str]
    """Ids of the incidents whose rows changed, or would change in a dry run."""
    last: str
    """Id of the last recomputed incident. Pass it as `after` to continue an interrupted rebuild."""


class _Undone(Exception):
    """Raised to end a transaction that shall change nothing."""


class Rebuild:
    """Recomputes the board's rows of all incidents from their stored events. Call `run`.

    Args:
        store: The database with the board's tables.
        projector: Derives rows from events. A new projector may be passed while the board runs with another one.
    """

    def __init__(self, store: Store, projector: Projector) -> None:
        self._store = store
        self._projector = projector

    async def run(self, after: str = "", *, dry_run: bool = False) -> AsyncIterator[RebuiltPart]:
        """Recompute incidents in the order of their ids, at most 100 in a transaction.

        The result of each transaction is yielded.

        Args:
            after: Continue after this incident. "" begins with the first.
            dry_run: Only report which incidents would change. All rows stay unchanged.

        Raises:
            StoreBusy: The store is busy. The parts that were yielded before stay stored.
        """
        while names := await self._next(after):
            after = names[-1]
            yield RebuiltPart(len(names), await self._part(names, dry_run), after)

    async def _next(self, after: str) -> Sequence[str]:
        incident = tables.event.c.incident
        query = select(incident).where(incident > after).distinct().order_by(incident).limit(PART)
        async with self._store.reading() as connection:
            return (await connection.execute(query)).scalars().all()

    async def _part(self, names: Sequence[str], dry_run: bool) -> Sequence[str]:
        differing: Sequence[str] = ()
        try:
            async with self._store.transaction() as connection:
                before = await _rows(connection, names)
                await self._projector.refold(connection, names)
                after = await _rows(connection, names)
                differing = [name for name in names if before.get(name) != after.get(name)]
                if dry_run:
                    raise _Undone
        except _Undone:
            pass
        return differing


async def _rows(connection: AsyncConnection, names: Sequence[str]) -> dict[str, set[tuple[Any, ...]]]:
    """Every derived row of each incident, with the name of its table."""
    found: dict[str, set[tuple[Any, ...]]] = {}
    for table in _DERIVED:
        incident = _incident_of(table)
        # A row's position says where it is kept, not what follows from the events.
        columns = [column for column in table.c if column.name != "position"]
        for row in (await connection.execute(select(*columns).where(incident.in_(names)))).all():
            found.setdefault(row._mapping[incident], set()).add((table.name, *row))
    return found


def _incident_of(table: Table) -> Any:
    return table.c.id if table is tables.incident else table.c.incident
