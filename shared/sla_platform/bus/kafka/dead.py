"""Quarantined records on Kafka: on `<prefix>-dead` as they came, with where they lay and what was wrong in headers."""

from __future__ import annotations

from sla_platform.bus.kafka.publisher import Publisher
from sla_platform.bus.port import QuarantinedRecord
from sla_platform.bus.record import OutgoingRecord
from sla_platform.errors import BusUnavailable
from sla_platform.fault import error_text
from sla_platform.store.quarantine import LONGEST_ERROR


class QuarantineTopic:
    """Writes records that could not be handled to the Kafka topic `<prefix>-dead`.

    Pass the method `keep_quarantined` to an event source, which calls it with each record that could not be handled.
    The connection is opened at the first record.
    """

    def __init__(self, publisher: Publisher, topic: str) -> None:
        self._publisher = publisher
        self._topic = topic

    async def keep_quarantined(self, record: QuarantinedRecord) -> None:
        """Write a record to the topic unchanged, with added headers `slad_dead_*`.

        The headers hold the record's original topic, partition and offset, and the error.

        Raises:
            BusUnavailable: The record cannot be written. Do not read its partition further until this call succeeds.
        """
        own = {
            "slad_dead_group": record.group,
            "slad_dead_topic": record.topic,
            "slad_dead_partition": str(record.partition),
            "slad_dead_offset": str(record.offset),
            "slad_dead_error": error_text(record.error)[:LONGEST_ERROR],
        }
        headers = (*record.headers, *((name, value.encode("utf-8", "replace")) for name, value in own.items()))
        # The dead topic has the partitions of the others, so the record keeps its number and its key's order.
        outgoing = OutgoingRecord(self._topic, record.partition, record.key, record.value or b"", headers)
        if await self._publisher.publish([outgoing]):
            raise BusUnavailable(
                f"Kafka refuses the quarantined record from {record.topic}/{record.partition}/{record.offset}"
            )

    async def close(self) -> None:
        """Close the connection to Kafka, if there is one."""
        await self._publisher.close()
