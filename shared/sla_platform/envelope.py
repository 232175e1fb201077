"""An event as it travels: the CloudEvents 1.0 attributes slad uses, with the data as JSON bytes.

Topics are few and named once here. `key` is the CloudEvents `partitionkey`: order holds per key.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

TYPE_PREFIX = "io.slad."


class Topic(StrEnum):
    """The topics of the bus; on Kafka the name gets the configured prefix (`slad-incidents`)."""

    INCIDENTS = "incidents"  # ingest -> timer, board: what happened
    CLOCKS = "clocks"  # timer -> notifier, board: what it means for the promises
    NOTICES = "notices"  # ingest -> notifier, board: critical fixes
    DELIVERIES = "deliveries"  # notifier -> board: notifications and acknowledgements


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """An event as it travels on the bus: its CloudEvents attributes, and its data as JSON bytes.

    `id` is deterministic: (source, id) identifies the event for ever. `key` is the partition key. `time` is the aware
    instant at which the event became true.
    """

    topic: Topic
    id: str
    type: str
    source: str
    subject: str
    key: str
    time: datetime
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
        """Return the event of a stored row: of a log, or of the events that a service has read and keeps.

        Services keep no `source`, and no `subject` that equals the key. Raises ValueError for an unknown topic.
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
