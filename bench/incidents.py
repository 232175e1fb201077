"""What the list of incidents costs with many of them: a page, its counts, a search, an export.

`python -m bench.incidents [--incidents 500000] [--store URL]`. Incidents that have ended are written straight into the
board's list, each with two clocks, over three years: 1,000 contracts of one customer each, one of them with a fifth of
all, seven products, four priorities. Then the board's routes are asked over ASGI. After two answers that are not
counted, of seven are printed, in milliseconds: the middle, the worst, and the middle of the processor's time in this
process (with SQLite that is all of it). `--store` is a database without tables; default: SQLite in a
temporary folder.
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from statistics import median
from typing import Any

import httpx2
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.schema import CreateIndex, DropIndex

from sla_board import tables
from sla_board.incident_api import IncidentDeps, add_incident_list
from sla_board.page.render import Pages
from sla_board.text_index import NAME, POSTGRES_INDEX
from sla_platform.http import problem
from sla_platform.http.keys import READ, KeyGate
from sla_platform.store.engine import Store
from sla_platform.store.schema import create_all
from sla_platform.timesource import SystemTime

MANY = 500_000
_FIRST = datetime(2023, 12, 1, tzinfo=UTC)
_DAYS = 1_095
_WORDS = [
    "printer",
    "login",
    "backup",
    "invoice",
    "report",
    "mail",
    "network",
    "checkout",
    "search",
    "export",
    "import",
    "password",
    "certificate",
    "disk",
    "cluster",
    "queue",
    "timeout",
    "error",
    "crash",
    "slow",
    "missing",
    "duplicate",
    "broken",
    "monday",
    "release",
    "update",
    "driver",
    "scanner",
    "phone",
    "display",
    "licence",
]
_METRICS = ("first_response", "resolution")
_TABLES = (tables.listed, tables.listed_clock, tables.listed_count)


def statements(postgres: bool, many: int) -> Iterator[str]:
    """Yield the statements that write the incidents: every value follows from the incident's number."""
    if postgres:
        numbers, at = f"(SELECT generate_series(1, {many})::bigint AS i) AS n", "to_timestamp({0})"
        clock = "(lpad(to_hex(i), 8, '0') || '-0000-4000-8000-' || lpad(to_hex({0}), 12, '0'))::uuid"
        month = "(extract(year FROM counts_at AT TIME ZONE 'UTC') * 12 "
        month += "+ extract(month FROM counts_at AT TIME ZONE 'UTC') - 1)::integer"
    else:
        numbers = (
            f"(WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < {many}) SELECT i FROM c) AS n"
        )
        at, clock = "(({0}) * 1000000)", "printf('%08x-0000-4000-8000-%012x', i, {0})"
        month = "strftime('%Y', counts_at / 1000000, 'unixepoch') * 12 "
        month += "+ strftime('%m', counts_at / 1000000, 'unixepoch') - 1"
    opened = f"({int(_FIRST.timestamp())} + (i * 104729) % {_DAYS * 86_400})"
    stops = [f"({opened} + 300 + (i * {factor}) % 24000)" for factor in (613, 1009)]
    kept = [f"((i * {factor}) % 1000 < 930)" for factor in (331, 577)]
    number = "(CASE WHEN i % 5 = 0 THEN 0 ELSE 1 + (i * 7919) % 999 END)"
    title = " || ' ' || ".join(
        f"(SELECT w FROM bench_word WHERE k = (i * {f}) % {len(_WORDS)})" for f in (7, 11, 13, 17)
    )
    ends = f"(CASE WHEN {stops[0]} > {stops[1]} THEN {stops[0]} ELSE {stops[1]} END)"
    first = f"(CASE WHEN NOT {kept[0]} AND NOT {kept[1]} THEN {opened} + 300 WHEN NOT {kept[0]} THEN {stops[0]} "
    first += f"WHEN NOT {kept[1]} THEN {stops[1]} ELSE {ends} END)"
    verdict = f"CASE WHEN {kept[0]} AND {kept[1]} THEN 'met' ELSE 'missed' END"
    met = " + ".join(f"(CASE WHEN {each} THEN 1 ELSE 0 END)" for each in kept)
    id_, contract = "'jira:' || (10000000 + i)", f"'c' || {number}"
    customer, product = f"'Customer ' || {number} || ' GmbH'", "'product-' || (1 + (i * 13) % 7)"
    priority = "'P' || (1 + (i * 29) % 13 / 4)"
    yield "CREATE TABLE bench_word (k bigint PRIMARY KEY, w text)"
    yield "INSERT INTO bench_word VALUES " + ", ".join(f"({k}, '{word}')" for k, word in enumerate(_WORDS))
    yield f"""INSERT INTO board_listed (incident, contract, part, ticket, title, url, customer, product, priority,
        phase, verdict, counts_at, assignee, team, zone, opened_at, ended_at, met, missed, open, exempt, folded, search)
        SELECT {id_}, {contract}, 0, 'SUP-' || i, {title} || ' ' || i, 'https://acme.example/browse/SUP-' || i,
        {customer}, {product}, {priority}, 'closed', {verdict}, {at.format(first)}, 'Person ' || (i % 40), '',
        'Europe/Warsaw', {at.format(opened)}, {at.format(ends)}, {met}, 2 - ({met}), 0, 0, 'sup-' || i,
        lower({id_} || '/SUP-' || i || '/' || {title} || ' ' || i || '/' || {customer} || '/' || {contract})
        FROM {numbers}"""
    for metric, stop, good in zip(_METRICS, stops, kept, strict=True):
        yield f"""INSERT INTO board_listed_clock (incident, contract, part, clock, metric, cycle, customer, product,
            priority, phase, verdict, counts_at, due_at, stopped_at)
            SELECT {id_}, {contract}, 0, {clock.format(len(metric))}, '{metric}', 0, {customer}, {product}, {priority},
            'closed', CASE WHEN {good} THEN 'met' ELSE 'missed' END, {at.format(stop)}, {at.format(stop)},
            {at.format(stop)} FROM {numbers}"""
    for table, metric in (("board_listed", "''"), ("board_listed_clock", "metric")):
        for key in ("part, contract, customer, product", "-1, '', '', product"):
            group = [
                *([metric] if metric == "metric" else []),
                *(["part, contract, customer"] if key[0] == "p" else []),
            ]
            group += ["product", month, "priority", "phase", "verdict"]
            yield f"""INSERT INTO board_listed_count (metric, part, contract, customer, product, month, priority, phase,
                verdict, number) SELECT {metric}, {key}, {month}, priority, phase, verdict, count(*) FROM {table}
                GROUP BY {", ".join(group)}"""


