"""The fire statement on SQLite: the same steps as on PostgreSQL, set by set, in one short write transaction.

SQLite has no data-changing WITH, so the claimed rows stand in a temporary table of the single writer connection.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_platform.store.engine import Store
from sla_platform.store.quarantine import LONGEST_ERROR, fit_column
from sla_platform.store.types import from_micros, to_micros
from sla_timer.tick.port import ClaimBounds, Fired
from sla_timer.tick.progress import BEGINNING, Progress

PREPARE = """
CREATE TEMP TABLE IF NOT EXISTS due (
    clock_id TEXT, kind TEXT, generation INTEGER, fire_at INTEGER, incident TEXT, due_at INTEGER, context TEXT,
    live INTEGER, provisional INTEGER)
"""

CLEAR = "DELETE FROM temp.due"

CLAIM = """
INSERT INTO temp.due
SELECT t.clock_id, t.kind, t.generation, t.fire_at, c.incident, c.due_at, c.context,
       c.state = 'running' AND c.generation = t.generation, t.fire_at > :caught
FROM timer_timer t JOIN timer_clock c ON c.id = t.clock_id
WHERE t.partition = :partition AND t.fire_at <= :through AND coalesce(t.ripe_at, t.fire_at) <= :through
ORDER BY t.fire_at
LIMIT :limit
"""

DELETE = "DELETE FROM timer_timer WHERE (clock_id, kind) IN (SELECT clock_id, kind FROM temp.due)"

MARK = """
UPDATE timer_clock SET
    told = told || ' ' || keyed.keys,
    breached_at = coalesce(keyed.breached_at, timer_clock.breached_at)
FROM (
    SELECT clock_id, group_concat(generation || '/' || kind, ' ') AS keys,
           max(CASE WHEN kind LIKE 'breach%' THEN fire_at END) AS breached_at
    FROM temp.due WHERE live GROUP BY clock_id
) AS keyed
WHERE timer_clock.id = keyed.clock_id
"""

# RFC 3339 out of integer microseconds, as PostgreSQL's jsonb writes a timestamptz.
_ISO = "strftime('%Y-%m-%dT%H:%M:%S', {0} / 1000000, 'unixepoch') || printf('.%06d+00:00', {0} % 1000000)"

PUBLISH = f"""
INSERT OR IGNORE INTO timer_log (topic, id, type, source, subject, key, time, data)
SELECT 'clocks',
       clock_id || '/' || generation || '/' || kind,
       CASE WHEN kind LIKE 'breach%' THEN 'io.slad.clock.breached.v1' ELSE 'io.slad.clock.warned.v1' END,
       '/slad/timer', incident, incident, fire_at,
       json_patch(context, json_object(
           'kind', CASE WHEN kind LIKE 'breach%' THEN 'clock.breached' ELSE 'clock.warned' END,
           'threshold', CASE WHEN kind LIKE 'breach%' THEN '' ELSE substr(kind, 1, instr(kind || '~', '~') - 1) END,
           'generation', generation,
           'state', 'running',
           'at', {_ISO.format("fire_at")},
           'fired_at', {_ISO.format(":now")},
           'overtaken', json(CASE WHEN kind NOT LIKE 'breach%' AND due_at <= :through THEN 'true' ELSE 'false' END),
           'provisional', json(CASE WHEN provisional THEN 'true' ELSE 'false' END)))
FROM temp.due WHERE live
ORDER BY fire_at, kind LIKE 'breach%'
"""  # noqa: S608 - the only things formatted in are the expressions above

FIRED = "SELECT fire_at, kind, provisional, live FROM temp.due"

_FIRST = """
    FROM timer_timer t JOIN timer_clock c ON c.id = t.clock_id
    WHERE t.partition = 0 AND t.fire_at <= :through AND coalesce(t.ripe_at, t.fire_at) <= :through
    ORDER BY t.fire_at LIMIT 1
