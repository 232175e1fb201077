"""Odd requests in their tens of thousands at every route, on both profiles: no 5xx, no restart, memory back to base.

`SLAD_FUZZ_REQUESTS` says how many (both profiles together), `SLAD_FUZZ_SEED` which ones; a failure names its seed.
While the requests come in, time passes, so that timers fire, pages go out and the board follows.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tests.e2e.fleet import SERVICES, Member, Profile
from tests.e2e.world import ADMIN_KEY, GITHUB_SECRET, INGEST_KEY, JIRA_SECRET, PAGE_KEY, READ_KEY, SOURCE, World
from tests.fuzz import seeds
from tests.fuzz.catalogue import with_sources
from tests.fuzz.requests import Requests, routes
from tests.fuzz.wire import Sent, Wire
from tests.real.certificates import Certificates
from tests.real.http import http_client
from tests.real.ledger import Ledger, Part
from tests.real.smtp import SmtpServer
from tests.real.webhook import WebhookReceiver

from sla_catalogue import load_catalogue
from sla_catalogue.source import Source, SourceId

REQUESTS = int(os.environ.get("SLAD_FUZZ_REQUESTS", "3000"))
CONNECTIONS = 96  # so many requests are under way at once: one commit takes the events of all that wait for it
GROWTH_BYTES = 120 * 1_048_576  # of a process, from the end of the first third to the end
_BAD_WORDS = ("Traceback", "http.unexpected", "part.failed")


@pytest.mark.fuzz
@pytest.mark.timeout(7200)
async def test_no_request_brings_it_down(fuzzed: World) -> None:
    number = int(os.environ.get("SLAD_FUZZ_SEED", random.SystemRandom().randrange(10**9)))
    run = Run(fuzzed, number, REQUESTS // 2)
    print(f"SLAD_FUZZ_SEED={number}, {run.left} requests on {fuzzed.profile.value}")
    await run.all()
    print(dict(sorted(run.statuses.items())))
    assert not run.failed, "\n".join(run.failed[:20])
    assert all(member.running and member.lives == 1 for member in fuzzed.fleet.members), fuzzed.fleet.tails()
    await still_works(fuzzed, number)
    for name, log in fuzzed.fleet.logs():
        bad = [line for line in log.splitlines() if any(word in line for word in _BAD_WORDS)]
        assert not bad, f"{name}: {bad[0][:2000]}"
    grown = {name: after - run.memory[name] for name, after in memory(fuzzed).items()}
    assert max(grown.values()) < GROWTH_BYTES, {name: f"{size / 1_048_576:.0f} MB" for name, size in grown.items()}


class Run:
    """Some connections that share one row of requests."""

    def __init__(self, world: World, seed: int, count: int) -> None:
        self._world = world
        self._rng = random.Random(seed)
        self.left = count
        self._third = count * 2 // 3
        self.statuses: Counter[int] = Counter()
        self.failed: list[str] = []
        self.memory: dict[str, int] = {}

    async def all(self) -> None:
        documents, self._ports = await described(self._world)
        known = ("acme", f"{SOURCE}:F-1", "fuzz:F-1", "github-repo:1", "jira-cloud:1", "github-repo", "resolution", "1")
        keys = (READ_KEY, ADMIN_KEY, INGEST_KEY, PAGE_KEY, "wrong")
        sources = load_catalogue(self._world.catalogue, environment=self._world.environment).sources
        self._row = iter(
            Requests(
                self._rng, routes(documents), lambda round_: bodies(sources, round_), keys, known,
                lambda: self._world.now,
            )
        )  # fmt: skip
        await asyncio.gather(*(self._connection() for _ in range(CONNECTIONS)))

    async def _connection(self) -> None:
        wires = {port: Wire(port) for port in set(self._ports.values())}
        try:
            while self.left > 0 and len(self.failed) < 20:
                self.left -= 1
                if self.left == self._third:
                    self.memory = memory(self._world)
                if self.left % 200 == 0:
                    self._world.pass_by(minutes=self._rng.randint(1, 40))
                path, sent = next(self._row)
                await self._one(wires[self._port_of(path)], sent)
        finally:
            for wire in wires.values():
                await wire.close()

    def _port_of(self, path: str) -> int:
        """The service that has this path, or the one template that it fits."""
        if path not in self._ports:
            fits = (port for template, port in self._ports.items() if _pattern(template).fullmatch(path))
            self._ports[path] = next(fits)
        return self._ports[path]

    async def _one(self, wire: Wire, sent: Sent) -> None:
        try:
            status = await wire.send(sent)
        except (OSError, TimeoutError) as error:
            self.failed.append(f"{error!r} after {sent.label}")
            return
        self.statuses[status] += 1
        asked = sent.label.partition("?")[0]
        not_now = status == 503 and asked.endswith((" /readyz", "/plan.pdf"))  # what these are there to say
        not_now |= status == 501 and asked.endswith("/plan.pdf")  # no font for the language, or no WeasyPrint
        if status >= 500 and not not_now:
            self.failed.append(f"{status} for {sent.label}: {sent.raw[:3000]!r}")


def bodies(sources: Mapping[SourceId, Source], round_: int) -> list[seeds.Seed]:
    return [
        *seeds.cloud_events(INGEST_KEY, round_), *seeds.others(INGEST_KEY, READ_KEY, ADMIN_KEY),
        *seeds.webhooks(GITHUB_SECRET, JIRA_SECRET, round_), *seeds.dialects(sources, round_),
    ]  # fmt: skip


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{[^}]*\\\}", ".+", re.escape(template)))


async def described(world: World) -> tuple[list[dict[str, object]], dict[str, int]]:
    """The OpenAPI documents, and the port that serves each of their paths."""
    documents, ports = [], dict[str, int]()
    async with http_client(timeout=20.0) as client:
        for service in SERVICES:
            member = world.fleet.of(service)[0]
            document = (await client.get(f"{member.url}/openapi.json")).json()
            documents.append(document)
            for path in document["paths"]:
                ports.setdefault(path, member.port)
    return documents, ports


def memory(world: World) -> dict[str, int]:
    """Resident bytes of every process."""
    return {member.name: _resident(member) for member in world.fleet.members}


def _resident(member: Member) -> int:
    if member.process is None:
        return 0
    pages = Path(f"/proc/{member.process.pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


async def still_works(world: World, number: int) -> None:
    """All are ready, and a good event is promised, applied and breached in time after all that."""
    await world.fleet.ready()
    name = f"witness-{number}"
    await world.happens(name, "opened", {"customer": "Page", "priority": "P1", "title": "Witness"})
    await world.applied(name, lambda incident: incident["clocks"])


@pytest.fixture(
    params=[
        pytest.param(Profile.EMBEDDED, id="embedded"),
        pytest.param(Profile.PRODUCTION, id="production", marks=[pytest.mark.kafka, pytest.mark.postgres]),
    ]
)
def fuzzed(
    request: pytest.FixtureRequest, tmp_path: Path, certificates: Certificates, ledger: Ledger
) -> Iterator[World]:
    """An installation that nobody else uses, with one process a service."""
    profile: Profile = request.param
    more: dict[str, str] = {}
    if profile is Profile.PRODUCTION:
        server, broker = request.getfixturevalue("postgres_server"), request.getfixturevalue("kafka_broker")
        name = f"fuzz{uuid.uuid4().hex[:8]}"
        more["SLAD_STORE_URL"] = asyncio.run(server.create_database(name))
        more |= {"SLAD_BUS_URL": f"kafka://{broker.bootstrap}", "SLAD_BUS_PREFIX": name}
    ledger.found(Part.SMTP, "aiosmtpd")
    with SmtpServer(certificates.server_context(), require_starttls=True) as mail, WebhookReceiver() as pager:
        world = World(tmp_path, profile, mail, pager, certificates.ca_file, more, instances=1)
        try:
            with_sources(world.catalogue, world.environment)
            asyncio.run(world.fleet.start())
            yield world
        finally:
            world.fleet.kill()
