"""Waking readers after a commit in the same process, so that they need not ask the database in a loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Iterator


class WakeSignal:
    """One per log; rung after a commit that appended to it."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Event] = set()

    def wake(self) -> None:
        """Wake every reader that listens; call it after the commit."""
        for event in self._waiting:
            event.set()

    @contextlib.contextmanager
    def listen(self) -> Iterator[asyncio.Event]:
        """An event that the bell sets; clear it *before* looking, or a ring in between is lost."""
        with listen_to((self,)) as event:
            yield event


async def signalled_within(signalled: asyncio.Event, seconds: float | None) -> bool:
    """Wait for the ring, for so long at most (None: however long it takes); False when none came.

    Not by `asyncio.wait_for`: Python 3.11 loses a cancellation that comes together with the ring, and whoever waits
    for the end of such a loop waits for ever (python/cpython#86296).
    """
    try:
        async with asyncio.timeout(seconds):
            await signalled.wait()
    except TimeoutError:
        return False
    return True


@contextlib.contextmanager
def listen_to(signals: Iterable[WakeSignal]) -> Iterator[asyncio.Event]:
    """One event for several bells."""
    event = asyncio.Event()
    heard = tuple(signals)
    for bell in heard:
        bell._waiting.add(event)
    try:
        yield event
    finally:
        for bell in heard:
            bell._waiting.discard(event)
