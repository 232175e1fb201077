"""Timers under load: N open clocks, a steady rate or a herd of due rows, on PostgreSQL or SQLite.

    python -m bench.timers --open 1000000 --rate 5000 --seconds 60
    python -m bench.timers --open 1000000 --herd 10000
    python -m bench.timers --open 1000000 --overdue 100000           (a restart)
    python -m bench.timers --open 1000000 --rate 1000 --reschedules 1000
    python -m bench.timers --open 1000000 --rate 1000 --snapshot     (beside an old REPEATABLE READ snapshot)
    python -m bench.timers --open 1000000 --rate 5000 --contracts 100000   (recorded contracts in the same process)
    python -m bench.timers --open 100000 --rate 1000 --store sqlite

Lateness is the wall time at which the client has the commit acknowledged, minus the due instant. Rows that fall due are
scattered over the heap (random order of insertion) and the run starts just after a CHECKPOINT. For what is overdue at
the start, lateness counts from the start. The figures are kept in bench/results.jsonl.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import uvloop
from bench.recorded_contracts import records
from bench.results import keep, load
from prometheus_client import CollectorRegistry
from sqlalchemy import text

from sla_platform.contracts.copies import ContractCopies, RecordCopy, write_records
from sla_platform.contracts.shelf import RecordShelf
from sla_platform.local.postgres import PostgresServer
from sla_platform.settings import Settings
from sla_platform.store.engine import Store
from sla_platform.store.schema import create_all
from sla_platform.store.types import to_micros
from sla_platform.timesource import SystemTime
from sla_platform.wire.contract import record_data
from sla_timer import tables
from sla_timer.apply import ownership
from sla_timer.metrics import TimerMetrics
from sla_timer.tick.adapters import firing_of, progress_of
from sla_timer.tick.loop import TickLoop
from sla_timer.tick.port import ClaimBounds, Fired
from sla_timer.tick.progress import Progress

PARTITIONS = 12
CONTEXT = {
    "incident": "demo:INC-0000000", "metric": "resolution", "cycle": 1, "contract": "acme", "plan": "silver",
    "customer": "Acme", "priority": "P1", "zone": "Europe/Warsaw", "title": "Checkout is down for every customer",
    "url": "https://tickets.example/INC-0000000", "product": "shop", "language": "pl", "allowed": "4h",
    "escalation": "on-call", "urgency": 12.5, "due_at": "2026-11-22T10:00:00Z",
}  # fmt: skip


def now() -> datetime:
    return SystemTime().now()


def uuid_of(number: int) -> UUID:
    return UUID(int=random.Random(number).getrandbits(128))


async def seed(store: Store, due: list[datetime], idle: int) -> None:
    """`due` clocks whose breach falls in the run, among `idle` ones due next year, in random heap order."""
    far = now() + timedelta(days=365)
    instants: list[datetime] = due + [far + timedelta(seconds=n % 86400) for n in range(idle)]
    random.Random(7).shuffle(instants)
    begun = now()
    incidents, clocks, timers = [], [], []
    for number, at in enumerate(instants):
        incident, clock, partition = f"demo:INC-{number:07}", uuid_of(number), number % PARTITIONS
        incidents.append((incident, partition, "v", "acme", "silver", "Acme", "P1", "open", begun, begun, ""))
        clocks.append(
            (clock, incident, partition, "v", "acme", "resolution", 1, "P1", "running", 0, begun, at, at, 0.0, "", "",
             json.dumps(CONTEXT | {"incident": incident, "clock": str(clock)}))
        )  # fmt: skip
        timers.append((clock, "breach", 0, partition, at))
    await loaded(store, incidents, clocks, timers)


INCIDENT = ("id", "partition", "catalogue", "contract", "plan", "customer", "priority", "phase", "opened_at",
            "changed_at", "told")  # fmt: skip
CLOCK = ("id", "incident", "partition", "catalogue", "contract", "metric", "cycle", "priority", "state", "generation",
         "started_at",
         "due_at", "original_due_at", "urgency", "exempt", "told", "context")  # fmt: skip
TIMER = ("clock_id", "kind", "generation", "partition", "fire_at")


async def loaded(store: Store, incidents: list[Any], clocks: list[Any], timers: list[Any]) -> None:
    loads = (("timer_incident", INCIDENT, incidents), ("timer_clock", CLOCK, clocks), ("timer_timer", TIMER, timers))
    async with store.transaction() as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        for table, columns, rows in loads:
            if store.sqlite:
                marks = ",".join("?" * len(columns))
                plain = [tuple(_plain(value) for value in row) for row in rows]
                await raw.executemany(f"INSERT INTO {table} ({','.join(columns)}) VALUES ({marks})", plain)
            else:
                await raw.copy_records_to_table(table, records=rows, columns=columns)
    if not store.sqlite:
        async with store.claiming() as connection:
            for table in ("timer_incident", "timer_clock", "timer_timer"):
                await connection.execute(text(f"VACUUM ANALYZE {table}"))
            await connection.execute(text("CHECKPOINT"))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return to_micros(value)
    return str(value) if isinstance(value, UUID) else value


class Watched:
    """`Firing` that notes when each row's commit was acknowledged."""

    def __init__(self, store: Store, progress: Progress) -> None:
        self._firing = firing_of(store, progress)
        self.lanes = self._firing.lanes
        self.quarantine, self.partitions = self._firing.quarantine, self._firing.partitions
        self.late: list[float] = []
        self.batches = 0
        self.started = now()
        self.first = 0.0
        self.last = 0.0

    async def fire(self, bounds: ClaimBounds) -> list[Fired]:
        fired = await self._firing.fire(bounds)
        if fired:
            acknowledged = now()
            self.late += [
                (acknowledged - (max(one.fire_at, self.started))).total_seconds() for one in fired if one.live
            ]
            self.batches += 1
            self.last = (acknowledged - self.started).total_seconds()
            self.first = self.first or self.last
        return fired


