"""What a report costs with many incidents of one contract in its period.

`python -m bench.report [--incidents 100000] [--store URL]`. A month of one contract of the shipped catalogue is written
into the board's tables: of each incident the event of its opening and its end, two clocks (one of twelve late, every
hundredth exempt), its row in the list, its breakdown, and of every third a pause. Then the service report of the month
and the review of the quarter are asked for over ASGI, as JSON and as HTML. Of five answers are printed, in seconds: the
middle, the worst, and the middle of the processor's time in this process. `--sections` prints that of each section.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any
from uuid import UUID

import httpx2
import orjson
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from sqlalchemy import Table, text

from sla_board import tables
from sla_board.report import build as building
from sla_board.report.section import SECTIONS
from sla_board.service import build
from sla_catalogue.load import builtin_catalogue
from sla_domain.event import Actor, EventId, EventKind, IncidentEvent, IncidentId
from sla_platform.bus import Handler, Quarantine
from sla_platform.bus.metrics import BusMetrics
from sla_platform.envelope import Topic
from sla_platform.http import problem
from sla_platform.http.keys import ADMIN, READ, KeyGate
from sla_platform.store.engine import Store
from sla_platform.store.schema import create_all
from sla_platform.wire import encode_event
from sla_standalone import descriptors  # noqa: F401 - the package installs the kinds of channels

CONTRACT = "express-24x7"
MANY = 100_000
_FIRST, _NOW = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 2, tzinfo=UTC)
_MONTH = timedelta(days=29)
_HOUR, _MINUTE = timedelta(hours=1), timedelta(minutes=1)
_PART = 2_000
_METRICS = ("first_response", "resolution")
_PEOPLE = ("Anna", "Piotr", "Wei", "Olga", "Jan", "Maria")


class _StandingTime:
    """Time that stands still, after the month."""

    authoritative = True

    def now(self) -> datetime:
        return _NOW

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class _NoBus:
    """A bus on which nothing comes."""

    lag = 0
    healthy = True

    async def run(self, handler: Handler) -> None:
        await asyncio.Event().wait()


def rows_of(number: int, many: int) -> Iterator[tuple[Table, dict[str, Any]]]:
    """Yield the rows of one incident, in any order; every value follows from its number."""
    id_, opened = f"desk:{number}", _FIRST + _MONTH * (number / many)
    closed = opened + (1 + number % 20) * _HOUR
    priority = ("critical", "high", "medium", "low")[number % 4]
    who, customer = _PEOPLE[number % 6], f"Person {number % 500}"
    title = f"Report {number} is empty"
    late, exempt = number % 12 == 0, "a flood" if number % 100 == 0 else ""
    attributes = f'{{"reporter":"{customer}","assignee":"{who}","product":"eXpress"}}'
    yield tables.incident, {
        "id": id_, "source": "desk", "ticket": f"SUP-{number}", "title": title, "url": "", "customer": "Bank",
        "priority": priority, "phase": "closed", "opened_at": opened, "ended_at": closed, "changed_at": closed,
        "attributes": attributes, "search": f"{id_}\n{title}".casefold(),
    }  # fmt: skip
    for kind, at, name in ((EventKind.OPENED, opened, customer), (EventKind.CLOSED, closed, who)):
        event = IncidentEvent(
            id=EventId(f"{id_}/{kind.value}"), incident=IncidentId(id_), kind=kind, occurred_at=at, received_at=at,
            source="desk", actor=Actor.STAFF, actor_name=name,
        )  # fmt: skip
        envelope = encode_event(event)
        yield tables.event, {
            "topic": Topic.INCIDENTS.value, "id": envelope.id, "type": envelope.type, "incident": id_, "clock": None,
            "at": at, "data": envelope.data.decode(),
        }  # fmt: skip
    for place, metric in enumerate(_METRICS):
        clock = UUID(int=(number << 8) + place)
        due = opened + (30 * _MINUTE if place == 0 else 40 * _HOUR)
        missed = late and place == 0
        stopped = due + 20 * _MINUTE if missed else min(due, closed)
        verdict = "missed" if missed else "met"
        decided = due if missed else stopped
        yield tables.clock, {
            "id": clock, "incident": id_, "metric": metric, "cycle": 0, "contract": CONTRACT, "plan": "express-support",
            "customer": "Bank", "priority": priority, "zone": "Europe/Moscow", "title": title, "url": "",
            "allowed": "30 min", "weight": 1.0, "state": verdict, "open": False, "why": "", "generation": 1,
            "warned": "", "provisional": False, "started_at": opened, "due_at": due, "due_seconds": due.timestamp(),
            "original_due_at": due, "stopped_at": stopped, "breached_at": due if missed else None, "search": id_,
            "verdict": verdict, "decided_at": decided, "decided_contract": CONTRACT, "decided_priority": priority,
            "entitlement": "", "exempt": exempt, "exempt_by": "Iza" if exempt else "",
        }  # fmt: skip
    met = not late
    decided = opened + 30 * _MINUTE if late else closed
    yield tables.request, {
        "incident": id_, "verdict": "met" if met else "missed", "decided_at": decided, "due_at": None,
        "metric": "resolution" if met else "first_response", "contract": CONTRACT, "entitlement": "",
        "priority": priority, "exempt": exempt, "exempt_by": "Iza" if exempt else "",
    }  # fmt: skip
    yield tables.listed, {
        "incident": id_, "contract": CONTRACT, "part": 0, "ticket": f"SUP-{number}", "title": title, "url": "",
        "customer": "Bank", "product": "eXpress", "priority": priority, "phase": "closed",
        "verdict": "exempt" if exempt else "met" if met else "missed", "counts_at": decided, "assignee": who,
        "team": "desk", "zone": "Europe/Moscow", "opened_at": opened, "ended_at": closed, "due_at": None,
        "left_at": None, "met": 2 - late, "missed": int(late), "open": 0, "exempt": 0, "folded": f"sup-{number}",
        "search": title,
    }  # fmt: skip
    wall = (closed - opened) // timedelta(microseconds=1)
    half = wall // 2
    halves = [[who, "desk", "1", "own", half, half, half], [who, "desk", "2", "customer", half, 0, 0]]
    yield tables.breakdown, {
        "incident": id_, "view": "", "subject": "", "contract": CONTRACT, "metric": "", "cycle": 0, "hours": "",
        "state": "", "started_at": opened, "ended_at": closed, "parts": _json(halves), "going_on": "", "summed": True,
    }  # fmt: skip
    if number % 3 == 0:
        yield tables.pause, {
            "clock": UUID(int=(number << 8) + 1), "started_at": opened + 10 * _MINUTE, "incident": id_,
            "contract": CONTRACT, "metric": "resolution", "cycle": 0, "priority": priority, "hours": "",
            "waiting_on": "customer", "defect": "", "why": "log files", "set_by": who,
            "ended_at": opened + 40 * _MINUTE, "wall_seconds": 1800.0, "within_seconds": 1800.0, "verdict": "",
            "words": 0,
            "held": _json([[who, "desk", "1", 0, None]]),
        }  # fmt: skip


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


async def fill(store: Store, many: int) -> None:
    """Write the month."""
    for begin in range(0, many, _PART):
        found: dict[Table, list[dict[str, Any]]] = {}
        for number in range(begin, min(begin + _PART, many)):
            for table, row in rows_of(number, many):
                found.setdefault(table, []).append(row)
        async with store.transaction() as connection:
            for table, rows in found.items():
                await connection.execute(table.insert(), rows)
    async with store.transaction() as connection:
        await connection.execute(text("ANALYZE"))


_Section = Callable[..., Awaitable[Any]]


def watched(name: str, section: _Section, spent: dict[str, float]) -> _Section:
    """Return the section, with what it costs the processor noted."""

    async def read(subject: Any) -> Any:
        began = time.process_time()
        try:
            return await section(subject)
        finally:
            spent[name] = time.process_time() - began

    return read


async def run(url: str, many: int, *, filled: bool, sections: bool) -> None:
    """Fill the store, ask for the reports, and print a line for each."""
    store = Store(url)
    clock = _StandingTime()
    if not filled:
        await create_all(store, [tables.metadata])
        began = time.process_time()
        await fill(store, many)
        print(f"{many:,} incidents written in {time.process_time() - began:,.0f} s of the processor", flush=True)
    catalogue = builtin_catalogue()
    quarantine = Quarantine("board", store, tables.quarantine, clock, BusMetrics())
    service = build(
        store, _NoBus(), clock, KeyGate(tuple, clock, open_scopes=frozenset({READ, ADMIN})), CollectorRegistry(),
        quarantine=quarantine, rulebook=lambda: catalogue.rulebook, catalogue=lambda: catalogue,
    )  # fmt: skip
    app = FastAPI()
    problem.install(app)
    app.include_router(service.router)
    spent: dict[str, float] = {}
    if sections:
        building.SECTIONS = {name: watched(name, each, spent) for name, each in SECTIONS.items()}
    transport = httpx2.ASGITransport(app=app)
    asked: Mapping[str, Mapping[str, str]] = {
        "the month, JSON": {"period": "2026-11"},
        "the month, HTML": {"period": "2026-11", "format": "html", "language": "pl"},
        "the quarter, JSON": {"period": "2026-Q4"},
    }
    async with httpx2.AsyncClient(transport=transport, base_url="http://board", timeout=600) as client:
        for name, query in asked.items():
            taken, worked = [], []
            for _ in range(5):
                began, busy = time.perf_counter(), time.process_time()
                answer = await client.get(f"/v1/reports/{CONTRACT}", params=query)
                answer.raise_for_status()
                taken.append(time.perf_counter() - began)
                worked.append(time.process_time() - busy)
            print(f"| {name} | {median(taken):.2f} | {max(taken):.2f} | {median(worked):.2f} |", flush=True)
            for each, seconds in sorted(spent.items(), key=lambda one: -one[1])[:8]:
                print(f"    {each}: {seconds:.2f}")
    await store.close()


def main() -> None:
    """Run with the arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--incidents", type=int, default=MANY)
    parser.add_argument("--store", default="")
    parser.add_argument("--filled", action="store_true", help="the store has the incidents of a run before")
    parser.add_argument("--sections", action="store_true", help="also what each section costs the processor")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="slad-bench-") as folder:
        url = asked.store or f"sqlite:///{folder}/board.db"
        asyncio.run(run(url, asked.incidents, filled=asked.filled, sections=asked.sections))


if __name__ == "__main__":
    main()
