"""Consume → fold → clocks → outbox, through a real Kafka and PostgreSQL on this machine.

    python -m bench.pipeline --events 40000

A producer as ingest's relay is (idempotent, acks=all) fills the topic of incidents first; then the timer's consumer is
started and timed from its first unit of work until the last event is applied and committed. The events are those of
`bench/apply.py`: six to an incident, interleaved as in a busy hour.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any

import uvloop
from bench.apply import interleaved
from bench.results import keep, load
from bench.timers import opened
from prometheus_client import CollectorRegistry
from sqlalchemy import text

import sla_standalone  # noqa: F401 - it makes the kinds of channels known to the catalogue
from sla_catalogue import load_catalogue, load_text
from sla_platform.bus.feeds import Feeds
from sla_platform.bus.kafka import KafkaAccess, Publisher
from sla_platform.bus.kafka.admin import ensure_topics
from sla_platform.bus.partition import partition_of
from sla_platform.bus.record import event_record
from sla_platform.bus.topics import TopicNames, largest_record
from sla_platform.envelope import Topic
from sla_platform.local import KafkaBroker
from sla_platform.settings import Settings
from sla_platform.store.schema import create_all
from sla_platform.timesource import SystemTime
from sla_platform.wire import encode_event
from sla_timer import tables
from sla_timer.apply.unit import Applier
from sla_timer.metrics import TimerMetrics
from sla_timer.rulebooks import Rulebooks
from sla_timer.service import PARTITIONS_AT_ONCE
from sla_timer.tick.adapters import progress_of

CATALOGUE = Path("examples/catalogue")


async def published(settings: Settings, events: int) -> int:
    """Fill the topic; how many records it holds then."""
    topic = TopicNames(settings.bus_prefix).of(Topic.INCIDENTS)
    envelopes = [encode_event(event) for event in interleaved(events, SystemTime().now())]
    publisher = Publisher(KafkaAccess.of(settings), "bench", largest_record=largest_record(settings))
    for first in range(0, len(envelopes), 1000):
        records = [event_record(e, topic, partition_of(e.key, settings.partitions)) for e in envelopes[first:][:1000]]
        refused = await publisher.publish(records)
        assert not refused
    await publisher.close()
    return len(envelopes)


async def run(arguments: argparse.Namespace) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        broker = KafkaBroker(Path(folder) / "kafka")
        await asyncio.to_thread(broker.start)
        try:
            async with opened("postgresql", Path(folder)) as store:
                settings = Settings(bus_url=broker.url, store_url=store.url.render_as_string(hide_password=False))
                await create_all(store, [tables.metadata])
                await ensure_topics(settings)
                events = await published(settings, arguments.events)
                source, metrics, progress = SystemTime(), TimerMetrics(CollectorRegistry()), progress_of(store)
                catalogue = load_catalogue(CATALOGUE)
                rulebooks = Rulebooks(lambda: catalogue, load_text, source)
                applier = Applier(store, rulebooks, progress, source, "bench", metrics, lambda: None)
                feeds = Feeds(settings, store, source)
                reader = feeds.source("timer", [Topic.INCIDENTS], tables.cursor, at_once=arguments.at_once)
                task = asyncio.create_task(reader.run(applier))
                begun, applied = 0.0, 0.0
                while applied < events and not task.done():
                    await asyncio.sleep(0.02)
                    applied = metrics.applied._value.get()  # the metric is the one count there is without a query
                    begun = begun or (time.perf_counter() if applied else 0.0)
                spent = time.perf_counter() - begun
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                async with store.reading() as connection:
                    counted = text("SELECT (SELECT count(*) FROM timer_event), (SELECT count(*) FROM timer_log)")
                    stored, facts = (await connection.execute(counted)).one()
                return {
                    "events": events, "applied": stored, "facts": facts, "at_once": arguments.at_once,
                    "seconds": spent, "events_per_s": events / spent,
                }  # fmt: skip
        finally:
            await asyncio.to_thread(broker.discard)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=40_000)
    parser.add_argument("--at-once", type=int, default=PARTITIONS_AT_ONCE, help="partitions handled at the same time")
    arguments = parser.parse_args()
    before = load()
    keep(uvloop.run(run(arguments)), before)


if __name__ == "__main__":
    main()