async def fill(store: Store, many: int) -> None:
    """Write the incidents into the list, with their numbers by month; the indexes are made afterwards."""
    indexes = [index for table in _TABLES for index in table.indexes]
    dialect = store.engine.dialect
    before = [str(DropIndex(index).compile(dialect=dialect)) for index in indexes]
    after = [str(CreateIndex(index).compile(dialect=dialect)) for index in indexes]
    if store.sqlite:
        await store.close()
        await asyncio.to_thread(_fill_file, str(store.url.database), [*before, *statements(False, many), *after])
        return
    async with store.transaction() as connection:
        await connection.execute(text(f"DROP INDEX {POSTGRES_INDEX}"))
        for statement in [*before, *statements(True, many), *after]:
            await connection.execute(text(statement))
        await connection.execute(text(f"CREATE INDEX {POSTGRES_INDEX} ON board_listed USING gin (search gin_trgm_ops)"))
    async with store.transaction() as connection:
        await connection.execute(text("ANALYZE"))


def _fill_file(path: str, written: Iterable[str]) -> None:
    """Without a journal: nothing else reads the file, and nothing of it is missed."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-1000000", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in written:
            connection.execute(statement)
        connection.execute(f"INSERT INTO {NAME} ({NAME}) VALUES ('rebuild')")
        for _, sql in triggers:
            connection.execute(sql)
        connection.execute("ANALYZE")
        connection.execute("PRAGMA journal_mode=WAL")


def questions(many: int) -> Mapping[str, str]:
    """Return what is asked: name -> path."""
    deep = "2025-01-10"
    return {
        "all": "/v1/incidents",
        "page": "/incidents",
        "one small contract": "/v1/incidents?contract=c77",
        "the largest contract, missed": "/v1/incidents?contract=c0&verdict=missed",
        "missed, P1": "/v1/incidents?verdict=missed&priority=P1",
        "a product, missed, a quarter": "/v1/incidents?product=product-3&verdict=missed&period=2026-Q3",
        "a month in Warsaw": "/v1/incidents?period=2026-09&zone=Europe/Warsaw",
        "resolution, missed, a year": "/v1/incidents?metric=resolution&verdict=missed&period=2025",
        "the largest contract, resolution": "/v1/incidents?contract=c0&metric=resolution",
        "a choice that nothing fits": "/v1/incidents?priority=P9&verdict=missed",
        "deep in the list": f"/v1/incidents?to={deep}",
        "a ticket by its name": f"/v1/incidents?q=sup-{many // 3}",
        "a rare text": f"/v1/incidents?q=crash+{many // 2}",
        "a frequent text": "/v1/incidents?q=printer",
        "two words in a row": "/v1/incidents?q=printer+login",
        "a text of one contract": "/v1/incidents?q=printer&contract=c77",
    }


async def ask(client: httpx2.AsyncClient, path: str, times: int) -> tuple[list[float], list[float], Any]:
    """Ask so often; return the seconds of each answer, those of this process's processor, and the last answer."""
    taken, worked, answer = [], [], None
    for _ in range(times):
        began, busy = time.perf_counter(), time.process_time()
        answer = await client.get(path)
        answer.raise_for_status()
        taken.append(time.perf_counter() - began)
        worked.append(time.process_time() - busy)
    return taken, worked, answer


