"""The notifier, assembled: intake, scheduler, escalation, sending, metrics and retention."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module

from fastapi import APIRouter
from prometheus_client import CollectorRegistry

from sla_catalogue import Catalogue
from sla_notifier import tables
from sla_notifier.api.routes import router
from sla_notifier.ask.reminders import Reminders
from sla_notifier.channel.port import Channel
from sla_notifier.channel.registry import open_channels
from sla_notifier.context import NotifierContext
from sla_notifier.contract_watch.watch import ContractWatch
from sla_notifier.escalate.escalator import Escalator
from sla_notifier.gauge import NotifierGauges
from sla_notifier.heartbeat import Heartbeat
from sla_notifier.intake.deadlines import GROUP as DEADLINE_GROUP
from sla_notifier.intake.deadlines import DeadlineHandler
from sla_notifier.intake.handler import TOPICS, FactHandler
from sla_notifier.intake.scheduler import FairScheduler
from sla_notifier.link import Links
from sla_notifier.link_secret import LinkSecret
from sla_notifier.metrics import NotifierMetrics
from sla_notifier.notification.unit_of_work import RenderConfig
from sla_notifier.on_call import feeds_ending
from sla_notifier.override.catalogue import OverriddenCatalogue
from sla_notifier.profile import Profiles
from sla_notifier.release.releaser import Releaser
from sla_notifier.retention import NotifierSweeps
from sla_notifier.send.pace import Pace
from sla_notifier.send.sender import Sender
from sla_notifier.text.render import shipped_texts
from sla_platform.bus import EventSource, Feeds, Quarantine, WakeSignal
from sla_platform.bus.metrics import BusMetrics
from sla_platform.bus.quarantine import CONSUME
from sla_platform.contracts.copies import RecordCopy, with_records
from sla_platform.envelope import Topic
from sla_platform.http.keys import Authorizer
from sla_platform.retention import Retention, RetentionLoop, RetentionOrder, ServiceSweeps, newest_in
from sla_platform.runtime import Check, Part, Service
from sla_platform.settings import Settings
from sla_platform.store.engine import Store
from sla_platform.store.quarantine import QuarantineEntry
from sla_platform.timesource import TimeSource

STALLED_SECONDS = 30.0
# Imported by the library or the interpreter itself when they are first needed.
_LATE_MODULES = ("concurrent.futures.thread", "encodings.idna", "stringprep")
PARTITIONS_AT_ONCE = 4  # taking in waits for the database most of the time


@dataclass(frozen=True, slots=True)
class NotifierService:
    """The parts of one notifier, as `build` returns them: the service to run, its HTTP routes, its loops."""

    service: Service
    """The service to run."""
    router: APIRouter
    """The router to mount into an HTTP application."""
    context: NotifierContext
    """The objects that the parts of the service share."""
    handler: FactHandler
    """Takes in facts."""
    scheduler: FairScheduler
    """Processes waiting facts."""
    escalator: Escalator
    """Takes escalation steps."""
    sender: Sender
    """Sends messages."""
    forgetting: RetentionLoop
    """Deletes old rows."""


def build(
    settings: Settings,
    store: Store,
    feeds: Feeds,
    time_source: TimeSource,
    registry: CollectorRegistry,
    catalogue: Callable[[], Catalogue],
    *,
    authorize: Authorizer,
    records: RecordCopy | None = None,
    channels: Mapping[str, Channel] | None = None,
) -> NotifierService:
    """Return the notifier, ready to run; nothing is started.

    Args:
        feeds: The event bus, which gives event sources and wake signals.
        registry: Where the metrics are registered.
        catalogue: Returns the present catalogue.
        authorize: Checks the API key of a request.
        records: The process's copy of the contracts that are kept in the database. None means that all contracts are in
            files.
        channels: Maps a kind of channel, such as `email`, to the object that sends its messages. None means all kinds
            that slad has.

    Raises:
        BadSettings: The settings are unusable.
    """
    quarantine = feeds.quarantine("notifier")
    context = notifier_context(
        settings, store, feeds.wake_signal("notifier"), time_source, registry, catalogue, quarantine, records
    )
    channels = open_channels(settings, catalogue) if channels is None else channels
    facts = feeds.source("notifier", TOPICS, tables.cursor, at_once=PARTITIONS_AT_ONCE)
    heartbeat = Heartbeat(settings.heartbeat_url, time_source, context.metrics)
    handler, scheduler, escalator = (
        FactHandler(context, heartbeat.note_canary),
        FairScheduler(context),
        Escalator(context),
    )
    sender = Sender(context, channels, Pace(lease_seconds=settings.delivery_lease_seconds))
    deadlines = DeadlineHandler(context)
    clocks = feeds.source(
        DEADLINE_GROUP, [Topic.CLOCKS], tables.deadline_cursor, keep_quarantined=quarantine.keep_quarantined
    )

    async def replay(entry: QuarantineEntry) -> None:
        await handler.replay(entry)
        await deadlines.replay(entry)

    quarantine.register_replay(CONSUME, replay)

    over = NotifierSweeps(store.giving_way())
    sweeps = (
        over.alerts,
        over.deliveries,
        over.notices,
        over.registrations,
        over.questions,
        over.taken_in,
        over.conversations,
        quarantine.sweep_replayed,
    )
    keeping = ServiceSweeps(
        "notifier", RetentionOrder.TOLD, sweeps, context.metrics.removed, newest_in(store, tables.inbox.c.at)
    )
    forgetting = RetentionLoop(Retention.of(settings), time_source, (keeping,))

    async def consume() -> None:
        await preload_files(context, channels)
        await facts.run(handler)

    async def keep_deadlines() -> None:
        await clocks.run(deadlines)

    async def close() -> None:
        for channel in channels.values():
            await channel.close()

    async def rotas_reach_far() -> str | None:
        return feeds_ending(context.catalogue(), time_source.now())

    service = Service(
        "notifier",
        parts=(
            Part("consume", consume),
            Part("deadlines", keep_deadlines),
            Part("decide", scheduler.run),
            Part("escalate", escalator.run),
            Part("send", sender.run),
            Part("profiles", Profiles(context).run),
            Part("contract-news", ContractWatch(context).run),
            Part("questions", Reminders(context).run),
            Part("quiet_hours", Releaser(context).run),
            Part("heartbeat", heartbeat.run),
            Part("gauges", NotifierGauges(context, facts).run),
            Part("quarantine", quarantine.run),
            Part("retention", forgetting.run),
        ),
        checks=_checks(context, facts, scheduler, escalator, sender),
        remarks={"rotas": rotas_reach_far, "overrides": context.catalogue.remark},
        close=close,
    )
    if records is not None:
        service = with_records(service, store, feeds, records)
    service = _with_overrides(service, context)
    return NotifierService(
        service, router(context, authorize), context, handler, scheduler, escalator, sender, forgetting
    )


def _with_overrides(service: Service, context: NotifierContext) -> Service:
    """Return the service with the part that learns of overrides; what is stored is read before any part runs."""
    before, overrides, store = service.prepare, context.catalogue, context.store

    async def prepare() -> None:
        if before is not None:
            await before()
        await overrides.load(store)

    async def follow() -> None:
        await overrides.follow(store)

    parts = (*service.parts, Part("overrides", follow))
    checks = {**service.checks, "overrides": overrides.reason_not_ready}
    return replace(service, parts=parts, checks=checks, prepare=prepare)


def notifier_context(
    settings: Settings,
    store: Store,
    log_appended: WakeSignal,
    time_source: TimeSource,
    registry: CollectorRegistry,
    catalogue: Callable[[], Catalogue],
    quarantine: Quarantine | None = None,
    records: RecordCopy | None = None,
) -> NotifierContext:
    """Return the objects that all parts of the notifier share, made from the settings.

    Args:
        log_appended: Wakes the readers of the notifier's log.
        catalogue: Returns the present catalogue.
        quarantine: Where records go that could not be processed. None makes a new quarantine.
        records: The process's copy of the contracts that are kept in the database. None means that all contracts are in
            files.
    """
    links = Links(settings.public_url.rstrip("/"), LinkSecret(settings.link_secret.get_secret_value().encode()))
    return NotifierContext(
        store=store,
        time_source=time_source,
        catalogue=OverriddenCatalogue(catalogue, time_source.now),
        render_config=RenderConfig(shipped_texts(), links, settings.digest_over),
        metrics=NotifierMetrics(registry),
        facts_taken_in=WakeSignal(),
        deliveries_due=WakeSignal(),
        log_appended=log_appended,
        quarantine=quarantine or Quarantine("notifier", store, tables.quarantine, time_source, BusMetrics()),
        records=records,
    )


async def preload_files(context: NotifierContext, channels: Mapping[str, Channel]) -> None:
    """Read every file that sending needs into memory; called at the start.

    Reading early matters: under load there may be no free file descriptor.

    Args:
        channels: Maps a kind of channel to the channel.
    """
    for module in _LATE_MODULES:
        import_module(module)
    await asyncio.to_thread(context.render_config.texts.load)  # compiling the words of five languages takes a while
    for channel in channels.values():
        await channel.prepare()


def _checks(
    context: NotifierContext, facts: EventSource, scheduler: FairScheduler, escalator: Escalator, sender: Sender
) -> dict[str, Check]:
    async def store_answers() -> str | None:
        async with context.store.reading() as connection:
            await connection.exec_driver_sql("SELECT 1 FROM notifier_alert LIMIT 1")
        return None

    async def bus_is_healthy() -> str | None:
        return None if facts.healthy else "facts wait and none has been taken in: the consumer is being restarted"

    async def loops_are_fresh() -> str | None:
        looked = {"deciding": scheduler.last_pass, "escalation": escalator.last_pass, "sender": sender.last_pass}
        silent = {name: time.monotonic() - last for name, last in looked.items()}
        stalled = [
            f"the {name} has not looked for {age:.0f} s" for name, age in silent.items() if age > STALLED_SECONDS
        ]
        return "; ".join(stalled) or None

    return {"store": store_answers, "bus": bus_is_healthy, "loops": loops_are_fresh}
