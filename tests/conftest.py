"""Fixtures for the real counterparts, and the account of them at the end of every run.

A test that asks for a part the machine lacks is skipped with the part's name; with
SLAD_REQUIRE_REAL_PARTS=1, as in CI, it fails. One that wants data of ../shared is skipped either way.
Kafka and PostgreSQL are started once a run and shared by all workers: use `unique` for topics and
groups, `postgres_url` for a database of one's own, and `own_kafka` or `own_postgres` to stop or kill a server.
"""

from __future__ import annotations

import asyncio
import gc
import os
import re
import shutil
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings
from playwright.async_api import Browser, Page
from tests import clock_record
from tests.real import routes, statements
from tests.real.certificates import Certificates
from tests.real.chromium import find_chromium, offline_page, running_chromium
from tests.real.emptied import EmptiedDatabases
from tests.real.ledger import OTHER_MACHINE, Ledger, Part, closing_line, required
from tests.real.named_server import NamedServer
from tests.real.session import close_run, open_run, shared_server
from tests.real.smtp import SmtpServer
from tests.real.webhook import WebhookReceiver
from tests.shared_data import DATA_ABSENT

import sla_standalone  # noqa: F401 - the composition root: it makes the kinds of channels known to the catalogue
from sla_platform.local import BRIEF, FAST, KafkaBroker, PostgresServer, Unavailable

_RUN = pytest.StashKey[Path]()
_LEDGER = pytest.StashKey[Ledger]()
_PART_OF_FIXTURE = {
    "postgres_server": Part.POSTGRES,
    "own_postgres": Part.POSTGRES,
    "kafka_broker": Part.KAFKA,
    "own_kafka": Part.KAFKA,
    "smtp_server": Part.SMTP,
    "webhook_receiver": Part.WEBHOOK,
    "https_webhook_receiver": Part.WEBHOOK,
    "browser": Part.CHROMIUM,
    "promtool": Part.PROMTOOL,
    "amtool": Part.AMTOOL,
    "weasyprint": Part.WEASYPRINT,
}
_MARK_OF_PART = {Part.POSTGRES: "postgres", Part.KAFKA: "kafka", Part.CHROMIUM: "browser"}
_OWN_SERVERS = {"own_postgres", "own_kafka"}
# Folders whose tests give slad the time themselves: only PostgreSQL could bring in another one.
_INJECTED_CLOCK = tuple(f"tests/integration/{name}/" for name in ("board", "ingest", "notifier", "timer"))
# What takes long and says little more than what stays in `make test`: the same on the other database and profile.
_LONG_ON_POSTGRESQL = (
    *(f"tests/integration/{name}/" for name in ("board", "ingest", "notifier", "standalone")),
    "tests/integration/store/test_migrations.py",
)
_LONG_STORIES_ON_POSTGRESQL = tuple(
    f"tests/integration/timer/test_{name}.py"
    for name in ("evidence", "far_back", "hot_incident", "quarantine", "withdrawn")
)
_LONG_IN_PRODUCTION = tuple(
    f"tests/e2e/test_{name}.py"
    for name in ("booked_windows", "entitlements", "history", "ledgers", "profiles", "registration", "senders")
)
# What starts the real parts, and stories that take long on either profile: their rules stay in tests of their own.
_LONG_ANYWHERE = (
    *(f"tests/integration/real_parts/test_{name}.py" for name in ("account", "kafka", "launchers", "postgres")),
    "tests/integration/real_parts/test_messages_in_chromium.py",
    "tests/integration/deploy/test_quiet_neighbours.py",
    "tests/integration/deploy/test_real_prometheus.py",
    "tests/integration/timer/test_crash.py",
    "tests/e2e/test_ledgers.py",
)
# Of the four rigs of tests/conformance these are no profile: each part of them stays in a rig that is one.
_LONG_RIGS = ("embedded-postgres", "kafka-sqlite")
_REAL_MARKS = {*_MARK_OF_PART.values(), "kill"}


