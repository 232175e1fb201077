"""What every service of a process uses, built once from the settings: store, bus, time, catalogue, metrics."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector

from sla_notifier.channel.port import Channel
from sla_platform.apikey.copy import KeyCopy
from sla_platform.bus.feeds import Feeds
from sla_platform.bus.metrics import BusMetrics
from sla_platform.clockmemory import ClockMemory, clock_file
from sla_platform.errors import BadSettings
from sla_platform.settings import Settings
from sla_platform.store.engine import Store
from sla_platform.timesource import SystemTime, TimeSource, parse_time_source
from sla_standalone.exposure import missing_settings, reasons_against_exposure
from sla_standalone.holder import CatalogueHolder


@dataclass(frozen=True, slots=True)
class ProcessContext:
    """The objects that all services of a process share, built from the settings by `process_context`."""

    settings: Settings
    store: Store
    feeds: Feeds
    """Access to the message bus."""
    time_source: TimeSource
    registry: CollectorRegistry
    """Where metrics are registered."""
    catalogue: CatalogueHolder
    """Holds the catalogue in force."""
    memory: ClockMemory
    """A file with the last readings of the system's clocks, for the next start."""
    keys: KeyCopy
    """A copy in memory of the API keys made by `slad key make`."""
    channels: Mapping[str, Channel] | None = None
    """What sends messages instead of the kinds of channel in the catalogue, by kind. None outside of rehearsals."""


@asynccontextmanager
async def process_context(
    settings: Settings, time_source: TimeSource | None = None, channels: Mapping[str, Channel] | None = None
) -> AsyncIterator[ProcessContext]:
    """Open the store, the message bus and the catalogue, and yield them as a ProcessContext.

    The store is closed at the end. The caller must close `feeds`, the access to the message bus.

    Args:
        time_source: The clock to use instead of the one in the settings (tests, the demo). None means the settings'
            clock.
        channels: Maps a kind of channel, such as `email`, to the object that sends its messages. None means the
            channels of the catalogue.

    Raises:
        BadSettings: A setting cannot be used.
        CatalogueInvalid: The catalogue has errors.
    """
    registry = CollectorRegistry()
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=registry)
    if missing := missing_settings(settings):
        raise BadSettings("\n".join(missing))
    chosen = time_source or parse_time_source(settings.time)
    store = Store(settings.store_url)
    memory = ClockMemory(clock_file(settings, store.url.database))
    if isinstance(chosen, SystemTime):
        memory.recall(chosen)
    catalogue = CatalogueHolder(
        settings.catalogue, registry, lambda: chosen.now().date(), lambda new: reasons_against_exposure(settings, new)
    )
    try:
        feeds = Feeds(settings, store, chosen, BusMetrics(registry))
        yield ProcessContext(settings, store, feeds, chosen, registry, catalogue, memory, KeyCopy(store), channels)
    finally:
        await store.close()