"""

QUARANTINE = (
    f"""
    INSERT INTO timer_quarantine (digest, part, position, partition, topic, key, event, type, headers, data, error,
                                  count, first_at, last_at, state, clock_id)
    SELECT 'tick/' || t.clock_id || '/' || t.kind, 'tick', 'timer_timer/' || t.clock_id || '/' || t.kind, 0, '',
           c.incident, t.clock_id || '/' || t.generation || '/' || t.kind, 'timer', '{{}}',
           CAST(json_object('clock_id', t.clock_id, 'kind', t.kind, 'generation', t.generation, 'partition',
                            t.partition, 'fire_at', t.fire_at, 'incident', c.incident, 'context', c.context) AS BLOB),
           :error, 1, :now, :now, 'quarantined', t.clock_id
    {_FIRST}
    ON CONFLICT (digest) DO UPDATE
    SET error = excluded.error, last_at = excluded.last_at, data = excluded.data, state = 'quarantined',
        count = timer_quarantine.count + 1
    """,  # noqa: S608 - as above
    f"DELETE FROM timer_timer WHERE (clock_id, kind) IN (SELECT t.clock_id, t.kind {_FIRST})",  # noqa: S608 - as above
)

_DUE = (
    "SELECT 1 FROM timer_timer WHERE partition = 0 AND fire_at <= :through "
    "AND coalesce(ripe_at, fire_at) <= :through LIMIT 1"
)
_CLAIM = text(CLAIM)
_PUBLISH = text(PUBLISH.replace(":%M:%S", r"\:%M\:%S"))


class SqliteFiring:
    """Fires due timers on SQLite (a `Firing`), which has one process, one partition and one writer."""

    lanes = 1
    """How many calls of `fire` run at once. On SQLite it is a single call."""

    def __init__(self, store: Store, progress: Progress) -> None:
        self._store = store
        self._progress = progress

    async def fire(self, bounds: ClaimBounds) -> list[Fired]:
        """Fire one batch of due timers in one write transaction, and return their rows.

        To fire is to publish the warning or breach of the timer and delete the timer's row. The result is empty until
        the log of events has been read to its end once since the start.

        Args:
            bounds: Which rows to take.
        """
        caught = self._progress.caught_up_through(0)
        if caught is None:
            return []
        through = self._through(bounds)
        if not self._anything_due(through):
            return []
        async with self._store.transaction() as connection:
            return await _claim_and_publish(connection, bounds, through, caught)

    async def quarantine(self, bounds: ClaimBounds, partition: int, error: str) -> bool:
        """Move the due timer that `fire` would take first into the quarantine.

        The quarantine is the table of what could not be processed. There the timer waits for a replay. Returns whether
        a timer was moved. The result is False if no timer is due. `partition` is ignored, because SQLite has only one.

        Args:
            bounds: Only `now` and `patience` are used: which timers are due. `now` is also stored as the time of the
                move.
            error: The reason for the quarantine, shortened if too long to store.
        """
        why, through = fit_column(error, LONGEST_ERROR), to_micros(self._through(bounds))
        keep, remove = map(text, QUARANTINE)
        async with self._store.transaction() as connection:
            await connection.execute(keep, {"now": to_micros(bounds.now), "through": through, "error": why})
            return bool((await connection.execute(remove, {"through": through})).rowcount)

    async def partitions(self) -> list[int]:
        """Return `[0]`, the number of the only partition on SQLite."""
        return [0]

    def _through(self, bounds: ClaimBounds) -> datetime:
        """Return the instant up to which the partition fires."""
        caught = self._progress.caught_up_through(0) or BEGINNING
        return min(bounds.now, max(caught, bounds.now - bounds.patience))

    def _anything_due(self, through: datetime) -> bool:
        """Return whether a row is due, without the write lock: an idle tick must cost nothing."""
        return self._store.glance(_DUE, {"through": to_micros(through)}) is not None


async def _claim_and_publish(
    connection: AsyncConnection, bounds: ClaimBounds, through: datetime, caught: datetime
) -> list[Fired]:
    for statement in (PREPARE, CLEAR):
        await connection.exec_driver_sql(statement)
    claim = {"partition": 0, "through": to_micros(through), "caught": to_micros(caught), "limit": bounds.limit}
    await connection.execute(_CLAIM, claim)
    for statement in (DELETE, MARK):
        await connection.exec_driver_sql(statement)
    await connection.execute(_PUBLISH, {"now": to_micros(bounds.now), "through": to_micros(through)})
    rows: list[Any] = list((await connection.exec_driver_sql(FIRED)).all())
    return [Fired(from_micros(at), kind, bool(late), bool(live)) for at, kind, late, live in rows]
