"""One whole slad without a server in front: requests as a server hands them on, answered by their first chunk."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import orjson
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Route
from tests.real.tables import migrate

from sla_platform.settings import Settings
from sla_standalone.compose import RunningProcess, run_process

KEY = {"authorization": "Bearer the-admins-key-00001"}
JSON = {"content-type": "application/json"}
CLOUDEVENT = {"content-type": "application/cloudevents+json"}


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes

    @property
    def pointers(self) -> list[str]:
        return [error.get("pointer", "") for error in orjson.loads(self.body).get("errors", ())]


@contextlib.asynccontextmanager
async def installed(url: str, catalogue: Path, **settings: Any) -> AsyncIterator[RunningProcess]:
    """Every service in one process, on this store."""
    chosen = Settings(store_url=url, catalogue=catalogue, rate_per_minute=1_000_000, **settings)
    await migrate(chosen)
    async with run_process(chosen, ["ingest", "timer", "notifier", "board"]) as running:
        yield running


async def knock(
    app: FastAPI,
    method: str,
    address: str | bytes,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """The answer to `address` (percent-encoded); of a stream only its head, after which the caller is gone."""
    raw, _, query = (address.encode() if isinstance(address, str) else address).partition(b"?")
    sent = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in {**KEY, **(headers or {})}.items()]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": unquote(raw.decode("latin-1")), "raw_path": raw, "query_string": query, "root_path": "",
        "headers": [(b"host", b"127.0.0.1:8321"), *sent], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8321),
    }  # fmt: skip
    read = False
    status = 0
    parts: list[bytes] = []
    done = asyncio.Event()

    async def receive() -> dict[str, Any]:
        nonlocal read
        if read:
            await done.wait()
            return {"type": "http.disconnect"}
        read = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Mapping[str, Any]) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            if (b"content-type", b"text/event-stream; charset=utf-8") in message["headers"]:
                done.set()
        else:
            parts.append(message.get("body", b""))
            if not message.get("more_body"):
                done.set()

    task = asyncio.create_task(app(scope, receive, send))
    waiting = asyncio.create_task(done.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED, timeout=20)
    waiting.cancel()
    if not task.done():
        await asyncio.wait({task}, timeout=2)
        task.cancel()
    with contextlib.suppress(Exception, asyncio.CancelledError):  # the answer has told it: 500
        await task
    return Answer(status, b"".join(parts))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stranger may write in an address: a parameter of the path, or of the query."""

    method: str
    path: str
    name: str
    query: bool

    def filled(self, written: str) -> str:
        """The address with `written` (percent-encoded) in this place, and something harmless in the others."""
        path = self.path
        for name in _names(path):
            path = path.replace(name, written if not self.query and _bare(name) == self.name else "x")
        return f"{path}?{quote(self.name)}={written}" if self.query else path


def routes_of(app: FastAPI) -> Iterator[tuple[str, Route]]:
    """Every route with its whole path, however deep the routers are that hold it; another kind of route fails."""
    return _routes(app.routes, None)


def _routes(routes: Iterable[BaseRoute], within: Any) -> Iterator[tuple[str, Route]]:
    for route in routes:
        if isinstance(route, Route):
            yield route.path if within is None else within.path_for(route), route
        else:
            inner = route.include_context  # type: ignore[attr-defined]  # FastAPI's own kind
            inner = inner if within is None else within.combine(inner)
            yield from _routes(route.original_router.routes, inner)  # type: ignore[attr-defined]


def places(app: FastAPI) -> Iterator[Place]:
    """Every parameter of every route that the app has, shown in its OpenAPI document or not."""
    for path, route in routes_of(app):
        if not isinstance(route, APIRoute):
            continue
        for method in sorted(route.methods):
            for name in _names(path):
                yield Place(method, path, _bare(name), query=False)
            for name in _asked(route.dependant):
                yield Place(method, path, name, query=True)
            yield Place(method, path, "nobody-asked", query=True)


def _names(path: str) -> list[str]:
    return [f"{{{part.partition('}')[0]}}}" for part in path.split("{")[1:]]


def _bare(name: str) -> str:
    return name.strip("{}").partition(":")[0]


def _asked(dependant: Dependant) -> list[str]:
    """The parameters of the query, those of the functions a route depends on included."""
    own = [field.alias for field in dependant.query_params]
    return own + [name for each in dependant.dependencies for name in _asked(each)]
