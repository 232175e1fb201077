"""What the ticketing system does: scripts drawn by seed, each event posted until slad has accepted it.

An event may be held back: it says when it happened and comes later, as from a system with a queue of its own. The
record of what was accepted when is all that slad is held to.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import orjson
from tests.chaos.watch import Watch, wall
from tests.kill.drill import CONTRACTS, INGEST_KEY, SOURCE, customer
from tests.kill.script import Script, scripts
from tests.kill.wire import Reply, Wire
from tests.oracle.tenth_walker import Happening

AGAIN_SECONDS = 0.4
ANSWER_SECONDS = 6.0
HEADERS = {"content-type": "application/cloudevents+json", "authorization": f"Bearer {INGEST_KEY}"}
HELD_TENTHS = (15, 60)


@dataclass(slots=True)
class Sent:
    """One event: when it happened, when it was first tried and when it was accepted (seconds; 0.0: not yet)."""

    id: str
    happening: Happening
    tried: float = 0.0
    accepted: float = 0.0
    held: bool = False


@dataclass(slots=True)
class Played:
    """One incident as it was played."""

    script: Script
    sent: list[Sent] = field(default_factory=list)

    @property
    def incident(self) -> str:
        return f"{SOURCE}:{self.script.name}"

    @property
    def contract(self) -> str:
        return f"contract-{self.script.number % CONTRACTS:02}"


@dataclass(slots=True)
class Post:
    """Posts to whichever instance of a service answers. `wrong`: answers that no sender should ever see."""

    urls: Callable[[], list[str]]
    answers: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    async def until_accepted(self, path: str, body: bytes, headers: dict[str, str], good: tuple[int, ...]) -> Reply:
        """Tried like a ticketing system does, until the answer is `good` or a 4xx; what should not be is noted."""
        wire, turn = Wire(headers, ANSWER_SECONDS), 0
        try:
            while True:
                urls = self.urls()
                reply = await wire.post(f"{urls[turn % len(urls)]}{path}", body)
                self.answers[reply.word] += 1
                if reply.status in good:
                    return reply
                if reply.status == 503 and not reply.retry_after:
                    self.wrong.append(f"{path}: 503 without Retry-After")
                elif reply.status not in (0, 429, 503):
                    self.wrong.append(f"{path}: {reply.status} {reply.body[:200]!r} to {body[:200]!r}")
                    if reply.status < 500:
                        return reply
                turn += 1
                await asyncio.sleep(AGAIN_SECONDS)
        finally:
            wire.close()


class Player:
    """Opens incidents at a steady rate until it is told that it is enough, and plays each to its end."""

    def __init__(self, seed: int, post: Post, watch: Watch, per_second: float, held: tuple[str, ...]) -> None:
        self.played: list[Played] = []
        self._scripts = scripts(seed)
        self._lot = random.Random(seed)
        self._post = post
        self._watch = watch
        self._pace = 1.0 / per_second
        self._held = held

    async def run(self, enough: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as plays:
            while not enough.is_set():
                plays.create_task(self._play(Played(next(self._scripts)), self._lot.random()))
                await asyncio.sleep(self._pace)

    async def _play(self, played: Played, luck: float) -> None:
        self.played.append(played)
        start = self._watch.tenth() + 1
        lot = random.Random(luck)
        late = self._late_one(played, lot)
        opened = asyncio.Event()
        async with asyncio.TaskGroup() as posts:
            for number, step in enumerate(played.script.happenings):
                at = Happening(start + step.tenth, step.kind, step.priority)
                sent = Sent(f"{played.script.name}-{number}", at, held=number == late)
                played.sent.append(sent)
                delay = lot.randint(*HELD_TENTHS) if sent.held else 0
                if number == 0:
                    await self._send(played, sent, delay)
                    opened.set()
                else:
                    posts.create_task(self._send(played, sent, delay))

    def _late_one(self, played: Played, lot: random.Random) -> int | None:
        """The event of this incident that comes late, if one does."""
        fit = [n for n, step in enumerate(played.script.happenings) if n and step.kind in self._held]
        return lot.choice(fit) if fit and lot.random() < 0.4 else None

    async def _send(self, played: Played, sent: Sent, delay: int) -> None:
        await asyncio.sleep(max(self._watch.wall(sent.happening.tenth + delay) - wall(), 0.0))
        sent.tried = wall()
        reply = await self._post.until_accepted("/v1/events", self._event(played, sent), HEADERS, good=(202,))
        sent.accepted = wall() if reply.status == 202 else 0.0

    def _event(self, played: Played, sent: Sent) -> bytes:
        it = sent.happening
        data: dict[str, object] = {"actor": "staff"}
        if it.kind == "opened":
            data = {"customer": customer(played.script.number), "priority": it.priority, "title": played.script.name}
        elif it.kind == "priority":
            data |= {"priority": it.priority}
        elif it.kind == "waiting":
            data = {"waiting_on": "customer"}
        kind = "priority_changed" if it.kind == "priority" else it.kind
        return orjson.dumps(
            {"specversion": "1.0", "id": sent.id, "source": SOURCE, "type": f"io.slad.incident.{kind}.v1",
             "subject": played.script.name, "time": self._watch.instant(it.tenth).isoformat(), "data": data}
        )  # fmt: skip
