"""How far each partition's events have been applied: no timer fires past it (DESIGN §2.6).

A consumer notes `through` with every batch, also with empty ones. On PostgreSQL the notes are flushed to
`timer_partition` in one small statement a tick, fenced by epoch, so every instance's tick sees them; losing a flush in
a crash only delays, so it need not wait for the disk. On SQLite there is one process and the notes stay in memory:
after a start nothing fires until the log has been read to its end once.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from sla_platform.store.engine import Store

_FLUSH = text(
    """
    UPDATE timer_partition p
    SET caught_up_through = greatest(p.caught_up_through, v.through)
    FROM unnest(CAST(:partitions AS int[]), CAST(:epochs AS int[]), CAST(:through AS timestamptz[]))
         AS v(partition, epoch, through)
    WHERE p.partition = v.partition AND p.epoch = v.epoch
    """
)


class Progress:
    """The latest `through` per partition this process consumes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._caught: dict[int, tuple[int, datetime]] = {}
        self._dirty: set[int] = set()

    def note(self, partition: int, epoch: int, through: datetime) -> None:
        known = self._caught.get(partition)
        if known is None or known[0] != epoch or known[1] < through:
            self._caught[partition] = (epoch, through)
            self._dirty.add(partition)

    def drop(self, partition: int) -> None:
        self._caught.pop(partition, None)
        self._dirty.discard(partition)

    def caught_up_through(self, partition: int) -> datetime | None:
        """What this process knows; on SQLite that is all there is."""
        known = self._caught.get(partition)
        return None if known is None else known[1]

    async def flush(self) -> None:
        """Publish what has moved since the last flush (PostgreSQL only)."""
        if self._store.sqlite or not self._dirty:
            return
        moved, self._dirty = self._dirty, set()
        rows = [(partition, *self._caught[partition]) for partition in sorted(moved) if partition in self._caught]
        async with self._store.transaction() as connection:
            await connection.execute(text("SET LOCAL synchronous_commit = off"))
            await connection.execute(
                _FLUSH,
                {
                    "partitions": [row[0] for row in rows],
                    "epochs": [row[1] for row in rows],
                    "through": [row[2] for row in rows],
                },
            )
