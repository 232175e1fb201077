"""Why a ticket is due when it is: the page leads to the explanation, and the explanation speaks people's languages."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

from tests.e2e.fleet import Profile
from tests.e2e.world import World

WARSAW = "Europe/Warsaw"
LINK = re.compile(r'href="(/v1/incidents/[^"?]+/explain)\?format=text&amp;lang=([\w-]+)"')


async def test_a_due_instant_is_explained_in_the_readers_language(world: World) -> None:
    opened = world.next_morning(WARSAW, hour="15:00", weekday=4)
    name = world.name("why")
    await world.happens(name, "opened", {"customer": "Pause", "priority": "P3", "title": "<b>Bold</b>"})
    await world.applied(name, lambda incident: incident["clocks"])

    async def page() -> str | None:
        answer = await world.get("board", f"/incidents/desk:{name}")
        return answer.text if answer.status_code == 200 else None

    links = {language: path for path, language in LINK.findall(await world.until("page", page))}
    assert set(links) == {"en", "pl", "it", "ru", "zh-TW"}

    polish = await world.get("timer", links["pl"], format="text", lang="pl", metric="resolution")
    assert polish.status_code == 200
    assert polish.headers["content-type"] == "text/plain; charset=utf-8"
    assert polish.headers["content-language"] == "pl"
    due = (await world.incident(name))["clocks"]
    (resolution,) = [clock["due_local"] for clock in due if clock["metric"] == "resolution"]
    assert f"{resolution[:10]} {resolution[11:16]}" in polish.text
    assert f"pt. {opened.astimezone(ZoneInfo(WARSAW)):%Y-%m-%d} 15:00" in polish.text
    assert "poza godzinami" in polish.text, "the weekend lies in between"

    plain = await world.get("timer", links["en"], key="", format="text")
    assert plain.status_code == 401, "no key, no explanation"
    if world.profile is Profile.EMBEDDED:  # one port: what the browser of the page would ask
        asked = await world.get("board", links["en"], lang="en")
        assert [clock["words"]["language"] for clock in asked.json()["clocks"]] == ["en", "en"]
    await world.happens(name, "cancelled")
