"""The port to the bus: reading alone, since publishing is an insert into the service's own log (store/log).

What holds on every adapter, and what the conformance suite asserts:
- at least once: a batch whose handling raised is given again, so handlers claim event ids before they act;
- order per key within a partition; nothing across partitions;
- `through`: every event accepted for this partition up to that instant is in this batch or an earlier one. It moves
  also when nothing happens (an empty batch), because timers may fire only up to it (DESIGN §2.6);
- `assigned` comes before the first batch of a partition, `revoked` after the last one that was finished.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sla_platform.envelope import Envelope
from sla_platform.errors import Permanent


@dataclass(frozen=True, slots=True)
class Batch:
    """Events of one partition in order; possibly none, when only `through` moved."""

    partition: int
    envelopes: tuple[Envelope, ...]
    through: datetime | None


class Handler(Protocol):
    """What a service does with the events of its subscription."""

    async def assigned(self, partitions: frozenset[int]) -> None: ...

    async def revoked(self, partitions: frozenset[int]) -> None: ...

    async def handle(self, batch: Batch) -> None:
        """One unit of work.

        Raises Retryable to see the batch again; Fenced to lose the partition, which is assigned anew if the group
        still says it is ours; Permanent when an event can never be handled: the batch is then given again event by
        event, and the one that fails alone is put aside as a dead letter.
        """
        ...


class EventSource(Protocol):
    """Runs a handler over a subscription until cancelled; `lag` is the number of known unread events."""

    @property
    def lag(self) -> int: ...

    @property
    def healthy(self) -> bool:
        """False when events are waiting and none has been handled for longer than the watchdog allows."""
        ...

    async def run(self, handler: Handler) -> None: ...


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """What could not be read or handled, as it came, and where it lay."""

    group: str
    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    error: Permanent


PutAside = Callable[[DeadLetter], Awaitable[None]]
"""Keeps a dead letter for good. Raises Retryable when it could not; the partition then waits."""
