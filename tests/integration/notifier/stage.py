"""A notifier on a stage: steered time, a real database, real counterparts, and words for what happens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from sqlalchemy import select
from tests.given import given

from sla_catalogue import Catalogue
from sla_catalogue.recorded import RecordedCatalogue
from sla_domain.clock import clock_id
from sla_domain.event import IncidentId
from sla_domain.fact import FactKind
from sla_domain.plan import MetricId
from sla_notifier import tables
from sla_notifier.api.routes import router
from sla_notifier.channel.port import Channel
from sla_notifier.channel.registry import open_channels
from sla_notifier.context import NotifierContext
from sla_notifier.escalate.escalator import Escalator
from sla_notifier.intake.deadlines import DeadlineHandler
from sla_notifier.intake.handler import FactHandler
from sla_notifier.intake.scheduler import FairScheduler
from sla_notifier.release.releaser import Releaser
from sla_notifier.send.pace import Pace
from sla_notifier.send.sender import Sender
from sla_notifier.service import notifier_context
from sla_platform.bus import Batch, WakeSignal
from sla_platform.bus.quarantine import CONSUME
from sla_platform.contracts.copies import RecordCopy
from sla_platform.contracts.shelf import RecordShelf
from sla_platform.envelope import Envelope, Topic
from sla_platform.http import problem
from sla_platform.http.keys import KeyGate
from sla_platform.settings import Settings
from sla_platform.store.engine import Store
from sla_platform.wire import ClockFact, NoticeData, decode_delivery_fact, encode_clock_fact, encode_notice

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday; 10:00 in Warsaw
CATALOGUE = Path(__file__).with_name("catalogue.yaml")


class StageTime:
    """Time passes when the story says so."""

    authoritative = True

    def __init__(self, now: datetime = NINE) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0.005)

    def go(self, to: datetime) -> None:
        self._now = to


def record_copy() -> RecordCopy:
    """The notifier's copy of the contracts' records, with nothing in memory yet."""
    return RecordCopy(RecordShelf(), tables.contract_records, tables.contract_cursor)


def clock_of(incident: str, metric: str = "first_response") -> UUID:
    return clock_id(IncidentId(incident), MetricId(metric), 1)


@dataclass
class Stage:
    """One notifier process; `another` gives a second one on the same database."""

    store: Store
    time: StageTime
    catalogue: Catalogue
    settings: Settings
    channels: Mapping[str, Channel] = field(default_factory=dict)
    records: RecordCopy | None = None
    context: NotifierContext = field(init=False)
    others: list[Stage] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.registry = CollectorRegistry()
        self.overlaid: Callable[[], Catalogue] = lambda: self.catalogue
        if self.records is not None:
            self.overlaid = RecordedCatalogue(lambda: self.catalogue, self.records.shelf)
        self.context = notifier_context(
            self.settings, self.store, WakeSignal(), self.time, self.registry, self.overlaid, records=self.records
        )
        self.channels = {**open_channels(self.settings, self.overlaid), **self.channels}
        self.handler = FactHandler(self.context)
        self.deadlines = DeadlineHandler(self.context)
        self.context.quarantine.register_replay(CONSUME, self.handler.replay)
        self.scheduler = FairScheduler(self.context)
        self.escalator = Escalator(self.context)
        self.releaser = Releaser(self.context)
        self.sender = Sender(self.context, self.channels, Pace(lease_seconds=60.0))

    def another(self, **channels: Channel) -> Stage:
        records = None if self.records is None else record_copy()
        other = Stage(self.store, self.time, self.catalogue, self.settings, channels, records)
        self.others.append(other)
        return other

    async def close(self) -> None:
        for other in self.others:
            await other.close()
        for channel in self.channels.values():
            await channel.close()

    # what happens

    async def hear(self, *envelopes: Envelope) -> None:
        """The bus gives these events in one batch, and all have their turn."""
        await self.take_in(*envelopes)
        while await self.scheduler.once():
            pass
        while await self.releaser.look():
            pass

    async def take_in(self, *envelopes: Envelope) -> None:
        """The bus gives these events in one batch; they wait for their turn."""
        await given(self.handler, Batch(0, envelopes, None), self.context.quarantine)
        told = tuple(one for one in envelopes if one.topic is Topic.CLOCKS)
        await given(self.deadlines, Batch(0, told, None), self.context.quarantine)

    async def pass_time(self, **span: float) -> None:
        """So much time goes by; due steps are taken, nothing is sent."""
        self.time.go(self.time.now() + timedelta(**span))
        while await self.escalator.tick():
            pass
        while await self.releaser.look():
            pass

    async def send(self) -> int:
        return await self.sender.once()

    # what is there

    async def rows(self, **equal: Any) -> list[Any]:
        statement = select(tables.delivery).order_by(tables.delivery.c.created_at, tables.delivery.c.id)
        for name, value in equal.items():
            statement = statement.where(tables.delivery.c[name] == value)
        async with self.store.reading() as connection:
            return list((await connection.execute(statement)).all())

    async def alert(self, incident: str, metric: str = "first_response") -> Any:
        statement = select(tables.alert).where(tables.alert.c.id == str(clock_of(incident, metric)))
        async with self.store.reading() as connection:
            return (await connection.execute(statement)).first()

    async def table(self, name: str) -> list[Any]:
        async with self.store.reading() as connection:
            return list((await connection.execute(select(tables.metadata.tables[name]))).all())

    async def log(self) -> list[tuple[str, str]]:
        """What the world hears: type and whom or what it concerns, in log order."""
        statement = select(tables.log).order_by(tables.log.c.position)
        async with self.store.reading() as connection:
            rows = (await connection.execute(statement)).all()
        facts = [
            decode_delivery_fact(
                Envelope(
                    topic=row.topic, id=row.id, type=row.type, source=row.source, subject=row.subject, key=row.key,
                    time=row.time, data=row.data.encode(),
                )
            )
            for row in rows
        ]  # fmt: skip
        return [(fact.what, fact.recipient or fact.reason or fact.by) for fact in facts]

    def app(self) -> FastAPI:
        app = FastAPI()
        problem.install(app)
        app.include_router(router(self.context, KeyGate(lambda: self.catalogue.keys.values(), self.time)))
        return app


def fact(kind: FactKind, at: datetime, key: str, *, incident: str = "github:7", **more: Any) -> Envelope:
    """A clock fact of the contract acme, as the timer would say it."""
    told = ClockFact(
        **{
            "kind": kind,
            "incident": incident,
            "at": at,
            "fired_at": at,
            "clock": clock_of(incident),
            "metric": "first_response",
            "due_at": NINE + timedelta(minutes=15),
            "contract": "acme",
            "plan": "plain",
            "customer": "Acme",
            "priority": "P1",
            "zone": "Europe/Warsaw",
            "title": "Shop is down",
            "url": "https://tickets.example/7",
            "allowed": "15m",
            "hours": "wall",
            "escalation": "on-call",
        }
        | more
    )
    return encode_clock_fact(told, key)


def warned(at: datetime = NINE + timedelta(minutes=10), **more: Any) -> Envelope:
    return fact(FactKind.CLOCK_WARNED, at, "0/warn-75", threshold="warn-75", **more)


def breached(at: datetime = NINE + timedelta(minutes=15), **more: Any) -> Envelope:
    key = f"{more.get('generation', 0)}/breach"
    return fact(FactKind.CLOCK_BREACHED, at, key, threshold="breach", **more)


def missed(at: datetime, **more: Any) -> Envelope:
    return fact(FactKind.CLOCK_MISSED, at, "missed/abc", **more)


def resumed(at: datetime, **more: Any) -> Envelope:
    return fact(FactKind.CLOCK_RESUMED, at, f"resumed/{at.timestamp():.0f}", **more)


def taken_back(at: datetime, **more: Any) -> Envelope:
    return fact(FactKind.CLOCK_AMENDED, at, "amended", details={"takes_back": "0/breach", "new_state": "met"}, **more)


def notice(id_: str = "fix-1", versions: str = "<4.3", **more: Any) -> Envelope:
    said = {
        "id": id_,
        "title": "Data loss in shop",
        "text": "Upgrade at once.\nNothing else helps.",
        "severity": "critical",
        "link": "https://vendor.example/fix-1",
        "products": [{"product": "shop", "versions": versions}],
        "published_at": NINE,
    }
    return encode_notice(NoticeData.model_validate(said | more))