@asynccontextmanager
async def opened(kind: str, folder: Path) -> AsyncIterator[Store]:
    if kind == "sqlite":
        store = Store(f"sqlite:///{folder}/bench.db")
        yield store
        await store.close()
        return
    server = PostgresServer(folder / "pg", settings={"wal_compression": "lz4", "shared_buffers": "1GB",
                                                     "max_wal_size": "8GB"})  # fmt: skip
    server.start()
    try:
        store = Store(await server.create_database("bench"))
        yield store
        await store.close()
    finally:
        server.discard()


async def run(arguments: argparse.Namespace) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        async with opened(arguments.store, Path(folder)) as store:
            await create_all(store, [tables.metadata])
            return await measured(store, arguments)


async def measured(store: Store, arguments: argparse.Namespace) -> dict[str, Any]:
    copies = await contracts(store, arguments.contracts)
    wanted = arguments.overdue or arguments.herd or arguments.rate * arguments.seconds
    lead = 15.0 + max(arguments.open, wanted) / 12_000  # seeding takes time: due instants lie behind it
    begin = now() + timedelta(seconds=lead)
    spread = 0.0 if arguments.herd else arguments.seconds
    if arguments.overdue:
        begin, spread = now() - timedelta(hours=1), 3000.0
    due = [begin + timedelta(seconds=spread * n / wanted) for n in range(wanted)]
    await seed(store, due, max(arguments.open - wanted, 0))
    if now() > begin and not arguments.overdue:
        raise SystemExit("seeding took longer than foreseen; raise the lead")
    async with store.transaction() as connection:
        epochs = await ownership.take_partitions(connection, range(1 if store.sqlite else PARTITIONS), "bench")
    if store.sqlite:
        async with store.transaction() as connection:
            for table in ("timer_timer", "timer_clock"):
                await connection.execute(text(f"UPDATE {table} SET partition = 0"))
    progress = progress_of(store)
    firing = Watched(store, progress)
    tick = TickLoop(firing, progress, SystemTime(), Settings(claim_limit=arguments.limit),
                TimerMetrics(CollectorRegistry()), lambda: None)  # fmt: skip
    stalls: list[float] = []

    async def consumer() -> None:
        while True:
            for partition, epoch in epochs.items():
                progress.note(partition, epoch, now())
            before = time.perf_counter()
            await asyncio.sleep(0.01)
            stalls.append(time.perf_counter() - before - 0.01)

    started = now()
    firing.started = started
    tasks = [asyncio.create_task(consumer()), asyncio.create_task(tick.run())]
    if copies is not None:
        tasks.append(asyncio.create_task(copies.follow()))
    held = None
    if arguments.snapshot:
        held = await store.engine.connect()
        await held.execution_options(isolation_level="REPEATABLE READ")
        await held.execute(text("SET idle_in_transaction_session_timeout = 0"))
        await held.execute(text("SELECT count(*) FROM timer_partition"))
    if arguments.reschedules:
        tasks += [asyncio.create_task(reschedules(store, arguments, wanted, lane)) for lane in range(LANES)]
    deadline = max(begin, started) + timedelta(seconds=spread * (not arguments.overdue) + 60)
    while len(firing.late) < wanted and now() < deadline:  # noqa: ASYNC110 - a count is awaited, not an event
        await asyncio.sleep(0.2)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    if held is not None:
        await held.close()
    async with store.reading() as connection:
        told = (await connection.execute(text("SELECT count(*), count(DISTINCT id) FROM timer_log"))).one()
    late = sorted(firing.late)
    return {
        "store": arguments.store, "open": arguments.open, "rate": arguments.rate, "herd": arguments.herd,
        "overdue": arguments.overdue,
        "seconds": arguments.seconds, "wanted": wanted, "fired": len(late), "told": told[0],
        "double": told[0] - told[1], "missed": wanted - len(late), "early": sum(one < 0 for one in late),
        "p50_ms": 1000 * statistics.median(late), "p99_ms": 1000 * late[int(len(late) * 0.99)],
        "p999_ms": 1000 * late[int(len(late) * 0.999)], "max_ms": 1000 * late[-1],
        "loop_stall_p99_ms": 1000 * sorted(stalls)[int(len(stalls) * 0.99)], "loop_stall_max_ms": 1000 * max(stalls),
        "batches": firing.batches, "first_s": firing.first, "all_s": firing.last, "reschedules": arguments.reschedules,
        "snapshot": arguments.snapshot, "contracts": arguments.contracts,
    }  # fmt: skip


