"""Long computations on the event loop, in turns: what waits there, such as a page that is due, goes first."""

from __future__ import annotations

import asyncio
import time

SECONDS = 0.004


class LoopYielder:
    """Make one before a loop and await `over` at each round: others run when the turn has lasted long enough."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._since = time.perf_counter()

    async def over(self) -> None:
        if time.perf_counter() - self._since >= self._seconds:
            await asyncio.sleep(0)
            self._since = time.perf_counter()
