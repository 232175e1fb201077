"""Somebody stands in for whoever is on call, arranged over HTTP in the evening, on both profiles."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from tests.e2e.world import ADMIN_KEY, READ_KEY, World

WARSAW = "Europe/Warsaw"
TURN, SPARE = "tia.canary", "sam.canary"


async def on_call(world: World, url: str) -> tuple[str, str]:
    """Who is on call now by one process of the notifier: the id that it tells, and the name in its feed."""
    async with httpx2.AsyncClient(timeout=20.0, headers={"authorization": f"Bearer {READ_KEY}"}) as client:
        told = (await client.get(f"{url}/v1/oncall", params={"rota": "turns"})).json()
        feed = (await client.get(f"{url}/v1/oncall/turns.ics")).text
    (person,) = [one["now"]["person"] for one in told["rotas"]]
    (name,) = [who for who, start, end in re.findall(_SHIFT, feed, re.DOTALL)
               if _instant(start) <= world.now < _instant(end)]  # fmt: skip
    return person, name


_SHIFT = r"BEGIN:VEVENT.*?SUMMARY:([^\r]+) on call.*?DTSTART:(\w+).*?DTEND:(\w+).*?END:VEVENT"


def _instant(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


async def agreed_everywhere(world: World, person: str, name: str) -> None:
    async def look() -> bool:
        return {await on_call(world, url) for url in world.fleet.urls("notifier")} == {(person, name)}

    await world.until(f"{person} on call by every notifier", look)


async def breaks(world: World, story: str) -> str:
    """An incident that is broken ten minutes after it was opened."""
    name = world.name(story)
    await world.happens(name, "opened", {"customer": "Turns", "priority": "P1"})
    await world.applied(name, lambda one: one["contract"]["id"] == "turns" and one["clocks"])
    world.pass_by(minutes=10, seconds=1)
    return name


async def test_who_stands_in_from_18_on_is_told_at_20_and_no_longer_once_it_is_ended(world: World) -> None:
    six = world.next_morning(WARSAW, "18:00")
    asked: dict[str, Any] = {
        "from": six.isoformat(), "until": (six + timedelta(hours=15)).isoformat(), "person": "spare-mail",
        "instead_of": "turn-mail", "reason": "her train stands",
    }  # fmt: skip
    path = "/v1/oncall/turns/overrides"
    looked = await world.post(f"{path}?dry_run=true", asked, service="notifier", key=ADMIN_KEY)
    assert looked.status_code == 200, looked.text
    assert [(one["before"], one["after"]) for one in looked.json()["shifts"]] == [("turn-mail", "spare-mail")]
    refused = await world.post(path, asked, service="notifier", key=READ_KEY)
    assert refused.status_code == 403
    made = await world.post(path, asked, service="notifier", key=ADMIN_KEY)
    assert made.status_code == 201, made.text
    at_once = await on_call(world, world.fleet.url("notifier"))
    assert at_once == ("spare-mail", "Sam Spare"), "where it was made"

    world.pass_by(hours=1, minutes=50)
    first = await breaks(world, "stood-in")
    await world.mailed(SPARE, first)
    await agreed_everywhere(world, "spare-mail", "Sam Spare")
    assert world.mails(TURN, first) == []

    id_ = made.json()["override"]["id"]
    async with httpx2.AsyncClient(timeout=20.0, headers={"authorization": f"Bearer {ADMIN_KEY}"}) as client:
        url = f"{world.fleet.urls('notifier')[-1]}/v1/oncall/overrides/{id_}"
        ended = await client.delete(url, params={"reason": "she is back"})
    assert (ended.status_code, ended.json()["override"]["state"]) == (200, "ended"), ended.text
    second = await breaks(world, "back-again")
    await world.mailed(TURN, second)
    await agreed_everywhere(world, "turn-mail", "Tia Turn")
    assert world.mails(SPARE, second) == []
    listed = await world.get("notifier", path, key=READ_KEY)
    assert [(one["id"], one["state"], one["by"]) for one in listed.json()["overrides"]] == [(id_, "ended", "admin")]
