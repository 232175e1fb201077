"""The contracts of four vendors with a quarter of tickets: real plans, fold and facts, on a board with a catalogue."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx2
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from tests.given import given
from tests.integration.board.bench import HandTime, IdleSource
from tests.real.tables import opened_with_tables
from tests.unit.board.timer_in_memory import TimerInMemory

from sla_board import tables
from sla_board.service import BoardService, build
from sla_catalogue import Catalogue
from sla_catalogue.load import builtin_catalogue
from sla_domain.event import Actor, EventId, EventKind, IncidentEvent, IncidentId, WaitingOn
from sla_platform.bus import Batch, Quarantine
from sla_platform.bus.metrics import BusMetrics
from sla_platform.envelope import Envelope
from sla_platform.http import problem
from sla_platform.http.keys import ADMIN, READ, Authorizer, KeyGate
from sla_platform.store.engine import Store
from sla_platform.timesource import TimeSource
from sla_platform.wire import encode_event

BEGIN = datetime(2026, 10, 1, 6, 0, tzinfo=UTC)
NOW = datetime(2027, 1, 12, 9, 0, tzinfo=UTC)
HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
VENDORS = {
    "hpe-flexcare-pl": ("pl", ("L1", "L2", "L3"), "Operations Bridge"),
    "hpe-flexcare-tw": ("zh-TW", ("L1", "L2", "L3"), "Operations Bridge"),
    "express-24x7": ("ru", ("critical", "high", "medium", "low"), "eXpress"),
    "bpmonline-business": ("ru", ("P1", "P2", "P3"), "bpm'online"),
    "infor-premium-with-numbers": ("it", ("S1", "S2", "S3"), "LN"),
}
"""Contract -> language of the customer, priorities, product."""
_TITLES = (
    "Cannot log in after the update", "Report is empty", "Interface to the shop stands still", "Backup failed",
    "Order cannot be saved", "Certificate expires", "Slow search", "Mail is not sent", "Wrong total in the invoice",
)  # fmt: skip
_STAFF = ("Anna Nowak", "Piotr Lis", "Wei Chen", "Olga Smirnova")
_CUSTOMER = ("Jan Kowalski", "Maria Bianchi", "Chen Mei", "Ivan Petrov")


@dataclass(slots=True)
class VendorBoard:
    """A board over the catalogue of the four vendors; `tell` hands envelopes over as a bus would."""

    store: Store
    time: HandTime
    catalogue: Catalogue
    service: BoardService
    quarantine: Quarantine
    client: httpx2.AsyncClient

    async def tell(self, envelopes: list[Envelope]) -> None:
        """Hand over envelopes."""
        await given(self.service.projector, Batch(0, tuple(envelopes), None), self.quarantine)

    async def quarter(self, contract: str, count: int = 60, seed: int = 7) -> None:
        """Tell of so many tickets of a contract, opened from October to December 2026."""
        for ticket in tickets(self.catalogue, contract, count, seed):
            await self.tell(ticket)
        assert self.service.breakdowns is not None
        await self.service.breakdowns.catch_up()


@asynccontextmanager
async def vendor_board(
    url: str, authorizer: Authorizer | None = None, clock: TimeSource | None = None
) -> AsyncIterator[VendorBoard]:
    """Open a board with tables, the shipped catalogue and a clock that stands at NOW; a key may do everything.

    `clock`: what the board reads instead.
    """
    store = await opened_with_tables(url, tables.metadata)
    time = HandTime(NOW)
    made: list[VendorBoard] = []
    catalogue = builtin_catalogue()
    gate = authorizer or KeyGate(tuple, time, open_scopes=frozenset({READ, ADMIN}))
    quarantine = Quarantine("board", store, tables.quarantine, time, BusMetrics())
    service = build(
        store, IdleSource(), clock or time, gate, CollectorRegistry(), quarantine=quarantine,
        rulebook=lambda: made[0].catalogue.rulebook, catalogue=lambda: made[0].catalogue, public_url="https://sla.example",
    )  # fmt: skip
    app = FastAPI()
    problem.install(app)
    app.include_router(service.router)
    try:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://board") as client:
            made.append(VendorBoard(store, time, catalogue, service, quarantine, client))
            yield made[0]
    finally:
        await store.close()


def customer_of(catalogue: Catalogue, contract: str) -> str:
    """Return a name by which tickets call the customer of a contract."""
    return sorted(catalogue.rulebook.contracts[contract].customers)[0]  # type: ignore[index]


def tickets(catalogue: Catalogue, contract: str, count: int, seed: int) -> list[list[Envelope]]:
    """Return the events and facts of tickets, those of one ticket together."""
    dice = random.Random(seed)
    _, priorities, product = VENDORS[contract]
    customer = customer_of(catalogue, contract)
    made = []
    for number in range(count):
        at = BEGIN + (90 * DAY) * (number / count) + dice.random() * 5 * HOUR
        made.append(_ticket(catalogue, f"{contract}-{number + 1}", at, dice, (customer, priorities, product)))
    return made


def _ticket(
    catalogue: Catalogue, name: str, at: datetime, dice: random.Random, about: tuple[str, tuple[str, ...], str]
) -> list[Envelope]:
    customer, priorities, product = about
    incident = IncidentId(f"desk:{name}")
    timer = TimerInMemory(catalogue.rulebook)
    told: list[Envelope] = []

    def happen(kind: EventKind, at: datetime, **fields: object) -> None:
        actor = fields.pop("actor", Actor.STAFF)
        who = dice.choice(_CUSTOMER if actor is Actor.CUSTOMER else _STAFF)
        event = IncidentEvent(
            id=EventId(str(uuid4())), incident=incident, kind=kind, occurred_at=at, received_at=at, source="desk",
            actor=actor, actor_name=who, **fields,  # type: ignore[arg-type]
        )  # fmt: skip
        told.append(encode_event(event))
        if kind is not EventKind.OPENED:
            timer.tick(at)
        timer.receive([event], at)

    reporter = dice.choice(_CUSTOMER)
    attributes = {
        "title": dice.choice(_TITLES), "customer": customer, "priority": dice.choice(priorities), "product": product,
        "reporter": reporter, "description": "It does not work since this morning.",
    }  # fmt: skip
    happen(EventKind.OPENED, at, actor=Actor.CUSTOMER, attributes=attributes)
    at += dice.random() * 10 * MINUTE
    happen(EventKind.ASSIGNED, at, attributes={"assignee": dice.choice(_STAFF), "group": "desk"})
    late = dice.random() < 0.1
    at += (9 * HOUR if late else 12 * MINUTE) * dice.random()
    happen(EventKind.RESPONDED, at)
    if dice.random() < 0.3:
        at += 30 * MINUTE
        happen(EventKind.WAITING, at, waiting_on=WaitingOn.CUSTOMER, reason="log files")
        at += dice.random() * 20 * HOUR
        happen(EventKind.CUSTOMER_REPLIED, at, actor=Actor.CUSTOMER)
        happen(EventKind.RESUMED, at + MINUTE)
    if dice.random() < 0.05:
        happen(EventKind.ESCALATED, at + 2 * MINUTE, actor=Actor.CUSTOMER, reason="It stops our production")
    at += (5 * DAY if late else 3 * HOUR) * dice.random() + 5 * MINUTE
    happen(EventKind.RESOLVED, at)
    if dice.random() < 0.4:
        happen(EventKind.RATED, at + HOUR, actor=Actor.CUSTOMER, score=dice.choice((3, 4, 5, 5)), reason="Thank you")
    happen(EventKind.CLOSED, at + 2 * HOUR)
    return [*told, *timer.said]
