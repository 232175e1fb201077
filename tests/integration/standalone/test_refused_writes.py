"""While the database takes no writes: 503 in time and nothing kept, /readyz red; afterwards all is as before."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import text
from tests.real.tables import migrate

from sla_platform.settings import Settings
from sla_platform.store import sqlite, writes
from sla_platform.store.engine import Store
from sla_standalone.compose import RunningProcess, run_process

EXAMPLES = Path(__file__).parents[3] / "examples" / "catalogue"
PROMISED_SECONDS = 15.0  # docs/operations.md, What happens when something is down
HEADERS = {"authorization": "Bearer demo-ingest-key", "content-type": "application/cloudevents+json"}


@pytest.fixture(autouse=True)
def _brief(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "LOCK_SECONDS", 0.3)
    monkeypatch.setattr(sqlite, "LOOK_SECONDS", 0.2)
    monkeypatch.setattr(writes, "RECENT_SECONDS", 0.0)


class Client:
    def __init__(self, http: httpx2.AsyncClient, process: RunningProcess) -> None:
        self.http, self.process, self._number = http, process, 0

    async def post(self) -> httpx2.Response:
        self._number += 1
        event = {"specversion": "1.0", "id": str(self._number), "source": "/demo", "subject": "INC-1",
                 "type": "io.slad.incident.opened.v1", "data": {"customer": "Acme", "priority": "P1"}}  # fmt: skip
        return await self.http.post("/v1/events", json=event, headers=HEADERS)

    async def reasons(self) -> dict[str, str]:
        answer = await self.http.get("/readyz")
        reasons: dict[str, str] = answer.json()["reasons"]
        assert (answer.status_code == 503) is bool(reasons)
        return reasons

    async def until_ready(self) -> None:
        for _ in range(300):
            if not await self.reasons():
                return
            await asyncio.sleep(0.05)
        raise AssertionError(await self.reasons())


@asynccontextmanager
async def serving(url: str) -> AsyncIterator[Client]:
    settings = Settings(store_url=url, catalogue=EXAMPLES, board_open=True)
    await migrate(settings)
    async with run_process(settings, ["ingest"]) as process:
        transport = httpx2.ASGITransport(app=process.app)
        async with httpx2.AsyncClient(transport=transport, base_url=settings.public_url) as http:
            client = Client(http, process)
            await client.until_ready()
            assert (await client.post()).status_code == 202
            yield client


async def test_another_process_holds_the_lock_of_sqlite(tmp_path: Path) -> None:
    path = tmp_path / "slad.db"
    async with serving(f"sqlite:///{path}") as client:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            began = time.monotonic()
            refused = await asyncio.gather(*(client.post() for _ in range(5)))
            assert time.monotonic() - began < PROMISED_SECONDS
            assert [(answer.status_code, answer.headers["retry-after"]) for answer in refused] == [(503, "2")] * 5
            assert "takes no writes" in (await client.reasons())["process.writes"]
            assert (await client.http.get("/livez")).status_code == 200
            other.execute("ROLLBACK")
        await client.until_ready()
        assert (await client.post()).status_code == 202


async def test_the_disk_is_full_under_sqlite(tmp_path: Path) -> None:
    async with serving(f"sqlite:///{tmp_path}/slad.db") as client:
        await _most_pages(client.process.context.store, 1)
        statuses = [(await client.post()).status_code for _ in range(100)]
        assert statuses[-1] == 503
        assert set(statuses) <= {202, 503}
        assert "full" in (await client.reasons())["process.writes"]
        await _most_pages(client.process.context.store, 1_000_000)
        assert (await client.post()).status_code == 202
        assert await client.reasons() == {}


async def test_the_file_of_sqlite_is_deleted(tmp_path: Path) -> None:
    """What were accepted now would be gone with the process: whoever sent it must hear so, and whoever watches."""
    path = tmp_path / "slad.db"
    async with serving(f"sqlite:///{path}") as client:
        path.rename(tmp_path / "aside.db")
        assert (await client.post()).status_code == 503
        assert "was deleted" in (await client.reasons())["process.writes"]
        (tmp_path / "aside.db").rename(path)
        await client.until_ready()
        assert (await client.post()).status_code == 202


async def _most_pages(store: Store, number: int) -> None:
    async with store.transaction() as connection:
        await connection.exec_driver_sql(f"PRAGMA max_page_count = {number}")


@pytest.mark.postgres
async def test_postgresql_is_read_only(postgres_url: str) -> None:
    async with serving(postgres_url) as client:
        await _sessions_are("on", postgres_url)
        assert (await client.post()).status_code == 503
        assert "read only" in (await client.reasons())["process.writes"]
        await _sessions_are("off", postgres_url)
        await client.until_ready()
        assert (await client.post()).status_code == 202


async def _sessions_are(read_only: str, url: str) -> None:
    """All sessions from now on; those there are end."""
    other = Store(url)
    async with other.transaction() as connection:
        await connection.execute(text("SET TRANSACTION READ WRITE"))
        database = (await connection.execute(text("SELECT current_database()"))).scalar_one()
        await connection.execute(text(f"ALTER DATABASE {database} SET default_transaction_read_only = {read_only}"))
        others = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name AND pid <> pg_backend_pid()"
        )
        await connection.execute(text(others), {"name": database})
    await other.close()


def test_many_askers_share_one_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []

    def look(path: str, patience: float) -> None:
        looks.append(path)
        time.sleep(0.05)

    monkeypatch.setattr(sqlite, "sqlite_write_refusal", look)

    async def ask() -> None:
        store = Store(f"sqlite:///{tmp_path}/slad.db")
        assert await asyncio.gather(*(store.write_refusal() for _ in range(50))) == [None] * 50
        await store.close()

    asyncio.run(ask())
    assert len(looks) == 1
