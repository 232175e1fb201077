"""A real broker takes, keeps and gives back what slad will trust it with."""

from __future__ import annotations

import asyncio
import socket

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from sla_platform.local import KafkaBroker, StartFailed
from sla_platform.local.ports import port_in_use


async def test_an_idempotent_lz4_producer_reaches_a_group_consumer(kafka_broker: KafkaBroker, unique: str) -> None:
    await _create_topic(kafka_broker, unique)
    sent = [f"event {number}".encode() for number in range(100)]

    await _produce(kafka_broker, unique, sent)

    assert await _consume(kafka_broker, unique, len(sent)) == sent


@pytest.mark.long
async def test_the_life_of_a_broker(own_kafka: KafkaBroker, unique: str) -> None:
    """One story, for the start of a broker takes eight seconds of the processor."""
    await _another_python_finds_it_again(own_kafka)
    await _killed_after_the_acknowledgement_it_loses_nothing(own_kafka, unique)
    await _a_taken_port_is_told_before_it_tries(own_kafka)


async def _another_python_finds_it_again(own_kafka: KafkaBroker) -> None:
    other = KafkaBroker(own_kafka.data_dir)

    assert other.running
    assert (other.pid, other.bootstrap) == (own_kafka.pid, own_kafka.bootstrap)


async def _killed_after_the_acknowledgement_it_loses_nothing(own_kafka: KafkaBroker, unique: str) -> None:
    await _create_topic(own_kafka, unique)
    address, sent = own_kafka.bootstrap, [f"event {number}".encode() for number in range(500)]
    await _produce(own_kafka, unique, sent)

    await asyncio.to_thread(own_kafka.kill)
    assert not own_kafka.running
    await asyncio.to_thread(own_kafka.start)

    assert own_kafka.bootstrap == address
    assert await _consume(own_kafka, unique, len(sent)) == sent


async def _a_taken_port_is_told_before_it_tries(own_kafka: KafkaBroker) -> None:
    port = int(own_kafka.bootstrap.rpartition(":")[2])
    assert port_in_use(port)
    await asyncio.to_thread(own_kafka.kill)
    assert not port_in_use(port)

    with socket.create_server(("127.0.0.1", port)), pytest.raises(StartFailed, match=f"port {port} is taken"):
        own_kafka.start()


async def _create_topic(broker: KafkaBroker, name: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()


async def _produce(broker: KafkaBroker, topic: str, messages: list[bytes]) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=broker.bootstrap, enable_idempotence=True, compression_type="lz4", linger_ms=5
    )
    await producer.start()
    try:
        acknowledged = [await producer.send(topic, message) for message in messages]
        await asyncio.gather(*acknowledged)
    finally:
        await producer.stop()


async def _consume(broker: KafkaBroker, topic: str, count: int) -> list[bytes]:
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=broker.bootstrap,
        group_id=f"{topic}-readers",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    await consumer.start()
    try:
        return [(await consumer.getone()).value for _ in range(count)]
    finally:
        await consumer.stop()
