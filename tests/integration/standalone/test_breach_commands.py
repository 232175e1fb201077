"""`slad breach list | explain` and `slad pauses` against a running service."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
from tests.integration.standalone.served import served
from tests.integration.standalone.test_override_commands import ALL_KEY, READER, TENANTS
from tests.real.tables import migrate
from tests.unit.cli.invoke import Said, slad

from sla_platform.settings import Settings
from sla_platform.timesource import SystemTime
from sla_standalone.compose import ALL


async def test_breaches_and_pauses_at_the_keyboard(tmp_path: Path) -> None:
    """One test, for the services take longer to start than to be asked."""
    settings = Settings(store_url=f"sqlite:///{tmp_path}/slad.db", catalogue=TENANTS, port=0)
    await migrate(settings)
    async with served(settings, ALL) as (port, _):
        url = f"http://127.0.0.1:{port}"

        async def call(*arguments: str, key: str = ALL_KEY) -> Said:
            return await asyncio.to_thread(slad, *arguments, "--url", url, "--key", key)

        assert "no breach fits" in (await call("breach", "list")).err
        assert "no pause fits" in (await call("pauses")).err
        await _a_day(url)
        await _broken(call)
        await _paused(call)


def _a_day_ago() -> datetime:
    return SystemTime().now() - timedelta(days=1)


async def _a_day(url: str) -> None:
    """A request of Acme a day ago, that was answered in time and waits for the customer since."""
    began = _a_day_ago()
    told = [
        ("opened", 0, {"customer": "Acme", "priority": "P1", "title": "it is down", "assignee": "ann"}),
        ("waiting", 60, {"waiting_on": "customer", "actor": "staff", "actor_name": "Ann", "reason": "log files"}),
        ("commented", 90, {"actor": "customer"}),
    ]
    headers = {"Authorization": f"Bearer {ALL_KEY}", "Content-Type": "application/cloudevents+json"}
    async with httpx2.AsyncClient(base_url=url, headers=headers, trust_env=False) as client:
        for kind, minute, data in told:
            event = {
                "specversion": "1.0", "id": kind, "source": "/desk", "subject": "7",
                "type": f"io.slad.incident.{kind}.v1", "time": (began + timedelta(minutes=minute)).isoformat(),
                "data": data,
            }  # fmt: skip
            assert (await client.post("/v1/events", content=json.dumps(event).encode())).status_code == 202
        async with asyncio.timeout(30):
            while True:
                breaches = (await client.get("/v1/breaches")).json()["breaches"]
                pauses = (await client.get("/v1/pauses")).json()
                if breaches and pauses["pauses"] and not pauses["behind"]:
                    return
                await asyncio.sleep(0.1)


async def _broken(call: Any) -> None:
    listed = await call("breach", "list", "--unexplained", "--contract", "acme", key=READER)
    assert listed.status == 1
    assert all(word in listed.out for word in ("desk:7", "first_response", "acme", "running", "none"))
    assert (await call("breach", "list", "--lacking")).status == 0, "the plan requires no reason"
    explain = ("breach", "explain", "desk:7", "--by", "Anna")
    unknown = await call(*explain, "--code", "sunspots")
    assert (unknown.status, "it offers no_capacity, overlooked" in unknown.err) == (2, True)
    assert (await call(*explain, "--code", "vendor", "--metric", "update")).status == 1
    assert (await call("breach", "explain", "desk:none", "--code", "vendor")).status == 1
    said = await call(*explain, "--code", "vendor", "--text", "they slept", "--lang", "pl", key=READER)
    assert said.out.strip() == (
        "desk:7 first_response: Opóźnienie po stronie dostawcy: they slept (Anna (key reader)); recorded"
    )
    again = await call(*explain, "--code", "vendor", "--text", "they slept", "--json")
    assert (again.json["changed"], len(again.json["history"])) == (False, 1)
    assert (await call("breach", "list", "--unexplained")).status == 0
    month = f"{_a_day_ago().astimezone(ZoneInfo('Europe/Warsaw')):%Y-%m}"
    named = await call("breach", "list", "--period", month, "--contract", "acme", "--json")
    assert [one["reason"]["code"] for one in named.json["breaches"]] == ["vendor"]
    bad = await call("breach", "list", "--period", "yesterday")
    assert (bad.status, "write a month as 2026-11" in bad.err, len(bad.err.strip().splitlines())) == (2, True, 1)


async def _paused(call: Any) -> None:
    listed = await call("pauses", "--contract", "acme", "--longer-than", "20h", "--spoken", key=READER)
    assert listed.status == 0
    assert all(word in listed.out for word in ("desk:7", "customer", "Ann", "it lasts, the customer spoke"))
    assert "no pause fits" in (await call("pauses", "--met")).err
    shares = await call("pauses", "--shares", "--counted", "--longer-than", "1h")
    assert all(word in shares.out for word in ("held by", "ann", "set by", "Ann", "100%"))
    assert (await call("pauses", "--shares", "--json")).json["complete"] is True
    bad = await call("pauses", "--longer-than", "3")
    assert (bad.status, len(bad.err.strip().splitlines())) == (2, 1)
    assert (await call("pauses", "--from", "yesterday")).status == 2
