"""Records on a topic that are no events: kept on the dead-letter topic with their story, and passed over."""

from __future__ import annotations

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from tests.conformance.bus_rig import Recorder, Rig, event

from sla_platform.bus import partition_of
from sla_platform.bus.kafka import KafkaAccess, Publisher
from sla_platform.bus.record import OutgoingRecord
from sla_platform.bus.topics import TopicNames
from sla_platform.envelope import Topic


async def test_what_cannot_be_read_is_kept_with_its_story_and_the_rest_goes_on(rig: Rig) -> None:
    names = TopicNames(rig.settings.bus_prefix)
    topic, partition = names.of(Topic.INCIDENTS), partition_of("github:1", len(rig.partitions))
    recorder, feeds = Recorder(), rig.feeds()
    async with rig.relays(feeds), rig.reading(recorder, feeds=feeds):
        await rig.append([event("github:1", 0)], feeds)
        await recorder.until_seen(["github:1/0"])
        stranger = Publisher(KafkaAccess.of(rig.settings), "stranger", largest_record=1_000_000)
        garbage = OutgoingRecord(topic, partition, b"github:1", b"\x00\xffnot an event", (("x-from", b"stranger"),))
        assert await stranger.publish([garbage]) == frozenset()
        await stranger.close()
        await rig.append([event("github:1", 1)], feeds)
        await recorder.until_seen(["github:1/1"])
        assert feeds._metrics.dead.labels("timer")._value.get() == 1
    await feeds.close()

    letter = await _first(rig, names.dead, partition)
    assert (letter.key, letter.value) == (b"github:1", b"\x00\xffnot an event")
    headers = {name: value.decode() for name, value in letter.headers}
    offset = headers.pop("slad_dead_offset")
    assert int(offset) > 0  # behind the first event and the watermarks of that while
    assert headers == {
        "x-from": "stranger",
        "slad_dead_group": "timer",
        "slad_dead_topic": topic,
        "slad_dead_partition": str(partition),
        "slad_dead_error": "BadEnvelope: the record has no ce_specversion",
    }


async def _first(rig: Rig, topic: str, partition: int) -> ConsumerRecord:
    consumer = AIOKafkaConsumer(bootstrap_servers=rig.settings.kafka_servers)
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, partition)])
        consumer.seek(TopicPartition(topic, partition), 0)
        return await consumer.getone()
    finally:
        await consumer.stop()
