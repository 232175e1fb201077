"""While a process lacks what it needs, no part of it ends and nobody is answered 500; afterwards people are told."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import resource
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs
from tests.real.tables import migrate

from sla_notifier.channel.port import OutgoingMessage
from sla_platform.settings import Settings
from sla_platform.store.connections import Connections
from sla_platform.timesource import SystemTime
from sla_standalone.compose import RunningProcess, run_process
from sla_standalone.rehearsal.channel import recording_channels

SERVICES = ("ingest", "timer", "notifier", "board")
READER = {"authorization": "Bearer a-key-for-the-trouble-around"}
TROUBLE_SECONDS = 2.5
CATALOGUE = """\
settings: {local: true, default_contract: anybody}
coverages: {always: {hours: 24x7}}
plans:
  quick:
    priorities: [{id: P1}]
    rules: {default: P1}
    metrics: {answer: {like: first_response}}
    targets: [{metric: answer, coverage: always, by_priority: {P1: 1m}}]
    escalation: on-call
escalations: {on-call: {levels: [{after: 0m, tell: on_call}]}}
people: {ola: {name: Ola, email: ola@slad.example}}
contracts:
  anybody: {plan: quick, zone: UTC, customers: [Acme], roles: {on_call: [ola]}}
keys:
  all: {key: a-key-for-the-trouble-around, scopes: [ingest, read, admin]}
"""


class Running:
    def __init__(self, process: RunningProcess, client: httpx2.AsyncClient, told: list[OutgoingMessage]) -> None:
        self.process, self.client, self.told = process, client, told

    async def opened(self, name: str, due_in: float) -> None:
        """An incident whose answer is due in so many seconds."""
        at = SystemTime().now() - timedelta(minutes=1) + timedelta(seconds=due_in)
        event = {"specversion": "1.0", "id": name, "source": "/desk", "subject": name, "time": at.isoformat(),
                 "type": "io.slad.incident.opened.v1", "data": {"customer": "Acme", "priority": "P1"}}  # fmt: skip
        headers = {**READER, "content-type": "application/cloudevents+json"}
        answer = await self.client.post("/v1/events", json=event, headers=headers)
        assert answer.status_code == 202, answer.text

    async def asked(self) -> set[int]:
        """The statuses of pages, queries and of an event that is sent."""
        event = {"specversion": "1.0", "id": os.urandom(8).hex(), "source": "/desk", "subject": "later",
                 "type": "io.slad.incident.opened.v1", "data": {"customer": "Acme", "priority": "P1"}}  # fmt: skip
        found = [(await self.client.get(path, headers=READER)).status_code for path in
                 ("/", "/v1/clocks", "/v1/incidents/desk:first", "/v1/quarantine/timer", "/readyz")]  # fmt: skip
        headers = {**READER, "content-type": "application/cloudevents+json"}
        found.append((await self.client.post("/v1/events", json=event, headers=headers)).status_code)
        return set(found)

    async def told_of(self, name: str) -> None:
        async with asyncio.timeout(30):
            while not any(f"desk:{name}" in repr(message) for message in self.told):
                assert not self.process.failed.is_set(), "a part has failed"
                await asyncio.sleep(0.05)


@asynccontextmanager
async def running(url: str, folder: Path) -> AsyncIterator[Running]:
    catalogue = folder / "catalogue.yaml"
    catalogue.write_text(CATALOGUE)
    settings = Settings(store_url=url, catalogue=catalogue, smtp_url="smtp+plain://127.0.0.1:9")
    await migrate(settings)
    told: list[OutgoingMessage] = []
    async with run_process(settings, SERVICES, channels=recording_channels(told)) as process:
        transport = httpx2.ASGITransport(app=process.app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url=settings.public_url) as client:
            yield Running(process, client, told)


@contextmanager
def no_descriptor() -> Iterator[None]:
    """Nobody in this process can open anything, and every connection of a pool has to be opened."""
    low, high = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, high))
    try:
        with pytest.raises(OSError, match="Too many open files"):
            os.open("/dev/null", os.O_RDONLY)
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (low, high))


@contextmanager
def no_memory() -> Iterator[None]:
    """Whoever is about to use the database gets no memory for it."""
    connected = Connections.connected

    @asynccontextmanager
    async def refused(self: Connections) -> AsyncIterator[AsyncConnection]:
        await asyncio.sleep(0)
        raise MemoryError
        yield  # type: ignore[unreachable]

    Connections.connected = refused  # type: ignore[method-assign]
    try:
        yield
    finally:
        Connections.connected = connected  # type: ignore[method-assign]


@pytest.mark.parametrize("lacking", [pytest.param(no_descriptor, marks=pytest.mark.long), no_memory])
async def test_what_a_process_lacks_for_a_while_ends_no_part_of_it(
    store_url: str, tmp_path: Path, lacking: AbstractContextManager[None]
) -> None:
    with capture_logs() as logged:
        async with running(store_url, tmp_path) as slad:
            await slad.opened("first", due_in=-1)
            await slad.told_of("first")
            await slad.opened("meanwhile", due_in=1.5)
            store = slad.process.context.store
            with lacking():  # type: ignore[operator]
                await _no_connection_is_kept(store._database.writer, store._database.reader)
                statuses: set[int] = set()
                ends = asyncio.get_running_loop().time() + TROUBLE_SECONDS
                while asyncio.get_running_loop().time() < ends:
                    statuses |= await slad.asked()
                    await asyncio.sleep(0.1)
            assert 503 in statuses
            assert statuses <= {200, 202, 503}
            await slad.told_of("meanwhile")
            await slad.opened("after", due_in=-1)
            await slad.told_of("after")
            assert await _ready(slad)
            async with store.reading() as connection:
                for service in SERVICES:
                    kept = (await connection.execute(text(f"SELECT count(*) FROM {service}_quarantine"))).scalar_one()
                    assert kept == 0, service
    assert [each for each in logged if each["event"] in ("part.failed", "http.unexpected")] == []
    hindered = {each.get("part") for each in logged if each["event"] == "part.again"}
    assert len(hindered) > 3  # several loops met it, and go on
    _collect_what_was_taken_away()


async def _no_connection_is_kept(*pools: Connections) -> None:
    for pool in pools:
        with contextlib.suppress(OSError):
            await pool.engine.dispose()


def _collect_what_was_taken_away() -> None:
    """Connections that were in use when their pool was disposed of are closed by nobody: here, not in another test."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


async def _ready(slad: Running) -> bool:
    async with asyncio.timeout(20):
        while (await slad.client.get("/readyz")).status_code != 200:  # noqa: ASYNC110 - it rings no bell
            await asyncio.sleep(0.1)
    return True
