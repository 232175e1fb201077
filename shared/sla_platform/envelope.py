"""An event as it travels: the CloudEvents 1.0 attributes slad uses, with the data as JSON bytes.

Topics are few and named once here. `key` is the CloudEvents `partitionkey`: order holds per key.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

TYPE_PREFIX = "io.slad."


class Topic(StrEnum):
    """The topics of the bus; on Kafka the name gets the configured prefix (`slad-incidents`).

    INCIDENTS: what happened to tickets. CLOCKS: what follows for the clocks and the promised due instants. NOTICES:
    notices of critical fixes. DELIVERIES: what became of notifications, and who acknowledged them. OBJECTIVES: how
    objectives of attainment stand. CONTRACTS: changes of contracts, each with the whole record after it.
    """

    INCIDENTS = "incidents"  # ingest -> timer, board: what happened
    CLOCKS = "clocks"  # timer -> notifier, board: what it means for the promises
    NOTICES = "notices"  # ingest -> notifier, board: critical fixes
    DELIVERIES = "deliveries"  # notifier -> board: notifications and acknowledgements
    OBJECTIVES = "objectives"  # board -> notifier: how objectives of attainment stand
    CONTRACTS = "contracts"  # ingest -> timer, notifier, board: the records of contracts


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """An event on the bus: its CloudEvents attributes, and its data as JSON bytes.

    `id`: unique among events of the same `source`. `type`: such as `io.slad.clock.breached.v1`. `subject`: what the
    event is about, such as an incident. `key`: the partition key; events of the same key keep their order. `time`: the
    aware instant at which the event became true.
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
        """Return the event that is stored in a row of a table, given the columns of the row.

        The table is an event log, or a service's own copy of events. `data`: as JSON text. `source`: "" if not stored.
        `subject`: "" if equal to `key`. Raises ValueError for an unknown `topic`.
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
