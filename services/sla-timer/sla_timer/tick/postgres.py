"""The fire statement on PostgreSQL: claim and delete timers, mark their clocks and write facts, in one autocommit
statement.
"""

from __future__ import annotations

from sqlalchemy import bindparam, text

from sla_platform.store.engine import Store
from sla_platform.store.quarantine import LONGEST_ERROR, fit_column
from sla_platform.store.types import Instant
from sla_timer.tick.port import ClaimBounds, Fired
from sla_timer.tick.progress import BEGINNING

FIRE = """
WITH reach AS MATERIALIZED (
    SELECT partition,
           caught_up_through AS caught,
           least(CAST(:now AS timestamptz),
                 greatest(caught_up_through, CAST(:now AS timestamptz) - CAST(:patience AS interval))) AS through
    FROM timer_progress
    WHERE (CAST(:only AS int) IS NULL OR partition = CAST(:only AS int))
      AND partition % CAST(:lanes AS int) = CAST(:lane AS int)
), due AS MATERIALIZED (
    SELECT picked.*, reach.through, coalesce(picked.fire_at > reach.caught, true) AS provisional
    FROM reach CROSS JOIN LATERAL (
        SELECT t.clock_id, t.kind, t.generation, t.fire_at, c.incident, c.due_at, c.context,
               c.state = 'running' AND c.generation = t.generation AS live
        FROM timer_timer t JOIN timer_clock c ON c.id = t.clock_id
        WHERE t.partition = reach.partition AND t.fire_at <= reach.through
          AND coalesce(t.ripe_at, t.fire_at) <= reach.through
          AND t.fire_at > CAST(:bound AS timestamptz)
        ORDER BY t.fire_at
        LIMIT :limit
        FOR UPDATE OF t, c SKIP LOCKED
    ) picked
), gone AS (
    DELETE FROM timer_timer t USING due WHERE t.clock_id = due.clock_id AND t.kind = due.kind
), keyed AS (
    SELECT clock_id, string_agg(generation || '/' || kind, ' ' ORDER BY fire_at) AS keys,
           max(fire_at) FILTER (WHERE kind LIKE 'breach%') AS breached_at
    FROM due WHERE live GROUP BY clock_id
), marked AS (
    UPDATE timer_clock c
    SET told = c.told || ' ' || keyed.keys, breached_at = coalesce(keyed.breached_at, c.breached_at)
    FROM keyed
    WHERE c.id = keyed.clock_id
), told AS (
    INSERT INTO timer_log (topic, id, type, source, subject, key, time, data)
    SELECT 'clocks',
           due.clock_id || '/' || due.generation || '/' || due.kind,
           CASE WHEN due.kind LIKE 'breach%' THEN 'io.slad.clock.breached.v1' ELSE 'io.slad.clock.warned.v1' END,
           '/slad/timer', due.incident, due.incident, due.fire_at,
           (due.context || jsonb_build_object(
               'kind', CASE WHEN due.kind LIKE 'breach%' THEN 'clock.breached' ELSE 'clock.warned' END,
               'threshold', CASE WHEN due.kind LIKE 'breach%' THEN '' ELSE split_part(due.kind, '~', 1) END,
               'generation', due.generation,
               'state', 'running',
               'at', due.fire_at,
               'fired_at', CAST(:now AS timestamptz),
               'overtaken', due.kind NOT LIKE 'breach%' AND coalesce(due.due_at <= due.through, false),
               'provisional', due.provisional))::text
    FROM due WHERE live
    ORDER BY due.fire_at, due.kind LIKE 'breach%'
    ON CONFLICT (id) DO NOTHING
)
SELECT fire_at, kind, provisional, live FROM due
"""

