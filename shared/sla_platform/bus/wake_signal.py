"""Waking readers after a commit in the same process, so that they need not ask the database in a loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Iterator


class WakeSignal:
    """Wakes the readers of one log in the same process after a commit that appended to it."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Event] = set()

    def wake(self) -> None:
        """Wake every reader that listens; call it after the commit."""
        for event in self._waiting:
            event.set()

    @contextlib.contextmanager
    def listen(self) -> Iterator[asyncio.Event]:
        """Yield an event that `wake` sets. Clear the event before you read the log, or a signal in between is lost."""
        with listen_to((self,)) as event:
            yield event


async def signalled_within(signalled: asyncio.Event, seconds: float | None) -> bool:
    """Wait until the event is set, for at most `seconds` (None: without limit); return False when it was not set.

    Not by `asyncio.wait_for`: Python 3.11 loses a cancellation that comes together with the signal, and whoever waits
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
    """Yield one event that `wake` of any of these signals sets."""
    event = asyncio.Event()
    listened = tuple(signals)
    for signal in listened:
        signal._waiting.add(event)
    try:
        yield event
    finally:
        for signal in listened:
            signal._waiting.discard(event)
