"""Requests that wait for a commit: a bounded queue that takes the senders in turn, so that none blocks the others."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
_LAST = 4  # the last quarter of the room is for senders who use little of it,
_LITTLE = 16  # at most a sixteenth


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


class SenderRoom:
    """A bound on what is held of all senders together, of which none may take everything. See `admits`.

    Args:
        deliveries: How many deliveries may be held.
        size: How many bytes may be held.
    """

    def __init__(self, deliveries: int, size: int) -> None:
        self._most = _Load(deliveries, size)
        self._all = _Load()
        self._of: dict[str, _Load] = {}

    @property
    def full(self) -> bool:
        """Return whether the limit of deliveries or of bytes is reached."""
        return self._all.deliveries >= self._most.deliveries or self._all.bytes >= self._most.bytes

    def admits(self, sender: str, deliveries: int, size: int) -> bool:
        """Return whether a request may be held.

        A request may always be held alone. The last quarter of the room is for senders of whom at most a sixteenth of
        the room is held, so that a sender with much to say does not shut the others out.

        Args:
            sender: Who sends the request: a source, or an API key.
            deliveries: How many deliveries the request has.
            size: How many bytes it has.
        """
        if not self._of:
            return True
        after = self._all.with_more(deliveries, size)
        if not after.within(self._most):
            return False
        own = self._of.get(sender, _Load()).with_more(deliveries, size)
        return after.within(self._most, 1 - 1 / _LAST) or own.within(self._most, 1 / _LITTLE)

    def take(self, sender: str, deliveries: int, size: int) -> None:
        """Hold a request. See `admits` for the arguments."""
        self._of.setdefault(sender, _Load()).add(deliveries, size)
        self._all.add(deliveries, size)

    def free(self, sender: str, deliveries: int, size: int) -> None:
        """Hold a request no longer. See `admits` for the arguments."""
        self._all.add(-deliveries, -size)
        of = self._of[sender]
        of.add(-deliveries, -size)
        if of.deliveries <= 0 and of.bytes <= 0:
            del self._of[sender]

    @contextmanager
    def holding(self, sender: str, deliveries: int, size: int) -> Iterator[None]:
        """Hold a request for the `with` block. See `admits` for the arguments."""
        self.take(sender, deliveries, size)
        try:
            yield
        finally:
            self.free(sender, deliveries, size)


class CommitQueue(Generic[T]):
    """Items that wait, in the order of their arrival for each sender; senders take turns.

    Args:
        deliveries: How many deliveries the items may have together, without those added with `counted` False.
        size: How many bytes they may have together.
    """

    def __init__(self, deliveries: int, size: int) -> None:
        self._room = SenderRoom(deliveries, size)
        self._deliveries = 0
        self._waiting: OrderedDict[str, deque[tuple[T, int, int, bool]]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    @property
    def deliveries(self) -> int:
        """Return how many deliveries wait."""
        return self._deliveries

    @property
    def full(self) -> bool:
        """Return whether the limit of deliveries or of bytes is reached."""
        return self._room.full

    def admits(self, sender: str, deliveries: int, size: int) -> bool:
        """Return whether an item may wait, by the rule of `SenderRoom.admits`."""
        return self._room.admits(sender, deliveries, size)

    def add(self, sender: str, item: T, deliveries: int, size: int, *, counted: bool = True) -> None:
        """Let an item wait behind those of its sender. See `SenderRoom.admits` for the other arguments.

        Args:
            counted: Whether the item uses the queue's room. False for a slice of a batch, which has room of its own:
                it takes its turn, and takes no place from others.
        """
        self._waiting.setdefault(sender, deque()).append((item, deliveries, size, counted))
        self._deliveries += deliveries
        if counted:
            self._room.take(sender, deliveries, size)

    def take(self) -> T:
        """Return the item that is next, of the sender whose turn it is, and remove it.

        Raises:
            KeyError: Nothing waits.
        """
        sender, items = next(iter(self._waiting.items()), ("", None))
        if items is None:
            raise KeyError("nothing waits")
        item, deliveries, size, counted = items.popleft()
        self._deliveries -= deliveries
        if counted:
            self._room.free(sender, deliveries, size)
        if items:
            self._waiting.move_to_end(sender)
        else:
            del self._waiting[sender]
        return item
