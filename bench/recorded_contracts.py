"""What many recorded contracts cost: a start, its memory, and a change until every service has it.

`python -m bench.recorded_contracts [--contracts 1000 100000]`. The embedded process on SQLite; the contracts are those
of `bench.many_contracts`, under fifty plans, and stand in the tables of all four services before it starts. A change is
an HTTP request; every service has it once its own table holds the new revision.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import httpx2
from bench.many_contracts import PLACES, TARIFFS, plans
from sqlalchemy import MetaData

from sla_domain.contract import ContractId
from sla_domain.record import ContractRecord, RecordChange, VersionAdded, apply_change
from sla_ingest import tables
from sla_ingest.contract.store import _entry
from sla_platform.contracts.copies import write_records
from sla_platform.contracts.table import ContractTables
from sla_platform.local.ports import free_ports
from sla_platform.store.engine import Store
from sla_platform.wire.contract import canonical, record_data

SERVICES = ("ingest", "timer", "notifier", "board")
KEY = "bench-admin-key"
HOUSE = "contracts:\n  c0: {plan: plan0, zone: Europe/Warsaw, country: PL, roles: {on_call: [p0], manager: [p1]}}\n"
KEYS = f"keys:\n  admin: {{key: {KEY}, scopes: [admin]}}\n"
_BATCH = 2_000
_SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def section(number: int, hours: str = "30m") -> dict[str, Any]:
    """Return the section of one contract, as `bench.many_contracts.contract` writes it."""
    zone, country, subdivision = PLACES[number % len(PLACES)]
    made: dict[str, Any] = {
        "title": f"Customer {number} GmbH",
        "customers": [f"Customer {number}", f"customer-{number}"],
        "plan": f"plan{number % TARIFFS}",
        "zone": zone,
        "country": country,
        "roles": {"on_call": [f"p{number % 30}"], "manager": [f"p{(number + 7) % 30}"]},
        "products": ["shop", f"portal-{number % 7}"],
        "people": {f"it{number}": {"name": f"Contact {number}", "email": f"c{number}@customer.example"}},
    }
    if subdivision:
        made["subdivision"] = subdivision
    if number % 10 == 3:
        made["targets"] = [{"metric": "first_response", "coverage": "office", "priority": "P1", "time": hours}]
    return made


def records(many: int) -> Iterator[ContractRecord]:
    """Yield the records of so many contracts, each with one version."""
    for number in range(1, many + 1):
        empty = ContractRecord(id=ContractId(f"r{number}"))
        change = VersionAdded(1, _SINCE, canonical(section(number)))
        yield apply_change(
            empty, RecordChange(contract=empty.id, revision=1, at=_SINCE, by="bench", reason="signed", change=change)
        )


async def fill(url: str, many: int) -> None:
    """Write the contracts into the tables of all services."""
    store, waiting, metadata = Store(url), records(many), MetaData()
    copies = [ContractTables.of(metadata, service) for service in SERVICES]
    while batch := list(islice(waiting, _BATCH)):
        data = [record_data(one) for one in batch]
        async with store.transaction() as connection:
            for copy in copies:
                await write_records(connection, copy, data)
            await connection.execute(tables.contract_entry.insert(), [_entry(one) for one in batch])
    await store.close()


def resident(pid: int) -> float:
    """Return the resident memory of a process in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise LookupError(pid)


def processor(pid: int) -> float:
    """Return the seconds of the processor that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ready(url: str) -> None:
    """Wait until the service is ready."""
    while True:
        try:
            if httpx2.get(f"{url}/readyz", timeout=5, trust_env=False).is_success:
                return
        except httpx2.HTTPError:
            pass
        time.sleep(0.02)


def change(client: httpx2.Client, database: Path, number: int, turn: int) -> tuple[float, float]:
    """Change a contract; return the seconds until it is answered, and until every service has it."""
    contract, began = f"r{number}", time.perf_counter()
    body = {"contract": section(number, f"{turn}h") | {"title": f"Changed {turn}"}, "reason": "bench"}
    answer = client.put(f"/v1/contracts/{contract}", json=body, headers={"If-Match": "*"})
    answer.raise_for_status()
    answered, revision = time.perf_counter() - began, answer.json()["revision"]
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as reader:
        for service in SERVICES:
            query = f"SELECT revision FROM {service}_contract_record WHERE id = ?"
            while reader.execute(query, (contract,)).fetchone()[0] < revision:
                time.sleep(0.002)
    return answered, time.perf_counter() - began


def run(folder: Path, many: int, changes: int) -> str:
    """Measure with so many contracts; return the row of the table."""
    catalogue, database = folder / "catalogue", folder / "slad.db"
    catalogue.mkdir(parents=True)
    (catalogue / "plans.yaml").write_text(plans() + HOUSE + KEYS)
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    environment = os.environ | {
        "SLAD_CATALOGUE": str(catalogue), "SLAD_STORE_URL": f"sqlite:///{database}", "SLAD_PORT": str(port),
        "SLAD_SMTP_URL": "smtp+plain://127.0.0.1:9",
    }  # fmt: skip
    slad = [sys.executable, "-m", "sla_standalone"]
    subprocess.run([*slad, "migrate"], env=environment, check=True, capture_output=True)
    asyncio.run(fill(f"sqlite:///{database}", many))
    began = time.perf_counter()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*slad, "run"], env=environment, stdout=log, stderr=log)
    try:
        ready(url)
        start, used, memory = time.perf_counter() - began, processor(process.pid), resident(process.pid)
        headers = {"Authorization": f"Bearer {KEY}"}
        with httpx2.Client(base_url=url, headers=headers, timeout=60, trust_env=False) as client:
            change(client, database, 1, 1)
            spent = processor(process.pid)
            told = [change(client, database, 3 + 10 * turn, 2 + turn) for turn in range(changes)]
            spent = (processor(process.pid) - spent) / changes
            began = time.perf_counter()
            client.get("/v1/contracts", params={"q": f"customer-{many}"}).raise_for_status()
            search = time.perf_counter() - began
        after = resident(process.pid)
    finally:
        process.terminate()
        process.wait(20)
    answered, everywhere = (median(times) for times in zip(*told, strict=True))
    return (
        f"| {many:,} | {start:.1f} s ({used:.1f} s of the processor) | {memory:.0f} MB ({after:.0f} after) "
        f"| {answered * 1000:.0f} ms | {everywhere * 1000:.0f} ms, most {max(one for _, one in told) * 1000:.0f} "
        f"| {spent * 1000:.0f} ms | {search * 1000:.0f} ms |"
    )


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--contracts", type=int, nargs="*", default=[1_000, 100_000])
    options.add_argument("--changes", type=int, default=15)
    asked = options.parse_args()
    print("| contracts | ready after | memory | a change answered | in every service | processor a change | a search |")
    print("|---|---|---|---|---|---|---|")
    for many in asked.contracts:
        with tempfile.TemporaryDirectory() as name:
            print(run(Path(name), many, asked.changes), flush=True)


if __name__ == "__main__":
    main()
