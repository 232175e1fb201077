"""`slad migrate` on Kafka: topics are created as they must be, or the misfit is said."""

from __future__ import annotations

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from sla_platform.bus.kafka import ensure_topics
from sla_platform.errors import BadSettings, BusUnavailable
from sla_platform.local import KafkaBroker
from sla_platform.local.ports import free_ports
from sla_platform.settings import Settings


def _settings(broker: KafkaBroker, prefix: str, **changes: object) -> Settings:
    return Settings(bus_url=broker.url, bus_prefix=prefix, **changes)  # type: ignore[arg-type]


async def test_missing_topics_are_created_once(kafka_broker: KafkaBroker, unique: str) -> None:
    created = await ensure_topics(_settings(kafka_broker, unique, partitions=12))
    assert sorted(created) == [
        f"{unique}-{name}"
        for name in ("clocks", "contracts", "dead", "deliveries", "incidents", "notices", "objectives")
    ]
    assert await ensure_topics(_settings(kafka_broker, unique, partitions=12)) == []


async def test_retention_and_record_size_follow_the_settings(kafka_broker: KafkaBroker, unique: str) -> None:
    await ensure_topics(_settings(kafka_broker, unique, kafka_retention_hours=24, max_body_bytes=2_000_000))
    assert await _configuration(kafka_broker, f"{unique}-incidents") == {
        "retention.ms": str(24 * 3_600_000),
        "max.message.bytes": "8000000",
    }
    assert (await _configuration(kafka_broker, f"{unique}-dead"))["retention.ms"] == str(4 * 24 * 3_600_000)


async def test_another_number_of_partitions_is_refused(kafka_broker: KafkaBroker, unique: str) -> None:
    await ensure_topics(_settings(kafka_broker, unique, partitions=3))
    with pytest.raises(BadSettings, match="has 3 partitions and SLAD_PARTITIONS says 4"):
        await ensure_topics(_settings(kafka_broker, unique, partitions=4))


async def test_more_replicas_than_brokers_are_refused(kafka_broker: KafkaBroker, unique: str) -> None:
    with pytest.raises(BadSettings, match="SLAD_KAFKA_REPLICATION=3"):
        await ensure_topics(_settings(kafka_broker, unique, kafka_replication=3))


async def test_a_broker_that_is_away_is_said(unique: str) -> None:
    [port] = free_ports(1)
    with pytest.raises(BusUnavailable, match=f"127.0.0.1:{port}"):
        await ensure_topics(Settings(bus_url=f"kafka://127.0.0.1:{port}", bus_prefix=unique))


async def _configuration(broker: KafkaBroker, topic: str) -> dict[str, str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    try:
        [response] = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
        found = {entry[0]: entry[1] for entry in response.resources[0][4]}
        return {name: found[name] for name in ("retention.ms", "max.message.bytes")}
    finally:
        await admin.close()
