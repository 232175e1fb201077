"""What stories of years ask of a contract's ledgers, and the contracts they are of."""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
from tests.e2e.world import ADMIN_KEY, World

WARSAW = "Europe/Warsaw"
MOSCOW = "Europe/Moscow"


def hpe(customer: str, first: date, **more: Any) -> dict[str, Any]:
    """FlexCare with a TAM for two years, over the round-the-clock base contract."""
    return {
        "customers": [customer],
        "plan": "flexcare",
        "base_plan": "hpe-enterprise-standard",
        "leaves_unspecified": ["first_response"],
        "window_prices": {"weekend-standby": {"allowance": "credits", "amount": "10"}},
        "zone": WARSAW,
        "country": "PL",
        "valid": {"from": first.isoformat(), "to": first.replace(year=first.year + 2).isoformat()},
        "roles": {name: ["nobody"] for name in ("specialist_group", "tam", "on_call", "manager")},
    } | more


async def ledger(world: World, contract: str, allowance: str, **query: str) -> dict[str, Any]:
    answer = await world.get("ingest", f"/v1/contracts/{contract}/ledgers/{allowance}", key=ADMIN_KEY, **query)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def post(world: World, contract: str, allowance: str, kind: str, id_: str, **more: Any) -> httpx2.Response:
    body = {"id": id_, "kind": kind, **more}
    return await world.post(f"/v1/contracts/{contract}/ledgers/{allowance}/entries", body, key=ADMIN_KEY)


async def balance(world: World, contract: str, allowance: str) -> tuple[str, str]:
    """What is free and what is reserved."""
    found = await ledger(world, contract, allowance)
    return found["free"]["amount"], found["reserved"]["amount"]


async def gauge(world: World, about: str) -> bool:
    text = (await world.get("ingest", "/metrics", key=ADMIN_KEY)).text
    found = re.search(rf'^slad_ingest_ledger_warnings{{about="{about}"}} (\S+)', text, re.MULTILINE)
    return found is not None and float(found.group(1)) >= 1


def day(world: World, zone: str) -> date:
    return world.now.astimezone(ZoneInfo(zone)).date()
