"""An event as it travels: the CloudEvents 1.0 attributes slad uses, with the data as JSON bytes.

Topics are few and named once here. `key` is the CloudEvents `partitionkey`: order holds per key.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

TYPE_PREFIX = "io.slad."


class Topic(StrEnum):
    """The topics of the bus.

    On Kafka the name gets the configured prefix (`slad-incidents`).
    """

    INCIDENTS = "incidents"  # ingest -> timer, board: what happened
    CLOCKS = "clocks"  # timer -> notifier, board: what it means for the promises
    NOTICES = "notices"  # ingest -> notifier, board: critical fixes
    DELIVERIES = "deliveries"  # notifier -> board: notifications and acknowledgements
    OBJECTIVES = "objectives"  # board -> notifier: how objectives of attainment stand
    CONTRACTS = "contracts"  # ingest -> timer, notifier, board: the records of contracts


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """An event on the bus: its CloudEvents attributes, and its data as JSON bytes."""

    topic: Topic
    id: str
    """An id that is unique among events of the same `source`."""
    type: str
    """The type of the event, such as `io.slad.clock.breached.v1`."""
    source: str
    subject: str
    """What the event is about, such as an incident."""
    key: str
    """The partition key. Events of the same key keep their order."""
    time: datetime
    """The aware instant at which the event became true."""
    data: bytes

    @classmethod
    def of_row(
        cls,
        *,
        topic: str,
        id: str,
        type: str,
        key: str,
        time: datetime,
        data: str,
        source: str = "",
        subject: str = "",
    ) -> Envelope:
        """Return the event that is stored in a row of a table, given the columns of the row.

        The table is an event log, or a service's own copy of events.

        Args:
            data: The event's data as JSON text.
            source: The event's source. "" if not stored.
            subject: The event's subject. "" if equal to `key`.

        Raises:
            ValueError: There is no such topic.
        """
        return cls(
            topic=Topic(topic),
            id=id,
            type=type,
            source=source,
            subject=subject or key,
            key=key,
            time=time,
            data=data.encode(),
        )
