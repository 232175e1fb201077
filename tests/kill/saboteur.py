"""Kills processes at random moments, and starts them again as a supervisor would."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.e2e.fleet import Fleet, Member


@dataclass(slots=True)
class Saboteur:
    """`pause` are the least and the most seconds between two kills, drawn by seed.

    A process is killed in whatever state it is, also while it starts. In the embedded profile a fresh process is
    given until it is ready before the pause begins: else nothing would ever run.
    """

    fleet: Fleet
    seed: int
    pause: tuple[float, float]
    kills: Counter[str] = field(default_factory=Counter)
    moments: list[tuple[float, str]] = field(default_factory=list)

    async def kill(self, count: int) -> None:
        lot = random.Random(self.seed)
        for _ in range(count):
            await asyncio.sleep(lot.uniform(*self.pause))
            victim = lot.choice(self.fleet.members)
            self._kill(victim)
            self.fleet.respawn()
            if len(self.fleet.members) == 1:
                await self.fleet.ready()
        self.fleet.respawn()
        await self.fleet.ready()

    def _kill(self, victim: Member) -> None:
        self.moments.append((time.monotonic(), victim.name))
        self.kills[victim.command] += 1
        victim.kill()