# How many random cases a law is tried with, unless SLAD_ORACLE_CASES or a test says otherwise. A machine under
# load is no reason to fail: nothing here has a deadline.

settings.register_profile("brief", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", settings.get_profile("brief"), max_examples=2000)
settings.load_profile("brief")


# The run: one folder, told to the workers, closed by the controller.


def pytest_configure(config: pytest.Config) -> None:
    clock_record.install(config)
    routes.remember()
    statements.remember()
    worker: dict[str, Any] | None = getattr(config, "workerinput", None)
    run = Path(worker["slad_run"]) if worker else open_run()
    config.stash[_RUN] = run
    config.stash[_LEDGER] = Ledger(run / "ledger", worker["workerid"] if worker else "controller")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["slad_run"] = str(node.config.stash[_RUN])


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and _RUN in config.stash:
        close_run(config.stash[_RUN])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    entries = config.stash[_LEDGER].entries()
    if not entries:
        return
    lines = [entry.line() for entry in entries] + [closing_line(entries)]
    terminalreporter.section("real parts")
    for line in lines:
        terminalreporter.write_line(line)
    if report := os.environ.get("SLAD_REAL_PARTS_REPORT"):
        Path(report).write_text("".join(f"{line}\n" for line in lines))


# The items: marks that follow from fixtures, what stays on one worker, the longest first, no silent skip
# under the switch.


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Thousands of items, which stay: no garbage collection walks through them, now or during the tests."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()
        gc.set_threshold(20_000, 50, 50)  # a twentieth of the time went into looking for garbage


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    clock_record.without_known(config, items)
    for item in items:
        for part in _parts(item):
            if mark := _MARK_OF_PART.get(part):
                item.add_marker(mark)
        if _is_dayless(item):
            item.add_marker(pytest.mark.dayless)
        if _is_long(item):
            item.add_marker(pytest.mark.long)
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(name=_group(item)))
    items.sort(key=_begins)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    for part in _parts(item):
        item.config.stash[_LEDGER].used(part, item.nodeid)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if not (report.skipped and required()) or hasattr(report, "wasxfail"):
        return report
    reason = str(report.longrepr)
    real = any(item.get_closest_marker(mark) for mark in _REAL_MARKS)
    if real and OTHER_MACHINE not in reason and DATA_ABSENT not in reason:
        report.outcome = "failed"
        report.longrepr = f"skipped, which SLAD_REQUIRE_REAL_PARTS=1 forbids here: {reason}"
    return report


def _parts(item: pytest.Item) -> set[Part]:
    names = getattr(item, "fixturenames", ())
    return {part for name, part in _PART_OF_FIXTURE.items() if name in names}


def _group(item: pytest.Item) -> str:
    """What one worker does alone: a file, unless the test needs a server or a whole installation for itself."""
    if _own_server(item):
        return item.nodeid
    if world := _world(item):
        return f"world {world}"
    return "kill" if item.get_closest_marker("kill") else item.nodeid.split("::", 1)[0]


def _begins(item: pytest.Item) -> int:
    """Whatever starts servers comes first: it mostly waits, and at the end nothing would be left to do meanwhile."""
    if item.get_closest_marker("kill") and not _own_server(item):
        return 0
    return 1 if item.nodeid.startswith("tests/e2e/") else 2 if _own_server(item) else 3


def _is_dayless(item: pytest.Item) -> bool:
    """Whether no clock but the test's own can reach it: it names no system time, and no database has one."""
    named = hasattr(getattr(item, "module", None), "SystemTime")
    return item.nodeid.startswith(_INJECTED_CLOCK) and not named and not item.get_closest_marker("postgres")


def _is_long(item: pytest.Item) -> bool:
    """Whether `make test` leaves it to CI: it costs much, and its like on SQLite or in one process stays."""
    if item.nodeid.startswith("tests/conformance/") and _rig(item) in _LONG_RIGS:
        return True
    if item.nodeid.startswith(_LONG_ANYWHERE):
        return True
    on_postgresql = item.get_closest_marker("postgres") is not None
    return on_postgresql and item.nodeid.startswith(
        (*_LONG_ON_POSTGRESQL, *_LONG_STORIES_ON_POSTGRESQL, *_LONG_IN_PRODUCTION)
    )


