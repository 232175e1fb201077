"""slad beside APScheduler and procrastinate: the same PostgreSQL, the same load of due instants, in alternation.

    make bench ARGS=peers                          # installs the other queues; then:
    python -m bench.peers --due 10000 --seconds 5 --rounds 3

`--due` promises fall due within `--seconds`. Each system does its own durable minimum per promise: slad writes a fact,
APScheduler removes a job whose function counts, procrastinate finishes a task that counts. APScheduler (with
AsyncIOScheduler and SQLAlchemyJobStore) runs twice: as it comes, and with the grace time that keeps it from dropping
what is late.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from bench.results import keep, load
from bench.timers import PARTITIONS, Watched, now, seed
from procrastinate import App, PsycopgConnector
from prometheus_client import CollectorRegistry

from sla_platform.local.postgres import PostgresServer
from sla_platform.settings import Settings
from sla_platform.store.engine import Store
from sla_platform.store.schema import create_all
from sla_platform.timesource import SystemTime
from sla_timer import tables
from sla_timer.apply import ownership
from sla_timer.metrics import TimerMetrics
from sla_timer.tick.adapters import progress_of
from sla_timer.tick.loop import TickLoop
from sla_timer.tick.progress import Progress

SETTINGS = {"wal_compression": "lz4", "shared_buffers": "512MB", "max_wal_size": "4GB"}
PATIENCE_SECONDS = 30.0
fired: list[tuple[datetime, datetime]] = []  # (due, fired), what the peers' functions write: they name a function


def note(due: datetime) -> None:
    """What a job or task does."""
    fired.append((due, now()))


async def until_quiet(count: Callable[[], int], wanted: int, begin: datetime) -> None:
    """Until all have fired, or nothing has for a while."""
    known, moved = -1, time.monotonic()
    while count() < wanted and (now() < begin or time.monotonic() - moved < PATIENCE_SECONDS / 3):
        if count() != known or now() < begin:
            known, moved = count(), time.monotonic()
        await asyncio.sleep(0.05)


async def slad(server: PostgresServer, name: str, due: list[datetime]) -> list[tuple[datetime, datetime]]:
    store = Store(await server.create_database(name))
    await create_all(store, [tables.metadata])
    await seed(store, due, 0)
    async with store.transaction() as connection:
        epochs = await ownership.take_partitions(connection, range(PARTITIONS), "bench")
    progress = progress_of(store)
    for partition, epoch in epochs.items():
        progress.note(partition, epoch, due[-1] + timedelta(hours=1))
    firing = Told(store, progress)
    metrics = TimerMetrics(CollectorRegistry())
    tick = TickLoop(firing, progress, SystemTime(), Settings(), metrics, lambda: None)
    ticking = asyncio.create_task(tick.run())
    await until_quiet(lambda: len(firing.told), len(due), due[0])
    ticking.cancel()
    await asyncio.gather(ticking, return_exceptions=True)
    await store.close()
    return firing.told


class Told(Watched):
    """Notes instants instead of lateness."""

    def __init__(self, store: Store, progress: Progress) -> None:
        super().__init__(store, progress)
        self.told: list[tuple[datetime, datetime]] = []

    async def fire(self, bounds: Any) -> Any:
        batch = await super().fire(bounds)
        at = now()
        self.told += [(one.fire_at, at) for one in batch if one.live]
        return batch


def apscheduler(grace: dict[str, Any]) -> Callable[..., Awaitable[list[tuple[datetime, datetime]]]]:
    async def run(server: PostgresServer, name: str, due: list[datetime]) -> list[tuple[datetime, datetime]]:
        url = (await server.create_database(name)).replace("+asyncpg", "+psycopg")
        fired.clear()
        scheduler = AsyncIOScheduler(timezone="UTC", job_defaults=grace)
        scheduler.add_jobstore(SQLAlchemyJobStore(url=url), "default")
        # One transaction per job is its only way in; filled before the start so that filling delays no fire.
        scheduler.start(paused=True)
        for at in due:
            scheduler.add_job(note, "date", run_date=at, args=[at])
        scheduler.resume()
        await until_quiet(lambda: len(fired), len(due), due[0])
        scheduler.shutdown(wait=False)
        return list(fired)

    return run


async def procrastinate(server: PostgresServer, name: str, due: list[datetime]) -> list[tuple[datetime, datetime]]:
    await server.create_database(name)
    fired.clear()
    app = App(connector=PsycopgConnector(conninfo=f"host={server.socket_dir} user=postgres dbname={name}"))

    async def task(at: str) -> None:
        note(datetime.fromisoformat(at))

    registered = app.task(name="note")(task)
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        for at in due:
            await registered.configure(schedule_at=at).defer_async(at=at.isoformat())
        worker = asyncio.create_task(
            app.run_worker_async(concurrency=50, fetch_job_polling_interval=0.05, install_signal_handlers=False)
        )
        await until_quiet(lambda: len(fired), len(due), due[0])
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
    return list(fired)


SYSTEMS = {
    "slad": slad,
    "APScheduler, grace None": apscheduler({"misfire_grace_time": None, "max_instances": 100}),
    "APScheduler, defaults": apscheduler({}),
    "procrastinate": procrastinate,
}


def figures(system: str, due: list[datetime], told: list[tuple[datetime, datetime]]) -> dict[str, Any]:
    late = sorted((at - when).total_seconds() for when, at in told) or [float("nan")]
    last = max((at for _, at in told), default=due[0])
    return {
        "system": system, "due": len(due), "due_within_s": (due[-1] - due[0]).total_seconds(), "fired": len(told),
        "lost": len(due) - len({when for when, _ in told}), "double": len(told) - len({when for when, _ in told}),
        "fires_per_s": len(told) / max((last - due[0]).total_seconds(), 0.001), "p50_ms": 1000 * late[len(late) // 2],
        "p99_ms": 1000 * late[int(len(late) * 0.99)], "max_ms": 1000 * late[-1],
    }  # fmt: skip


async def run(arguments: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = PostgresServer(Path(folder) / "pg", settings=SETTINGS)
        server.start()
        try:
            for number in range(arguments.rounds):
                for position, (system, play) in enumerate(SYSTEMS.items()):
                    before = load()
                    # Filling the stores takes the peers about a millisecond or two per promise.
                    begin = now() + timedelta(seconds=5 + arguments.due * arguments.fill_ms / 1000)
                    step = timedelta(seconds=arguments.seconds) / arguments.due
                    due = [begin + step * n for n in range(arguments.due)]
                    told = await play(server, f"r{number}_{position}", due)
                    keep(figures(system, due, told), before)
        finally:
            server.discard()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--due", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--fill-ms", type=float, default=4.0, help="time a peer is given to store one promise")
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # it says a line for each job it drops
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
