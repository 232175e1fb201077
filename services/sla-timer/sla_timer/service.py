"""The timer service, assembled: a consumer that applies events, a tick that fires timers, and the gauges of both."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from prometheus_client import CollectorRegistry

from sla_platform.bus import Quarantine
from sla_platform.bus.feeds import Feeds
from sla_platform.bus.quarantine import CONSUME
from sla_platform.contracts.copies import RecordCopy, with_records
from sla_platform.contracts.shelf import RecordShelf
from sla_platform.envelope import Topic
from sla_platform.retention import Retention, RetentionLoop, RetentionOrder, ServiceSweeps, newest_in
from sla_platform.runtime import Part, Service
from sla_platform.settings import Settings
from sla_platform.store.engine import Store
from sla_platform.timesource import TimeSource
from sla_timer import tables
from sla_timer.apply.audit import Audit
from sla_timer.apply.later import DeferredEvents
from sla_timer.apply.prepare import FoldPreparer
from sla_timer.apply.quarantine import TimerQuarantine
from sla_timer.apply.refold import Refolder
from sla_timer.apply.replan import Replanner, ask_contracts
from sla_timer.apply.unit import Applier
from sla_timer.gauge import TimerGauges
from sla_timer.metrics import TimerMetrics
from sla_timer.retention import IncidentRetention
from sla_timer.rulebooks import CatalogueInForce, ContractRecords, RulebookOverlay, RulebookParts, Rulebooks
from sla_timer.tick.adapters import firing_of, progress_of
from sla_timer.tick.canary import Canary
from sla_timer.tick.loop import TickLoop

STALLED_SECONDS = 10.0
PARTITIONS_AT_ONCE = 4  # a batch waits for the database half of its time; an incident lies in one partition


@dataclass(frozen=True, slots=True)
class TimerService:
    """The parts of the timer service, as `build` returns them.

    The HTTP routes use the fields `store`, `rulebooks`, `time_source` and `preparing`.
    """

    service: Service
    """The loops and health checks, to be run."""
    store: Store
    rulebooks: Rulebooks
    tick: TickLoop
    """Fires due timers."""
    metrics: TimerMetrics
    time_source: TimeSource
    forgetting: RetentionLoop
    """Removes old data."""
    preparing: FoldPreparer
    """Caches incidents with 250 events or more."""
    quarantine: Quarantine
    remake: RulebookParts | None = None


def build(
    settings: Settings,
    store: Store,
    feeds: Feeds,
    time_source: TimeSource,
    registry: CollectorRegistry,
    current: Callable[[], CatalogueInForce],
    revive: Callable[[str], CatalogueInForce],
    overlay: Callable[[RecordShelf], RulebookOverlay] | None = None,
) -> TimerService:
    """Build the timer service and return its parts; nothing runs yet.

    Args:
        feeds: Makes the subscription to incident events.
        registry: Where the Prometheus metrics are registered.
        current: Returns the present catalogue.
        revive: Builds an earlier catalogue from its stored text.
        overlay: Takes the recorded contracts (kept in the database), and returns the function that adds these contracts
            to a catalogue's rulebook. None means that there are no recorded contracts.
    """
    metrics = TimerMetrics(registry)
    progress = progress_of(store)
    derived = store.deriving()  # from incident events, which ingest keeps
    firing = firing_of(derived, progress)
    records = None
    if overlay is not None:
        shelf = RecordShelf(store)
        records = ContractRecords(RecordCopy(shelf, tables.contract_records, tables.contract_cursor), overlay(shelf))
    rulebooks = Rulebooks(current, revive, time_source, records)
    wake = feeds.wake_signal("timer").wake
    events = feeds.source("timer", [Topic.INCIDENTS], tables.cursor, at_once=PARTITIONS_AT_ONCE)
    preparing = FoldPreparer(store, metrics)
    owner = settings.instance or "standalone"
    applier = Applier(derived, rulebooks, progress, time_source, owner, metrics, wake, preparing)
    tick = TickLoop(firing, progress, time_source, settings, metrics, wake)
    refolder = Refolder(store, rulebooks, time_source, preparing)
    quarantine = feeds.quarantine("timer")
    quarantine.register_replay(CONSUME, applier.replay)
    waiting = DeferredEvents(store, applier, quarantine)
    kept = TimerQuarantine(store, quarantine, refolder)
    replanner = Replanner(store, rulebooks, refolder, metrics, wake, kept)
    audit = Audit(store, refolder, time_source, metrics, wake, kept)
    gauges = TimerGauges(store, events, time_source, metrics)
    old = IncidentRetention(store.giving_way())
    sweeps = (old.ended, old.late, quarantine.sweep_replayed)
    keeping = ServiceSweeps(
        "timer", RetentionOrder.COUNTED, sweeps, metrics.removed, newest_in(store, tables.incident.c.changed_at)
    )
    forgetting = RetentionLoop(Retention.of(settings), time_source, (keeping,))

    async def consume() -> None:
        await events.run(applier)

    async def store_answers() -> str | None:
        async with store.reading() as connection:
            await connection.exec_driver_sql("SELECT 1 FROM timer_partition LIMIT 1")
        return None

    async def tick_is_fresh() -> str | None:
        silent = time.monotonic() - tick.last_tick
        return None if silent < STALLED_SECONDS else f"the tick has not completed a pass for {silent:.0f} s"

    async def bus_is_healthy() -> str | None:
        return None if events.healthy else "events wait and none has been applied: the consumer is being restarted"

    service = Service(
        "timer",
        parts=(
            Part("consume", consume),
            Part("deferred", waiting.run),
            Part("tick", tick.run),
            Part("replan", replanner.run),
            Part("audit", audit.run),
            Part("canary", Canary(store, firing, time_source).run),
            Part("gauges", gauges.run),
            Part("quarantine", quarantine.run),
            Part("retention", forgetting.run),
        ),
        checks={"store": store_answers, "tick": tick_is_fresh, "bus": bus_is_healthy},
    )
    if records is not None:
        service = with_records(service, store, feeds, records.copy, within=ask_contracts)
    remake = None if overlay is None else RulebookParts(revive, overlay)
    return TimerService(
        service, store, rulebooks, tick, metrics, time_source, forgetting, preparing, quarantine, remake
    )
