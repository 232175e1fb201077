"""A board without a bus: time stands still until told, and batches are handed to the projector."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import uvicorn
from fastapi import FastAPI, Request
from prometheus_client import CollectorRegistry
from tests.build.rulebook import contract, coverage, plan, rulebook
from tests.given import given
from tests.real.tables import opened_with_tables
from tests.unit.board.envelopes import NOW

from sla_board import tables
from sla_board.service import BoardService, build
from sla_domain.contract import ContractId
from sla_domain.hours import hours_name
from sla_domain.rulebook import Rulebook
from sla_platform.bus import Batch, Handler, Quarantine
from sla_platform.bus.metrics import BusMetrics
from sla_platform.envelope import Envelope
from sla_platform.http import problem
from sla_platform.http.keys import READ, Authorizer, KeyAccess, KeyGate
from sla_platform.retention import Retention
from sla_platform.runtime import run_services
from sla_platform.store.engine import Store
from sla_platform.timesource import TimeSource

HOURS = rulebook(
    plan(coverages=(coverage("office", "mon-fri 09:00-17:00"), coverage("evening", "mon-sun 18:00-24:00"))),
    contract("acme"),
    contract("umbrella"),
)
"""At NOW the office is open, until 16:00 UTC, and the evening's hours are closed, until 17:00 UTC."""


def hours(name: str, contract: str = "acme", rules: Rulebook = HOURS) -> str:
    """The hours of a coverage as facts name them."""
    known = rules.contracts[ContractId(contract)]
    return hours_name(rules.calendars.calendar(known, rules.plan_of(known).coverages[name]))


class HandTime:
    """Stands still; `pass_` moves it."""

    authoritative = True

    def __init__(self, at: datetime = NOW) -> None:
        self._now = at

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0.01)

    def pass_(self, span: timedelta) -> None:
        self._now += span


class IdleSource:
    """A bus on which nothing comes by itself."""

    lag = 0
    healthy = True

    async def run(self, handler: Handler) -> None:
        await asyncio.Event().wait()


class BoardBench:
    """`tell` hands over one batch, as a bus would."""

    def __init__(
        self, store: Store, time: HandTime, authorizer: Authorizer | None = None, clock: TimeSource | None = None
    ) -> None:
        self.store = store
        self.time = time
        self.registry = CollectorRegistry()
        self.source = IdleSource()
        open_gate = KeyGate(tuple, time, open_scopes=frozenset({READ}))
        self.gate: KeyAccess | None = None  # what everybody may do, in place of the gate

        def gate(request: Request, scope: str) -> KeyAccess:
            return self.gate or (authorizer or open_gate)(request, scope)

        self.rulebook = HOURS
        self.quarantine = Quarantine("board", store, tables.quarantine, time, BusMetrics())
        self.service: BoardService = build(
            store, self.source, clock or time, gate, self.registry, Retention(timedelta(days=400)), self.quarantine,
            rulebook=lambda: self.rulebook,
        )  # fmt: skip
        self.app = FastAPI()
        problem.install(self.app)
        self.app.include_router(self.service.router)

    async def tell(self, *envelopes: Envelope) -> None:
        await given(self.service.projector, Batch(0, envelopes, None), self.quarantine)

    def metric(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, labels) or 0.0


@asynccontextmanager
async def bench(url: str, authorizer: Authorizer | None = None) -> AsyncIterator[BoardBench]:
    store = await opened_with_tables(url, tables.metadata)
    try:
        yield BoardBench(store, HandTime(), authorizer)
    finally:
        await store.close()


class _Server(uvicorn.Server):
    """Says when it is up."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()


class Served:
    """A board on a real port; it may be stopped and started again there."""

    def __init__(self, board: BoardBench) -> None:
        self._board = board
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        config = uvicorn.Config(
            self._board.app, host="127.0.0.1", port=self.port, log_config=None, lifespan="off",
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        self._server = _Server(config)
        self._task = asyncio.create_task(self._server.serve())
        await self._server.up.wait()
        self.port = self._server.servers[0].sockets[0].getsockname()[1]

    def wait_for_streams(self, seconds: int) -> None:
        """How long the server waits for open streams when it stops, in place of one second."""
        assert self._server is not None
        self._server.config.timeout_graceful_shutdown = seconds

    async def stop(self) -> None:
        """The server takes a second to lose patience with open streams, then cuts them."""
        if self._server is None or self._task is None:
            return
        self._server.should_exit = True
        await self._task
        self._server = None


@asynccontextmanager
async def served(board: BoardBench) -> AsyncIterator[Served]:
    async with run_services([board.service]):
        server = Served(board)
        await server.start()
        try:
            yield server
        finally:
            await server.stop()
