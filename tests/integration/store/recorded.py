"""A catalogue with a priced window and hours to work, and the owner of contracts as a process has it just started."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sla_catalogue import Catalogue
from sla_catalogue.recorded import RecordedCatalogue
from sla_catalogue.source import SourceId
from sla_domain.event import IncidentId
from sla_domain.ledger import EntryId, EntryKind, LedgerEntry
from sla_domain.record import BookingRequest
from sla_ingest import tables
from sla_ingest.contract.owner import ContractOwner
from sla_ingest.contract.room import RecordRoom
from sla_ingest.contract.store import refresh_shelf
from sla_ingest.contract.work import WorkCounter
from sla_ingest.contract.written import WrittenContract
from sla_ingest.dialect.port import Work
from sla_ingest.entry import DeliveryResult, InboxEntry, Receipt
from sla_platform.audit.act import ActorKind, AuditActor, Command
from sla_platform.bus import Quarantine, WakeSignal
from sla_platform.bus.metrics import BusMetrics
from sla_platform.contracts.shelf import RecordShelf
from sla_platform.store.engine import Store
from sla_platform.wire.contract import canonical

NOV = datetime(2026, 11, 1, tzinfo=UTC)
SATURDAY = datetime(2026, 12, 5, tzinfo=UTC)
DAY = timedelta(days=1)
ROOM = 4 * 1024 * 1024
ANN = Command(AuditActor(ActorKind.KEY, "ann"))
FILES = """\
coverages:
  office: {hours: {mon-fri: "09:00-17:00"}, holidays: contract}
people:
  anna: {name: Anna, email: anna@example.com}
escalations:
  desk: {levels: [{after: 0m, tell: on_call}]}
plans:
  gold:
    priorities: [{id: P1}, {id: P2}]
    targets:
      - {metric: first_response, coverage: office, by_priority: {P1: 1h, P2: 4h}}
    escalation: desk
    allowances:
      - {id: credits, unit: credits, expires: contract_year}
      - {id: hours, unit: hours, amount: 100h}
    windows:
      - {id: weekend, notice: 2 weeks, late: surcharge, surcharge: 50, price: {allowance: credits, amount: 2}}
contracts:
  house: {plan: gold, zone: Europe/Warsaw, country: PL, roles: {on_call: [anna]}}
"""


class Clock:
    """The time as the story has it."""

    authoritative = True
    now_ = NOV

    def now(self) -> datetime:
        return self.now_


class Started:
    """What a process that was just started has: an owner of contracts, and a counter of work."""

    def __init__(self, store: Store, catalogue: Catalogue, clock: Clock, room: int = ROOM) -> None:
        self.store, self.shelf = store, RecordShelf()
        overlaid = RecordedCatalogue(lambda: catalogue, self.shelf)
        room_ = RecordRoom(room)
        quarantine = Quarantine("ingest", store, tables.quarantine, clock, BusMetrics())  # type: ignore[arg-type]
        self.owner = ContractOwner(
            store, self.shelf, lambda: catalogue, overlaid, clock, WakeSignal(), room_, quarantine  # type: ignore[arg-type]
        )  # fmt: skip
        self.work = WorkCounter(lambda: overlaid().rulebook, clock, room_)  # type: ignore[arg-type]

    async def post(self, contract: str, id_: str, kind: str, amount: int, at: datetime) -> bool:
        entry = LedgerEntry(id=EntryId(id_), kind=EntryKind(kind), at=at, who="ann", amount=Decimal(amount))
        return await self.owner.post(contract, "credits", lambda *_: entry, id_, ANN)

    async def worked(self, contract: str, delivery: str, start: datetime) -> Receipt:
        """Count a quarter of an hour of work, as a delivery tells of it."""
        told = Work(
            incident=IncidentId("T-1"), start=start, end=start + timedelta(minutes=15), who="ann", allowance="hours",
            contract=contract,
        )  # fmt: skip
        entry = InboxEntry(
            source=SourceId("desk"), delivery=delivery, digest="", received_at=start, headers={}, body=b"",
            result=DeliveryResult.ACCEPTED, work=told,
        )  # fmt: skip
        async with self.store.transaction() as connection:
            await refresh_shelf(connection, self.shelf)
            (receipt,) = await self.work(connection, [Receipt(entry, b"")])
        return receipt


def booking(id_: str, start: datetime = SATURDAY) -> BookingRequest:
    return BookingRequest(id=id_, window="weekend", start=start, end=start + 2 * DAY)


def written(contract: str, title: str, since: datetime | None = None, **more: Any) -> WrittenContract:
    values: dict[str, Any] = {
        "title": title, "customers": [f"Customer {contract}"], "plan": "gold", "zone": "Europe/Warsaw",
        "country": "PL", "valid": {"from": "2026-01-01"}, "roles": {"on_call": ["anna"]}, **more,
    }  # fmt: skip
    return WrittenContract(contract, values, canonical(values), "said", since)
