"""An ingest service on a real store behind its real HTTP app, with a clock that the test moves."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import orjson
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from sqlalchemy import func, select
from tests.real.tables import opened_with_tables

from sla_catalogue import Catalogue, load_catalogue
from sla_ingest import tables
from sla_ingest.service import IngestService, build
from sla_platform.bus import WakeSignal
from sla_platform.http.problem import install
from sla_platform.settings import Settings
from sla_platform.store.engine import Store
from sla_platform.timesource import TimeSource

CATALOGUE = Path(__file__).with_name("catalogue.yaml")
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)  # a Friday
GITHUB_SECRET = "old github secret"
DOTNET_SECRET = "another github secret"
JIRA_SECRET = "jira secret"
SENDER = {"authorization": "Bearer the-senders-key-0001"}
PUBLISHER = {"authorization": "Bearer the-publishers-key-1"}
READER = {"authorization": "Bearer the-readers-key-0001"}
ADMIN = {"authorization": "Bearer the-admins-key-00001"}
FORMOSA = {"authorization": "Bearer the-formosa-key-0001"}
STRUCTURED = {"content-type": "application/cloudevents+json"}
BATCH = {"content-type": "application/cloudevents-batch+json"}


@dataclass
class MovedTime:
    """A time source that stands still until the test moves it."""

    at: datetime = NOON
    authoritative: bool = True

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class World:
    client: httpx2.AsyncClient
    store: Store
    time: MovedTime
    ingest: IngestService
    registry: CollectorRegistry
    wake_signal: WakeSignal
    catalogue: list[Catalogue] = field(default_factory=list)

    # -- as senders do

    async def github(
        self, payload: Any, *, event: str = "issues", id_: str = "d-1", source: str = "github-acme", **headers: str
    ) -> httpx2.Response:
        body = payload if isinstance(payload, bytes) else orjson.dumps(payload)
        sent = {
            "content-type": "application/json",
            "x-github-event": event,
            "x-github-delivery": id_,
            "x-hub-signature-256": signed(body, DOTNET_SECRET if source == "github-dotnet" else GITHUB_SECRET),
        }
        return await self.client.post(f"/v1/webhooks/{source}", content=body, headers=sent | headers)

    async def jira(self, payload: Any, **headers: str) -> httpx2.Response:
        body = payload if isinstance(payload, bytes) else orjson.dumps(payload)
        sent = {"content-type": "application/json", "x-hub-signature": signed(body, JIRA_SECRET)}
        return await self.client.post("/v1/webhooks/jira-acme", content=body, headers=sent | headers)

    async def event(self, event: Mapping[str, Any] | bytes, key: Mapping[str, str] = SENDER) -> httpx2.Response:
        body = event if isinstance(event, bytes) else orjson.dumps(event)
        return await self.client.post("/v1/events", content=body, headers={**STRUCTURED, **key})

    async def batch(self, events: Any, key: Mapping[str, str] = SENDER) -> httpx2.Response:
        body = events if isinstance(events, bytes) else orjson.dumps(events)
        return await self.client.post("/v1/events", content=body, headers={**BATCH, **key})

    # -- what is stored

    async def count(self, table: Any) -> int:
        async with self.store.reading() as connection:
            return int((await connection.execute(select(func.count()).select_from(table))).scalar_one())

    async def rows(self, table: Any) -> list[Any]:
        async with self.store.reading() as connection:
            return list((await connection.execute(select(table))).all())

    async def logged(self) -> list[tuple[str, str]]:
        """(kind, incident) of the log, in its order."""
        async with self.store.reading() as connection:
            rows = (await connection.execute(select(tables.log).order_by(tables.log.c.position))).all()
        return [(row.type.removeprefix("io.slad.").removesuffix(".v1"), row.subject) for row in rows]

    def counted(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, labels) or 0.0


@asynccontextmanager
async def world(url: str, time: TimeSource | None = None, **settings: Any) -> AsyncIterator[World]:
    store = await opened_with_tables(url, tables.metadata)
    async with serving(store, time, **settings) as built:
        yield built
    await store.close()


@asynccontextmanager
async def serving(store: Store, time: Any = None, **settings: Any) -> AsyncIterator[World]:
    """One more instance on a store."""
    time, registry, wake_signal = time or MovedTime(), CollectorRegistry(), WakeSignal()
    catalogue = [load_catalogue(CATALOGUE, environment={})]
    ingest = build(
        Settings(store_url="sqlite:///unused.db", **settings), store, wake_signal, time, registry, lambda: catalogue[-1]
    )
    app = FastAPI()
    install(app)
    app.include_router(ingest.router)
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://slad.test") as client:
        yield World(client, store, time, ingest, registry, wake_signal, catalogue)
    assert ingest.service.close is not None
    await ingest.service.close()


def signed(body: bytes, secret: str = GITHUB_SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def standard_headers(body: bytes, id_: str, at: datetime, secret: str) -> dict[str, str]:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    seconds = str(int(at.timestamp()))
    mac = hmac.new(key, f"{id_}.{seconds}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": id_,
        "webhook-timestamp": seconds,
        "webhook-signature": "v1," + base64.b64encode(mac).decode(),
    }


def opened(id_: str = "1", subject: str = "INC1", **values: Any) -> dict[str, Any]:
    """An `opened` CloudEvent of the source servicenow."""
    data = {"customer": "Acme", "priority": "P1", "title": "down", "description": "all of it", **values.pop("data", {})}
    return {
        "specversion": "1.0",
        "id": id_,
        "source": "servicenow",
        "type": "io.slad.incident.opened.v1",
        "subject": subject,
        "time": "2026-11-20T12:00:00Z",
        "data": data,
        **values,
    }


def issue(**values: Any) -> dict[str, Any]:
    """The part of a GitHub issue that matters here."""
    return {
        "id": 77,
        "number": 7,
        "title": "It is down",
        "body": "Nothing works.",
        "state": "open",
        "html_url": "https://github.example/acme/shop/issues/7",
        "user": {"login": "reporter", "type": "User"},
        "labels": [],
        "created_at": "2026-11-20T11:59:00Z",
        "updated_at": "2026-11-20T11:59:00Z",
        "author_association": "NONE",
    } | values


def delivery(action: str = "opened", **values: Any) -> dict[str, Any]:
    """A GitHub `issues` payload."""
    own = values.pop("issue", {})
    return {
        "action": action,
        "issue": issue(**own),
        "repository": {"name": "shop", "full_name": "acme/shop", "owner": {"login": "Acme"}},
        "sender": {"login": "member", "type": "User"},
    } | values
