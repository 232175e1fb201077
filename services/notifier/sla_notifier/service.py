"""The notifier, put together: a consumer, a loop that opens and closes alerts, one that escalates, one that sends."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module

from fastapi import APIRouter
from prometheus_client import CollectorRegistry

from sla_catalogue import Catalogue
from sla_notifier import tables
from sla_notifier.api.routes import router
from sla_notifier.channel.port import Channel
from sla_notifier.channel.registry import open_channels
from sla_notifier.desk import Desk
from sla_notifier.escalate.escalator import Escalator
from sla_notifier.gauge import Gauges
from sla_notifier.heartbeat import Heartbeat
from sla_notifier.intake.handler import TOPICS, FactHandler
from sla_notifier.intake.turns import Turns
from sla_notifier.kept import KeptSecret
from sla_notifier.link import Links
from sla_notifier.metrics import NotifierMetrics
from sla_notifier.retention import Tellings
from sla_notifier.send.pace import Pace
from sla_notifier.send.sender import Sender
from sla_notifier.telling.write import Manner
from sla_notifier.text.render import Texts
from sla_platform.bus import Doorbell, EventSource, Feeds, Quarantine
from sla_platform.bus.metrics import BusMetrics
from sla_platform.bus.quarantine import CONSUME
from sla_platform.http.keys import Authorizer
from sla_platform.retention import Forgetting, Keeping, Retention, Turn, newest_in
from sla_platform.runtime import Check, Part, Service
from sla_platform.settings import Settings
from sla_platform.store.engine import Store
from sla_platform.timesource import TimeSource

STALLED_SECONDS = 30.0
# Imported by the library or the interpreter itself when they are first needed.
_LATE_MODULES = ("concurrent.futures.thread", "encodings.idna", "stringprep")
PARTITIONS_AT_ONCE = 4  # taking in waits for the database most of the time


@dataclass(frozen=True, slots=True)
class NotifierService:
    """The running parts, and the routes to mount."""

    service: Service
    router: APIRouter
    desk: Desk
    handler: FactHandler
    turns: Turns
    escalator: Escalator
    sender: Sender
    forgetting: Forgetting


def build(
    settings: Settings,
    store: Store,
    feeds: Feeds,
    source: TimeSource,
    registry: CollectorRegistry,
    catalogue: Callable[[], Catalogue],
    *,
    authorize: Authorizer,
) -> NotifierService:
    """`catalogue` answers with the one in force. Raises BadSettings for a mail server or networks that cannot be."""
    quarantine = feeds.quarantine("notifier")
    desk = desk_of(settings, store, feeds.doorbell("notifier"), source, registry, catalogue, quarantine)
    channels = open_channels(settings, catalogue)
    facts = feeds.source("notifier", TOPICS, tables.cursor, at_once=PARTITIONS_AT_ONCE)
    heartbeat = Heartbeat(settings.heartbeat_url, source, desk.metrics)
    handler, turns, escalator = FactHandler(desk, heartbeat.arrived), Turns(desk), Escalator(desk)
    sender = Sender(desk, channels, Pace(lease_seconds=settings.delivery_lease_seconds))
    quarantine.replays(CONSUME, handler.replay)

    over = Tellings(store)
    sweeps = (over.alerts, over.deliveries, over.taken_in, over.conversations, quarantine.old)
    keeping = Keeping("notifier", Turn.TOLD, sweeps, desk.metrics.removed, newest_in(store, tables.inbox.c.at))
    forgetting = Forgetting(Retention.of(settings), source, (keeping,))

    async def consume() -> None:
        await prepare(desk, channels)
        await facts.run(handler)

    async def close() -> None:
        for channel in channels.values():
            await channel.close()

    service = Service(
        "notifier",
        parts=(
            Part("consume", consume),
            Part("decide", turns.run),
            Part("escalate", escalator.run),
            Part("send", sender.run),
            Part("heartbeat", heartbeat.run),
            Part("gauges", Gauges(desk, facts).run),
            Part("quarantine", quarantine.run),
            Part("retention", forgetting.run),
        ),
        checks=_checks(desk, facts, turns, escalator, sender),
        close=close,
    )
    return NotifierService(service, router(desk, authorize), desk, handler, turns, escalator, sender, forgetting)


def desk_of(
    settings: Settings,
    store: Store,
    told: Doorbell,
    source: TimeSource,
    registry: CollectorRegistry,
    catalogue: Callable[[], Catalogue],
    quarantine: Quarantine | None = None,
) -> Desk:
    """`told` is the bell of the notifier's log. Without a `quarantine` it gets one of its own."""
    links = Links(settings.public_url.rstrip("/"), KeptSecret(settings.link_secret.get_secret_value().encode()))
    return Desk(
        store=store,
        time=source,
        catalogue=catalogue,
        manner=Manner(Texts(), links, settings.digest_over),
        metrics=NotifierMetrics(registry),
        taken=Doorbell(),
        work=Doorbell(),
        told=told,
        quarantine=quarantine or Quarantine("notifier", store, tables.quarantine, source, BusMetrics()),
    )


async def prepare(desk: Desk, channels: Mapping[str, Channel]) -> None:
    """Read every file that telling somebody needs: later there may be no descriptor left to read it with."""
    for module in _LATE_MODULES:
        import_module(module)
    desk.manner.texts.load()
    for channel in channels.values():
        await channel.prepare()


def _checks(desk: Desk, facts: EventSource, turns: Turns, escalator: Escalator, sender: Sender) -> dict[str, Check]:
    async def store_answers() -> str | None:
        async with desk.store.reading() as connection:
            await connection.exec_driver_sql("SELECT 1 FROM notifier_alert LIMIT 1")
        return None

    async def bus_is_healthy() -> str | None:
        return None if facts.healthy else "facts wait and none has been taken in: the consumer is being restarted"

    async def loops_are_fresh() -> str | None:
        looked = {"deciding": turns.last_pass, "escalation": escalator.last_pass, "sender": sender.last_pass}
        silent = {name: time.monotonic() - last for name, last in looked.items()}
        stalled = [
            f"the {name} has not looked for {age:.0f} s" for name, age in silent.items() if age > STALLED_SECONDS
        ]
        return "; ".join(stalled) or None

    return {"store": store_answers, "bus": bus_is_healthy, "loops": loops_are_fresh}
