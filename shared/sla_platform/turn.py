"""Sharing the event loop: long computations pause for waiting tasks, such as the request of a page."""

from __future__ import annotations

import asyncio
import time

SECONDS = 0.001


class LoopYielder:
    """Lets other asyncio tasks run during a long loop.

    Create it before the loop, and await `yield_if_due` in each round.

    Args:
        seconds: How long the loop may run before other tasks run once.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._since = time.perf_counter()

    async def yield_if_due(self) -> None:
        """Let other asyncio tasks run once, if more than `seconds` have passed since they last ran.

        Otherwise return at once. The first period begins with the creation of this object.
        """
        if time.perf_counter() - self._since >= self._seconds:
            await asyncio.sleep(0)
            self._since = time.perf_counter()
