"""Requests that wait for a commit: bounded, and in turns, so that no sender keeps the others from being heard."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
_LAST = 4  # the last quarter of the queue is for senders of whom little waits,
_LITTLE = 16  # at most a sixteenth of the queue


@dataclass(slots=True)
class _Load:
    deliveries: int = 0
    bytes: int = 0

    def add(self, deliveries: int, size: int) -> None:
        self.deliveries += deliveries
        self.bytes += size

    def with_more(self, deliveries: int, size: int) -> _Load:
        return _Load(self.deliveries + deliveries, self.bytes + size)

    def within(self, of: _Load, part: float = 1.0) -> bool:
        return self.deliveries <= of.deliveries * part and self.bytes <= of.bytes * part


class CommitQueue(Generic[T]):
    """Items that wait, in the order of their arrival for each sender; senders take turns.

    Args:
        deliveries: How many deliveries the items may have together.
        size: How many bytes they may have together.
    """

    def __init__(self, deliveries: int, size: int) -> None:
        self._most = _Load(deliveries, size)
        self._all = _Load()
        self._of: dict[str, _Load] = {}
        self._waiting: OrderedDict[str, deque[tuple[T, int, int]]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    @property
    def deliveries(self) -> int:
        """Return how many deliveries wait."""
        return self._all.deliveries

    @property
    def full(self) -> bool:
        """Return whether the limit of deliveries or of bytes is reached."""
        return self._all.deliveries >= self._most.deliveries or self._all.bytes >= self._most.bytes

    def admits(self, sender: str, deliveries: int, size: int) -> bool:
        """Return whether an item may wait.

        An item may always wait alone. The last quarter of the queue is for senders of whom at most a sixteenth of the
        queue waits, so that a sender with much to say does not shut the others out.

        Args:
            sender: Who sends the item: a source, or an API key.
            deliveries: How many deliveries the item has.
            size: How many bytes it has.
        """
        if not self._waiting:
            return True
        after = self._all.with_more(deliveries, size)
        if not after.within(self._most):
            return False
        own = self._of.get(sender, _Load()).with_more(deliveries, size)
        return after.within(self._most, 1 - 1 / _LAST) or own.within(self._most, 1 / _LITTLE)

    def add(self, sender: str, item: T, deliveries: int, size: int) -> None:
        """Let an item wait behind those of its sender. See `admits` for the arguments."""
        self._waiting.setdefault(sender, deque()).append((item, deliveries, size))
        self._of.setdefault(sender, _Load()).add(deliveries, size)
        self._all.add(deliveries, size)

    def take(self) -> T:
        """Return the item that is next, of the sender whose turn it is, and remove it.

        Raises:
            KeyError: Nothing waits.
        """
        sender, items = next(iter(self._waiting.items()), ("", None))
        if items is None:
            raise KeyError("nothing waits")
        item, deliveries, size = items.popleft()
        self._all.add(-deliveries, -size)
        if items:
            self._of[sender].add(-deliveries, -size)
            self._waiting.move_to_end(sender)
        else:
            del self._waiting[sender], self._of[sender]
        return item
