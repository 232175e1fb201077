"""The names of the topics on Kafka, and how they are to be set up."""

from __future__ import annotations

from dataclasses import dataclass

from sla_platform.envelope import Topic
from sla_platform.settings import Settings

_LEAST_RECORD_BYTES = 4 * 1_048_576
_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class TopicNames:
    """The names of slad's topics on Kafka: `<prefix>-<topic>`, such as `slad-incidents`."""

    prefix: str
    """The setting `SLAD_BUS_PREFIX`. With different prefixes several installations can share a Kafka."""

    def of(self, topic: Topic) -> str:
        """Return the name of a topic on Kafka, such as `slad-incidents` for INCIDENTS."""
        return f"{self.prefix}-{topic.value}"

    @property
    def dead(self) -> str:
        """Return `<prefix>-dead`, the topic for records that a consumer group could not handle."""
        return f"{self.prefix}-dead"

    def all(self) -> list[str]:
        """Return the Kafka names of all topics of the installation.

        They are the names of all members of `Topic`, and `<prefix>-dead`, the topic for records that could not be
        handled.
        """
        return [*(self.of(topic) for topic in Topic), self.dead]


def largest_record(settings: Settings) -> int:
    """Return the greatest size of a record in bytes: four times SLAD_MAX_BODY_BYTES, at least 4 MiB.

    An event made of an accepted request body always fits, though the event may be longer than the body.
    """
    return max(_LEAST_RECORD_BYTES, 4 * settings.max_body_bytes)


def topic_configuration(settings: Settings, name: str) -> dict[str, str]:
    """Return the settings with which the topic `name` is created at the broker, such as `retention.ms`.

    The topic for records that could not be handled keeps them four times as long as the other topics. The topic of
    contracts is compacted: it keeps the newest record of each contract for ever.
    """
    if name == TopicNames(settings.bus_prefix).of(Topic.CONTRACTS):
        return _replicated(settings, {"cleanup.policy": "compact", "max.message.bytes": str(largest_record(settings))})
    hours = settings.kafka_retention_hours * (4 if name == TopicNames(settings.bus_prefix).dead else 1)
    return _replicated(
        settings,
        {
            "cleanup.policy": "delete",
            "retention.ms": str(hours * _HOUR_MS),
            "max.message.bytes": str(largest_record(settings)),
        },
    )


def _replicated(settings: Settings, configuration: dict[str, str]) -> dict[str, str]:
    if settings.kafka_replication >= 3:
        configuration["min.insync.replicas"] = "2"  # acks=all then means two disks
    return configuration