# Move to the quarantine the row that a claim of one would take next from a partition.
QUARANTINE = """
WITH first AS MATERIALIZED (
    SELECT t.*, c.incident, c.context FROM timer_timer t JOIN timer_clock c ON c.id = t.clock_id
    WHERE t.partition = CAST(:only AS int) AND t.fire_at <= CAST(:now AS timestamptz)
      AND coalesce(t.ripe_at, t.fire_at) <= greatest(
          (SELECT caught_up_through FROM timer_progress p WHERE p.partition = CAST(:only AS int)),
          CAST(:now AS timestamptz) - CAST(:patience AS interval))
    ORDER BY t.fire_at LIMIT 1 FOR UPDATE OF t, c SKIP LOCKED
), gone AS (
    DELETE FROM timer_timer t USING first WHERE t.clock_id = first.clock_id AND t.kind = first.kind
)
INSERT INTO timer_quarantine (digest, part, position, partition, topic, key, event, type, headers, data, error, count,
                              first_at, last_at, state, clock_id)
SELECT 'tick/' || clock_id || '/' || kind, 'tick', 'timer_timer/' || clock_id || '/' || kind, partition, '', incident,
       clock_id || '/' || generation || '/' || kind, 'timer', '{}',
       convert_to(jsonb_build_object('clock_id', clock_id, 'kind', kind, 'generation', generation, 'partition',
                                     partition, 'fire_at', fire_at, 'incident', incident, 'context', context)::text,
                  'UTF8'),
       :error, 1, CAST(:now AS timestamptz), CAST(:now AS timestamptz), 'quarantined', clock_id
FROM first
ON CONFLICT (digest) DO UPDATE
SET error = excluded.error, last_at = excluded.last_at, data = excluded.data, state = 'quarantined',
    count = timer_quarantine.count + 1
RETURNING id
"""

_FIRE = text(FIRE).bindparams(bindparam("now", type_=Instant), bindparam("bound", type_=Instant))
_QUARANTINE = text(QUARANTINE).bindparams(bindparam("now", type_=Instant))


class PostgresFiring:
    """Fires due timers on PostgreSQL (a `Firing`). Any number of instances may fire at once."""

    lanes = 2
    """How many calls of `fire` one process runs at once if many timers are due."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def fire(self, bounds: ClaimBounds) -> list[Fired]:
        """Fire one batch of due timers in a single autocommit statement, and return their rows.

        To fire is to publish the warning or breach of the timer and delete the timer's row. If the database refuses a
        row, the driver's error is raised. After an error nothing is fired.

        Args:
            bounds: Which rows to take.

        Raises:
            Retryable: The database is busy or cannot be reached.
        """
        values = {
            "now": bounds.now,
            "bound": bounds.since or BEGINNING,
            "patience": bounds.patience,
            "limit": bounds.limit,
            "only": bounds.only,
            "lane": bounds.lane,
            "lanes": bounds.lanes,
        }
        async with self._store.claiming() as connection:
            rows = (await connection.execute(_FIRE, values)).all()
        return [Fired(row.fire_at, row.kind, row.provisional, row.live) for row in rows]

    async def quarantine(self, bounds: ClaimBounds, partition: int, error: str) -> bool:
        """Move the due timer of `partition` that `fire` would take first into the quarantine.

        The quarantine is the table of what could not be processed. There the timer waits for a replay. Returns whether
        a timer was moved. The result is False if no timer is due, or if other transactions have locked all due timers.

        Args:
            bounds: Only `now` and `patience` are used: which timers are due. `now` is also stored as the time of the
                move.
            error: The reason for the quarantine, shortened if too long to store.
        """
        why = fit_column(error, LONGEST_ERROR)
        values = {"now": bounds.now, "patience": bounds.patience, "only": partition, "error": why}
        async with self._store.claiming() as connection:
            return (await connection.execute(_QUARANTINE, values)).first() is not None

    async def partitions(self) -> list[int]:
        """Return the partition numbers in the table `timer_progress`, in ascending order; `[0]` if empty.

        The table records how far each instance has applied the events of its partitions.
        """
        async with self._store.reading() as connection:
            found = (await connection.execute(text("SELECT partition FROM timer_progress ORDER BY 1"))).scalars()
            return list(found) or [0]
