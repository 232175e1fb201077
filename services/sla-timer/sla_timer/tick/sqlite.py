"""The fire statement on SQLite: the same steps as on PostgreSQL, set by set, in one short write transaction.

SQLite has no data-changing WITH, so the claimed rows stand in a temporary table of the single writer connection.
"""

from __future__ import annotations

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

TELL = f"""
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

SET_ASIDE = (
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
