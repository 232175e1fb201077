"""GET /v1/clocks: the most urgent first, cut after that order and not before, page by page while time passes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import update
from tests.build.story import Telling, instant
from tests.integration.timer.desk import Desk
from tests.integration.timer.door import door

from sla_catalogue import builtin_catalogue
from sla_platform.http import problem
from sla_platform.store.engine import Store
from sla_timer import tables

PLAN = "Example eXpress 8x5"  # P1 5 h, P2 8 h, P3 16 h, P4 40 h of office time; a first response in 1 h


def msk(text: str) -> datetime:
    return instant(text, "Europe/Moscow")


@pytest.fixture
async def desk(store: Store) -> Desk:
    return await Desk(store, builtin_catalogue()).start()


@pytest.fixture
async def client(desk: Desk) -> AsyncIterator[httpx2.AsyncClient]:
    app = FastAPI()
    problem.install(app)
    app.include_router(door(desk, builtin_catalogue(), desk.time))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://timer") as opened:
        yield opened


async def opened(desk: Desk, name: str, priority: str, at: str) -> Telling:
    told = Telling(name, "Europe/Moscow").opened(at, priority, customer=PLAN, description="no calls", id=f"{name}/0")
    told.responded(at, id=f"{name}/1")
    await desk.apply(*told.events)
    return told


async def asked(client: httpx2.AsyncClient, **query: Any) -> dict[str, Any]:
    answer = await client.get("/v1/clocks", params=query)
    assert answer.status_code == 200, answer.text
    read: dict[str, Any] = answer.json()
    return read


async def test_a_limit_keeps_the_most_urgent_and_not_the_earliest_due(desk: Desk, client: httpx2.AsyncClient) -> None:
    await opened(desk, "desk:p4", "P4", "2026-11-16 10:00")  # due first: Friday 14:00
    await opened(desk, "desk:p1", "P1", "2026-11-20 10:30")  # due Friday 15:30
    await opened(desk, "desk:p2", "P2", "2026-11-20 10:10")  # due Friday 18:10
    desk.time.instant = msk("2026-11-20 13:30")
    found = await asked(client, limit=1)
    assert [one["incident"] for one in found["clocks"]] == ["desk:p1"]
    everything = (await asked(client))["clocks"]
    assert [one["incident"] for one in everything] == ["desk:p1", "desk:p4", "desk:p2"]
    assert [one["urgency"] for one in everything] == sorted((one["urgency"] for one in everything), reverse=True)
    whole = (await client.get("/v1/incidents/desk:p1")).json()
    [running] = [one for one in whole["clocks"] if one["state"] == "running"]
    assert running["urgency"] == pytest.approx(everything[0]["urgency"], rel=1e-6), "as of now, not of the last event"


async def test_pages_neither_miss_nor_repeat_a_clock_while_the_order_changes(
    desk: Desk, client: httpx2.AsyncClient
) -> None:
    for number in range(7):
        told = await opened(desk, f"desk:{number}", f"P{number % 4 + 1}", f"2026-11-16 1{number}:00")
        if number == 3:
            await desk.apply(*told.waits("2026-11-16 13:30", id="wait").events)
    desk.time.instant = msk("2026-11-16 17:00")
    first = await asked(client, limit=100)
    assert (len(first["clocks"]), first["next"]) == (7, None)
    paged: list[dict[str, Any]] = []
    after = ""
    while True:
        page = await asked(client, limit=2, after=after)
        paged += page["clocks"]
        desk.time.instant += timedelta(hours=30)
        if not (after := page["next"] or ""):
            break
    assert [one["id"] for one in paged] == [one["id"] for one in first["clocks"]]
    assert paged[-1]["state"] == "paused", "nobody can act on it now"
    assert [one["id"] for one in (await asked(client, limit=2, offset=2))["clocks"]] != []


async def test_of_equal_urgency_the_first_due_comes_first_then_the_incident_and_the_metric(
    desk: Desk, client: httpx2.AsyncClient
) -> None:
    """As on the board (`UrgencyOrder`): what is paused, and what is overdue by more than a day, weighs the same."""
    waits = [("desk:w_2", "2026-11-16 10:00"), ("desk:w:1", "2026-11-16 10:30"), ("desk:w%3", "2026-11-16 10:10")]
    for name, at in waits:
        told = await opened(desk, name, "P1", at)
        await desk.apply(*told.waits("2026-11-16 11:00", id=f"{name}/w").events)
    await opened(desk, "desk:b", "P1", "2026-11-16 10:00")
    await opened(desk, "desk:a", "P1", "2026-11-16 10:20")
    await opened(desk, "desk:c", "P1", "2026-11-16 10:00")
    desk.time.instant = msk("2026-11-20 17:00")
    everything = ["desk:b", "desk:c", "desk:a", "desk:w%3", "desk:w:1", "desk:w_2"]
    assert list(dict.fromkeys(one["incident"] for one in (await asked(client))["clocks"])) == everything
    found: list[tuple[str, str]] = []
    after = ""
    while True:
        page = await asked(client, limit=1, after=after)
        found += [(one["incident"], one["metric"]) for one in page["clocks"]]
        if not (after := page["next"] or ""):
            break
    assert found == [(one["incident"], one["metric"]) for one in (await asked(client))["clocks"]]


@pytest.mark.parametrize("after", ["x", "1_2_3", "1_nan_", "9" * 30 + "_1.0_x", "_", "1__", "1_1.0__a_b_",
    "1_1.0_x_a_b_1", "1_1.0__a_b_x", "1_1.0__a_b_-1", "1_1.0__a_b_9999999999", "1_1.0__a%00_b_1", "1_1.0__a_b_1_1",
])  # fmt: skip
async def test_what_is_no_page_is_refused(client: httpx2.AsyncClient, after: str) -> None:
    answer = await client.get("/v1/clocks", params={"after": after})
    assert (answer.status_code, answer.json()["title"]) == (422, "No such page")


async def test_rows_of_an_older_release_have_their_place(desk: Desk, client: httpx2.AsyncClient) -> None:
    await opened(desk, "desk:p3", "P3", "2026-11-16 10:00")
    await opened(desk, "desk:p1", "P1", "2026-11-16 10:00")
    async with desk.store.transaction() as connection:
        await connection.execute(update(tables.clock).values(weight=None))
    desk.time.instant = msk("2026-11-16 11:00")
    assert [one["incident"] for one in (await asked(client))["clocks"]] == ["desk:p1", "desk:p3"]


async def test_counted_time_and_outside_hours_stand_beside_the_due_instant(
    desk: Desk, client: httpx2.AsyncClient
) -> None:
    told = await opened(desk, "desk:1", "P1", "2026-11-20 17:00")
    desk.time.instant = msk("2026-11-21 12:00")
    [clock] = (await asked(client))["clocks"]
    assert (clock["counted_seconds"], clock["outside_hours"]) == (3 * 3600, True)
    assert clock["opens_at"] == "2026-11-23T07:00:00Z"
    whole = (await client.get("/v1/incidents/desk:1")).json()["clocks"]
    [running] = [one for one in whole if one["state"] == "running"]
    assert {name: running[name] for name in ("counted_seconds", "outside_hours", "opens_at")} == {
        "counted_seconds": 3 * 3600, "outside_hours": True, "opens_at": "2026-11-23T07:00:00Z",
    }  # fmt: skip
    await desk.apply(*told.waits("2026-11-23 11:00", id="wait").events)
    [clock] = (await asked(client))["clocks"]
    assert (clock["state"], clock["counted_seconds"], clock["outside_hours"]) == ("paused", 2 * 3600, False)


async def test_what_would_be_due_is_listed_by_what_is_due_first(client: httpx2.AsyncClient) -> None:
    answer = await client.post(
        "/v1/deadlines", json={"customer": PLAN, "priority": "P1", "opened_at": "2026-11-16T10:00:00+03:00"}
    )
    dues = [line["due_at_utc"] for line in answer.json()["metrics"] if line["due_at_utc"]]
    assert len(dues) > 1
    assert dues == sorted(dues)
