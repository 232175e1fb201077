"""The broker is away, comes late, freezes or is killed: nothing is lost, the order stays, the process lives on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.conformance.bus_rig import Recorder, Rig, background, event, in_order

from sla_platform.bus.kafka import ensure_topics
from sla_platform.bus.kafka.source import KafkaSource
from sla_platform.local import KafkaBroker
from sla_platform.timesource import SystemTime

pytestmark = [pytest.mark.kill, pytest.mark.timeout(240)]
NOW = SystemTime().now
KEYS = [f"github:{number}" for number in range(12)]


async def test_a_broker_that_comes_late_finds_everything_waiting(own_rig: Rig, own_kafka: KafkaBroker) -> None:
    await asyncio.to_thread(own_kafka.stop)
    recorder, feeds = Recorder(), own_rig.feeds()
    async with own_rig.relays(feeds), own_rig.reading(recorder, feeds=feeds):
        for number in range(5):
            await own_rig.append([event(key, number) for key in KEYS], feeds)
            await asyncio.sleep(0.5)  # long enough for both to have failed more than once
        assert recorder.ids == []
        await asyncio.to_thread(own_kafka.start)
        await recorder.until_seen((f"{key}/{number}" for key in KEYS for number in range(5)), seconds=60)
    assert in_order(recorder.ids) == {key: list(range(5)) for key in KEYS}


async def test_topics_that_are_missing_are_waited_for(own_rig: Rig) -> None:
    """A service that starts before `slad migrate` says so and goes on by itself afterwards."""
    unmigrated = Rig(own_rig.store, own_rig.settings.model_copy(update={"bus_prefix": "late"}), "kafka")
    recorder, feeds = Recorder(), unmigrated.feeds()
    async with unmigrated.relays(feeds), unmigrated.reading(recorder, feeds=feeds):
        await unmigrated.append([event("github:1", 0)], feeds)
        await asyncio.sleep(1.0)
        await ensure_topics(unmigrated.settings)
        await recorder.until_seen(["github:1/0"], seconds=60)


async def test_a_broker_killed_under_load_loses_nothing(own_rig: Rig, own_kafka: KafkaBroker) -> None:
    """kill -9 twice; writers never notice, and the backlog arrives in order afterwards."""
    recorder, feeds = Recorder(), own_rig.feeds()
    written = 0
    enough = asyncio.Event()

    async def write() -> None:
        nonlocal written
        while not enough.is_set():
            await own_rig.append([event(key, written) for key in KEYS], feeds)
            written += 1
            await asyncio.sleep(0.02)

    async with own_rig.relays(feeds), own_rig.reading(recorder, feeds=feeds), background(write()) as writing:
        for _ in range(2):
            await recorder.until_seen([f"{KEYS[0]}/{written + 5}"], seconds=60)
            await asyncio.to_thread(own_kafka.kill)
            before = written
            await asyncio.sleep(3.0)
            await _becomes(lambda before=before: written >= before + 20)  # its absence is not the writers' business
            await asyncio.to_thread(own_kafka.start)
        enough.set()
        await writing
        await recorder.until_seen((f"{key}/{number}" for key in KEYS for number in range(written)), seconds=90)
        back = NOW()
        await recorder.until(lambda seen: all((seen.through(p) or back) > back for p in own_rig.partitions), 60)

    assert written > 100
    assert in_order(recorder.ids) == {key: list(range(written)) for key in KEYS}


async def test_a_broker_away_for_longer_than_the_watchdog_waits_is_read_again(
    own_rig: Rig, own_kafka: KafkaBroker
) -> None:
    """The consumer is taken for stuck and replaced while nobody answers: its end must not be the reader's."""
    recorder, feeds = Recorder(), own_rig.feeds(watchdog=2.0)
    async with own_rig.relays(feeds), own_rig.reading(recorder, feeds=feeds) as source:
        for number in range(2):
            await own_rig.append([event("github:1", number)], feeds)
            await recorder.until_seen([f"github:1/{number}"], seconds=60)
            await asyncio.to_thread(own_kafka.kill)
            assert isinstance(source, KafkaSource)
            await _becomes(lambda: source._session is None, 60)
            await asyncio.to_thread(own_kafka.start)
        await own_rig.append([event("github:1", 2)], feeds)
        await recorder.until_seen(["github:1/2"], seconds=60)
        await _becomes(lambda: source.healthy)
    assert in_order(recorder.ids) == {"github:1": [0, 1, 2]}


async def test_through_stands_still_while_the_broker_is_frozen(own_rig: Rig, own_kafka: KafkaBroker) -> None:
    recorder, feeds = Recorder(), own_rig.feeds(watchdog=2.0)
    async with own_rig.relays(feeds), own_rig.reading(recorder, feeds=feeds) as source:
        await recorder.until(lambda seen: all(seen.through(p) for p in own_rig.partitions))
        own_kafka.pause()
        frozen = NOW() + timedelta(seconds=0.5)  # what was on its way may still arrive
        await own_rig.append([event("github:1", 0)], feeds)
        await _becomes(lambda: not source.healthy)
        assert all(through < frozen for p in own_rig.partitions if (through := recorder.through(p)))
        own_kafka.resume()
        await recorder.until_seen(["github:1/0"], seconds=90)
        thawed = NOW()
        await recorder.until(lambda seen: all((seen.through(p) or thawed) > thawed for p in own_rig.partitions), 60)
        await _becomes(lambda: source.healthy)


async def test_a_consumer_that_fell_silent_is_replaced(rig: Rig) -> None:
    """aiokafka issue 1154: the fetcher is dead, the client does not say so, and only a new one helps."""
    recorder, feeds = Recorder(), rig.feeds(watchdog=2.0)
    async with rig.relays(feeds), rig.reading(recorder, feeds=feeds) as source:
        await rig.append([event("github:1", 0)], feeds)
        await recorder.until_seen(["github:1/0"])
        assert isinstance(source, KafkaSource)
        assert source._session is not None
        source._session._consumer._fetcher._fetch_task.cancel()
        await asyncio.sleep(0.1)
        await rig.append([event("github:1", 1)], feeds)
        await recorder.until_seen(["github:1/1"], seconds=30)
    assert [what for what, _ in recorder.story if what != "batch"] == ["assigned", "revoked", "assigned", "revoked"]


async def _becomes(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
