"""How much does durability cost? The same ingest app with and without its storage, over real HTTP, and the batch door.

    python bench/ingest.py [--json FILE] [--seconds S] [--connections N] [--rounds R] [--postgres URL]

The server runs in a process of its own (one event loop, uvloop), the load comes from this one, both on the loopback.
"Without" translates, folds and answers as always and only leaves out reading and writing the store. The two alternate
within each round, so that a machine that changes its speed changes both; the ratio is the median of the rounds'
ratios. One event in four opens an incident and is answered with its promise. Each durable answer was committed
(SQLite: WAL, synchronous=FULL) before it was sent; the count of stored events is compared with the count of answers.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

import orjson

KEY = "bench-ingest-key-0001"
CATALOGUE = f"""
settings: {{local: true}}
coverages:
  office: {{title: Office, hours: {{mon-fri: "09:00-17:00"}}}}
plans:
  plain:
    title: Plain
    rank: 1
    priorities: [{{id: P1, title: Critical}}, {{id: P2, title: Normal}}]
    rules: {{default: P2}}
    targets:
      - {{metric: first_response, coverage: office, by_priority: {{P1: 15m, P2: 4h}}, warn: [75%]}}
      - {{metric: resolution, coverage: office, by_priority: {{P1: 4h, P2: 16h}}, warn: [75%]}}
    escalation: none
contracts:
  acme: {{title: Acme, customers: [Acme], plan: plain, zone: Europe/Warsaw, default: true}}
keys:
  sender: {{key: {KEY}, scopes: [ingest]}}
