"""Applying events: fold → clocks → timers → outbox, in units of one partition, on PostgreSQL or SQLite.

    python -m bench.apply --events 20000 [--store sqlite] [--profile]

Incidents live through opened, responded, waiting, resumed, priority change, resolved; arrivals of different incidents
are interleaved as in a busy hour. Reads nothing from a broker: `bench/pipeline.py` measures the way through Kafka.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import pstats
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from bench.results import keep, load
from bench.timers import opened
from prometheus_client import CollectorRegistry

import sla_standalone  # noqa: F401 - it makes the kinds of channels known to the catalogue
from sla_catalogue import load_catalogue, load_text
from sla_domain.event import Actor, EventId, EventKind, IncidentEvent, IncidentId, WaitingOn
from sla_platform.bus import Batch
from sla_platform.store.schema import create_all
from sla_platform.timesource import SystemTime
from sla_platform.wire import encode_event
from sla_timer import tables
from sla_timer.apply.unit import Applier
from sla_timer.metrics import TimerMetrics
from sla_timer.rulebooks import Rulebooks
from sla_timer.tick.adapters import progress_of

BATCH = 500
CUSTOMERS = ("Acme", "Polaris", "Hudson", "Formosa Tea")


def story(number: int, begin: datetime) -> Iterator[IncidentEvent]:
    """One incident's six events, minutes apart."""
    steps = (
        (EventKind.OPENED, {"attributes": {"customer": CUSTOMERS[number % 4], "priority": f"P{number % 3 + 1}",
                                           "title": "Checkout is down", "description": "since this morning"}}),
        (EventKind.RESPONDED, {"actor": Actor.STAFF}),
        (EventKind.WAITING, {"waiting_on": WaitingOn.CUSTOMER}),
        (EventKind.RESUMED, {}),
        (EventKind.PRIORITY_CHANGED, {"attributes": {"priority": "P2"}}),
        (EventKind.RESOLVED, {"actor": Actor.STAFF}),
    )  # fmt: skip
    for step, (kind, more) in enumerate(steps):
        at = begin + timedelta(minutes=7 * step)
        yield IncidentEvent(
            id=EventId(f"bench/{number}/{step}"), incident=IncidentId(f"bench:{number}"), kind=kind, occurred_at=at,
            received_at=at, source="bench", **more,  # type: ignore[arg-type]
        )  # fmt: skip


def interleaved(events: int, begin: datetime) -> list[IncidentEvent]:
    """The events of many incidents in a plausible order of arrival."""
    mixed = [
        (number * 1.0 + step * 40, event)
        for number in range(events // 6 + 1)
        for step, event in enumerate(story(number, begin))
    ]
    jitter = random.Random(3)
    mixed.sort(key=lambda pair: pair[0] + jitter.random())
    return [event for _, event in mixed][:events]


async def run(arguments: argparse.Namespace) -> None:
    before = load()
    source = SystemTime()
    catalogue = load_catalogue(Path("examples/catalogue"))
    with tempfile.TemporaryDirectory() as folder:
        async with opened(arguments.store, Path(folder)) as store:
            await create_all(store, [tables.metadata])
            rulebooks = Rulebooks(lambda: catalogue, load_text, source)
            metrics = TimerMetrics(CollectorRegistry())
            applier = Applier(store, rulebooks, progress_of(store), source, "bench", metrics, lambda: None)
            await applier.assigned(frozenset({0}))
            envelopes = [encode_event(event) for event in interleaved(arguments.events, source.now())]
            batches = [tuple(envelopes[n : n + BATCH]) for n in range(0, len(envelopes), BATCH)]
            begun = time.perf_counter()
            for batch in batches:
                await applier.handle(Batch(0, batch, None))
            spent = time.perf_counter() - begun
            decided = sum(sample.value for metric in metrics.decide_seconds.collect() for sample in metric.samples
                          if sample.name.endswith("_sum"))  # fmt: skip
    keep({"store": arguments.store, "events": len(envelopes), "seconds": spent, "events_per_s": len(envelopes) / spent,
          "deciding_s": decided}, before)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--store", choices=("postgresql", "sqlite"), default="postgresql")
    parser.add_argument("--profile", action="store_true")
    arguments = parser.parse_args()
    if not arguments.profile:
        asyncio.run(run(arguments))
        return
    profile = cProfile.Profile()
    profile.enable()
    asyncio.run(run(arguments))
    profile.disable()
    pstats.Stats(profile).sort_stats("cumulative").print_stats(45)


if __name__ == "__main__":
    main()
