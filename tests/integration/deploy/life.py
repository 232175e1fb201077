"""A short life of a real `slad run` on a steered clock: tickets, a warning, a breach, an answer, a pager away."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
from tests.e2e.fleet import Fleet, Profile
from tests.real.http import http_client

from sla_platform.timesource import SteeredTime

KEY = "hush-the-only-key-0001"
BEGINNING = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CATALOGUE = Path(__file__).parent / "catalogue.yaml"
PATIENCE_SECONDS = 20.0
_LOOK_SECONDS = 0.05
_CLOUDEVENTS = "application/cloudevents+json"


@dataclass(slots=True)
class Life:
    """One process and the clock it lives by."""

    fleet: Fleet
    folder: Path
    now: datetime
    client: httpx2.AsyncClient
    numbers: itertools.count[int]

    @property
    def url(self) -> str:
        return self.fleet.url("run")

    @property
    def database(self) -> Path:
        return self.folder / "slad.db"

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)
        SteeredTime.steer(self.folder / "now", self.now)

    async def happens(self, incident: str, kind: str, **data: Any) -> httpx2.Response:
        """A CloudEvent of slad's own words, accepted."""
        event = {
            "specversion": "1.0", "id": str(next(self.numbers)), "source": "/desk", "subject": incident,
            "type": f"io.slad.incident.{kind}.v1", "time": self.now.isoformat(), "data": data,
        }  # fmt: skip
        answer = await self.post("/v1/events", event, _CLOUDEVENTS)
        assert answer.status_code == 202, answer.text
        return answer

    async def post(self, path: str, body: Any, media_type: str = "application/json") -> httpx2.Response:
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": media_type}
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.client.post(f"{self.url}{path}", content=content, headers=headers)

    async def get(self, path: str, **headers: str) -> httpx2.Response:
        return await self.client.get(f"{self.url}{path}", headers={"Authorization": f"Bearer {KEY}", **headers})

    async def until(self, what: str, look: Callable[[], Awaitable[Any]]) -> Any:
        """Look again until the answer is true, and return it."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                if found := await look():
                    return found
                await asyncio.sleep(_LOOK_SECONDS)

    async def shows(self, series: str, at_least: float = 1.0) -> None:
        """Wait until a series of /metrics, named with its labels, has grown to `at_least`."""

        async def look() -> bool:
            lines = (await self.get("/metrics")).text.splitlines()
            return any(line.startswith(f"{series} ") and float(line.rsplit(" ", 1)[1]) >= at_least for line in lines)

        await self.until(series, look)


@asynccontextmanager
async def life(folder: Path, environment: Mapping[str, str]) -> AsyncIterator[Life]:
    """Start it; stop it at the end, which must go well."""
    SteeredTime.steer(folder / "now", BEGINNING)
    catalogue = folder / "catalogue"
    catalogue.mkdir()
    (catalogue / "catalogue.yaml").write_text(CATALOGUE.read_text())
    settings = {
        "SLAD_CATALOGUE": str(catalogue),
        "SLAD_TIME": f"steered:{folder / 'now'}",
        "SLAD_LINK_SECRET": "hush-link-secret-000001",
        "SLAD_BOARD_OPEN": "false",
        "DESK_SECRET": "hush-desk-secret-00001",
    }
    fleet = Fleet(folder, Profile.EMBEDDED, settings | dict(environment))
    try:
        await fleet.start()
        async with http_client(timeout=10.0) as client:
            yield Life(fleet, folder, BEGINNING, client, itertools.count(1))
        fleet.stop()
    finally:
        fleet.kill()


async def lived(one: Life) -> None:
    """Tickets come and go; something is told and answered."""
    await one.happens("INC-1", "opened", customer="Acme", priority="P1", title="Checkout is down", product="shop")
    await one.happens("INC-2", "opened", customer="Acme", priority="P2", title="Slow search")
    await one.happens("INC-3", "opened", customer="Nobody we know", priority="P1", title="Is anybody there?")
    notice = {"id": "SHOP-1", "title": "Update today", "text": "Orders can be lost.", "products": [{"product": "shop"}]}
    assert (await one.post("/v1/notices", notice)).status_code == 202
    await one.shows("slad_timer_events_applied_total", 3)
    one.advance(minutes=8)
    await one.shows('slad_timer_fired_total{kind="warning",outcome="fired"}')
    one.advance(minutes=8)
    await one.shows('slad_timer_fired_total{kind="breach",outcome="fired"}')
    alert = await one.until("an alert of INC-1", lambda: _alert_of(one, "desk:INC-1"))
    assert (await one.post(f"/v1/alerts/{alert}/ack", {"by": "anna"})).status_code == 200
    one.advance(minutes=1)
    await one.happens("INC-1", "responded", actor="staff")
    await one.happens("INC-2", "waiting", waiting_on="customer")
    await one.shows("slad_timer_events_applied_total", 5)
    one.advance(minutes=11)
    await one.happens("INC-2", "resumed")
    await one.happens("INC-2", "priority_changed", priority="P1")
    await one.happens("INC-1", "resolved", actor="staff")
    await one.happens("INC-3", "cancelled")
    await one.shows("slad_timer_events_applied_total", 9)
    await one.shows('slad_timer_facts_total{kind="clock.met"}')
    await one.shows("slad_notifier_canary_timestamp_seconds")
    await one.shows('slad_timer_due_soon_clocks{contract="acme"}', 0)  # levels are looked up every few seconds


async def _alert_of(one: Life, incident: str) -> str:
    alerts = (await one.get("/v1/alerts")).json()["alerts"]
    return next((alert["id"] for alert in alerts if alert["incident"] == incident), "")
