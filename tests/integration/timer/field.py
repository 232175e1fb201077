"""Many open clocks at once, sown by the database itself, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text

from sla_platform.store.engine import Store
from sla_timer.apply import ownership
from sla_timer.tick.adapters import progress_of

PARTITIONS = 12
_SOW = (
    """
    INSERT INTO timer_incident (id, partition, catalogue, contract, plan, customer, priority, phase, opened_at,
                                changed_at, told)
    SELECT 'demo:' || n, n % :partitions, 'v', 'acme', 'silver', 'Acme', 'P1', 'open', now(), now(), ''
    FROM generate_series(CAST(:first AS int), :last) n
    """,
    """
    INSERT INTO timer_clock (id, incident, partition, catalogue, contract, metric, cycle, priority, state, generation,
                             started_at, due_at, original_due_at, context)
    SELECT CAST(md5('clock ' || n) AS uuid), 'demo:' || n, n % :partitions, 'v', 'acme', 'resolution', 1, 'P1',
           'running', 0, now(), at, at, jsonb_build_object('incident', 'demo:' || n, 'metric', 'resolution')
    FROM generate_series(CAST(:first AS int), :last) n,
         LATERAL (SELECT CAST(:begin AS timestamptz)
                         + CAST(:spread AS interval) * mod(CAST(n AS bigint) * 7919, 1000003) / 1000003 AS at) due
    """,
    """
    INSERT INTO timer_timer (clock_id, kind, generation, partition, fire_at)
    SELECT id, 'breach', 0, partition, due_at FROM timer_clock
    WHERE incident IN (SELECT 'demo:' || n FROM generate_series(CAST(:first AS int), :last) n)
    """,
)


async def sow(
    store: Store, first: int, count: int, begin: datetime, spread: timedelta = timedelta(), partitions: int = PARTITIONS
) -> None:
    """`count` running clocks, numbered from `first`, due at scattered instants from `begin` on within `spread`."""
    values = {"first": first, "last": first + count - 1, "begin": begin, "spread": spread, "partitions": partitions}
    async with store.transaction() as connection:
        for statement in _SOW:
            used = {name: value for name, value in values.items() if f":{name}" in statement}
            await connection.execute(text(statement), used)


async def settle(store: Store) -> None:
    """Fresh statistics, as autovacuum would have them soon."""
    async with store.claiming() as connection:
        for table in ("timer_incident", "timer_clock", "timer_timer", "timer_progress"):
            await connection.execute(text(f"VACUUM ANALYZE {table}"))


async def read_through(store: Store, through: datetime, partitions: int = PARTITIONS) -> None:
    """Every partition's events have been applied up to this instant."""
    progress = progress_of(store)
    async with store.transaction() as connection:
        epochs = await ownership.take_partitions(connection, range(partitions), "test")
    for number, epoch in epochs.items():
        progress.note(number, epoch, through)
    await progress.publish()


async def database_now(store: Store) -> datetime:
    async with store.reading() as connection:
        now: datetime = (await connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
    return now


async def waiting(store: Store) -> int:
    async with store.reading() as connection:
        return int((await connection.execute(text("SELECT count(*) FROM timer_timer"))).scalar_one())


@dataclass(frozen=True, slots=True)
class Harvest:
    """`told`: facts in the log; `marked`: clocks marked once as told; `early`: facts before their instant;
    `latest`: the longest from an instant to the tick that fired it."""

    told: int
    clocks: int
    marked: int
    early: int
    set_aside: int
    latest: timedelta


async def harvest(store: Store) -> Harvest:
    """What has become of all clocks. One breach each is one fact, one mark `0/breach` and nothing else."""
    counted = text(
        """
        SELECT (SELECT count(*) FROM timer_log),
               (SELECT count(DISTINCT subject) FROM timer_log),
               (SELECT count(*) FROM timer_clock WHERE told = ' 0/breach'),
               (SELECT count(*) FROM timer_log WHERE CAST(CAST(data AS jsonb) ->> 'fired_at' AS timestamptz) < time),
               (SELECT count(*) FROM timer_quarantine),
               (SELECT coalesce(max(CAST(CAST(data AS jsonb) ->> 'fired_at' AS timestamptz) - time), interval '0')
                FROM timer_log)
        """
    )
    async with store.reading() as connection:
        return Harvest(*(await connection.execute(counted)).one())
