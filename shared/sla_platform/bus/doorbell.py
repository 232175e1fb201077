"""Waking readers after a commit in the same process, so that they need not ask the database in a loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Iterator


class Doorbell:
    """One per log; rung after a commit that appended to it."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Event] = set()

    def ring(self) -> None:
        for event in self._waiting:
            event.set()

    @contextlib.contextmanager
    def listen(self) -> Iterator[asyncio.Event]:
        """An event that the bell sets; clear it *before* looking, or a ring in between is lost."""
        with listen_to((self,)) as event:
            yield event


@contextlib.contextmanager
def listen_to(bells: Iterable[Doorbell]) -> Iterator[asyncio.Event]:
    """One event for several bells."""
    event = asyncio.Event()
    heard = tuple(bells)
    for bell in heard:
        bell._waiting.add(event)
    try:
        yield event
    finally:
        for bell in heard:
            bell._waiting.discard(event)