async def download(client: httpx2.AsyncClient, path: str, most: int) -> tuple[float, int]:
    """Read at most so many bytes of a download; return the seconds and the lines."""
    began, lines, size = time.perf_counter(), 0, 0
    async with client.stream("GET", path) as answer:
        async for piece in answer.aiter_bytes():
            lines, size = lines + piece.count(b"\n"), size + len(piece)
            if size > most:
                break
    return time.perf_counter() - began, lines


async def run(url: str, many: int, *, filled: bool, only: str) -> None:
    """Fill the store, ask every question, and print a line for each."""
    store = Store(url, patient=not filled)
    if not filled:
        await create_all(store, [tables.metadata])
        began = time.perf_counter()
        await fill(store, many)
        print(f"{many:,} incidents written in {time.perf_counter() - began:,.0f} s", flush=True)
        await store.close()
        store = Store(url)
    app, clock = FastAPI(), SystemTime()
    problem.install(app)
    gate = KeyGate(tuple, clock, open_scopes=frozenset({READ}))
    add_incident_list(app.router, IncidentDeps(store, Pages(), gate, clock, lambda _: "Europe/Warsaw"))
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://board", timeout=600) as client:
        for name, path in questions(many).items():
            if only and only not in name:
                continue
            await ask(client, path, 2)
            taken, worked, answer = await ask(client, path, 7)
            total = f"{answer.json()['total']:,}" if path.startswith("/v1") else ""
            times = f"{median(taken) * 1e3:,.0f} | {max(taken) * 1e3:,.0f} | {median(worked) * 1e3:,.0f}"
            print(f"| {name} | {total} | {times} |", flush=True)
        if not only:
            seconds, lines = await download(client, "/v1/incidents.csv?contract=c0", 10**9)
            print(f"CSV of the largest contract: {lines:,} lines in {seconds:,.1f} s, {lines / seconds:,.0f} a second")
    await store.close()


def main() -> None:
    """Run with the arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--incidents", type=int, default=MANY)
    parser.add_argument("--store", default="")
    parser.add_argument("--filled", action="store_true", help="the store has the incidents of a run before")
    parser.add_argument("--only", default="", help="only questions with this in their name")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="slad-bench-") as folder:
        url = asked.store or f"sqlite:///{folder}/board.db"
        asyncio.run(run(url, asked.incidents, filled=asked.filled, only=asked.only))


if __name__ == "__main__":
    main()
