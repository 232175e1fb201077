"""The worlds of the stories: one per profile, started when the first story needs it, shared by all of a run."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Generator, Iterator
from contextlib import ExitStack

import pytest
from tests.e2e.fleet import Profile
from tests.e2e.world import CANARIES, World
from tests.real.certificates import Certificates
from tests.real.ledger import Ledger, Part
from tests.real.smtp import SmtpServer
from tests.real.webhook import WebhookReceiver

pytest.register_assert_rewrite("tests.e2e.hpe_year")
PROFILES = [
    pytest.param(Profile.EMBEDDED, id="embedded"),
    pytest.param(Profile.PRODUCTION, id="production", marks=[pytest.mark.kafka, pytest.mark.postgres]),
]


_FINISH = pytest.StashKey[ExitStack]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None]:
    """A world ends with its last story: it would go on taking the processors from the tests after it."""
    yield
    world = _world_of(item)
    if world is not None and (nextitem is None or _world_of(nextitem) is not world):
        item.config.stash[_FINISH].close()


def _world_of(item: pytest.Item) -> Profile | None:
    chosen = getattr(item, "callspec", None)
    return chosen.params.get("world") if chosen else None


@pytest.fixture(scope="session")
def smtp_server(ledger: Ledger, certificates: Certificates) -> Iterator[SmtpServer]:
    """A mail server for all stories; it demands STARTTLS."""
    ledger.found(Part.SMTP, "aiosmtpd")
    with SmtpServer(certificates.server_context(), require_starttls=True) as server:
        yield server


@pytest.fixture(scope="session")
def webhook_receiver(ledger: Ledger) -> Iterator[WebhookReceiver]:
    """A pager for all stories."""
    ledger.found(Part.WEBHOOK, "HTTP/1.1 on asyncio")
    with WebhookReceiver() as receiver:
        yield receiver


@pytest.fixture(scope="session", params=PROFILES)
def world(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    smtp_server: SmtpServer,
    webhook_receiver: WebhookReceiver,
    certificates: Certificates,
) -> Iterator[World]:
    """slad of one profile among its neighbours. At the end its logs are searched for what they must not hold."""
    with ExitStack() as finish:
        request.config.stash[_FINISH] = finish
        yield _started(request, tmp_path_factory, smtp_server, webhook_receiver, certificates, finish)


@pytest.fixture(scope="module", params=PROFILES)
def years(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    smtp_server: SmtpServer,
    webhook_receiver: WebhookReceiver,
    certificates: Certificates,
) -> Iterator[World]:
    """A world of its own for stories that last years, whose time no other story could go back from.

    With one instance of each service: these stories are about ledgers, not about who does the work.
    """
    with ExitStack() as finish:
        yield _started(request, tmp_path_factory, smtp_server, webhook_receiver, certificates, finish, instances=1)


def _started(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    smtp_server: SmtpServer,
    webhook_receiver: WebhookReceiver,
    certificates: Certificates,
    finish: ExitStack,
    *,
    instances: int = 2,
) -> World:
    profile: Profile = request.param
    folder = tmp_path_factory.mktemp(profile.value)
    more: dict[str, str] = {}
    if profile is Profile.PRODUCTION:
        server, broker = request.getfixturevalue("postgres_server"), request.getfixturevalue("kafka_broker")
        name = f"e2e{uuid.uuid4().hex[:8]}"
        more["SLAD_STORE_URL"] = asyncio.run(server.create_database(name))
        more |= {"SLAD_BUS_URL": f"kafka://{broker.bootstrap}", "SLAD_BUS_PREFIX": name}
    ca_file = certificates.ca_file
    world = World(folder, profile, smtp_server, webhook_receiver, ca_file, more, instances=instances)
    finish.callback(world.fleet.kill)
    asyncio.run(world.fleet.start())
    finish.callback(assert_no_canary, world)
    finish.callback(world.fleet.stop)
    return world


@pytest.fixture(autouse=True)
def account(request: pytest.FixtureRequest, ledger: Ledger) -> None:
    """The production world uses real parts although no story names them."""
    named = next((name for name in ("world", "years") if name in request.fixturenames), None)
    if named is not None and request.getfixturevalue(named).profile is Profile.PRODUCTION:
        for part in (Part.POSTGRES, Part.KAFKA):
            ledger.used(part, request.node.nodeid)


def assert_no_canary(world: World) -> None:
    """No secret and no mail address in any log."""
    for name, log in world.fleet.logs():
        for canary in CANARIES:
            lines = [line for line in log.splitlines() if canary in line]
            assert not lines, f"{name} logged what it must not: {lines[0]}"
