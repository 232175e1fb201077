"""Dead letters on Kafka: the record as it came, on `<prefix>-dead`, with where it lay and what was wrong in headers."""

from __future__ import annotations

from sla_platform.bus.kafka.publisher import Publisher
from sla_platform.bus.port import QuarantinedRecord
from sla_platform.bus.record import OutgoingRecord
from sla_platform.errors import BusUnavailable
from sla_platform.fault import worded
from sla_platform.store.quarantine import LONGEST_ERROR


class QuarantineTopic:
    """Writes records that cannot be handled to `<prefix>-dead`; connects only when the first one comes."""

    def __init__(self, publisher: Publisher, topic: str) -> None:
        self._publisher = publisher
        self._topic = topic

    async def keep_quarantined(self, letter: QuarantinedRecord) -> None:
        """Write the record. Raises BusUnavailable when it could not be kept; the partition then waits."""
        own = {
            "slad_dead_group": letter.group,
            "slad_dead_topic": letter.topic,
            "slad_dead_partition": str(letter.partition),
            "slad_dead_offset": str(letter.offset),
            "slad_dead_error": worded(letter.error)[:LONGEST_ERROR],
        }
        headers = (*letter.headers, *((name, value.encode("utf-8", "replace")) for name, value in own.items()))
        # The dead topic has the partitions of the others, so the letter keeps its number and its key's order.
        record = OutgoingRecord(self._topic, letter.partition, letter.key, letter.value or b"", headers)
        if await self._publisher.publish([record]):
            raise BusUnavailable(
                f"Kafka refuses the dead letter from {letter.topic}/{letter.partition}/{letter.offset}"
            )

    async def close(self) -> None:
        """Close the connection, if there is one."""
        await self._publisher.close()
