"""The notifier as it runs: consumer, escalation and sender as loops on the embedded bus, started and drained."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy import MetaData, Table, select
from tests.integration.notifier.stage import NINE, Stage, StageTime, breached
from tests.real.smtp import SmtpServer
from tests.real.webhook import Answer, WebhookReceiver

from sla_catalogue import Catalogue
from sla_notifier import tables
from sla_notifier.service import NotifierService, build
from sla_platform.bus import Feeds
from sla_platform.envelope import Envelope
from sla_platform.errors import BadSettings
from sla_platform.http.keys import KeyGate
from sla_platform.runtime import run_services
from sla_platform.settings import Settings
from sla_platform.store import log as logs
from sla_platform.store.engine import Store
from sla_platform.store.schema import create_all

_OTHERS = MetaData()
_TIMER_LOG: Table = logs.log_table(_OTHERS, "timer")
logs.log_table(_OTHERS, "ingest")
logs.log_table(_OTHERS, "board")


class Running:
    def __init__(self, built: NotifierService, feeds: Feeds, store: Store, registry: CollectorRegistry) -> None:
        self.built, self.registry = built, registry
        self._feeds, self._store = feeds, store

    async def timer_says(self, *facts: Envelope) -> None:
        async with self._store.transaction() as connection:
            await logs.append(connection, _TIMER_LOG, facts)
        self._feeds.wake_signal("timer").wake()

    async def recorded(self, what: str) -> None:
        """Until the notifier's log tells of a delivery that came to this."""
        async with asyncio.timeout(10):
            with self.built.context.log_appended.listen() as signalled:
                while True:
                    signalled.clear()
                    async with self._store.reading() as connection:
                        types = (await connection.execute(select(tables.log.c.type))).scalars().all()
                    if f"io.slad.delivery.{what}.v1" in types:
                        return
                    await signalled.wait()


@pytest.fixture
async def at_work(store: Store, catalogue: Catalogue, settings: Settings) -> AsyncIterator[Running]:
    await create_all(store, [_OTHERS])
    time, registry = StageTime(NINE + timedelta(minutes=15)), CollectorRegistry()
    feeds = Feeds(settings, store, time)
    gate = KeyGate(lambda: catalogue.keys.values(), time)
    built = build(settings, store, feeds, time, registry, lambda: catalogue, authorize=gate)
    async with run_services([built.service]) as failed:
        yield Running(built, feeds, store, registry)
        assert not failed.is_set()


async def test_a_fact_on_the_bus_is_a_mail_at_the_server_at_once(at_work: Running, smtp_server: SmtpServer) -> None:
    began = asyncio.get_running_loop().time()
    await at_work.timer_says(breached())
    await smtp_server.accepted.received(1)
    assert asyncio.get_running_loop().time() - began < 5.0  # usually 0.05; the machine may be busy
    time = at_work.built.context.time_source
    assert isinstance(time, StageTime)
    time.go(time.now() + timedelta(minutes=10))
    mails = await smtp_server.accepted.received(2)
    assert [mail.recipients for mail in mails] == [("anna@acme.example",), ("piotr@acme.example",)]


async def test_it_is_ready_and_measures_itself(at_work: Running) -> None:
    await at_work.timer_says(breached())
    await at_work.recorded("sent")
    assert {name: await check() for name, check in at_work.built.service.checks.items()} == {
        "store": None,
        "bus": None,
        "loops": None,
        "overrides": None,
    }
    written = generate_latest(at_work.registry).decode()
    for name in (
        "deliveries_total",
        "delivered_lateness_seconds_bucket",
        "queue_deliveries",
        "queue_oldest_seconds",
        "alerts",
    ):
        assert f"slad_notifier_{name}" in written
    assert "github:7" not in written
    assert "anna" not in written


async def test_what_was_begun_is_finished_and_recorded_before_the_end(
    store: Store, catalogue: Catalogue, settings: Settings, webhook_receiver: WebhookReceiver
) -> None:
    await create_all(store, [_OTHERS])
    webhook_receiver.answer(Answer(delay=0.5))
    time = StageTime(NINE + timedelta(minutes=15))
    feeds = Feeds(settings, store, time)
    gate = KeyGate(lambda: catalogue.keys.values(), time)
    built = build(settings, store, feeds, time, CollectorRegistry(), lambda: catalogue, authorize=gate)
    async with run_services([built.service]):
        await Running(built, feeds, store, CollectorRegistry()).timer_says(breached(contract="hooked"))
        await webhook_receiver.requests.received(1)
    after = Stage(store, time, catalogue, settings)
    assert [(row.state, row.attempts) for row in await after.rows()] == [("sent", 1)]
    await after.close()


async def test_a_mail_server_that_cannot_be_stops_the_start(
    store: Store, catalogue: Catalogue, settings: Settings
) -> None:
    time = StageTime()
    for bad in ({"smtp_url": "smtp+plain://mail.example"}, {"mail_from": "nobody"}, {"webhook_allow": ("10.0.0.1/8",)}):
        wrong = settings.model_copy(update=bad)
        with pytest.raises(BadSettings):
            build(
                wrong, store, Feeds(wrong, store, time), time, CollectorRegistry(), lambda: catalogue,
                authorize=KeyGate(lambda: (), time),
            )  # fmt: skip
