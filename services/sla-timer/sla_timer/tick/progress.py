"""How far each partition's events have been applied: no timer fires past it (docs/decisions/0003).

A consumer notes `through` with every batch, also with empty ones. On PostgreSQL each tick publishes the notes to
`timer_progress` and reads the database's clock in one statement, so that every instance's tick sees them. Losing a note
in a crash only delays, so it need not wait for the disk; and what a note says stays true for ever, so an owner that has
been overtaken can do no harm with a late one. On SQLite there is one process and the notes stay in memory: after a
start nothing fires until the log has been read to its end once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, text

from sla_platform.store.engine import Store
from sla_platform.store.types import Instant, from_micros

# The clock, how far the slowest partition is, and whether any row is due: most ticks need to know no more.
_LOOKED = """
    SELECT clock.now, (SELECT min(caught_up_through) FROM timer_progress) AS slowest,
           EXISTS (
               SELECT FROM timer_partition p CROSS JOIN LATERAL (
                   SELECT FROM timer_timer t
                   WHERE t.partition = p.partition AND t.fire_at <= (SELECT now FROM clock)
                     AND t.fire_at > CAST(:since AS timestamptz)
                   ORDER BY t.fire_at LIMIT 1  -- so that it can only be read partition by partition
               ) first
           ) AS due
    FROM clock
"""
_CLOCK = "clock AS MATERIALIZED (SELECT clock_timestamp() AS now)"
LOOK = text(f"WITH {_CLOCK} {_LOOKED}").bindparams(bindparam("since", type_=Instant))
_PUBLISH = text(
    f"""
    WITH {_CLOCK}, lazily AS MATERIALIZED (
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
    {_LOOKED}
    """  # noqa: S608 - made of this module's own words
).bindparams(bindparam("since", type_=Instant))
BEGINNING = from_micros(0)  # a lower bound below every row


class ProgressLook(NamedTuple):
    """How far events are applied over all partitions, and whether a timer is due: the result of `Progress.publish`."""

    now: datetime | None
    """The instant of the database's clock. None on SQLite, which has no clock."""
    slowest: datetime | None
    """The instant up to which the slowest partition is applied. None if unknown."""
    due: bool = True
    """Whether a timer was due at `now`. Always True on SQLite."""


class Progress:
    """Remembers up to which instant this process has applied the events of each of its partitions.

    `Applier` calls `note` and `drop`; the tick (the loop that fires timers) calls `publish`. A timer that is due
    after the remembered instant must wait, for at most `ClaimBounds.patience`.
    """

    def __init__(self) -> None:
        self._caught: dict[int, tuple[int, datetime]] = {}
        self._fresh: set[int] = set()

    def note(self, partition: int, epoch: int, through: datetime) -> None:
        """Record that every event of a partition up to the instant `through` has been applied.

        An instant earlier than the recorded one is ignored if the epoch is the same.

        Args:
            epoch: The number that `take_partitions` returned for the partition; it grows with each new owner.
        """
        known = self._caught.get(partition)
        if known is None or known[0] != epoch or known[1] < through:
            self._caught[partition] = (epoch, through)
            self._fresh.add(partition)

    def drop(self, partition: int) -> None:
        """Forget the record of a partition that this process no longer owns."""
        self._caught.pop(partition, None)
        self._fresh.discard(partition)

    def caught_up_through(self, partition: int) -> datetime | None:
        """Return up to which instant this process has applied the partition's events.

        The result is None if nothing is recorded for the partition.
        """
        known = self._caught.get(partition)
        return None if known is None else known[1]

    async def publish(self, since: datetime | None = None) -> ProgressLook:
        """Store how far this process has applied its events; return how far the events of all partitions are applied.

        The loop that fires timers needs the result to decide which timers may fire.

        Args:
            since: Only timers due after this instant make `ProgressLook.due` True. None means that every due timer
                makes it True.
        """
        raise NotImplementedError


class SqliteProgress(Progress):
    """`Progress` for SQLite: remembers the applied instant in memory, for the only process.

    After a start no timer fires until the log of events has been read to its end once.
    """

    async def publish(self, since: datetime | None = None) -> ProgressLook:
        """Return up to which instant the events of the only partition are applied; nothing is written.

        In the result `now` is None, because SQLite has no clock of its own, and `due` is True. `since` is ignored.
        """
        return ProgressLook(None, self.caught_up_through(0))


class PostgresProgress(Progress):
    """`Progress` for PostgreSQL: stores in the table `timer_progress` how far events are applied.

    All instances read this table.
    """

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store

    async def publish(self, since: datetime | None = None) -> ProgressLook:
        """Write to `timer_progress` how far this process has applied its events; return how far all are applied.

        Only instants that have changed since the last call are written.

        Args:
            since: Only timers due after this instant make `ProgressLook.due` True. None means that every due timer
                makes it True.
        """
        moved, self._fresh = self._fresh, set()
        bound: dict[str, Any] = {"since": since or BEGINNING}
        rows = [(number, *self._caught[number]) for number in sorted(moved) if number in self._caught]
        async with self._store.claiming() as connection:
            if not rows:
                return ProgressLook(*(await connection.execute(LOOK, bound)).one())
            numbers, epochs, through = zip(*rows, strict=True)
            values = bound | {"partitions": list(numbers), "epochs": list(epochs), "through": list(through)}
            return ProgressLook(*(await connection.execute(_PUBLISH, values)).one())
