"""People and role holders of a recorded contract, changed one by one over HTTP, on both profiles."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx2
from tests.e2e.world import ADMIN_KEY, READ_KEY, World

BEFORE, AFTER = "kim.canary@old.example", "kim.canary@new.example"


async def change(world: World, method: str, path: str, said: dict[str, Any], tag: str = "*") -> httpx2.Response:
    """`said`: of a PUT the body, of a DELETE the query."""
    headers = {"authorization": f"Bearer {ADMIN_KEY}", "if-match": tag}
    body, query = (said, {}) if method == "PUT" else (None, said)
    async with httpx2.AsyncClient(timeout=20.0, headers=headers) as client:
        url = f"{world.fleet.url('ingest')}/v1/contracts/{path}"
        return await client.request(method, url, json=body, params=query or None)


async def breaks(world: World, story: str, contract: str) -> str:
    name = world.name(story)
    await world.happens(name, "opened", {"customer": contract, "priority": "P1"})
    await world.applied(name, lambda one: one["contract"]["id"] == contract and one["clocks"])
    world.pass_by(minutes=10, seconds=1)
    return name


async def known_everywhere(world: World, contract: str, name: str) -> None:
    """Every notifier names the holder so."""

    async def look() -> bool:
        found = set()
        async with httpx2.AsyncClient(timeout=20.0, headers={"authorization": f"Bearer {READ_KEY}"}) as client:
            for url in world.fleet.urls("notifier"):
                told = await client.get(f"{url}/v1/oncall", params={"contract": contract})
                roles = told.json().get("roles", ())
                found |= {one["name"] for one in roles if one["role"] == "on_call"} or {""}
        return found == {name}

    await world.until(f"{name} as the holder by every notifier", look)


async def test_hours_that_nobody_holds_are_said_in_the_answer_and_listed_until_somebody_does(world: World) -> None:
    world.next_morning("UTC")
    contract = world.name("unheld")
    section: dict[str, Any] = {
        "customers": [contract], "plan": "always", "zone": "UTC", "holidays": False,
        "people": {"kim": {"name": "Kim", "email": "kim.unheld@new.example"}},
        "roles": {"on_call": [{"person": "kim", "coverage": "office"}], "lead": ["nobody"], "manager": ["nobody"]},
    }  # fmt: skip
    made = await world.post("/v1/contracts", {"id": contract, "reason": "signed", "contract": section}, key=ADMIN_KEY)
    assert made.status_code == 201, made.text
    (said,) = [one for one in made.json()["warnings"] if one["code"] == "nobody-on-duty"]
    assert said["pointer"] == "/contract/roles"
    assert f"{contract} promises 24x7 (always); nobody is on duty" in said["detail"]

    async def listed(wanted: bool) -> bool:
        told = (await world.get("ingest", "/v1/unheld-hours", key=ADMIN_KEY, limit="500")).json()
        return wanted is (contract in {one["contract"] for one in told["unheld"]})

    await world.until("the contract in the list", lambda: listed(True))
    held = await change(world, "PUT", f"{contract}/roles/on_call", {"holders": ["kim"], "reason": "agreed"})
    assert held.status_code == 200, held.text
    assert [one["code"] for one in held.json()["warnings"]] == []
    await world.until("the contract out of the list", lambda: listed(False))


async def test_a_person_gets_another_address_from_an_instant_on(world: World) -> None:
    opened = world.next_morning("UTC")
    contract = world.name("staffed")
    section = {
        "customers": [contract], "plan": "always", "zone": "UTC", "holidays": False,
        "people": {"kim": {"name": "Kim Old", "email": BEFORE}},
        "roles": {"on_call": ["kim"], "lead": ["nobody"], "manager": ["nobody"]},
    }  # fmt: skip
    made = await world.post("/v1/contracts", {"id": contract, "reason": "signed", "contract": section}, key=ADMIN_KEY)
    assert made.status_code == 201, made.text
    tag, since = made.headers["etag"], opened + timedelta(hours=1)
    said: dict[str, Any] = {
        "person": {"name": "Kim New", "email": AFTER}, "reason": "moved house", "effective_from": since.isoformat(),
    }  # fmt: skip
    looked = await change(world, "PUT", f"{contract}/people/kim?dry_run=true", said, tag)
    assert (looked.status_code, looked.headers["etag"]) == (200, tag), looked.text
    answer = await change(world, "PUT", f"{contract}/people/kim", said, tag)
    assert answer.status_code == 200, answer.text
    (pending,) = answer.json()["pending"]
    assert (pending["number"], pending["by"], pending["reason"]) == (2, "admin", "moved house")
    assert pending["contract"] == section | {
        "people": {"kim": {"name": "Kim New", "email": AFTER}}, "holidays": "false",
    }  # fmt: skip
    assert (await change(world, "PUT", f"{contract}/people/kim", said, tag)).status_code == 412, "seen before"

    await known_everywhere(world, contract, "Kim Old")
    first = await breaks(world, "told-at-home", contract)
    await world.mailed("kim.canary@old", first)
    world.move(since + timedelta(seconds=1))
    await known_everywhere(world, contract, "Kim New")
    second = await breaks(world, "told-elsewhere", contract)
    await world.mailed("kim.canary@new", second)
    assert (world.mails("kim.canary@new", first), world.mails("kim.canary@old", second)) == ([], [])


async def test_who_holds_a_role_is_said_role_by_role_and_a_holder_is_not_taken_out(world: World) -> None:
    contract = world.name("held")
    section = {
        "customers": [contract], "plan": "always", "zone": "UTC", "holidays": False,
        "people": {"kim": {"name": "Kim", "email": BEFORE}},
        "roles": {"on_call": ["kim"], "lead": [{"person": "kim"}, "nobody"], "manager": ["nobody"]},
    }  # fmt: skip
    made = await world.post("/v1/contracts", {"id": contract, "reason": "signed", "contract": section}, key=ADMIN_KEY)
    assert made.status_code == 201, made.text
    why = {"reason": "has left"}
    refused = await change(world, "DELETE", f"{contract}/people/kim", why)
    assert (refused.status_code, refused.json()["type"]) == (409, "https://slad.io/problems/person-holds-roles")
    assert refused.json()["roles"] == ["lead", "on_call"]
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/contract/roles/lead", "/contract/roles/on_call"]
    unfit = await change(world, "PUT", f"{contract}/roles/lead", {"holders": ["nobody", "nobbody"], **why})
    assert unfit.status_code == 422
    assert [one["pointer"] for one in unfit.json()["errors"]] == ["/holders/1"]
    bad = await change(world, "PUT", f"{contract}/people/kim", {"person": {"name": "Kim", "zone": "Mars"}, **why})
    assert (bad.status_code, [one["pointer"] for one in bad.json()["errors"]]) == (422, ["/person/zone"])

    rota = {"holders": [{"rota": "turns"}], **why}
    assert (await change(world, "PUT", f"{contract}/roles/on_call", rota)).status_code == 200
    lead = await change(world, "PUT", f"{contract}/roles/lead", {"holders": [], **why})
    assert lead.json()["in_force"]["contract"]["roles"] == {"on_call": [{"rota": "turns"}], "manager": ["nobody"]}
    same = await change(world, "PUT", f"{contract}/roles/lead", {"holders": [], **why})
    assert (same.status_code, same.json()["type"]) == (409, "https://slad.io/problems/nothing-changes")
    gone = await change(world, "DELETE", f"{contract}/people/kim", why)
    assert (gone.status_code, "people" in gone.json()["in_force"]["contract"]) == (200, False)
    unknown = await change(world, "DELETE", f"{contract}/people/kim", why)
    assert (unknown.status_code, unknown.json()["type"]) == (404, "https://slad.io/problems/no-such-person")
    assert (await change(world, "DELETE", f"{contract}/people/kim", {})).json()["errors"][0]["pointer"] == "/reason"
    await known_everywhere(world, contract, "Tia Turn")

    file = await change(world, "PUT", "page/roles/on_call", {"holders": ["nobody"], **why})
    nowhere = await change(world, "DELETE", "no-such-contract/people/kim", why)
    assert [one.json()["type"].rpartition("/")[2] for one in (file, nowhere)] == ["managed-by-file", "no-such-contract"]
