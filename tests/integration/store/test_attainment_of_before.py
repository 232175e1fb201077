"""Verdicts of the clocks that were there before attainment was counted: brought along with the schema."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import orjson
from sqlalchemy import select

from sla_board import tables as board
from sla_platform.store.engine import Store
from sla_standalone.migrate import downgrade, upgrade

NINE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
NAMES = UUID("8590f00c-13a3-5120-a085-a0c87a3f99ad")
OF_ATTAINMENT = {
    "verdict", "decided_at", "decided_contract", "decided_priority", "entitlement", "exempt", "exempt_by",
}  # fmt: skip


async def test_what_was_decided_before_is_counted_where_and_when_it_was_decided(store: Store) -> None:
    await upgrade(store, "0017")
    async with store.transaction() as connection:
        for name, phase in (("met", "closed"), ("late", "open"), ("moved", "resolved"), ("waits", "open")):
            await connection.execute(board.incident.insert(), _incident(name, phase))
        old = board.clock.insert().inline()
        for row in (
            _clock("met", "response", "met", stopped_at=NINE),
            _clock("met", "resolution", "met", stopped_at=NINE + HOUR),
            _clock("late", "resolution", "running", breached_at=NINE, due_at=NINE),
            _clock("moved", "resolution", "missed", breached_at=NINE + HOUR, stopped_at=NINE + 3 * HOUR),
            _clock("waits", "response", "cancelled"),
            _clock("waits", "resolution", "running", due_at=NINE + 9 * HOUR),
        ):
            await connection.execute(old.values(row))
        periods = [
            {"contract": name, "customer": name, "start": at.isoformat(), "event": name, "named": True}
            for name, at in (("before", NINE), ("acme", NINE + 2 * HOUR))
        ]
        moved = {"incident": "moved", "contract": "acme", "customer": "acme", "periods": orjson.dumps(periods).decode()}
        await connection.execute(board.contract.insert(), moved | {"at": NINE, "rank": 1})
        await connection.execute(board.event.insert(), _exemption("late", "resolution"))
    await upgrade(store)
    async with store.reading() as connection:
        clocks = {(row.incident, row.metric): row for row in (await connection.execute(select(board.clock))).all()}
        requests = {row.incident: row for row in (await connection.execute(select(board.request))).all()}
    assert {name: (row.verdict, row.decided_at, row.decided_contract) for name, row in clocks.items()} == {
        ("met", "response"): ("met", NINE, "acme"),
        ("met", "resolution"): ("met", NINE + HOUR, "acme"),
        ("late", "resolution"): ("missed", NINE, "acme"),
        ("moved", "resolution"): ("missed", NINE + HOUR, "before"),
        ("waits", "response"): ("none", None, "acme"),
        ("waits", "resolution"): ("open", None, "acme"),
    }
    assert {row.decided_priority for row in clocks.values()} == {"P2"}
    assert {name for name, row in clocks.items() if row.exempt} == {("late", "resolution")}
    assert (clocks["late", "resolution"].exempt, clocks["late", "resolution"].exempt_by) == ("strike", "anna")
    assert {name: (row.verdict, row.decided_at, row.contract, row.metric) for name, row in requests.items()} == {
        "met": ("met", NINE + HOUR, "acme", "resolution"),
        "late": ("missed", NINE, "acme", "resolution"),
        "moved": ("missed", NINE + HOUR, "before", "resolution"),
        "waits": ("open", None, "acme", "resolution"),
    }
    assert (requests["waits"].due_at, requests["late"].exempt) == (NINE + 9 * HOUR, "strike")
    await downgrade(store, "0017")
    await upgrade(store)


def _incident(name: str, phase: str) -> dict[str, Any]:
    return {
        "id": name, "source": "desk", "title": "", "url": "", "customer": "", "priority": "P2", "phase": phase,
        "opened_at": NINE, "changed_at": NINE, "attributes": "{}", "search": "",
    }  # fmt: skip


def _clock(incident: str, metric: str, state: str, **instants: datetime) -> dict[Any, Any]:
    values: dict[str, Any] = {
        "id": uuid5(NAMES, f"{incident}/{metric}"), "incident": incident, "metric": metric, "cycle": 0,
        "contract": "acme", "plan": "p", "customer": "", "priority": "P2", "zone": "UTC", "title": "", "url": "",
        "allowed": "1h", "weight": 1.0, "state": state, "open": state == "running", "why": "", "generation": 0,
        "warned": "", "provisional": False, "started_at": NINE - HOUR, "search": "",
    }  # fmt: skip
    return {board.clock.c[name]: value for name, value in (values | instants).items() if name not in OF_ATTAINMENT}


def _exemption(incident: str, metric: str) -> dict[str, Any]:
    details = {"exempt": "strike", "exempt_by": "anna"}
    return {
        "topic": "clocks", "id": "fact", "type": "io.slad.clock.amended.v1", "incident": incident,
        "clock": uuid5(NAMES, f"{incident}/{metric}"), "at": NINE, "data": orjson.dumps({"details": details}).decode(),
    }  # fmt: skip
