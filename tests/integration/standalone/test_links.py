"""`/v1/links`: who may link which tickets, what is answered, and what the keys of contracts see of linked ones."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from tests.integration.standalone.tenants import Tenants, tenants


async def link(world: Tenants, one: str, other: str, key: str = "all", reason: str = "") -> httpx2.Response:
    return await world.ask(key, "POST", "/v1/links", json={"incident": one, "same_as": other, "reason": reason})


async def unlink(world: Tenants, one: str, other: str, key: str = "all") -> httpx2.Response:
    return await world.ask(key, "DELETE", "/v1/links", params={"incident": one, "same_as": other, "reason": "no"})


async def told(world: Tenants, name: str, key: str = "all") -> dict[str, Any]:
    found: dict[str, Any] = (await world.ask(key, "GET", f"/v1/incidents/{name}")).json()
    return found


async def test_linked_tickets_are_answered_and_shown_as_one(world: Tenants) -> None:
    await world.event("desk:A", "opened", 0, customer="Acme", priority="P2", title="the till")
    await world.event("pager:B", "opened", 1, customer="Acme", priority="P2", title="alarm")
    await world.event("pager:B", "responded", 2, actor="staff", reason="on-it")
    answer = await link(world, "desk:A", "pager:B", reason="the same outage")
    assert (answer.status_code, answer.json()) == (
        200, {"incident": "desk:A", "also_known_as": ["pager:B"], "changed": True},
    )  # fmt: skip
    again = await link(world, "pager:B", "desk:A")
    assert (again.status_code, again.json()["changed"]) == (200, False)
    late = await world.event("pager:B", "updated", 3, actor="staff", reason="the-last-word")
    assert late["events"][0]["incident"] == "desk:A"

    async def joined() -> bool:
        page = await world.ask("all", "GET", "/v1/board/incidents/pager:B")
        return "the-last-word" in page.text and "the-last-word" in str(await told(world, "pager:B"))

    await world.until(joined)
    found = await told(world, "pager:B")
    assert (found["id"], found["also_known_as"]) == ("desk:A", ["pager:B"])
    assert {event["reason"]: event["said_as"] for event in found["events"]}["on-it"] == "pager:B"
    assert {clock["metric"] for clock in found["clocks"] if clock["state"] == "met"} == {"first_response"}
    page = (await world.ask("all", "GET", "/incidents/pager:B")).text
    assert "said on" in page
    assert "the same outage" in page
    shown = (await world.ask("all", "GET", "/v1/board/incidents/desk:A")).json()
    assert shown["also_known_as"] == ["pager:B"]
    assert {event["details"].get("said on") for event in shown["events"] if event["kind"] != "linked"} == {
        "desk:A", "pager:B",
    }  # fmt: skip
    listed = (await world.ask("all", "GET", "/v1/clocks")).json()["clocks"]
    assert {clock["incident"] for clock in listed if clock["incident"] in ("desk:A", "pager:B")} == {"desk:A"}

    parted = await unlink(world, "desk:A", "pager:B")
    assert parted.json() == {"incident": "desk:A", "also_known_as": [], "changed": True}

    async def apart() -> bool:
        pages = [
            (await world.ask("all", "GET", f"/v1/board/incidents/{name}")).json() for name in ("desk:A", "pager:B")
        ]
        known = [await told(world, name) for name in ("desk:A", "pager:B")]
        return [one["id"] for one in (*pages, *known)] == ["desk:A", "pager:B"] * 2

    await world.until(apart)
    assert "the-last-word" not in (await world.ask("all", "GET", "/incidents/desk:A")).text
    assert "the-last-word" in (await world.ask("all", "GET", "/incidents/pager:B")).text
    assert {clock["metric"] for clock in (await told(world, "pager:B"))["clocks"] if clock["state"] == "met"}
    assert not [clock for clock in (await told(world, "desk:A"))["clocks"] if clock["state"] == "met"]


async def test_what_cannot_be_linked_says_why(world: Tenants) -> None:
    await world.event("desk:A", "opened", 0, customer="Acme")
    await world.event("desk:B", "opened", 0, customer="Acme")
    for one, other, status, code in (
        ("desk:A", "desk:none", 404, "no-such-incident"),
        ("desk:none", "desk:A", 404, "no-such-incident"),
        ("desk:A", "desk:A", 422, "same-ticket"),
        ("desk:A", "x", 422, "invalid-input"),
    ):
        answer = await link(world, one, other)
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (status, code), answer.text
    answer = await unlink(world, "desk:A", "desk:B")
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (409, "not-linked")
    await world.event("desk:C", "opened", 0, customer="Acme")
    for one, other in (("desk:A", "desk:B"), ("desk:B", "desk:C"), ("desk:C", "desk:A")):
        assert (await link(world, one, other)).status_code == 200
    answer = await unlink(world, "desk:A", "desk:B")
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (409, "linked-by-others")
    for key, status in (("nobody", 401), ("reader", 403)):
        assert (await link(world, "desk:A", "desk:B", key)).status_code == status
        assert (await unlink(world, "desk:A", "desk:B", key)).status_code == status


async def test_a_key_of_a_contract_learns_nothing_of_links_between_tickets_of_others(
    world: Tenants, subtests: pytest.Subtests
) -> None:
    """Every pair with a ticket of another contract is answered as if nobody had told of it, by either verb."""
    for ticket, customer in (
        ("desk:A1", "Acme"), ("desk:A2", "Acme"), ("desk:A3", "Acme"), ("desk:A4", "Acme"),
        ("desk:B1", "Beta"), ("desk:B2", "Beta"), ("desk:B3", "Beta"), ("desk:B4", "Beta"), ("desk:B5", "Beta"),
        ("desk:H1", ""), ("desk:H2", ""), ("desk:GONE", "Acme"),
    ):  # fmt: skip
        named = {"customer": customer} if customer else {}
        await world.event(ticket, "opened", -1 if customer == "Beta" else 0, priority="P2", **named)
    await world.event("desk:A4", "described", 0.5, customer="Acme", url="https://desk/browse/ACME-4")
    await world.event("desk:B5", "described", 0.5, customer="Beta", url="https://desk/browse/BETA-5")
    await world.event("desk:B5", "renamed", 1, known_as="desk:B5LATER")
    await world.event("desk:GONE", "described", 1, customer="Beta")
    await world.event("desk:B4", "described", 1, customer="Beta", same_as="desk:GHOST")
    for one, other in (
        ("desk:B1", "desk:B2"), ("desk:B2", "desk:B3"), ("desk:H1", "desk:H2"), ("desk:B4", "desk:A1"),
        ("desk:A1", "desk:A2"),
    ):  # fmt: skip
        assert (await link(world, one, other)).status_code == 200, (one, other)

    async def plain(kind: Any, one: str, other: str) -> tuple[int, str]:
        answer = await kind(world, one, other, "acme-admin")
        text = answer.text.replace(one, "<one>").replace(other, "<other>")
        assert not [name for name in ("desk:B", "desk:H", "desk:GONE", "desk:GHOST") if name in text], text
        return answer.status_code, text

    theirs = [
        ("desk:B1", "desk:B2"), ("desk:B1", "desk:B3"), ("desk:B1", "desk:B4"), ("desk:B1", "desk:B1"),
        ("desk:B5", "desk:BETA-5"), ("desk:B5", "desk:B5LATER"), ("desk:B5LATER", "desk:A3"),
        ("desk:H1", "desk:H2"), ("desk:H1", "desk:B1"), ("desk:GONE", "desk:A3"), ("desk:GHOST", "desk:B4"),
        ("desk:GHOST", "desk:A1"), ("desk:B4", "desk:A1"), ("desk:NONE1", "desk:B1"),
    ]  # fmt: skip
    for kind in (link, unlink):
        first, second = await plain(kind, "desk:NONE1", "desk:NONE2"), await plain(kind, "desk:A3", "desk:NONE2")
        assert (first[0], second[0]) == (404, 404)
        for one, other in theirs:
            with subtests.test("of others", verb=kind.__name__, one=one, other=other):
                assert await plain(kind, one, other) == first
        for other in ("desk:B1", "desk:B4", "desk:B5LATER", "desk:BETA-5", "desk:H1", "desk:GONE", "desk:GHOST"):
            for one in ("desk:A1", "desk:A3"):
                with subtests.test("one's own with another's", verb=kind.__name__, one=one, other=other):
                    assert await plain(kind, one, other) == second
        with subtests.test("nobody's aliases", verb=kind.__name__):
            assert (await kind(world, "desk:A4", "desk:ACME-4", "acme-admin")).status_code == 422
    # Both are the key's own, but linked with Beta's by somebody who may: they are told of, and nothing else.
    told = await link(world, "desk:A1", "desk:A2", "acme-admin")
    assert (told.status_code, told.json()) == (
        200, {"incident": "desk:A1", "also_known_as": ["desk:A2"], "changed": False},
    )  # fmt: skip
    for kind, one, other in (
        (unlink, "desk:A1", "desk:A2"), (link, "desk:A1", "desk:A3"), (link, "desk:A3", "desk:A1"),
    ):  # fmt: skip
        with subtests.test("nothing of others is changed", verb=kind.__name__, one=one, other=other):
            refused = await kind(world, one, other, "acme-admin")
            assert (refused.status_code, "desk:B" in refused.text) == (404, False)
    shown = (await link(world, "desk:A1", "desk:B4")).json()
    assert shown == {
        "incident": "desk:B4", "also_known_as": ["desk:A1", "desk:A2", "desk:GHOST"], "changed": False
    }  # fmt: skip
    assert (await link(world, "desk:A3", "desk:A4", "acme-admin")).json()["also_known_as"] == ["desk:A4"]


async def test_links_spend_the_rate_of_their_key(store_url: str) -> None:
    async with tenants(store_url, rate_per_minute=6) as world:
        for ticket in ("desk:A", "desk:B"):
            await world.event(ticket, "opened", 0, customer="Acme")
        answers = [await kind(world, "desk:A", "desk:B", "acme-admin") for kind in (link, unlink) * 4]
        assert [answer.status_code for answer in answers] == [200] * 6 + [429] * 2
        assert answers[-1].headers["retry-after"]
        assert (await link(world, "desk:A", "desk:B")).status_code == 200, "every key has its own"


async def test_a_key_of_a_contract_links_its_own_and_sees_no_word_of_anothers_ticket(world: Tenants) -> None:
    await world.event("desk:OURS", "opened", 0, customer="Acme", priority="P2")
    await world.event("pager:OURS", "opened", 1, customer="Acme", priority="P2")
    await world.event("pager:THEIRS", "opened", 1, customer="Beta", priority="P2")
    await world.event("pager:THEIRS", "responded", 2, actor="staff", actor_name="beta-person", reason="beta-words")
    for one, other in (("desk:OURS", "pager:THEIRS"), ("pager:THEIRS", "desk:OURS"), ("desk:OURS", "desk:none")):
        assert (await link(world, one, other, "acme-admin")).status_code == 404, (one, other)
    assert (await link(world, "desk:OURS", "pager:OURS", "acme-admin")).status_code == 200
    assert (await link(world, "desk:OURS", "pager:THEIRS")).status_code == 200

    async def joined() -> bool:
        return "beta-words" in str(await told(world, "desk:OURS"))

    await world.until(joined)
    seen = await told(world, "desk:OURS")
    assert [remark for remark in seen["remarks"] if remark["kind"] == "linked" and "Beta" in remark["text"]]
    for path in ("/v1/incidents/desk:OURS", "/v1/board/incidents/desk:OURS", "/incidents/desk:OURS"):
        answer = await world.ask("acme", "GET", path)
        assert (answer.status_code, "beta-" in answer.text.lower()) == (200, False), path
        assert "THEIRS" not in answer.text, path
        assert (await world.ask("beta", "GET", path)).status_code == 404, path
