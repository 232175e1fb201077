"""Pauses for requests with very many events of one incident, so that other events and pages are handled in between."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

MANY = 100  # events of one incident in one request; the timer lets more of a large incident wait
PAUSES = 6.0  # times as long as the last one took
WAIT_SECONDS = 4.0  # a sender waits for its answer


class BatchPace:
    """Lets requests that carry many events of one incident wait for one another, with pauses between them: call `turn`.

    Only one such request is stored at a time. All other requests are stored during the pauses.

    Args:
        pauses: The length of a pause, as a multiple of the time that the request before it took.
        seconds: The longest time that a request waits.
        clock: Returns a monotonic time in seconds.
    """

    def __init__(
        self, pauses: float = PAUSES, seconds: float = WAIT_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._pauses = pauses
        self._seconds = seconds
        self._clock = clock
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def turn(self, begun: float) -> AsyncIterator[None]:
        """Wait until no other large request is being stored, and keep others waiting during the `async with` block.

        Others also wait for a pause after the block. A request that has waited for the longest time (`seconds`) is
        stored without waiting further.

        Args:
            begun: When the work on the request began, as a time of `clock`. The length of the pause depends on it.
        """
        spent = self._clock() - begun
        held = await self._acquired()
        since = self._clock()
        try:
            yield
        finally:
            if held:
                pause = self._pauses * (spent + self._clock() - since)
                asyncio.get_running_loop().call_later(pause, self._lock.release)

    async def _acquired(self) -> bool:
        try:
            async with asyncio.timeout(self._seconds):
                await self._lock.acquire()
        except TimeoutError:
            return False
        return True
