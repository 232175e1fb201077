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
    """A limit on the number and size of deliveries in work at the same time, for all senders together.

    A request reserves a part of this room for its deliveries, and releases it afterwards. The last part is only for
    senders that use little. Call `admits` before `take` or `holding`.

    Args:
        deliveries: The greatest number of deliveries.
        size: The greatest number of bytes.
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
        """Return whether there is room for a request of a sender.

        If nothing is reserved, there is room for a request of any size. The last quarter of the room is only for
        senders that use at most a sixteenth of the whole room, this request included, so that one busy sender cannot
        use it all.

        Args:
            sender: The sender: a source, or an API key.
            deliveries: The number of deliveries in the request.
            size: The number of bytes.
        """
        if not self._of:
            return True
        after = self._all.with_more(deliveries, size)
        if not after.within(self._most):
            return False
        own = self._of.get(sender, _Load()).with_more(deliveries, size)
        return after.within(self._most, 1 - 1 / _LAST) or own.within(self._most, 1 / _LITTLE)

    def take(self, sender: str, deliveries: int, size: int) -> None:
        """Reserve room for a request, even beyond the limits. See `admits` for the arguments."""
        self._of.setdefault(sender, _Load()).add(deliveries, size)
        self._all.add(deliveries, size)

    def free(self, sender: str, deliveries: int, size: int) -> None:
        """Release the room that was reserved for a request. See `admits` for the arguments."""
        self._all.add(-deliveries, -size)
        of = self._of[sender]
        of.add(-deliveries, -size)
        if of.deliveries <= 0 and of.bytes <= 0:
            del self._of[sender]

    @contextmanager
    def holding(self, sender: str, deliveries: int, size: int) -> Iterator[None]:
        """Reserve room for a request for the `with` block. See `admits` for the arguments."""
        self.take(sender, deliveries, size)
        try:
            yield
        finally:
            self.free(sender, deliveries, size)


class CommitQueue(Generic[T]):
    """A bounded queue of items that wait for a commit. It serves the senders in turn, and each sender's items in order.

    Args:
        deliveries: The most deliveries that all items may have together. Items that were added with `counted` False are
            not limited.
        size: The most bytes that the limited items may have together.
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
        """Return whether the queue has reached its limit of deliveries or of bytes."""
        return self._room.full

    def admits(self, sender: str, deliveries: int, size: int) -> bool:
        """Return whether the queue has room for an item. See `SenderRoom.admits`."""
        return self._room.admits(sender, deliveries, size)

    def add(self, sender: str, item: T, deliveries: int, size: int, *, counted: bool = True) -> None:
        """Append an item to the items of its sender, without a check of the limits.

        See `SenderRoom.admits` for the other arguments.

        Args:
            counted: Whether the item uses the queue's room. False for a slice of a batch, which has room of its own.
        """
        self._waiting.setdefault(sender, deque()).append((item, deliveries, size, counted))
        self._deliveries += deliveries
        if counted:
            self._room.take(sender, deliveries, size)

    def take(self) -> T:
        """Remove and return the oldest item of the sender that is next in turn.

        Raises:
            KeyError: The queue is empty.
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
