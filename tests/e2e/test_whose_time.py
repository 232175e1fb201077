"""Whose time it was, the audit of pauses, and why promises were broken, as neighbours meet them on both profiles."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.e2e.test_contract_records import WARSAW, create, section
from tests.e2e.world import ADMIN_KEY, SOURCE, World
from tests.real.http import http_client

HOUR = 3600.0


async def shown(world: World, name: str) -> dict[str, Any]:
    answer = await world.get("board", f"/v1/board/incidents/{SOURCE}:{name}")
    return dict(answer.json()) if answer.status_code == 200 else {}


async def settled(world: World, name: str, events: int) -> dict[str, Any]:
    """As the board shows it once it has counted so many events."""

    async def look() -> dict[str, Any]:
        found = await shown(world, name)
        whose = found.get("whose_time", {})
        return found if len(found.get("events", ())) == events and whose["incident"] and not whose["behind"] else {}

    found: dict[str, Any] = await world.until(f"{events} events of {name}, computed", look)
    return found


def by(parts: list[dict[str, Any]], *names: str, measure: str = "wall_seconds") -> dict[Any, float]:
    found: dict[Any, float] = {}
    for part in parts:
        key = part[names[0]] if len(names) == 1 else tuple(part[name] for name in names)
        found[key] = found.get(key, 0.0) + part[measure] / HOUR
    return found


async def a_long_morning(world: World, contract: str) -> str:
    """09:00 line 1; 10:00 the customer, who speaks; 11:00 line 2; 12:00 the vendor; 13:00 a defect; 15:00 done."""
    name = world.name("whose")
    start = world.now
    await world.happens(name, "opened", {"customer": contract, "priority": "P1", "assignee": "ann", "line": "1"})
    told: list[tuple[float, str, dict[str, Any]]] = [
        (1, "waiting", {"waiting_on": "customer", "actor": "staff", "actor_name": "Ann", "reason": "log files"}),
        (1.5, "commented", {"actor": "customer"}),
        (2, "resumed", {}),
        (2, "escalated", {"line": "2", "assignee": "bob"}),
        (3, "waiting", {"waiting_on": "vendor", "actor": "staff", "actor_name": "Bob"}),
        (4, "updated", {"defect": "https://vendor.example/QCCR1E7"}),
        (6, "resolved", {"actor": "staff"}),
    ]
    for hours, kind, data in told:
        world.move(start + timedelta(hours=hours))
        await world.happens(name, kind, data)
    return name


async def signed(world: World) -> str:
    contract = world.name("signed")
    assert (await create(world, contract, section(contract))).status_code == 201
    return contract


async def test_lines_vendor_and_defect_have_their_own_time_and_the_parts_sum_to_the_whole(world: World) -> None:
    """B9, H11, E15: on the board, for the incident and for each clock; the timer says the same."""
    world.next_morning(WARSAW)
    name = await a_long_morning(world, await signed(world))
    board = await settled(world, name, 8)
    parts = board["whose_time"]["incident"]["parts"]
    assert by(parts, "party") == {"own": 2.0, "customer": 1.0, "vendor": 1.0, "defect": 2.0}
    assert by(parts, "line") == {"1": 2.0, "2": 4.0}
    assert sum(by(parts, "party").values()) == 6.0
    timer = await world.incident(name)
    assert {who: seconds / HOUR for who, seconds in timer["waiting_seconds"].items() if seconds} == by(parts, "party")
    clocks = {(one["metric"], one["cycle"]): one["parts"] for one in board["whose_time"]["clocks"]}
    assert clocks
    for clock in timer["clocks"]:
        shown_parts = clocks[clock["metric"], clock["cycle"]]
        assert shown_parts == clock["breakdown"]
        assert sum(part["counted_seconds"] for part in shown_parts) == clock["consumed_seconds"]
    page = (await world.get("board", f"/incidents/{SOURCE}:{name}")).text
    assert "vendor, for a defect" in page
    assert "bob · line 2" in page


async def test_an_audit_finds_who_paused_what_and_that_it_was_met_while_paused(world: World) -> None:
    world.next_morning(WARSAW)
    contract = await signed(world)
    name = await a_long_morning(world, contract)
    await settled(world, name, 8)
    listed = (await world.get("board", "/v1/pauses", contract=contract)).json()["pauses"]
    resolution = [one for one in listed if one["metric"] == "resolution"]
    assert [(one["waiting_on"], one["set_by"], one["wall_seconds"] / HOUR) for one in resolution] == [
        ("vendor", "Bob", 3.0),
        ("customer", "Ann", 1.0),
    ]
    vendor, customer = resolution
    assert (vendor["verdict"], vendor["defect"]) == ("met", "https://vendor.example/QCCR1E7")
    assert (customer["customer_words"], customer["why"]) == (1, "log files")
    found = (await world.get("board", "/v1/pauses", contract=contract, longer_than="2h", met="true")).json()["pauses"]
    assert {one["incident"] for one in found} == {f"{SOURCE}:{name}"}
    shares = (await world.get("board", "/v1/pauses/shares", contract=contract)).json()
    assert {one["name"] for one in shares["by_holder"]} == {"ann · line 1", "bob · line 2"}
    assert abs(sum(one["share"] for one in shares["by_holder"]) - 1) < 1e-5
    assert f"/incidents/{SOURCE}:{name}" in (await world.get("board", "/pauses", contract=contract)).text


async def test_a_broken_promise_is_explained_and_the_act_is_on_record(world: World) -> None:
    world.next_morning(WARSAW)
    contract = await signed(world)
    name = world.name("why")
    await world.happens(name, "opened", {"customer": contract, "priority": "P1"})
    world.pass_by(hours=30)
    await world.happens(name, "resolved", {"actor": "staff"})

    async def unexplained() -> list[dict[str, Any]]:
        answer = await world.get("board", "/v1/breaches", contract=contract, unexplained="true")
        listed: list[dict[str, Any]] = answer.json()["breaches"]
        return [one for one in listed if one["state"] == "missed"]

    (breach, *_) = await world.until("a breach without a reason", unexplained)
    page = (await world.get("board", f"/incidents/{SOURCE}:{name}")).text
    assert "It is resolved, and" in page
    assert "no reason yet" in page
    path = f"/v1/breaches/{breach['clock']}/reason"
    said = {"code": "late_handover", "text": "nobody owned it", "by": "Anna"}
    for instance, changed in ((0, True), (-1, False)):  # asked at one process, and again at another
        headers = {"authorization": f"Bearer {ADMIN_KEY}"}
        async with http_client(timeout=20.0, headers=headers) as client:
            answer = await client.put(world.fleet.urls("board")[instance] + path, json=said)
        assert (answer.status_code, answer.json()["changed"]) == (200, changed), answer.text
    left = await unexplained()
    assert breach["clock"] not in {one["clock"] for one in left}
    acts = (
        await world.get("board", "/v1/audit/board", ADMIN_KEY, act="breach.explained", object=breach["clock"])
    ).json()
    assert [(one["contract"], one["reason"], one["details"]["code"]) for one in acts["acts"]] == [
        (contract, "nobody owned it", "late_handover")
    ]
    twin = await shown(world, name)
    reasons = next(one["reasons"] for one in twin["breaches"] if one["clock"] == breach["clock"])
    assert [(one["code"], one["by"].startswith("Anna (key ")) for one in reasons] == [("late_handover", True)]