async def contracts(store: Store, many: int) -> ContractCopies | None:
    """So many recorded contracts, read into memory as the timer has them; None for none."""
    if not many:
        return None
    copy = RecordCopy(RecordShelf(store), tables.contract_records, tables.contract_cursor)
    waiting = records(many)
    while batch := [record_data(one) for one in islice(waiting, 2_000)]:
        async with store.transaction() as connection:
            await write_records(connection, copy.tables, batch)
    copies = ContractCopies(store, copy)
    await copies.load()
    assert len(copy.shelf) == many
    return copies


LANES = 8


async def reschedules(store: Store, arguments: argparse.Namespace, wanted: int, lane: int) -> None:
    """One of the connections over which clocks that are not due soon get a new target, one by one, as events do."""
    lot = random.Random(lane)
    every = LANES / arguments.reschedules
    following = time.perf_counter()
    while True:
        number = lot.randrange(max(arguments.open, wanted))
        async with store.transaction() as connection:
            await connection.execute(_TIMER_MOVED, {"clock": uuid_of(number)})
        following = max(following + every, time.perf_counter() - 1)
        await asyncio.sleep(max(following - time.perf_counter(), 0))


_TIMER_MOVED = text(
    """
    WITH moved AS (
        UPDATE timer_timer SET fire_at = fire_at + interval '1 second' * (random() * 3600)
        WHERE clock_id = :clock AND fire_at > now() + interval '1 hour' RETURNING clock_id, fire_at
    )
    UPDATE timer_clock c SET due_at = moved.fire_at FROM moved WHERE c.id = moved.clock_id
    """
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", choices=("postgresql", "sqlite"), default="postgresql")
    parser.add_argument("--open", type=int, default=1_000_000)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--herd", type=int, default=0)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--limit", type=int, default=500)
    parser.add_argument("--overdue", type=int, default=0)
    parser.add_argument("--reschedules", type=int, default=0, help="a second")
    parser.add_argument("--snapshot", action="store_true")
    parser.add_argument("--contracts", type=int, default=0, help="recorded contracts in the memory of the process")
    arguments = parser.parse_args()
    before = load()
    keep(uvloop.run(run(arguments)), before)


if __name__ == "__main__":
    main()
