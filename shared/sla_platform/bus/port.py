"""The port to the bus: reading alone, since publishing is an insert into the service's own log (store/log).

What holds on every adapter, and what the conformance suite asserts:
- at least once: a batch whose handling raised is given again, so handlers claim event ids before they act;
- order per key within a partition; nothing across partitions;
- `through`: every event accepted for this partition up to that instant is in this batch or an earlier one. It moves
  also when nothing happens (an empty batch), because timers may fire only up to it (docs/decisions/0003);
- `assigned` comes before the first batch of a partition, `revoked` after the last one that was finished;
- one event never stops a reader: what a handler cannot handle, and what lies in a log or topic and is no event, is
  quarantined alone with its raw bytes, and its neighbours go on in order (bus/handing, sla_platform.fault).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sla_platform.envelope import Envelope, Topic


@dataclass(frozen=True, slots=True)
class Batch:
    """Events of one partition, in order, with a guarantee of completeness up to an instant (`through`).

    Every event accepted before or at that instant is in this batch or an earlier one. A batch without events only tells
    the handler that `through` is now later.
    """

    partition: int
    envelopes: tuple[Envelope, ...]
    through: datetime | None
    """The instant up to which every accepted event is in this batch or an earlier one. None if not known."""


class Handler(Protocol):
    """The part of a service that processes the events of the topics it reads.

    An `EventSource` calls `assigned` before the first batch of a partition, `handle` for each batch, and `revoked` when
    the partition is taken away.
    """

    async def assigned(self, partitions: frozenset[int]) -> None:
        """Prepare for these partitions, before their first batch.

        Raise Retryable to be called again later.
        """

    async def revoked(self, partitions: frozenset[int]) -> None:
        """Give up these partitions, which the process no longer reads.

        No batch of them is being handled any more when this is called.
        """

    async def handle(self, batch: Batch) -> None:
        """Process one batch of events, as one unit of work.

        If this raises Retryable, the batch is passed again. If it raises Fenced (another process owns the partition),
        the partition is revoked, and assigned again if the group still assigns it to this process.

        After any other error, `fault_of` decides. If the surroundings are at fault, such as the network, the batch is
        passed again. Otherwise the batch is passed in halves, down to the single event that fails, and this event is
        quarantined. If the cause of its error is not known, the event is tried three times before it is quarantined. A
        batch without events is not split: its error is raised.
        """
        ...


class EventSource(Protocol):
    """A subscription to topics, which passes their events to a handler until cancelled."""

    @property
    def lag(self) -> int:
        """Return how many events were unread when the source last counted them."""

    @property
    def healthy(self) -> bool:
        """Return whether events are being handled.

        The result is False when events have waited for too long without any being handled: longer than the `watchdog`
        seconds with which the event source was created.
        """
        ...

    async def run(self, handler: Handler) -> None:
        """Read events and pass them to the handler in batches until cancelled."""


@dataclass(frozen=True, slots=True)
class QuarantinedRecord:
    """A record of the bus that could not be read or handled: its raw parts, where it was, and the error."""

    group: str
    """The consumer that could not handle the record."""
    topic: str
    """The name of the topic on Kafka, or the name of the event log."""
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    error: Exception
    carries: Topic | None = None
    """The `Topic` to which the record belongs. None if not known."""


KeepQuarantined = Callable[[QuarantinedRecord], Awaitable[None]]
"""Keep a record that cannot be handled, for good. Raises Retryable when it could not; the partition then waits."""