def _rig(item: pytest.Item) -> str:
    """Which message bus on which store a test of tests/conformance runs on; empty if on none."""
    chosen = getattr(item, "callspec", None)
    return str(chosen.params.get("rig", "")) if chosen else ""


def _own_server(item: pytest.Item) -> bool:
    return not _OWN_SERVERS.isdisjoint(getattr(item, "fixturenames", ()))


def _world(item: pytest.Item) -> str:
    """Which installation a story of tests/e2e is told in; empty if in none."""
    chosen = getattr(item, "callspec", None)
    return str(chosen.params.get("world", "")) if chosen else ""


# PostgreSQL.


@pytest.fixture(scope="session")
def ledger(pytestconfig: pytest.Config) -> Ledger:
    """Where fixtures tell which real part they found or missed."""
    return pytestconfig.stash[_LEDGER]


@pytest.fixture
def unique() -> str:
    """A short name nobody else uses, for topics, groups and databases on shared servers."""
    return f"t{uuid.uuid4().hex[:12]}"


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config, ledger: Ledger) -> PostgresServer | NamedServer:
    """The server all tests share; never stop it. SLAD_TEST_DATABASE_URL names another one."""
    server: PostgresServer | NamedServer
    if url := os.environ.get("SLAD_TEST_DATABASE_URL"):
        server = NamedServer(url)
    else:
        run = pytestconfig.stash[_RUN]
        try:
            server = PostgresServer(run / "postgres", settings=FAST)
            shared_server(run, "postgres", lambda: _start(server))
        except Unavailable as error:
            ledger.absent(Part.POSTGRES, error.reason)
    ledger.found(Part.POSTGRES, server.version)
    return server


@pytest.fixture
async def postgres_url(postgres_server: PostgresServer | NamedServer, unique: str) -> AsyncIterator[str]:
    """SQLAlchemy URL (asyncpg) of an empty database for this test alone."""
    yield await postgres_server.create_database(unique)
    await postgres_server.drop_database(unique)


@pytest.fixture(scope="session")
def emptied_databases(postgres_server: PostgresServer | NamedServer) -> Iterator[EmptiedDatabases]:
    databases = EmptiedDatabases(postgres_server)
    yield databases
    asyncio.run(databases.drop())


@pytest_asyncio.fixture
async def emptied_postgres_url(
    emptied_databases: EmptiedDatabases, request: pytest.FixtureRequest, unique: str
) -> AsyncIterator[str]:
    """As `postgres_url`, without a row, but with the tables of the tests before: for tests that alter none.

    Those are the tests of the folder, or of the modules that name the same TABLES where a folder makes several kinds.
    """
    async with emptied_databases.lent(getattr(request.module, "TABLES", request.path.parent.name), unique) as url:
        yield url


@pytest.fixture
def own_postgres(ledger: Ledger, pytestconfig: pytest.Config, unique: str) -> Iterator[PostgresServer]:
    """A running server for this test alone, to be stopped, killed or paused at will."""
    folder = pytestconfig.stash[_RUN] / unique
    try:
        server = PostgresServer(folder, settings=FAST)
    except Unavailable as error:
        ledger.absent(Part.POSTGRES, error.reason)
    ledger.found(Part.POSTGRES, server.version)
    yield server.start()
    server.discard()


# Kafka.


@pytest.fixture(scope="session")
def kafka_broker(pytestconfig: pytest.Config, ledger: Ledger) -> KafkaBroker:
    """The broker all tests share; never stop it."""
    run = pytestconfig.stash[_RUN]
    broker = KafkaBroker(run / "kafka", jvm=BRIEF)
    try:
        shared_server(run, "kafka", lambda: _start(broker))
    except Unavailable as error:
        ledger.absent(Part.KAFKA, error.reason)
    ledger.found(Part.KAFKA, broker.version)
    return broker