"""
KINDS = ("opened", "updated", "assigned", "responded")
BATCH = 500


@dataclass(frozen=True)
class Row:
    what: str
    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us: float  # the server's own processor time an event: steadier than the clock on a busy machine


# -- the server -------------------------------------------------------------------------------------------


def serve(url: str, port: int, catalogue: str) -> None:
    import uvicorn
    from fastapi import FastAPI
    from prometheus_client import CollectorRegistry

    import sla_standalone  # noqa: F401 - installs the kinds of channels, without which no catalogue is read
    from sla_catalogue import load_catalogue
    from sla_ingest import inbox, tables
    from sla_ingest.commit import GroupCommit
    from sla_ingest.history import IncidentHistory
    from sla_ingest.service import build
    from sla_platform.bus import WakeSignal
    from sla_platform.http.problem import install
    from sla_platform.settings import Settings
    from sla_platform.store.engine import Store
    from sla_platform.store.schema import create_all
    from sla_platform.timesource import SystemTime

    durable = url != "none"
    store = Store(url if durable else "sqlite:///unused.db")
    if not durable:

        async def decide_only(self: Any, entries: Any, _store: Any) -> Any:
            return await inbox.decide_receipts(entries, IncidentHistory(), self._rulebook())

        GroupCommit._write = decide_only  # type: ignore[method-assign]
    current = load_catalogue(catalogue, environment={})
    settings = Settings(rate_per_minute=10**9)
    service = build(settings, store, WakeSignal(), SystemTime(), CollectorRegistry(), lambda: current)
    app = FastAPI()
    install(app)
    app.include_router(service.router)

    async def main() -> None:
        if durable:
            await create_all(store, [tables.metadata])
        config = uvicorn.Config(app, port=port, log_level="warning", access_log=False, loop="uvloop")
        await uvicorn.Server(config).serve()

    import uvloop

    uvloop.run(main())


class Server:
    """The app in a process of its own."""

    def __init__(self, url: str, catalogue: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        arguments = ["serve", url, str(self.port), str(catalogue)]
        self._process = subprocess.Popen([sys.executable, __file__, *arguments])

    async def __aenter__(self) -> Server:
        for _ in range(400):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            return self
        raise RuntimeError("the server did not start")

    def cpu(self) -> float:
        """Processor seconds the server has used."""
        stat = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")

    async def __aexit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(20)


# -- the load ---------------------------------------------------------------------------------------------


def events() -> Iterator[dict[str, Any]]:
    for number in count():
        yield {
            "specversion": "1.0",
            "id": f"{os.getpid()}-{number}",
            "source": "bench",
            "type": f"io.slad.incident.{KINDS[number % 4]}.v1",
            "subject": f"INC{number // 4}",
            "time": "2026-11-20T10:00:00Z",
            "data": {
                "customer": "Acme",
                "priority": "P1" if number % 8 else "P2",
                "title": "The shop does not answer",
                "description": "Since this morning nobody can pay. " * 5,
                "actor": "staff",
            },
        }


def request(body: bytes, media: str) -> bytes:
    head = (
        f"POST /v1/events HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {KEY}\r\n"
        f"Content-Type: {media}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def singles(stream: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    for event in stream:
        yield request(orjson.dumps(event), "application/cloudevents+json")


def batches(stream: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    while True:
        body = orjson.dumps([next(stream) for _ in range(BATCH)])
        yield request(body, "application/cloudevents-batch+json")


async def load(port: int, requests: Iterator[bytes], seconds: float, connections: int) -> list[float]:
    """Seconds of each answer; every answer must be 202."""
    until = perf_counter() + seconds
    taken: list[float] = []

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while perf_counter() < until:
            wanted = next(requests)
            started = perf_counter()
            writer.write(wanted)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            body = await reader.readexactly(length)
            taken.append(perf_counter() - started)
            if not head.startswith(b"HTTP/1.1 202"):
                raise RuntimeError(f"{head!r} {body[:300]!r}")
        writer.close()

    await asyncio.gather(*(one() for _ in range(connections)))
    return taken


async def timed(
    what: str, server: Server, requests: Iterator[bytes], options: argparse.Namespace, connections: int, each: int = 1
) -> tuple[Row, int]:
    """The figures of one run, and how many requests were answered."""
    before = server.cpu()
    taken = await load(server.port, requests, options.seconds, connections)
    cpu = server.cpu() - before
    cuts = quantiles(taken, n=100) if len(taken) > 1 else taken * 99
    events_ = len(taken) * each
    return Row(what, events_ / options.seconds, cuts[49] * 1e3, cuts[98] * 1e3, cpu / events_ * 1e6), len(taken)


def stored(path: Path) -> int:
    import sqlite3

    with sqlite3.connect(path) as connection:
        return int(connection.execute("SELECT count(*) FROM ingest_event").fetchone()[0])


async def measure(options: argparse.Namespace, show: Callable[[Row], None]) -> dict[str, Any]:
    rows: list[Row] = []
    ratios: list[float] = []

    def note(found: Row) -> Row:
        rows.append(found)
        show(found)
        return found

    with tempfile.TemporaryDirectory() as folder:
        catalogue = Path(folder) / "catalogue.yaml"
        catalogue.write_text(CATALOGUE)
        stream = events()
        for number in range(options.rounds):
            file = Path(folder) / f"{number}.db"
            async with Server("none", catalogue) as bare:
                await load(bare.port, singles(stream), 1.0, options.connections)  # warm
                without, _ = await timed("without storage", bare, singles(stream), options, options.connections)
            note(without)
            async with Server(f"sqlite:///{file}", catalogue) as durable:
                warm = await load(durable.port, singles(stream), 1.0, options.connections)
                kept, answered = await timed(
                    "durable on SQLite", durable, singles(stream), options, options.connections
                )
            note(kept)
            assert stored(file) == answered + len(warm), f"{stored(file)} stored, {answered + len(warm)} answered"
            ratios.append(kept.per_second / without.per_second)
            file = Path(folder) / f"{number}-batch.db"
            async with Server(f"sqlite:///{file}", catalogue) as durable:
                batch, answered = await timed(
                    f"batches of {BATCH} on SQLite", durable, batches(stream), options, 2, BATCH
                )
            note(batch)
            assert stored(file) == answered * BATCH, f"{stored(file)} stored, {answered * BATCH} answered"
            if options.postgres:
                async with Server(options.postgres, catalogue) as durable:
                    found, _ = await timed(
                        "durable on PostgreSQL", durable, singles(stream), options, options.connections
                    )
                note(found)
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "connections": options.connections,
        "ratio": median(ratios),
        "rows": [asdict(found) for found in rows],
    }


def main() -> None:
    if sys.argv[1:2] == ["serve"]:
        serve(sys.argv[2], int(sys.argv[3]), sys.argv[4])
        return
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--postgres", default="", help="URL of an empty database, to measure that too")
    options = parser.parse_args()
    print(f"{'':<28}{'per second':>12}{'p50 ms':>10}{'p99 ms':>10}{'cpu us':>10}")
    found = asyncio.run(
        measure(
            options,
            lambda r: print(f"{r.what:<28}{r.per_second:>12,.0f}{r.p50_ms:>10.1f}{r.p99_ms:>10.1f}{r.cpu_us:>10.0f}"),
        )
    )
    print(f"durable / without storage: {found['ratio']:.0%} (goal: 70 %)")
    if options.json:
        options.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
