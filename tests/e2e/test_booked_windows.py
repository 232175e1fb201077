"""Hours that are booked once: they open the clocks of whom they are for, under the plan's rules (clauses H10, I6)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
from tests.e2e.test_contract_records import WARSAW, change, create, due, section
from tests.e2e.world import ADMIN_KEY, World


def saturday(world: World, weeks: int) -> datetime:
    """The beginning of a Saturday in Warsaw, so many weeks ahead."""
    today = world.now.astimezone(ZoneInfo(WARSAW)).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=(5 - today.weekday()) % 7 + 7 * weeks)


async def book(world: World, contract: str, id_: str, start: datetime, **more: Any) -> httpx2.Response:
    body = {
        "id": id_,
        "window": "standby",
        "from": start.isoformat(),
        "until": (start + timedelta(days=2)).isoformat(),
        "reason": "go-live",
        **more,
    }
    return await world.post(f"/v1/contracts/{contract}/windows", body, key=ADMIN_KEY)


def slug(answer: httpx2.Response) -> str:
    return str(answer.json()["type"]).rpartition("/")[2]


async def test_a_booked_weekend_opens_the_hours_for_its_priority_alone(world: World) -> None:
    """H10: weekend standby, paid half as much again with less than three weeks' notice."""
    world.next_morning(WARSAW, weekday=4)
    contract = world.name("standby")
    assert (await create(world, contract, section(contract, "4h", plan="standby"))).status_code == 201
    world.next_morning(WARSAW, "15:00", weekday=4)  # a Friday: two of four hours are left until the desk closes
    first, second = world.name("high"), world.name("low")
    await world.happens(first, "opened", {"customer": contract, "priority": "P1"})
    await world.happens(second, "opened", {"customer": contract, "priority": "P2"})
    for name in (first, second):
        await world.applied(name, lambda one: one["contract"]["id"] == contract and one["clocks"])
    before = due(await world.incident(second))
    start = saturday(world, 0)
    late = await book(world, contract, "go-live", start)
    assert (late.status_code, slug(late)) == (409, "surcharge-unconfirmed")
    booked = await book(world, contract, "go-live", start, confirm_surcharge=True)
    assert booked.status_code == 201, booked.text
    (entry,) = booked.json()["booked"]
    assert (entry["id"], entry["surcharge"], entry["priorities"]) == ("go-live", 50, ["P1"])
    again = await book(world, contract, "go-live", start, confirm_surcharge=True)
    assert (again.status_code, len(again.json()["booked"])) == (201, 1)
    await world.applied(first, lambda one: due(one) == start + timedelta(hours=2))
    assert due(await world.incident(second)) == before  # the window is for P1
    cancelled = await world.post(
        f"/v1/contracts/{contract}/windows/go-live/cancel", {"reason": "postponed"}, key=ADMIN_KEY
    )
    assert cancelled.status_code == 200, cancelled.text
    await world.applied(first, lambda one: due(one) > start + timedelta(days=2))
    told = cancelled.json()
    assert ([one["id"] for one in told["booked"]], [one["id"] for one in told["cancelled"]]) == ([], ["go-live"])
    anew = await book(world, contract, "go-live", start, confirm_surcharge=True)  # under the same id
    assert (anew.status_code, [one["id"] for one in anew.json()["booked"]]) == (201, ["go-live"])
    await world.applied(first, lambda one: due(one) == start + timedelta(hours=2))
    other = await book(world, contract, "go-live", start, confirm_surcharge=True, language="pl")
    assert (other.status_code, slug(other), other.json()["errors"][0]["pointer"]) == (
        409, "booking-exists", "/language"
    )  # fmt: skip


async def test_a_breach_in_a_booked_weekend_pages_whom_the_booking_names(world: World) -> None:
    """H10: they are on duty for what the window opens for, and so is whoever holds a role in the hours it opens."""
    world.next_morning(WARSAW, weekday=4)
    contract = world.name("watched")
    names = {one: f"{one}.{contract}" for one in ("standby", "desk", "night")}
    roles = [{"person": "desk", "coverage": "office"}, {"person": "night", "coverage": "office", "outside": True}]
    signed = section(
        contract,
        "2h",
        plan="standby",
        people={one: {"name": one.title(), "email": f"{name}@watch.example"} for one, name in names.items()},
        roles={"on_call": roles, "lead": ["nobody"], "manager": ["nobody"]},
    )
    assert (await create(world, contract, signed)).status_code == 201
    start = saturday(world, 0)
    booked = await book(world, contract, "go-live", start, confirm_surcharge=True, people=["standby"])
    assert booked.status_code == 201, booked.text
    world.move(start + timedelta(hours=10))
    story = world.name("saturday")
    await world.happens(story, "opened", {"customer": contract, "priority": "P1"})
    await world.applied(story, lambda one: one["clocks"] and due(one) == start + timedelta(hours=12))

    async def on_duty() -> list[tuple[str, list[str]]]:
        told = (await world.get("notifier", "/v1/oncall", key=ADMIN_KEY, contract=contract)).json()
        return [(one["id"], [each["person"] for each in one["people"]]) for one in told.get("windows", ())]

    assert await world.until("the booking known to the notifier", on_duty) == [("go-live", ["standby"])]
    world.pass_by(hours=2, seconds=1)
    (mail,) = await world.mailed(names["standby"], story)
    assert "on duty in the booked hours" in mail.parsed.as_string()
    await world.mailed(names["desk"], story)
    assert world.mails(names["night"], story) == [], "the desk is open: it is not the night's turn"

    world.next_morning(WARSAW, weekday=0)
    after = world.name("monday")
    await world.happens(after, "opened", {"customer": contract, "priority": "P1"})
    await world.applied(after, lambda one: one["clocks"])
    world.pass_by(hours=2, seconds=1)
    await world.mailed(names["desk"], after)
    await world.fence()
    assert world.mails(names["standby"], after) == [], "the booking is over"


