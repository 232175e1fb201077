"""One process with two customers and tickets that moved between them, asked over ASGI."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
from fastapi import FastAPI
from sqlalchemy import func, select, table
from tests.real.tables import migrate

from sla_catalogue.api_key import KeyId, KeyScope
from sla_platform.settings import Settings
from sla_standalone.compose import ALL, RunningProcess, run_process

CATALOGUE = Path(__file__).with_name("tenants.yaml")
KEYS = {
    "all": "key-of-everything-00001",
    "reader": "key-that-reads-all-0001",
    "acme": "key-of-acme-00000000001",
    "beta": "key-of-beta-00000000001",
    "house": "key-of-the-house-000001",
    "acme-admin": "key-of-acmes-admin-0001",
    "old": "key-of-yesterday-000001",
    "nobody": "",
}
PATIENCE_SECONDS = 30.0


@dataclass(slots=True)
class Tenants:
    """`said` holds, for each ticket, the words of each event by the contract whose they are."""

    running: RunningProcess
    client: httpx2.AsyncClient
    began: datetime
    numbers: itertools.count[int]

    @property
    def app(self) -> FastAPI:
        return self.running.app

    async def ask(self, key: str, method: str, path: str, **more: Any) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {KEYS[key]}"} if KEYS[key] else {}
        return await self.client.request(method, path, headers=headers | more.pop("headers", {}), **more)

    async def event(self, ticket: str, kind: str, minute: float, key: str = "all", **data: Any) -> dict[str, Any]:
        """Something happened so many minutes after the beginning. `ticket` is `<source>:<subject>`."""
        source, _, subject = ticket.partition(":")
        event = {
            "specversion": "1.0", "id": str(next(self.numbers)), "source": f"/{source}", "subject": subject,
            "type": f"io.slad.incident.{kind}.v1",
            "time": (self.began + timedelta(minutes=minute)).isoformat(), "data": data,
        }  # fmt: skip
        headers = {"Content-Type": "application/cloudevents+json"}
        answer = await self.ask(key, "POST", "/v1/events", content=json.dumps(event).encode(), headers=headers)
        assert answer.status_code == 202, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def frame(self, key: str, path: str) -> tuple[int, str]:
        """The status and the first `page` event of a stream; the body of a refusal."""
        status, body = 0, b""
        leave = asyncio.Event()

        async def receive() -> dict[str, Any]:
            await leave.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            nonlocal status, body
            status = message.get("status", status)
            body += message.get("body", b"")
            ended = not message.get("more_body", True)
            if ended or b"\n\n" in body.partition(b"event: page\n")[2]:
                leave.set()

        where, _, query = path.partition("?")
        headers = [(b"authorization", f"Bearer {KEYS[key]}".encode()), (b"host", b"127.0.0.1:8321")]
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
            "path": where, "raw_path": quote(where).encode(), "query_string": query.encode(), "root_path": "",
            "headers": headers if KEYS[key] else headers[1:], "client": ("127.0.0.1", 5), "server": ("127.0.0.1", 8321),
        }  # fmt: skip
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.app(scope, receive, send)
        return status, body.decode()

    async def still(self) -> bool:
        """Nothing has been written for a while: what is stopped then stops at once."""

        async def written() -> list[int]:
            tables = (
                "ingest_log", "timer_log", "notifier_log", "board_log", "notifier_attempt", "board_inbox", "board_event"
            )  # fmt: skip
            async with self.running.context.store.reading() as connection:
                return [
                    (await connection.execute(select(func.count()).select_from(table(name)))).scalar_one()
                    for name in tables
                ]

        before = await written()
        await asyncio.sleep(0.6)
        return before == await written()

    async def until(self, look: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await look():  # noqa: ASYNC110 - the services are asked from outside
                await asyncio.sleep(0.05)


@asynccontextmanager
async def tenants(store_url: str, **settings: Any) -> AsyncIterator[Tenants]:
    given = Settings(store_url=store_url, catalogue=CATALOGUE, **{"board_open": False, "partitions": 2} | settings)
    await migrate(given)
    async with run_process(given, ALL) as running:
        holder = running.context.catalogue
        acme = holder.current.keys[KeyId("acme")]
        # `slad check` refuses such a key; an installation may have one from before.
        admin = replace(acme, id=KeyId("acme-admin"), sha256=_digest(KEYS["acme-admin"]), scopes=frozenset(KeyScope))
        object.__setattr__(holder.current, "keys", {**holder.current.keys, admin.id: admin})
        transport = httpx2.ASGITransport(app=running.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8321") as client:
            began = running.context.time_source.now().replace(microsecond=0) - timedelta(minutes=30)
            world = Tenants(running, client, began, itertools.count(1))

            async def ready() -> bool:
                """Every connection of the pool has been made: one that is cut off while it is made is missed later."""
                answers = await asyncio.gather(*(world.ask("nobody", "GET", "/readyz") for _ in range(8)))
                return all(answer.status_code == 200 for answer in answers)

            await world.until(ready)
            yield world
            await world.until(world.still)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