@pytest.fixture
def own_kafka(ledger: Ledger, pytestconfig: pytest.Config, unique: str) -> Iterator[KafkaBroker]:
    """A running broker for this test alone, to be stopped, killed or paused at will."""
    broker = KafkaBroker(pytestconfig.stash[_RUN] / unique, jvm=BRIEF)
    try:
        broker.start()
    except Unavailable as error:
        ledger.absent(Part.KAFKA, error.reason)
    ledger.found(Part.KAFKA, broker.version)
    yield broker
    broker.discard()


def _start(server: PostgresServer | NamedServer | KafkaBroker) -> None:
    server.start()


# Mail and webhooks.


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """An authority and a certificate for localhost, made for this run."""
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def smtp_server(ledger: Ledger, certificates: Certificates) -> Iterator[SmtpServer]:
    """A mail server that offers STARTTLS and wants no login."""
    ledger.found(Part.SMTP, f"aiosmtpd {_version('aiosmtpd')}")
    with SmtpServer(certificates.server_context()) as server:
        yield server


@pytest.fixture
def webhook_receiver(ledger: Ledger) -> Iterator[WebhookReceiver]:
    """An HTTP server that keeps what it gets."""
    ledger.found(Part.WEBHOOK, "HTTP/1.1 on asyncio")
    with WebhookReceiver() as receiver:
        yield receiver


@pytest.fixture
def https_webhook_receiver(ledger: Ledger, certificates: Certificates) -> Iterator[WebhookReceiver]:
    """The same over TLS, with a certificate for localhost of the run's own authority."""
    ledger.found(Part.WEBHOOK, "HTTP/1.1 on asyncio")
    with WebhookReceiver(certificates.server_context()) as receiver:
        yield receiver


# Browser and Prometheus tools.


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(ledger: Ledger) -> AsyncIterator[Browser]:
    """A headless Chromium for all tests of a module: mark them with `asyncio(loop_scope="module")`, its loop."""
    try:
        program = find_chromium()
    except Unavailable as error:
        ledger.absent(Part.CHROMIUM, error.reason)
    async with running_chromium(program) as chromium:
        ledger.found(Part.CHROMIUM, chromium.version)
        yield chromium


@pytest_asyncio.fixture(loop_scope="module")
async def browser_page(browser: Browser) -> AsyncIterator[Page]:
    """A page that reaches this machine alone; the test fails if it tried to go further."""
    async with offline_page(browser) as page:
        yield page


@pytest.fixture(scope="session")
def promtool(ledger: Ledger) -> Path:
    """Prometheus' own checker of rules and metrics."""
    return _tool(ledger, Part.PROMTOOL, "prometheus")


@pytest.fixture(scope="session")
def amtool(ledger: Ledger) -> Path:
    """Alertmanager's own checker of its configuration."""
    return _tool(ledger, Part.AMTOOL, "prometheus-alertmanager")


@pytest.fixture(scope="session")
def weasyprint(ledger: Ledger) -> str:
    """The version of WeasyPrint, of the extra `slad[pdf]`, and of Pango, which it needs of the system."""
    asked = (
        "import weasyprint; from weasyprint.text.ffi import pango; print(weasyprint.__version__, pango.pango_version())"
    )
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=False)
    if said.returncode:
        reason = said.stderr.strip().splitlines()[-1]
        ledger.absent(Part.WEASYPRINT, f"{reason}; pip install 'slad[pdf]', and Debian's libpangoft2-1.0-0")
    ledger.found(Part.WEASYPRINT, said.stdout.strip())
    return said.stdout.strip()


def _tool(ledger: Ledger, part: Part, package: str) -> Path:
    found = shutil.which(part.value)
    if found is None:
        ledger.absent(part, f"not on the path; install Debian's {package}")
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=True)
    version = re.search(r"version (\S+?),? ", said.stdout + said.stderr)
    ledger.found(part, version.group(1) if version else "of unknown version")
    return Path(found)


def _version(distribution: str) -> str:
    from importlib.metadata import version

    return version(distribution)