async def test_a_window_once_a_year_with_notice_and_in_its_language(world: World) -> None:
    """I6: two weeks' notice, once a contract year, English only; each refusal names its rule and its place."""
    world.next_morning(WARSAW, weekday=0)
    contract = world.name("event")
    signed = section(contract, plan="standby", valid={"from": world.now.date().isoformat()})  # its years begin today
    assert (await create(world, contract, signed)).status_code == 201
    asked = {"window": "event", "confirm_surcharge": True, "language": "EN"}
    soon = await book(world, contract, "soon", saturday(world, 1), **asked)
    assert (soon.status_code, slug(soon)) == (409, "too-little-notice")
    refused = {
        "a weekday": await book(world, contract, "a", saturday(world, 4) + timedelta(days=2), **asked),
        "polish": await book(world, contract, "b", saturday(world, 4), **asked | {"language": "pl"}),
        "no language": await book(world, contract, "b", saturday(world, 4), **asked | {"language": ""}),
        "the past": await book(world, contract, "c", saturday(world, -3), **asked),
        "nobody": await book(world, contract, "d", saturday(world, 4), people=["zoe"], **asked),
    }
    assert {name: (one.status_code, slug(one)) for name, one in refused.items()} == dict.fromkeys(
        refused, (409, "booking-refused")
    )
    assert [one.json()["errors"][0]["pointer"] for one in refused.values()] == [
        "/from", "/language", "/language", "/from", "/people"
    ]  # fmt: skip
    assert (await book(world, contract, "fair", saturday(world, 4), **asked)).status_code == 201
    twice = await book(world, contract, "more", saturday(world, 6), **asked)
    assert twice.status_code == 409
    assert "once" in twice.json()["detail"]


async def test_a_contract_of_a_file_may_book_too(world: World) -> None:
    world.next_morning(WARSAW, weekday=0)
    unknown = await book(world, "page", world.name("none"), saturday(world, 5))
    assert unknown.status_code == 409
    assert "has no window 'standby'" in unknown.json()["detail"]
    id_ = world.name("file")
    start = saturday(world, 8)
    booked = await world.post(
        "/v1/contracts/booking/windows",
        {"id": id_, "window": "standby", "from": start.isoformat(), "until": (start + timedelta(days=1)).isoformat(),
         "reason": "move"},
        key=ADMIN_KEY,
    )  # fmt: skip
    assert booked.status_code == 201, booked.text
    seen = await world.get("ingest", "/v1/contracts/booking/windows", key=ADMIN_KEY)
    assert id_ in [one["id"] for one in seen.json()["booked"]]
    missing = await book(world, "nobody-s", "x", start)
    assert missing.status_code == 404


async def test_a_window_does_not_outlast_the_contract_nor_a_version_that_ends_it(world: World) -> None:
    world.next_morning(WARSAW, weekday=0)
    contract = world.name("ending")
    start = saturday(world, 6)
    until = (start + timedelta(days=1)).date()  # Sunday is the first day without a contract
    assert (
        await create(world, contract, section(contract, plan="standby", valid={"to": until.isoformat()}))
    ).status_code == 201
    over = await book(world, contract, "over", start)
    assert (over.status_code, over.json()["errors"][0]["pointer"]) == (409, "/until")
    midnight = (start + timedelta(days=1)).isoformat()
    assert (await book(world, contract, "whole", start, until=midnight)).status_code == 201

    pending = world.name("pending")
    assert (await create(world, pending, section(pending, plan="standby"))).status_code == 201
    ends = section(pending, plan="standby", valid={"to": until.isoformat()})
    since = (world.now + timedelta(days=3)).isoformat()
    assert (await change(world, pending, ends, "*", effective_from=since)).status_code == 200
    over = await book(world, pending, "over", start)
    assert (over.status_code, over.json()["errors"][0]["pointer"]) == (409, "/until")
    assert "version 2" in over.json()["detail"]
