"""The relay: one at a time, nothing removed before Kafka has it, and watermarks that are true."""

from __future__ import annotations

import asyncio
import os
import signal
import struct
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import MetaData, func, select
from tests.commanded import OPS
from tests.conformance.bus_rig import Recorder, Rig, event, in_order

from sla_platform import rows
from sla_platform.bus import partition_of, relay
from sla_platform.bus.record import OutgoingRecord
from sla_platform.envelope import Envelope
from sla_platform.errors import StoreBusy
from sla_platform.store import log as logs
from sla_platform.store.log import log_table
from sla_platform.timesource import SystemTime

NOW = SystemTime().now
LOG = log_table(MetaData(), "ingest")
ROOT = Path(__file__).parents[3]


async def test_what_kafka_has_is_removed_from_the_log(rig: Rig) -> None:
    recorder, feeds = Recorder(), rig.feeds()
    async with rig.relays(feeds), rig.reading(recorder, feeds=feeds):
        await rig.append([event("github:1", number) for number in range(5)], feeds)
        await recorder.until_seen(f"github:1/{number}" for number in range(5))
        await _becomes_empty(rig)


async def test_a_relay_that_dies_between_acknowledgement_and_removal_sends_again(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder, feeds = Recorder(), rig.feeds()
    remove, failures = logs.remove, iter([StoreBusy()])

    async def fails_once(*arguments: object) -> None:
        for failure in failures:
            raise failure
        await remove(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(logs, "remove", fails_once)
    await rig.append([event("github:1", number) for number in range(3)])
    async with rig.relays(feeds), rig.reading(recorder, feeds=feeds):
        await recorder.until(lambda seen: len(seen.ids) == 6)
        await _becomes_empty(rig)

    assert recorder.ids == [f"github:1/{number}" for number in (0, 1, 2, 0, 1, 2)]


async def test_an_event_that_cannot_be_written_as_a_record_holds_up_nothing(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, unfit = relay.event_record, {"github:1/2"}

    def refusing(envelope: Envelope, topic: str, partition: int) -> OutgoingRecord:
        if envelope.id in unfit:
            raise struct.error("argument out of range")
        return whole(envelope, topic, partition)

    monkeypatch.setattr(relay, "event_record", refusing)
    monkeypatch.setattr(rows, "PAUSES", (0, 0))
    recorder, feeds = Recorder(), rig.feeds()
    quarantine = feeds.quarantine("ingest")
    async with rig.relays(feeds), rig.reading(recorder, feeds=feeds):
        await rig.append([event("github:1", number) for number in range(5)], feeds)
        await recorder.until_seen(f"github:1/{number}" for number in (0, 1, 3, 4))
        await _becomes_empty(rig)
        after = NOW()
        await recorder.until(lambda seen: all((seen.through(p) or after) > after for p in rig.partitions))
        (kept,) = await quarantine.page("quarantined", 0, 10)
        assert (kept.part, kept.event, kept.error) == ("relay", "github:1/2", "error: argument out of range")
        unfit.clear()
        assert (await quarantine.replay(kept.id, OPS)).state == "replayed"
        await recorder.until_seen(["github:1/2"])
    assert in_order(recorder.ids) == {"github:1": [0, 1, 3, 4, 2]}
    assert recorder.envelopes[-1] == event("github:1", 2)


async def test_a_second_relay_takes_over_when_the_first_is_killed(postgres_rig: Rig) -> None:
    rig, recorder, second = postgres_rig, Recorder(), postgres_rig.feeds("second")
    keys = [f"github:{number}" for number in range(10)]
    async with rig.reading(recorder, feeds=second), _relay_process(rig) as first:
        await rig.append([event(key, 0) for key in keys])
        await recorder.until_seen(f"{key}/0" for key in keys)
        async with rig.relays(second):
            for number in range(1, 40):
                await rig.append([event(key, number) for key in keys])
                if number == 20:
                    first.send_signal(signal.SIGKILL)
            await recorder.until_seen([f"{key}/39" for key in keys])
    assert in_order(recorder.ids) == {key: list(range(40)) for key in keys}


async def test_a_frozen_relay_loses_its_lease_and_does_no_harm_when_it_wakes(postgres_rig: Rig) -> None:
    rig, recorder, second = postgres_rig, Recorder(), postgres_rig.feeds("second")
    keys = [f"github:{number}" for number in range(10)]
    async with rig.reading(recorder, feeds=second), _relay_process(rig) as first:
        await rig.append([event(key, 0) for key in keys])
        await recorder.until_seen(f"{key}/0" for key in keys)
        async with rig.relays(second):
            first.send_signal(signal.SIGSTOP)
            await rig.append([event(key, 1) for key in keys])
            await recorder.until_seen(f"{key}/1" for key in keys)  # by the second: the first still stands still
            first.send_signal(signal.SIGCONT)
            for number in range(2, 30):
                await rig.append([event(key, number) for key in keys])
                await asyncio.sleep(0.02)
            await recorder.until_seen(f"{key}/29" for key in keys)
    assert in_order(recorder.ids) == {key: list(range(30)) for key in keys}


async def test_only_the_holder_of_the_lease_sends(postgres_rig: Rig) -> None:
    rig, recorder = postgres_rig, Recorder()
    one, two = rig.feeds("one"), rig.feeds("two")
    async with rig.relays(one), rig.relays(two), rig.reading(recorder, feeds=one):
        for number in range(100):
            await rig.append([event("github:1", number)], one if number % 2 else two)
        await recorder.until_seen(f"github:1/{number}" for number in range(100))
        metrics = [feeds._metrics.active.labels("ingest_log")._value.get() for feeds in (one, two)]
        assert sorted(metrics) == [0, 1]
    assert max(Counter(recorder.ids).values()) == 1


async def test_a_transaction_that_commits_late_is_found_although_later_ones_have_gone(postgres_rig: Rig) -> None:
    """Its rows have smaller positions than what was sent and removed in the meantime. It delays no watermark."""
    rig, recorder, feeds = postgres_rig, Recorder(), postgres_rig.feeds()
    async with rig.relays(feeds), rig.reading(recorder, feeds=feeds):
        async with rig.store.transaction() as slow:
            await logs.append(slow, LOG, [event("github:slow", 0)])
            await rig.append([event("github:fast", 0)], feeds)
            await recorder.until_seen(["github:fast/0"])
            meanwhile = NOW()
            await recorder.until(lambda seen: all((seen.through(p) or meanwhile) > meanwhile for p in rig.partitions))
            assert "github:slow/0" not in recorder.ids
        await recorder.until_seen(["github:slow/0"])
        await _becomes_empty(rig)


async def test_watermarks_of_a_store_with_a_clock_of_its_own_follow_that_clock(postgres_rig: Rig) -> None:
    """An instance whose clock runs ahead must not promise more than the database, whose clock fires the timers."""

    class Ahead(SystemTime):
        def now(self) -> datetime:
            return super().now() + timedelta(hours=1)

    rig, recorder, feeds = postgres_rig, Recorder(), postgres_rig.feeds()
    feeds._time_source = Ahead()
    async with rig.relays(feeds), rig.reading(recorder, feeds=feeds):
        await recorder.until(lambda seen: all(seen.through(p) for p in rig.partitions))
    assert max(through for batch in recorder.batches if (through := batch.through)) < NOW()


async def test_an_event_that_kafka_refuses_holds_back_its_key_alone(rig: Rig) -> None:
    """Such an event cannot be accepted through ingest's limits; if it exists, nothing may be lost or reordered."""
    recorder, feeds = Recorder(), rig.feeds()
    giant = event("github:giant", 1, data=b'"' + os.urandom(3_000_000).hex().encode() + b'"')
    silent = partition_of("github:giant", len(rig.partitions))
    others = [p for p in rig.partitions if p != silent]
    neighbours = [key for n in range(99) if partition_of(key := f"github:{n}", len(rig.partitions)) == silent][:3]
    batch = [event("github:giant", 0), giant, event("github:giant", 2), *(event(key, 0) for key in neighbours)]
    async with rig.relays(feeds), rig.reading(recorder, feeds=feeds):
        await rig.append(batch, feeds)
        await recorder.until_seen(["github:giant/0", *(f"{key}/0" for key in neighbours)])
        await rig.append([event(key, 1) for key in neighbours], feeds)
        await recorder.until_seen(f"{key}/1" for key in neighbours)
        after = NOW()
        await recorder.until(lambda seen: all((seen.through(p) or after) > after for p in others))
        # Two events of that key are not on the topic: no timer of the partition may believe that nothing happened.
        assert (recorder.through(silent) or after) <= after
    assert "github:giant/2" not in recorder.ids
    assert await _left(rig) == 2
    assert feeds._metrics.refused.labels("ingest_log")._value.get() == 1


async def test_topics_with_other_partitions_get_nothing(rig: Rig, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong SLAD_PARTITIONS would scatter keys; the log keeps everything until the setting is right."""
    wrong = Rig(rig.store, rig.settings.model_copy(update={"partitions": 5}), "kafka")
    feeds = wrong.feeds()
    async with wrong.relays(feeds):
        await wrong.append([event("github:1", 0)], feeds)
        failures = feeds._metrics.publish_failed.labels("ingest_log")
        await _becomes(lambda: failures._value.get() >= 2)
        assert await _left(rig) == 1
    assert "has 6 partitions and SLAD_PARTITIONS says 5" in capsys.readouterr().out

    recorder, right = Recorder(), rig.feeds()
    async with rig.relays(right), rig.reading(recorder, feeds=right):
        await recorder.until_seen(["github:1/0"])


async def test_the_backlog_is_shown_while_kafka_is_away(tmp_path: Path, unique: str, rig: Rig) -> None:
    away = Rig(rig.store, rig.settings.model_copy(update={"bus_url": "kafka://127.0.0.1:1"}), "kafka")
    feeds = away.feeds()
    await away.append([event("github:1", number) for number in range(7)])
    async with away.relays(feeds):
        backlog = feeds._metrics.backlog.labels("ingest_log")
        await _becomes(lambda: backlog._value.get() == 7)
        waiting = feeds._metrics.unpublished.labels("ingest_log")
        await _becomes(lambda: waiting._value.get() > 1)


@asynccontextmanager
async def _relay_process(rig: Rig) -> AsyncIterator[asyncio.subprocess.Process]:
    settings = rig.settings
    environment = os.environ | {
        "SLAD_STORE_URL": settings.store_url,
        "SLAD_BUS_URL": settings.bus_url,
        "SLAD_BUS_PREFIX": settings.bus_prefix,
        "SLAD_PARTITIONS": str(settings.partitions),
        "SLAD_INSTANCE": "first",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.bus.relay_process",
        cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        async with asyncio.timeout(30):
            assert await process.stdout.readline() == b"running\n"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def _left(rig: Rig) -> int:
    async with rig.store.reading() as connection:
        return (await connection.execute(select(func.count()).select_from(LOG))).scalar_one()


async def _becomes_empty(rig: Rig) -> None:
    deadline = time.monotonic() + 20
    while await _left(rig):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def _becomes(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
