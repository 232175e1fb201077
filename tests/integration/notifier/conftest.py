"""A stage on each dialect, with a mail server that demands STARTTLS and two webhook endpoints."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest
from pydantic import SecretStr
from tests.integration.notifier.stage import CATALOGUE, Stage, StageTime, record_copy
from tests.real.certificates import Certificates
from tests.real.smtp import SmtpServer
from tests.real.tables import opened_with_tables
from tests.real.webhook import WebhookReceiver

from sla_catalogue import Catalogue, load_catalogue
from sla_notifier import tables
from sla_platform.settings import Settings
from sla_platform.store.engine import Store


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/notifier.db"
    url: str = request.getfixturevalue("emptied_postgres_url")
    return url


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    opened = await opened_with_tables(store_url, tables.metadata)
    yield opened
    await opened.close()


@pytest.fixture
def spare_receiver() -> Iterator[WebhookReceiver]:
    with WebhookReceiver() as receiver:
        yield receiver


@pytest.fixture
def catalogue(webhook_receiver: WebhookReceiver, spare_receiver: WebhookReceiver) -> Catalogue:
    urls = {"PAGER_URL": f"{webhook_receiver.url}/page", "SPARE_URL": f"{spare_receiver.url}/page"}
    return load_catalogue(CATALOGUE, environment=urls)


@pytest.fixture
def settings(smtp_server: SmtpServer, certificates: Certificates) -> Settings:
    return Settings(
        smtp_url=f"smtp://127.0.0.1:{smtp_server.port}?ca={certificates.ca_file}",
        mail_from="slad <slad@house.example>",
        public_url="https://slad.example",
        link_secret=SecretStr("a link secret for tests"),
    )


@pytest.fixture
async def stage(store: Store, catalogue: Catalogue, settings: Settings) -> AsyncIterator[Stage]:
    made = Stage(store, StageTime(), catalogue, settings)
    yield made
    await made.close()


@pytest.fixture
async def recorded_stage(store: Store, catalogue: Catalogue, settings: Settings) -> AsyncIterator[Stage]:
    """One that learns of recorded contracts, and has read what is stored of them."""
    made = Stage(store, StageTime(), catalogue, settings, records=record_copy())
    yield made
    await made.close()


@pytest.fixture
async def client(stage: Stage) -> AsyncIterator[httpx2.AsyncClient]:
    """A caller without a key."""
    transport = httpx2.ASGITransport(app=stage.app())
    async with httpx2.AsyncClient(transport=transport, base_url="https://slad.example") as opened:
        yield opened
