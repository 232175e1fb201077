"""What every service of a process stands on, built once from the settings: store, bus, time, catalogue, metrics."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector

from sla_platform.bus.feeds import Feeds
from sla_platform.bus.metrics import BusMetrics
from sla_platform.clockmemory import ClockMemory, place
from sla_platform.errors import BadSettings
from sla_platform.settings import Settings
from sla_platform.store.engine import Store
from sla_platform.timesource import SystemTime, TimeSource, time_source
from sla_standalone.exposure import not_for_others, unnamed
from sla_standalone.holder import CatalogueHolder


@dataclass(frozen=True, slots=True)
class Ground:
    settings: Settings
    store: Store
    feeds: Feeds
    time: TimeSource
    registry: CollectorRegistry
    catalogue: CatalogueHolder
    memory: ClockMemory


@asynccontextmanager
async def ground(settings: Settings, time: TimeSource | None = None) -> AsyncIterator[Ground]:
    """Open everything; close it at the end. `time` overrides the settings' source (tests, the demo).

    Raises BadSettings, CatalogueInvalid.
    """
    registry = CollectorRegistry()
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=registry)
    if missing := unnamed(settings):
        raise BadSettings("\n".join(missing))
    source = time or time_source(settings.time)
    store = Store(settings.store_url)
    memory = ClockMemory(place(settings, store.url.database))
    if isinstance(source, SystemTime):
        memory.recall(source)
    catalogue = CatalogueHolder(
        settings.catalogue, registry, lambda: source.now().date(), lambda new: not_for_others(settings, new)
    )
    try:
        feeds = Feeds(settings, store, source, BusMetrics(registry))
        yield Ground(settings, store, feeds, source, registry, catalogue, memory)
    finally:
        await store.close()
