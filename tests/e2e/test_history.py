"""History reaches slad late: it is on record like anything else, and people hear only of what is still so."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import orjson
from tests.e2e.world import INGEST_KEY, READ_KEY, SOURCE, World, cloud_event
from tests.real.http import http_client
from tests.unit.cli.invoke import Said, slad

BATCH = {"authorization": f"Bearer {INGEST_KEY}", "content-type": "application/cloudevents-batch+json"}
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
P1 = {"customer": "History", "priority": "P1"}
MAPPING = f"""
source: {SOURCE}
incident: number
times: {{format: "%Y-%m-%d %H:%M", zone: UTC}}
attributes: {{customer: customer, priority: priority}}
events:
  - {{event: opened, at: opened}}
  - {{event: responded, at: answered, actor: staff}}
  - {{event: resolved, at: resolved, actor: staff}}
"""

Event = dict[str, Any]


def finished(name: str, opened: datetime) -> list[Event]:
    """Answered after an hour, which is far too late, and resolved after a week."""
    return [
        cloud_event(name, "opened", P1, opened),
        cloud_event(name, "responded", {"actor": "staff"}, opened + 60 * MINUTE),
        cloud_event(name, "resolved", {"actor": "staff"}, opened + 7 * DAY),
    ]


async def send(world: World, events: Sequence[Event]) -> None:
    async with http_client(headers=BATCH, timeout=60) as client:
        answer = await client.post(f"{world.fleet.url('ingest')}/v1/events", content=orjson.dumps(events))
    assert answer.status_code == httpx2.codes.ACCEPTED, answer.text
    assert answer.json()["outcomes"]["accepted"] == len(events)


async def recorded(world: World, names: Sequence[str]) -> None:
    """Each incident is over, and its broken promise on record with its own instant."""
    for name in names:
        found = await world.applied(name, lambda one: one["phase"] == "resolved" and len(one["events"]) == 3)
        response = next(clock for clock in found["clocks"] if clock["metric"] == "first_response")
        opened = datetime.fromisoformat(found["opened_at"])
        assert response["state"] == "missed"
        assert datetime.fromisoformat(response["breached_at"]) == opened + 10 * MINUTE


async def alerts(world: World, about: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        answer = await world.get(
            "notifier", "/v1/alerts", READ_KEY, limit="200", **({"before": after} if after else {})
        )
        assert answer.status_code == httpx2.codes.OK, answer.text
        page = answer.json()
        found += page["alerts"]
        after = page.get("next") or ""
        if not after:
            return [one for one in found if about in one["incident"]]


async def nobody_hears(world: World, about: str) -> None:
    await world.fence()
    assert world.pages("history", about) == []
    assert await alerts(world, about) == []


async def test_a_backlog_that_is_over_is_on_record_and_told_to_nobody(world: World) -> None:
    await _backlog(world, 120)


async def _backlog(world: World, count: int) -> None:
    """One request, in no order at all; more events than ingest commits at once.

    No more than the timer reads at once: the clock of these worlds stands still between two reads, and 'read up to
    this instant' would be true between the first and the second part.
    """
    world.next_morning("UTC")
    await world.fence()  # everything up to the new day has been read
    run = world.name("backlog")
    names = [f"{run}-{number}" for number in range(count)]
    events = [e for n, name in enumerate(names) for e in finished(name, world.now - 200 * DAY + n * MINUTE)]
    random.Random(3).shuffle(events)
    await send(world, events)
    await recorded(world, [names[0], names[count // 2], names[-1]])
    await nobody_hears(world, run)


async def test_a_promise_that_is_broken_still_is_told_once_with_its_own_instant(world: World) -> None:
    world.next_morning("UTC")
    name = world.name("still")
    opened = world.now - 30 * DAY
    await send(world, [cloud_event(name, "opened", P1, opened)])
    pages = await world.paged("history", name)
    await world.fence()
    told = [page for page in world.pages("history", name) if page.data.get("metric") == "first_response"]
    of_response = [page for page in told if page.data["level"] == 1]  # the next level is told of it too
    assert [page.kind for page in of_response] == [pages[0].kind]
    assert datetime.fromisoformat(of_response[0].data["due_at"]) == opened + 10 * MINUTE
    await world.happens(name, "responded", {"actor": "staff"})
    await world.happens(name, "resolved", {"actor": "staff"})

    async def closed() -> bool:
        found = await alerts(world, name)
        return bool(found) and all(one["state"] == "closed" for one in found)

    await world.until(f"the end of the alerts of {name}", closed)


async def test_events_one_by_one_in_any_order_end_without_an_open_alert(world: World) -> None:
    """What was told was so for all that was known, was told once, and has been closed."""
    world.next_morning("UTC")
    run = world.name("shuffled")
    names = [f"{run}-{number}" for number in range(12)]
    events = [e for n, name in enumerate(names) for e in finished(name, world.now - 60 * DAY + n * MINUTE)]
    chance = random.Random(9)
    chance.shuffle(events)
    for event in events:
        await send(world, [event])
        await asyncio.sleep(chance.choice((0.0, 0.0, 0.03)))
    await recorded(world, names)
    await world.fence()
    assert [one for one in await alerts(world, run) if one["state"] != "closed"] == []
    before = len(world.pages("history", run))
    await world.fence()
    assert len(world.pages("history", run)) == before


async def test_an_import_tells_nobody_and_what_breaks_afterwards_is_told(world: World, tmp_path: Path) -> None:
    world.next_morning("UTC")
    run = world.name("imported")
    table, mapping = tmp_path / "tickets.csv", tmp_path / "map.yaml"
    mapping.write_text(MAPPING)
    rows = ["number,customer,priority,opened,answered,resolved"]
    for number in range(30):
        opened = world.now - 100 * DAY + number * MINUTE
        rows.append(f"{run}-{number},History,P1,{_cell(opened)},{_cell(opened + DAY)},{_cell(opened + 2 * DAY)}")
    rows.append(f"{run}-open,History,P1,{_cell(world.now - 30 * MINUTE)},,")
    table.write_text("\n".join(rows) + "\n")
    said = await asyncio.to_thread(_import, world, table, mapping)
    assert said.status == 0, said.err
    assert (said.json["accepted"], said.json["tell"]) == (91, False)
    assert "no one is notified of what became true before this import" in said.err
    broken = await world.applied(f"{run}-open", lambda one: any(clock["breached_at"] for clock in one["clocks"]))
    assert broken["phase"] == "open"
    await nobody_hears(world, run)
    world.pass_by(hours=4)  # the resolution of the open one, due within the office hours of that day
    pages = await world.paged("history", f"{run}-open")
    assert {page.data["metric"] for page in pages} == {"resolution"}
    await world.happens(f"{run}-open", "resolved", {"actor": "staff"})


def _cell(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"


def _import(world: World, table: Path, mapping: Path) -> Said:
    return slad("import", table, "--map", mapping, "--url", world.fleet.url("ingest"), "--key", INGEST_KEY, "--json")
