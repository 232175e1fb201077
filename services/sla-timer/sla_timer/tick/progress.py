"""How far each partition's events have been applied: no timer fires past it (DESIGN §2.6).

A consumer notes `through` with every batch, also with empty ones. On PostgreSQL each tick publishes the notes to
`timer_progress` and reads the database's clock in one statement, so that every instance's tick sees them. Losing a note
in a crash only delays, so it need not wait for the disk; and what a note says stays true for ever, so an owner that has
been overtaken can do no harm with a late one. On SQLite there is one process and the notes stay in memory: after a
start nothing fires until the log has been read to its end once.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text

from sla_platform.store.engine import Store

_PUBLISH = text(
    """
    WITH lazily AS MATERIALIZED (
        SELECT set_config('synchronous_commit', 'off', true)
    ), noted AS (
        INSERT INTO timer_progress (partition, caught_up_through)
        SELECT v.partition, v.through
        FROM lazily CROSS JOIN unnest(CAST(:partitions AS int[]), CAST(:epochs AS int[]),
                                      CAST(:through AS timestamptz[])) AS v(partition, epoch, through)
        JOIN timer_partition p ON p.partition = v.partition AND p.epoch = v.epoch
        ORDER BY v.partition
        ON CONFLICT (partition) DO UPDATE
        SET caught_up_through = greatest(timer_progress.caught_up_through, excluded.caught_up_through)
    )
    SELECT clock_timestamp() AS now, (SELECT min(caught_up_through) FROM timer_progress) AS slowest
    """
)
_READ = text("SELECT clock_timestamp() AS now, (SELECT min(caught_up_through) FROM timer_progress) AS slowest")


class Look(NamedTuple):
    """`now`: the database's clock, None where it has none of its own; `slowest`: the partition furthest behind."""

    now: datetime | None
    slowest: datetime | None


class Progress:
    """The latest `through` per partition this process consumes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._caught: dict[int, tuple[int, datetime]] = {}
        self._fresh: set[int] = set()

    def note(self, partition: int, epoch: int, through: datetime) -> None:
        known = self._caught.get(partition)
        if known is None or known[0] != epoch or known[1] < through:
            self._caught[partition] = (epoch, through)
            self._fresh.add(partition)

    def drop(self, partition: int) -> None:
        self._caught.pop(partition, None)
        self._fresh.discard(partition)

    def caught_up_through(self, partition: int) -> datetime | None:
        """What this process knows; on SQLite that is all there is."""
        known = self._caught.get(partition)
        return None if known is None else known[1]

    async def publish(self) -> Look:
        """Publish what has moved since the last time, and look at the clock."""
        if self._store.sqlite:
            return Look(None, self.caught_up_through(0))
        moved, self._fresh = self._fresh, set()
        rows = [(number, *self._caught[number]) for number in sorted(moved) if number in self._caught]
        async with self._store.autocommit() as connection:
            if not rows:
                return Look(*(await connection.execute(_READ)).one())
            numbers, epochs, through = zip(*rows, strict=True)
            values = {"partitions": list(numbers), "epochs": list(epochs), "through": list(through)}
            return Look(*(await connection.execute(_PUBLISH, values)).one())
