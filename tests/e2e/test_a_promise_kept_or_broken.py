"""From a ticket to a page and back, through the doors alone: promise, warning, breach, escalation, acknowledgement."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.e2e.world import World, link_in
from tests.oracle.office import due

WARSAW = "Europe/Warsaw"


def promised(answer: Any) -> dict[str, datetime]:
    return {line["metric"]: datetime.fromisoformat(line["due_at"]) for line in answer.json()["promise"]["targets"]}


def clock(incident: dict[str, Any], metric: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in incident["clocks"] if one["metric"] == metric)
    return found


async def test_a_ticket_is_promised_warned_of_breached_escalated_acknowledged_and_resolved(world: World) -> None:
    opened = world.next_morning(WARSAW)
    name = world.name("page")
    answer = await world.happens(name, "opened", {"customer": "Page", "priority": "P1"})
    told = promised(answer)
    assert told == {"first_response": due(WARSAW, opened, 1), "resolution": due(WARSAW, opened, 4)}
    assert told["first_response"].utcoffset() == opened.astimezone(ZoneInfo(WARSAW)).utcoffset()

    world.pass_by(minutes=30)
    (warning,) = await world.mailed("ola", name)
    assert warning.encrypted
    assert [page.kind for page in await world.paged("page", name)] == ["warning"]

    world.pass_by(minutes=30)
    await world.mailed("ola", name, 2)
    breach = (await world.paged("page", name, 2))[1]
    assert (breach.kind, breach.data["level"]) == ("page", 1)
    assert datetime.fromisoformat(breach.data["at"]) == told["first_response"]
    # No event has come since it was opened: what the timers have told is shown all the same, and time goes on.
    late = clock(await world.incident(name), "first_response")
    assert (late["breached"], datetime.fromisoformat(late["breached_at"])) == (True, told["first_response"])
    assert [mark["key"] for mark in late["marks"] if mark["pending"]] == []
    assert late["consumed_seconds"] == 3600

    world.pass_by(minutes=10)
    (second,) = await world.mailed("leon", name)
    link = link_in(second)
    path = link[link.index("/ack/") :]
    looked = await world.get("notifier", path, key="")
    assert looked.status_code == 200
    assert "<form" in looked.text
    alert = breach.data["alert"]
    assert (await world.get("notifier", f"/v1/alerts/{alert}")).json()["state"] == "open", "looking changes nothing"
    thanked = await world.post(path, b"", service="notifier")
    assert thanked.status_code == 200
    shown = (await world.get("notifier", f"/v1/alerts/{alert}")).json()
    assert (shown["state"], shown["acknowledged_by"], shown["steps"]) == ("acknowledged", "page-lead", [])

    world.pass_by(minutes=20)
    await world.fence()
    assert world.mails("mona", name) == [], "somebody acts: the manager is left in peace"

    await world.happens(name, "resolved", {"actor": "staff"})
    assert [page.kind for page in await world.paged("page", name, 3)] == ["warning", "page", "resolved"]
    await world.mailed("ola", name, 3)
    await world.mailed("leon", name, 2)
    assert world.mails("mona", name) == []
    ended = await world.applied(name, lambda incident: incident["phase"] == "resolved")
    assert clock(ended, "first_response")["state"] == "missed"
    assert clock(ended, "resolution")["state"] == "met"


async def test_waiting_over_a_weekend_and_a_holiday_costs_no_time(world: World) -> None:
    holiday = next(day for day in HOLIDAYS if day - timedelta(days=7) > world.now)
    friday = holiday - timedelta(days=holiday.weekday() + 3)
    world.move(friday.replace(hour=15))
    name = world.name("pause")
    answer = await world.happens(name, "opened", {"customer": "Pause", "priority": "P3"})
    assert promised(answer)["resolution"] == due(WARSAW, world.now, 16)
    await world.happens(name, "responded", {"actor": "staff"}, at=world.now + timedelta(seconds=30))

    world.move(friday.replace(hour=16))
    await world.happens(name, "waiting", {"waiting_on": "customer"})
    paused = await world.applied(name, lambda incident: clock(incident, "resolution")["state"] == "paused")
    assert clock(paused, "resolution")["due_at"] is None

    world.move((holiday - timedelta(days=2)).replace(hour=11))
    answer = await world.happens(name, "customer_replied", {"actor": "customer"})
    running = await world.applied(name, lambda incident: clock(incident, "resolution")["state"] == "running")
    expected = due(WARSAW, world.now, 15)
    assert datetime.fromisoformat(clock(running, "resolution")["due_at"]) == expected
    assert expected.astimezone(ZoneInfo(WARSAW)).date() > holiday.date(), "the last hour falls behind the holiday"

    world.move(holiday.replace(hour=12))
    await world.fence()
    assert [page.kind for page in world.pages("pause", name)] == ["warning"], "nobody is paged on a holiday"
    world.move(expected)
    pages = await world.paged("pause", name, 2)
    assert datetime.fromisoformat(pages[1].data["at"]) == expected
    world.pass_by(minutes=1)
    await world.happens(name, "resolved", {"actor": "staff"})
    assert (await world.paged("pause", name, 3))[2].kind == "resolved"


HOLIDAYS = [datetime(*day, tzinfo=ZoneInfo(WARSAW)) for day in ((2026, 11, 11), (2027, 5, 27), (2027, 11, 11))]


async def test_a_raised_priority_moves_the_promise_at_once(world: World) -> None:
    zone = "Asia/Taipei"
    opened = world.next_morning(zone)
    name = world.name("raise")
    first = await world.happens(name, "opened", {"customer": "Raise", "priority": "P3"})
    assert promised(first)["first_response"] == due(zone, opened, 4)
    world.pass_by(minutes=20)
    raised = await world.happens(name, "priority_changed", {"priority": "P1", "actor": "staff"})
    assert promised(raised) == {"first_response": due(zone, opened, 1), "resolution": due(zone, opened, 4)}
    world.pass_by(minutes=10)
    await world.paged("raise", name)
    world.move(due(zone, opened, 1))
    warned, paged = await world.paged("raise", name, 2)
    assert (warned.kind, paged.kind) == ("warning", "page")
    assert warned.data["generation"] == paged.data["generation"] == 1
    assert datetime.fromisoformat(paged.data["at"]) == due(zone, opened, 1)
    world.pass_by(minutes=1)
    await world.happens(name, "resolved", {"actor": "staff"})
    assert (await world.paged("raise", name, 3))[2].kind == "resolved"


async def test_an_answer_that_arrives_late_takes_the_breach_back(world: World) -> None:
    zone = "America/New_York"
    world.next_morning(zone)
    name = world.name("amend")
    await world.happens(name, "opened", {"customer": "Amend", "priority": "P1"})
    world.pass_by(minutes=30)
    await world.mailed("amy", name)
    world.pass_by(minutes=30)
    _, paged = await world.mailed("amy", name, 2)
    assert link_in(paged)
    world.pass_by(minutes=5)
    await world.happens(name, "responded", {"actor": "staff"}, at=world.now - timedelta(minutes=20))
    await world.mailed("amy", name, 3)
    amended = await world.applied(name, lambda incident: clock(incident, "first_response")["state"] == "met")
    assert clock(amended, "first_response")["breached"] is False
    alerts = (await world.get("notifier", "/v1/alerts", incident=f"desk:{name}")).json()["alerts"]
    assert [(alert["state"], alert["close_reason"]) for alert in alerts] == [("closed", "taken_back")]
    await world.happens(name, "resolved", {"actor": "staff"})


async def test_a_reopened_ticket_goes_on_where_it_stopped(world: World) -> None:
    zone = "Europe/London"
    opened = world.next_morning(zone)
    name = world.name("reopen")
    await world.happens(name, "opened", {"customer": "Reopen", "priority": "P1"})
    world.pass_by(minutes=5)
    await world.happens(name, "responded", {"actor": "staff"})
    world.move(opened + timedelta(hours=1))
    await world.happens(name, "resolved", {"actor": "staff"})
    await world.applied(name, lambda incident: incident["phase"] == "resolved")
    world.move(opened + timedelta(hours=3))
    answer = await world.happens(name, "reopened", {"actor": "customer"})
    again = due(zone, world.now, 3)
    assert promised(answer)["resolution"] == again
    world.move(due(zone, world.now, 2))
    await world.paged("reopen", name)
    world.move(again)
    warned, paged = await world.paged("reopen", name, 2)
    assert (warned.data["threshold"], paged.kind) == ("warn-75", "page")
    assert datetime.fromisoformat(paged.data["at"]).astimezone(UTC) == again
    world.pass_by(minutes=1)
    await world.happens(name, "resolved", {"actor": "staff"})
    assert (await world.paged("reopen", name, 3))[2].kind == "resolved"
