"""Two systems tell of one outage: linked, it is one incident with one alert; unlinked, each is its own again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.e2e.test_a_promise_kept_or_broken import clock
from tests.e2e.world import INGEST_KEY, SOURCE, World, cloud_event
from tests.real.http import http_client

WARSAW = "Europe/Warsaw"
PAGER = "pager"


async def rings(world: World, name: str, kind: str, at: datetime | None = None, **data: Any) -> dict[str, Any]:
    """The other system says something of its own ticket."""
    event = cloud_event(name, kind, data, at or world.now) | {"source": PAGER}
    answer = await world.post("/v1/events", event, key=INGEST_KEY)
    assert answer.status_code == 202, answer.text
    told: dict[str, Any] = answer.json()
    return told


def pair(ticket: str, page: str) -> dict[str, str]:
    return {"incident": f"{SOURCE}:{ticket}", "same_as": f"{PAGER}:{page}"}


async def links(world: World, method: str, **said: Any) -> None:
    async with http_client(timeout=20.0, headers={"authorization": f"Bearer {INGEST_KEY}"}) as client:
        answer = await client.request(method, world.fleet.url("ingest") + "/v1/links", **said)
    assert (answer.status_code, answer.json()["changed"]) == (200, True), answer.text


async def test_linked_tickets_are_one_incident_and_one_alert(world: World) -> None:
    opened = world.next_morning(WARSAW, weekday=2)
    ticket, page = world.name("linked"), world.name("alarm")
    await world.happens(ticket, "opened", {"customer": "Page", "priority": "P1"})
    await rings(world, page, "opened", customer="Page", priority="P1")
    world.pass_by(minutes=61)
    told = await world.paged("page", ticket)
    rung = await world.paged("page", page)
    assert [one.kind for one in told] == [one.kind for one in rung] == ["page"]

    await links(world, "POST", json={**pair(ticket, page), "reason": "the same outage"})
    whole = await world.applied(ticket, lambda found: found["also_known_as"] == [f"{PAGER}:{page}"])
    assert clock(whole, "first_response")["breached"]
    # The alert of the other is over, for a reason that is true; nobody is paged again about the one that stays.
    closed = (await world.paged("page", page, 2))[1]
    assert closed.kind == "taken_back"
    assert f"counts as {SOURCE}:{ticket}" in closed.text, closed.text
    await world.fence()
    about = [one.data["incident"] for one in world.pages("page", "")]
    assert (about.count(f"{SOURCE}:{ticket}"), about.count(f"{PAGER}:{page}")) == (1, 2)
    by_other_name = await world.get("timer", f"/v1/incidents/{PAGER}:{page}")
    assert by_other_name.json()["id"] == f"{SOURCE}:{ticket}"

    # Somebody had answered in the other system, in time: that is the incident's answer.
    answer = await rings(world, page, "responded", opened + timedelta(minutes=20), actor="staff")
    assert answer["events"][0]["incident"] == f"{SOURCE}:{ticket}"
    met = await world.applied(ticket, lambda found: clock(found, "first_response")["state"] == "met")
    assert not clock(met, "first_response")["breached"]
    said = {event["kind"]: event["said_as"] for event in met["events"]}
    assert said["responded"] == f"{PAGER}:{page}"
    shown = await world.get("board", f"/incidents/{PAGER}:{page}")
    assert (shown.status_code, f"{PAGER}:{page}" in shown.text) == (200, True)

    await links(world, "DELETE", params=pair(ticket, page))
    alone = await world.applied(ticket, lambda found: clock(found, "first_response")["breached"])
    assert not alone["also_known_as"]
    other = (await world.get("timer", f"/v1/incidents/{PAGER}:{page}")).json()
    assert other["id"] == f"{PAGER}:{page}"
    assert clock(other, "first_response")["state"] == "met"
    await world.happens(ticket, "resolved", {"actor": "staff"})
    await rings(world, page, "resolved", actor="staff")
