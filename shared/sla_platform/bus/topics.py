"""The names of the topics on Kafka, and how they are to be set up."""

from __future__ import annotations

from dataclasses import dataclass

from sla_platform.envelope import Topic
from sla_platform.settings import Settings

_LEAST_RECORD_BYTES = 4 * 1_048_576
_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class TopicNames:
    """`<prefix>-<topic>`, one family of topics per installation."""

    prefix: str

    def of(self, topic: Topic) -> str:
        return f"{self.prefix}-{topic.value}"

    @property
    def dead(self) -> str:
        """Where records go that nobody can read or handle, from every group."""
        return f"{self.prefix}-dead"

    def all(self) -> list[str]:
        return [*(self.of(topic) for topic in Topic), self.dead]


def largest_record(settings: Settings) -> int:
    """Bytes. An accepted body must always fit as an event, whatever its re-encoding adds."""
    return max(_LEAST_RECORD_BYTES, 4 * settings.max_body_bytes)


def topic_configuration(settings: Settings, name: str) -> dict[str, str]:
    """Broker-side settings of one topic. Dead letters are kept four times as long."""
    hours = settings.kafka_retention_hours * (4 if name == TopicNames(settings.bus_prefix).dead else 1)
    configuration = {
        "cleanup.policy": "delete",
        "retention.ms": str(hours * _HOUR_MS),
        "max.message.bytes": str(largest_record(settings)),
    }
    if settings.kafka_replication >= 3:
        configuration["min.insync.replicas"] = "2"  # acks=all then means two disks
    return configuration
