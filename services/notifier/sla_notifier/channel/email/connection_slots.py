"""Slots for connections to one mail server, given in the order of asking."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sla_notifier.channel.email.allowance import ConnectionAllowance


class ConnectionSlots:
    """Limits the connections to one mail server: a message may use a connection only while it has a slot.

    `async with slots.hold(until)` waits for a slot. Slots are given to messages in the order in which they ask.

    Args:
        allowance: How many slots there are now (`limit`), and until when no slot may be given (`resume_at`).
    """

    def __init__(self, allowance: ConnectionAllowance) -> None:
        self._allowance = allowance
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._wake: asyncio.TimerHandle | None = None
        self.taken = 0

    @property
    def wanted(self) -> bool:
        """Return whether a message is waiting for a slot (the permission to use a connection)."""
        return any(not each.done() for each in self._waiting)

    @asynccontextmanager
    async def hold(self, until: float) -> AsyncIterator[None]:
        """Wait for a slot, and keep the slot until the end of the `async with` block.

        Args:
            until: When to give up, in seconds of the event loop's clock (`loop.time()`).

        Raises:
            TimeoutError: No slot becomes free until that instant.
        """
        loop = asyncio.get_running_loop()
        mine: asyncio.Future[None] = loop.create_future()
        self._waiting.append(mine)
        self.give_out()
        try:
            async with asyncio.timeout_at(until):
                await mine
        except BaseException:
            if mine.done() and not mine.cancelled():
                self._give_back()  # the slot was given at the moment in which the waiting message was cancelled
            else:
                mine.cancel()  # skipped by the next `give_out`
            raise
        try:
            yield
        finally:
            self._give_back()

    def give_out(self) -> None:
        """Give free slots (permissions to use a connection) to waiting messages, the oldest first, up to the limit.

        While the allowance pauses sending (until its `resume_at`), no slot is given. A timer calls this method again
        at the end of the pause.
        """
        loop = asyncio.get_running_loop()
        now, resume = loop.time(), self._allowance.resume_at
        while self._waiting and now >= resume and self.taken < self._allowance.limit:
            waiter = self._waiting.popleft()
            if not waiter.done():
                self.taken += 1
                waiter.set_result(None)
        if self._waiting and now < resume and self._wake is None:
            self._wake = loop.call_at(resume, self._woken)

    def close(self) -> None:
        """Cancel the timer that gives out slots at the end of a pause; do nothing if there is no pause."""
        if self._wake is not None:
            self._wake.cancel()
            self._wake = None

    def _woken(self) -> None:
        self._wake = None
        self.give_out()

    def _give_back(self) -> None:
        self.taken -= 1
        self.give_out()
