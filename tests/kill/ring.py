"""One drill from start to verdict: load on a fleet while something goes wrong, a bounded wait, and the evidence."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.fleet import Fleet, Profile
from tests.kill import evidence as found
from tests.kill.drill import settings, write_catalogue
from tests.kill.evidence import Evidence, Fact
from tests.kill.load import Load, Played
from tests.kill.script import scripts
from tests.kill.verdict import Verdict, awaited, heard, judge
from tests.real.webhook import WebhookReceiver

EVENTS_PER_SECOND = 100.0
PATIENCE_SECONDS = 180.0
PLAYED_OUT_SECONDS = 300.0
_QUIET_SECONDS = 6.0
_LOOK_SECONDS = 0.5
_LOOKED_AT = 8  # incidents, of many partitions
_AFTERWARDS_SECONDS = 1.5  # for what should not come any more

Disturbance = Callable[[Fleet], Awaitable[None]]


@dataclass(slots=True)
class Ring:
    """Where a drill takes place. `bus` is bootstrap and prefix of the topics, None in the embedded profile; `answers`
    counts what ingest has said so far, `played` are the incidents with the moments at which it said so; `stretch` is
    how many times as long everything takes."""

    fleet: Fleet
    receiver: WebhookReceiver
    seed: int
    bus: tuple[str, str] | None = None
    answers: Counter[str] = field(default_factory=Counter)
    played: list[Played] = field(default_factory=list)
    stretch: int = 1

    async def drill(
        self,
        title: str,
        disturb: Disturbance,
        *,
        latest_seconds: float,
        events_per_second: float = EVENTS_PER_SECOND,
        opening_seconds: float | None = None,
    ) -> Verdict:
        """Load while `disturb` runs, then the verdict; its table names the seed. Incidents are opened until the
        disturbance is over, or for `opening_seconds`; each is played to its end."""
        load = Load(scripts(self.seed, self.stretch), lambda: self.fleet.urls("ingest"), events_per_second)
        self.answers, self.played = load.answers, load.played
        enough = asyncio.Event()
        playing = asyncio.create_task(load.run(enough))
        if opening_seconds is not None:
            asyncio.get_running_loop().call_later(opening_seconds, enough.set)
        try:
            await disturb(self.fleet)
            enough.set()
            async with asyncio.timeout(PLAYED_OUT_SECONDS):
                await playing
        finally:
            playing.cancel()
        self.fleet.respawn()
        await self.fleet.ready()
        await self._calm(load)
        title = f"{title} under {events_per_second:.0f} events/s, SLAD_SEED={self.seed}"
        verdict = judge(title, load, await self._evidence(load), latest_seconds)
        self.fleet.stop()
        return verdict

    async def _calm(self, load: Load) -> None:
        """Until everything expected is there, or nothing moves any more, or patience ends."""
        expected = awaited(load)
        deadline = time.monotonic() + PATIENCE_SECONDS
        quiet_since, seen = time.monotonic(), -1
        while time.monotonic() < deadline:
            arrived = found.arrivals(self.receiver.requests.all())
            if len(arrived) != seen:
                quiet_since, seen = time.monotonic(), len(arrived)
            if await self._unread(load):
                quiet_since = time.monotonic()
            quiet = time.monotonic() - quiet_since
            if quiet >= _AFTERWARDS_SECONDS and expected <= heard(arrived) and not await self._waiting():
                return
            if quiet >= _QUIET_SECONDS and not await self._waiting():
                return
            await asyncio.sleep(_LOOK_SECONDS)

    async def _unread(self, load: Load) -> bool:
        """Whether the timer does not know yet what was accepted last: after an outage that takes its time."""
        last = sorted((played for played in load.played if played.sent), key=lambda played: played.sent[-1].accepted)
        wanted = {played.incident: played.sent[-1].id for played in last[-_LOOKED_AT:]}
        shown = await found.incidents(self.fleet.url("timer"), wanted)
        return any(one is None or not one.holds(wanted[name]) for name, one in shown.items())

    async def _waiting(self) -> bool:
        """Whether the notifier still has something to send."""
        url = self.fleet.url("notifier")
        async with found.reader() as client:
            for state in ("queued", "sending", "retrying"):
                answer = await client.get(f"{url}/v1/deliveries", params={"state": state, "limit": "1"})
                if answer.json()["deliveries"]:
                    return True
        return False

    async def _evidence(self, load: Load) -> Evidence:
        return Evidence(
            facts=await self._facts(),
            arrivals=found.arrivals(self.receiver.requests.all()),
            deliveries=await found.deliveries(self.fleet.url("notifier")),
            shown=await found.incidents(self.fleet.url("timer"), [played.incident for played in load.played]),
        )

    async def _facts(self) -> list[Fact]:
        if self.bus is None:
            return found.facts_of_board(self.fleet.folder / "slad.db")
        bootstrap, prefix = self.bus
        return await found.facts_of_topic(bootstrap, f"{prefix}-clocks")


# What the fixtures hand out (conftest.py).
Start = Callable[..., Awaitable[Ring]]
Keep = Callable[[Ring], Ring]
Upheld = Callable[[Verdict], None]


def embedded(folder: Path, receiver: WebhookReceiver, seed: int) -> Ring:
    """One process on SQLite, to be started by the caller."""
    catalogue = write_catalogue(folder / "catalogue", receiver.url)
    return Ring(Fleet(folder, Profile.EMBEDDED, settings(catalogue)), receiver, seed)


def production(
    folder: Path,
    receiver: WebhookReceiver,
    seed: int,
    *,
    store_url: str,
    bootstrap: str,
    prefix: str,
    instances: int = 2,
    stretch: int = 1,
) -> Ring:
    """So many instances of each service on PostgreSQL and Kafka, to be started by the caller."""
    catalogue = write_catalogue(folder / "catalogue", receiver.url, stretch)
    environment = {
        **settings(catalogue),
        "SLAD_STORE_URL": store_url,
        "SLAD_BUS_URL": f"kafka://{bootstrap}",
        "SLAD_BUS_PREFIX": prefix,
    }
    fleet = Fleet(folder, Profile.PRODUCTION, environment, instances=instances)
    return Ring(fleet, receiver, seed, (bootstrap, prefix), stretch=stretch)


def chosen_seed() -> int:
    """SLAD_SEED, to see a failure again; otherwise a new one each time."""
    return int(os.environ.get("SLAD_SEED") or random.SystemRandom().randrange(1_000_000))
