"""Every read finds an incident by any of its names, and a merge is answered on the survivor: one whole slad."""

from __future__ import annotations

from typing import Any

import pytest
from tests.integration.standalone.tenants import Tenants

READS = (
    "/v1/incidents/{}", "/v1/incidents/{}/explain", "/v1/incidents/{}/explain?at={at}", "/incidents/{}",
    "/v1/board/incidents/{}",
)  # fmt: skip


async def incident(world: Tenants, name: str, key: str = "all") -> dict[str, Any]:
    found: dict[str, Any] = (await world.ask(key, "GET", f"/v1/incidents/{name}")).json()
    return found


@pytest.mark.long
async def test_every_read_finds_it_by_any_of_its_names_and_shows_a_key_no_more_than_before(world: Tenants) -> None:
    await world.event("desk:OLD", "opened", 0, customer="Acme", priority="P2", title="the till")
    # Somebody is quicker than the word of the move: a stray begins under the new name.
    await world.event("desk:NEW", "responded", 10, actor="staff")
    await world.event("desk:OLD", "renamed", 5, known_as="NEW", url="https://desk.example/NEW")
    await world.event("desk:NEW", "renamed", 15, known_as="NEWEST")
    await world.event("desk:NEWEST", "updated", 20, actor="staff", reason="the-last-word")

    async def joined() -> bool:
        texts = [
            (await world.ask("all", "GET", read.format("desk:NEWEST", at=""))).text for read in READS[:1] + READS[-1:]
        ]
        return all("the-last-word" in text for text in texts)

    await world.until(joined)
    at = world.began.replace(tzinfo=None).isoformat() + "Z"
    for name in ("desk:OLD", "desk:NEW", "desk:NEWEST"):
        for read in READS:
            path = read.format(name, at=at)
            answer = await world.ask("all", "GET", path)
            assert answer.status_code == 200, path
            assert "desk:OLD" in answer.text, path
            assert (await world.ask("acme", "GET", path)).status_code == 200, path
            assert (await world.ask("beta", "GET", path)).status_code == 404, path
        status, frame = await world.frame("all", f"/v1/stream/incidents/{name}")
        assert (status, "the till" in frame) == (200, True)
    found = await incident(world, "desk:NEW")
    assert (found["id"], found["also_known_as"]) == ("desk:OLD", ["desk:NEW", "desk:NEWEST"])
    assert found["attributes"]["url"] == "https://desk.example/NEW"
    assert {clock["metric"] for clock in found["clocks"] if clock["state"] == "met"} == {"first_response"}
    queue = (await world.ask("all", "GET", "/v1/board/clocks?q=newest")).json()["clocks"]
    assert {clock["incident"] for clock in queue} == {"desk:OLD"}
    # The stray is nobody's open clock.
    everything = (await world.ask("all", "GET", "/v1/clocks")).json()["clocks"]
    assert {clock["incident"] for clock in everything if clock["incident"].startswith("desk:")} == {"desk:OLD"}
    assert (await world.ask("all", "GET", "/v1/incidents/desk:NEVER")).status_code == 404


@pytest.mark.long
async def test_a_merge_across_contracts_is_waited_for_and_shows_no_word_of_the_others_people(world: Tenants) -> None:
    for name, customer in (("THEIRS", "Acme"), ("OURS", "Beta")):
        await world.event(f"desk:{name}", "opened", 0, customer=customer, priority="P2", actor="customer")
        await world.event(f"desk:{name}", "responded", 1, actor="staff")
    await world.event("desk:THEIRS", "customer_replied", 5, actor="customer", actor_name="acme-person")
    await world.event("desk:THEIRS", "merged", 10, merged_into="OURS")
    await world.event("desk:THEIRS", "customer_replied", 12, actor="customer", actor_name="acme-person")

    async def heard() -> bool:
        board = await world.ask("beta", "GET", "/v1/board/incidents/desk:OURS")
        return board.status_code == 200 and "acme-person" in str(await incident(world, "desk:OURS"))

    await world.until(heard)
    for key in ("all", "beta"):
        answer = await incident(world, "desk:OURS", key)
        assert answer["phase"] == "open"
        assert ("acme-person" in str(answer)) == (key == "all")
    gone = await incident(world, "desk:THEIRS", "acme")
    assert (gone["phase"], gone["merged_into"]) == ("merged", "desk:OURS")
    for path in ("/v1/board/incidents/desk:OURS", "/incidents/desk:OURS", "/v1/incidents/desk:OURS/explain"):
        answer = await world.ask("beta", "GET", path)
        assert (answer.status_code, "acme-person" in answer.text) == (200, False), path
