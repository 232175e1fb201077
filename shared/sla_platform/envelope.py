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
    """An event with its CloudEvents attributes.

    `id` is deterministic, so that (source, id) identifies the event for ever; `time` is when it became true.
    """

    topic: Topic
    id: str
    type: str
    source: str
    subject: str
    key: str
    time: datetime
    data: bytes
