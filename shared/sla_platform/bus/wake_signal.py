"""Waking readers after a commit in the same process, so that they need not ask the database in a loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Iterator


class WakeSignal:
    """Wakes the readers of one event log, in the same process, when events were appended to the log.

    Writers call `wake` after their commit. Readers wait for the event that `listen` yields.
    """

    def __init__(self) -> None:
        self._waiting: set[asyncio.Event] = set()

    def wake(self) -> None:
        """Wake every reader that listens.

        Call this after a commit that appended to the log.
        """
        for event in self._waiting:
            event.set()

    @contextlib.contextmanager
    def listen(self) -> Iterator[asyncio.Event]:
        """Yield, for the `with` block, an `asyncio.Event` that each call of `wake` sets.

        Clear the event before reading the log: a call of `wake` during the reading is then not lost.
        """
        with listen_to((self,)) as event:
            yield event


async def signalled_within(signalled: asyncio.Event, seconds: float | None) -> bool:
    """Wait until the event is set, for at most `seconds`, and return whether the event was set.

    Use this in place of `asyncio.wait_for`, which in Python 3.11 loses a cancellation that comes together with the
    signal (python/cpython#86296).

    Args:
        seconds: The greatest time to wait. None means no limit.
    """
    try:
        async with asyncio.timeout(seconds):
            await signalled.wait()
    except TimeoutError:
        return False
    return True


@contextlib.contextmanager
def listen_to(signals: Iterable[WakeSignal]) -> Iterator[asyncio.Event]:
    """Yield, for the `with` block, one `asyncio.Event` for several wake signals.

    The event is set when `wake` of any of these signals is called.
    """
    event = asyncio.Event()
    listened = tuple(signals)
    for signal in listened:
        signal._waiting.add(event)
    try:
        yield event
    finally:
        for signal in listened:
            signal._waiting.discard(event)
