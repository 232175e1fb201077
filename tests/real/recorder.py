"""What a server received, in order, and a way for a test to wait for it instead of sleeping."""

from __future__ import annotations

import asyncio
import threading
from typing import Generic, TypeVar

T = TypeVar("T")
PATIENCE_SECONDS = 10.0


class Recorder(Generic[T]):
    """A list that one thread fills and others wait on."""

    def __init__(self) -> None:
        self._items: list[T] = []
        self._changed = threading.Condition()

    def add(self, item: T) -> None:
        """Append and wake whoever waits."""
        with self._changed:
            self._items.append(item)
            self._changed.notify_all()

    def all(self) -> list[T]:
        """A copy of everything so far."""
        with self._changed:
            return list(self._items)

    def taken(self) -> list[T]:
        """Everything so far, which is forgotten here."""
        with self._changed:
            found, self._items = self._items, []
            return found

    def wait(self, count: int, timeout: float = PATIENCE_SECONDS) -> list[T]:
        """Block until there are at least `count`; raises AssertionError after `timeout` seconds."""
        with self._changed:
            arrived = self._changed.wait_for(lambda: len(self._items) >= count, timeout)
            assert arrived, f"expected {count} within {timeout} s, got {len(self._items)}: {self._items}"
            return list(self._items)

    async def received(self, count: int, timeout: float = PATIENCE_SECONDS) -> list[T]:  # noqa: ASYNC109
        """The same for a coroutine."""
        return await asyncio.to_thread(self.wait, count, timeout)
