"""Strangers hold every connection they can get, under a low limit on open files: who must be told is told in time."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.e2e import fleet
from tests.e2e.fleet import Profile
from tests.e2e.world import World
from tests.real.certificates import Certificates
from tests.real.smtp import SmtpServer
from tests.real.webhook import WebhookReceiver

OPEN_FILES = 256
STRANGERS = [f"127.0.0.{number}" for number in range(2, 12)]
EACH = 30
# What strangers say before they fall silent: nothing, a part of a head, a head without its body.
SAYINGS = (
    b"",
    b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx-slow: ",
    b"POST /v1/deadlines HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 1000\r\n\r\n{",
    b"POST /v1/webhooks/github-repo HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 1000\r\n\r\n{",
)


@pytest.fixture
def flooded(
    tmp_path: Path,
    smtp_server: SmtpServer,
    webhook_receiver: WebhookReceiver,
    certificates: Certificates,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[World]:
    """An embedded slad that may open few files."""
    limited = ("/bin/sh", "-c", f'ulimit -n {OPEN_FILES}; exec "$@"', "sh", sys.executable, "-m", "sla_standalone")
    monkeypatch.setattr(fleet, "_SLAD", limited)
    world = World(tmp_path / "flooded", Profile.EMBEDDED, smtp_server, webhook_receiver, certificates.ca_file, {})
    try:
        asyncio.run(world.fleet.start())
        yield world
        world.fleet.stop()
    finally:
        world.fleet.kill()


@asynccontextmanager
async def flood(world: World) -> AsyncIterator[list[int]]:
    """Each stranger takes a new connection for every one that it loses; yields how many were taken so far."""
    port, taken = world.fleet.of("ingest")[0].port, [0]

    async def hold(source: str, saying: bytes) -> None:
        while True:
            with contextlib.suppress(OSError):
                reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
                taken[0] += 1
                try:
                    writer.write(saying)
                    await reader.read()
                finally:
                    writer.transport.abort()
            await asyncio.sleep(0.5)

    held = [(source, SAYINGS[number % len(SAYINGS)]) for source in STRANGERS for number in range(EACH)]
    tasks = [asyncio.create_task(hold(*each)) for each in held]
    try:
        yield taken
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.long
async def test_a_flood_of_silent_connections_keeps_nobody_from_being_told(flooded: World) -> None:
    world = flooded
    world.next_morning("Europe/Warsaw")
    during, after = (world.name("flood") for _ in range(2))
    await world.happens(during, "opened", {"customer": "Page", "priority": "P1"})
    async with flood(world) as taken:
        await world.until("flood", lambda: taken[0] > 1.5 * OPEN_FILES)
        world.pass_by(minutes=30)
        await world.mailed("ola", during)
        world.pass_by(minutes=30)
        await world.mailed("ola", during, 2)
        assert [page.kind for page in await world.paged("page", during, 2)] == ["warning", "page"]
        began = time.monotonic()
        assert (await world.get("ingest", "/livez", key="")).text == "live\n"
        assert (await world.get("timer", f"/v1/incidents/desk:{during}")).status_code == 200
        assert time.monotonic() - began < 10
        accepted = await world.happens(after, "opened", {"customer": "Page", "priority": "P1"})
        assert accepted.status_code == 202
        world.pass_by(minutes=10)
        await world.mailed("leon", during)
    world.pass_by(minutes=55)
    assert [page.kind for page in await world.paged("page", after)] == ["page"]  # the breach overtook the warning
    assert (await world.get("ingest", "/readyz", key="")).status_code == 200
    for _, log in world.fleet.logs():
        assert "Too many open files" not in log
        assert '"level": "error"' not in log
