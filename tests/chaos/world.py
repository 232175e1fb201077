"""One installation under chaos: its processes, its receivers, what was done to it, and what came of it."""

from __future__ import annotations

import asyncio
import json
import random
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
from tests.chaos.catalogue import REPORTED, settings, write_catalogue
from tests.chaos.play import Player, Post
from tests.chaos.receivers import Receivers
from tests.chaos.watch import Watch, wall
from tests.e2e.fleet import Fleet, Member, Profile
from tests.kill.drill import READ_KEY
from tests.real.http import http_client

LOOK_SECONDS = 0.2
DESCRIPTORS = 256  # of each process, where silent connections try to use them up
STORM_SECONDS, PEACE_SECONDS = 60.0, 60.0


@dataclass(frozen=True, slots=True)
class Server:
    """What can be restarted under the installation. `stop` is hard."""

    stop: Callable[[], object]
    start: Callable[[], object]


@dataclass(slots=True)
class World:
    """`seconds`: how long things go wrong; `broken` collects what must never happen, whatever is done to slad."""

    profile: Profile
    seed: int
    seconds: float
    enabled: frozenset[str]
    fleet: Fleet
    receivers: Receivers
    post: Post
    player: Player
    watch: Watch
    shift: Path
    servers: dict[str, Server] = field(default_factory=dict)
    store_url: str = ""
    enough: asyncio.Event = field(default_factory=asyncio.Event)
    disturbed: list[tuple[float, float]] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    acknowledged: dict[str, float] = field(default_factory=dict)
    published: dict[str, float] = field(default_factory=dict)
    checked: Counter[str] = field(default_factory=Counter)
    killed: set[str] = field(default_factory=set)
    begun: float = field(default_factory=wall)
    ready_seconds: float = 0.0
    """How long the processes took to get ready."""

    def lot(self, name: str) -> random.Random:
        """Luck of its own for each kind of fault, so that switching one off leaves the others as they were."""
        return random.Random(f"{self.seed}/{self.profile}/{name}")

    async def storm(self) -> None:
        """Wait for the next storm: in a long run the installation has times of peace, in which nothing is excused."""
        into = (wall() - self.begun) % (STORM_SECONDS + PEACE_SECONDS)
        if into > STORM_SECONDS:
            with suppress(TimeoutError):
                async with asyncio.timeout(STORM_SECONDS + PEACE_SECONDS - into):
                    await self.enough.wait()

    @asynccontextmanager
    async def disturbing(self, name: str, after: float = 3.0) -> AsyncIterator[None]:
        """Something is broken on purpose, and for `after` seconds more it may not be whole again."""
        begun = wall()
        self.done[name] += 1
        try:
            yield
        finally:
            self.disturbed.append((begun, wall() + after))

    def kill(self, member: Member) -> None:
        """kill -9, and start it again as a supervisor would."""
        self.killed.add(member.name)
        member.kill()
        member.start()
        self.killed.discard(member.name)

    async def supervise(self) -> None:
        """Start again what ended by itself, and remember it: nobody has a right to bring a process down."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for member in self.fleet.members:
                if not member.running and member.name not in self.killed and member.process is not None:
                    self.broken.append(f"{member.name} ended by itself: {_reason(member)}")
                    self.disturbed.append((wall() - 1, wall() + 8))
                    member.start()

    async def early(self) -> list[str]:
        """Reports and closed periods of a month that has not ended: what only a clock that leapt could have brought."""
        headers = {"authorization": f"Bearer {READ_KEY}"}
        async with http_client(headers=headers, timeout=10.0) as client:
            frozen = await client.get(f"{self.fleet.url('board')}/v1/reports/{REPORTED}/frozen")
            counted = await client.get(f"{self.fleet.url('board')}/v1/attainment", params={"contract": REPORTED})
        if (frozen.status_code, counted.status_code) != (200, 200):
            return [f"the board answered {frozen.status_code} and {counted.status_code}: {frozen.text[:200]}"]
        found = [f"a report of {one['period']} was frozen" for one in frozen.json()["reports"]]
        objectives = [one for each in counted.json()["contracts"] for one in each["objectives"]]
        assert objectives, "the contract has one"
        ended = [one for one in objectives if not one["provisional"]]
        return found + [f"the period {one['period']} was closed" for one in ended]

    async def shown(self) -> dict[str, dict[str, object] | None]:
        """Every incident by the timer's API: its phase and the state of each clock."""
        found: dict[str, dict[str, object] | None] = {}
        headers = {"authorization": f"Bearer {READ_KEY}"}
        async with http_client(headers=headers, timeout=10.0) as client:
            for played in self.player.played:
                found[played.incident] = await _one(client, f"{self.fleet.url('timer')}/v1/incidents/{played.incident}")
        return found


def _reason(member: Member) -> str:
    """Its exit status, and the last line of the last exception in its log."""
    status = member.process.returncode if member.process is not None else None
    said = [json.loads(line) for line in member.tail(200).splitlines() if line.startswith("{")]
    errors = [line for line in said if line.get("exception")]
    what = f"{errors[-1]['event']}: {errors[-1]['exception'].strip().splitlines()[-1][:160]}" if errors else "no word"
    return f"status {status}, {what}"


async def _one(client: httpx2.AsyncClient, url: str) -> dict[str, object] | None:
    try:
        answer = await client.get(url)
    except httpx2.HTTPError:
        return None
    if answer.status_code != 200:
        return None
    told = answer.json()
    return {"phase": told["phase"], **{clock["metric"]: clock["state"] for clock in told["clocks"]}}


@asynccontextmanager
async def installation(
    folder: Path,
    profile: Profile,
    seed: int,
    seconds: float,
    enabled: frozenset[str],
    receivers: Receivers,
    more: dict[str, str],
    prepare: Callable[[Fleet], Awaitable[None]],
    per_second: float,
    held: tuple[str, ...],
) -> AsyncIterator[World]:
    """Start it; stop it in the end, whatever happened."""
    shift = folder / "shift"
    shift.write_text("0")
    catalogue = write_catalogue(folder / "catalogue", f"http://127.0.0.1:{receivers.http_port}")
    environment = {**settings(catalogue, receivers.mail_port), "SLAD_TIME": f"shifted:{shift}", **more}
    fleet = Fleet(folder, profile, environment, instances=1)
    if "idle" in enabled and (prlimit := shutil.which("prlimit")):
        for member in fleet.members:
            member.within = (prlimit, f"--nofile={DESCRIPTORS}", "--")
    try:
        await prepare(fleet)
        starting = wall()
        for member in fleet.members:
            member.start()
        await fleet.ready(120)
        ready = wall() - starting
        post, watch = Post(lambda: fleet.urls("ingest")), Watch()
        player = Player(seed, post, watch, per_second, held)
        yield World(profile, seed, seconds, enabled, fleet, receivers, post, player, watch, shift, ready_seconds=ready)
    finally:
        fleet.kill()
