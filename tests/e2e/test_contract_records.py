"""A contract that lives as a record: signed, used, changed, dated ahead and ended, over HTTP, on both profiles."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx2
from tests.e2e.world import ADMIN_KEY, World
from tests.real.http import http_client

WARSAW = "Europe/Warsaw"


def section(customer: str, hours: str = "1h", **more: Any) -> dict[str, Any]:
    """A contract's section as a catalogue file would have it, with a target of its own."""
    return {
        "title": f"Contract of {customer}",
        "customers": [customer],
        "plan": "stories",
        "zone": WARSAW,
        "country": "PL",
        "roles": {"on_call": ["page-hook"], "lead": ["page-lead"], "manager": ["page-manager"]},
        "targets": [{"metric": "first_response", "coverage": "office", "priority": "P1", "time": hours}],
    } | more


async def create(world: World, contract: str, values: dict[str, Any], **more: Any) -> httpx2.Response:
    body = {"id": contract, "reason": "signed", "contract": values, **more}
    return await world.post("/v1/contracts", body, key=ADMIN_KEY)


async def change(
    world: World, contract: str, values: dict[str, Any], tag: str, reason: str = "agreed", **more: Any
) -> httpx2.Response:
    async with http_client(timeout=20.0, headers={"authorization": f"Bearer {ADMIN_KEY}"}) as client:
        return await client.put(
            f"{world.fleet.url('ingest')}/v1/contracts/{contract}",
            json={"reason": reason, "contract": values, **more},
            headers={"if-match": tag},
        )


def due(incident: dict[str, Any], metric: str = "first_response") -> datetime:
    return next(datetime.fromisoformat(one["due_at"]) for one in incident["clocks"] if one["metric"] == metric)


async def test_a_contract_signed_over_http_judges_what_comes_after(world: World) -> None:
    opened = world.next_morning(WARSAW)
    contract = world.name("signed")
    answer = await create(world, contract, section(contract))
    assert answer.status_code == 201, answer.text
    assert answer.headers["etag"] == '"1"'
    assert answer.json()["in_force"]["number"] == 1
    world.pass_by(minutes=1)
    name = world.name("first")
    told = await world.happens(name, "opened", {"customer": contract.upper(), "priority": "P1"}, instance=-1)
    assert contract in told.text  # the promise is this contract's, whichever process has written it down
    found = await world.applied(name, lambda one: one["contract"]["id"] == contract)
    assert due(found) == opened + timedelta(hours=1, minutes=1)
    world.pass_by(hours=1)
    await world.paged("page", name)  # by the people of the record: the pager of page-hook


async def test_a_change_moves_the_open_clocks_of_this_contract_and_no_others(world: World) -> None:
    opened = world.next_morning(WARSAW)
    contract, other = world.name("moves"), world.name("stays")
    tag = (await create(world, contract, section(contract, "4h"))).headers["etag"]
    await create(world, other, section(other, "4h"))
    mine, theirs = world.name("mine"), world.name("theirs")
    for name, customer in ((mine, contract), (theirs, other)):
        await world.happens(name, "opened", {"customer": customer, "priority": "P1"})
        await world.applied(name, lambda one, id_=customer: one["contract"]["id"] == id_ and one["clocks"])  # type: ignore[misc]
    world.pass_by(minutes=30)
    changed = await change(world, contract, section(contract, "2h"), tag)
    assert changed.status_code == 200, changed.text
    moved = await world.applied(mine, lambda one: due(one) == opened + timedelta(hours=2))
    assert moved["catalogue"] != (before := await world.incident(theirs))["catalogue"]
    assert due(before) == opened + timedelta(hours=4)


async def test_a_change_dated_ahead_takes_effect_at_its_instant(world: World) -> None:
    opened = world.next_morning(WARSAW)
    contract = world.name("ahead")
    tag = (await create(world, contract, section(contract, "4h"))).headers["etag"]
    name = world.name("waits")
    await world.happens(name, "opened", {"customer": contract, "priority": "P1"})
    await world.applied(name, lambda one: one["contract"]["id"] == contract and one["clocks"])
    later = opened + timedelta(hours=1)
    answer = await change(world, contract, section(contract, "90m"), tag, effective_from=later.isoformat())
    assert answer.status_code == 200, answer.text
    assert [one["number"] for one in answer.json()["pending"]] == [2]
    refused = await change(world, contract, section(contract, "3h"), answer.headers["etag"])
    assert refused.status_code == 409
    assert refused.json()["type"].endswith("/version-overlaps")
    world.pass_by(minutes=59)
    assert due(await world.incident(name)) == opened + timedelta(hours=4)
    world.pass_by(minutes=1, seconds=1)
    await world.applied(name, lambda one: due(one) == opened + timedelta(minutes=90))


async def test_a_renewal_that_takes_effect_before_its_first_day_is_warned_of(world: World) -> None:
    opened = world.next_morning(WARSAW)
    contract = world.name("renewed")
    tag = (await create(world, contract, section(contract))).headers["etag"]
    first = (opened + timedelta(days=9)).date().isoformat()
    renewed = section(contract, valid={"from": first})
    early = {"effective_from": (opened + timedelta(days=2)).isoformat()}
    said = await change(world, contract, renewed, tag, **early)
    assert [one["code"] for one in said.json()["warnings"]] == ["gap-before-valid"], said.text
    assert first in said.json()["warnings"][0]["detail"]
    other = world.name("renewed-in-time")
    tag = (await create(world, other, section(other))).headers["etag"]
    said = await change(world, other, section(other, valid={"from": first}), tag)
    assert said.status_code == 200
    assert said.json()["warnings"] == []


async def test_a_contract_in_yaml_is_the_one_in_json_and_a_line_that_cannot_be_read_is_named(world: World) -> None:
    contract = world.name("written")
    text = f"""\
id: {contract}
reason: signed   # as a person writes it
contract:
  title: Contract of {contract}
  customers: [{contract}]
  plan: stories
  zone: {WARSAW}
  country: PL
  roles: {{on_call: [page-hook], lead: [page-lead], manager: [page-manager]}}
  targets: [{{metric: first_response, coverage: office, priority: P1, time: 1h}}]
"""
    headers = {"authorization": f"Bearer {ADMIN_KEY}", "content-type": "application/yaml"}
    address = f"{world.fleet.url('ingest')}/v1/contracts"
    async with http_client(timeout=20.0, headers=headers) as client:
        broken = await client.post(address, content=text.replace("country: PL", "country: [PL"))
        assert (broken.status_code, broken.json()["errors"][0]["line"]) == (400, 9), broken.text
        assert broken.json()["errors"][0]["column"] > 1
        unknown = await client.post(address, content=text.replace("country:", "contry:"))
        assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/contract/contry")
        other = await client.post(address, content=text, headers={"content-type": "text/csv"})
        assert other.status_code == 415
        made = await client.post(address, content=text)
    assert made.status_code == 201, made.text
    twin = await change(world, contract, section(contract), "*")
    assert (twin.status_code, twin.json()["type"].rpartition("/")[2]) == (409, "nothing-changes"), "the same text"


async def test_a_change_into_a_frozen_period_is_refused_and_one_dated_back_behind_it_judges_anew(world: World) -> None:
    opened = world.next_morning(WARSAW)
    contract = world.name("frozen")
    since = (opened - timedelta(days=30)).isoformat()
    signed = await create(world, contract, section(contract, "4h"), effective_from=since)
    assert signed.status_code == 201, signed.text
    name = world.name("judged-anew")
    await world.happens(name, "opened", {"customer": contract, "priority": "P1"})
    await world.applied(name, lambda one: one["contract"]["id"] == contract and one["clocks"])
    world.pass_by(minutes=30)
    frozen_through = opened - timedelta(days=1)
    frozen = await world.post(
        f"/v1/contracts/{contract}/freeze",
        {"through": frozen_through.isoformat(), "reason": "billed"},
        key=ADMIN_KEY,
        headers={"if-match": "*"},
    )
    assert frozen.status_code == 200, frozen.text
    early = (frozen_through - timedelta(seconds=1)).isoformat()
    refused = await change(world, contract, section(contract, "2h"), "*", effective_from=early)
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (409, "period-frozen")
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/effective_from"]
    assert due(await world.incident(name)) == opened + timedelta(hours=4)
    back = await change(world, contract, section(contract, "2h"), "*", effective_from=frozen_through.isoformat())
    assert back.status_code == 200, back.text
    await world.applied(name, lambda one: due(one) == opened + timedelta(hours=2))


async def test_a_customer_is_of_one_contract_at_a_time_whichever_version_says_so(world: World) -> None:
    """A version in force until another takes its place counts, and so does one that lies ahead."""
    first, second, customer = world.name("gives"), world.name("takes"), world.name("customer")
    assert (await create(world, first, section(customer))).status_code == 201
    leaves = (world.now + timedelta(days=5)).isoformat()
    renamed = section(customer, customers=[f"{customer} no more"])
    assert (await change(world, first, renamed, "*", effective_from=leaves)).status_code == 200
    early = await create(world, second, section(customer))
    assert (early.status_code, [one["pointer"] for one in early.json()["errors"]]) == (422, ["/contract/customers"])
    late = await create(world, second, section(customer), effective_from=leaves)
    assert late.status_code == 201, late.text
    third = await create(world, world.name("ahead"), section(customer, valid={"from": leaves[:10]}))
    assert third.status_code == 422, "one that lies ahead has the customer"


async def test_two_writers_at_once_and_what_does_not_fit_change_nothing(world: World) -> None:
    contract = world.name("guarded")
    tag = (await create(world, contract, section(contract))).headers["etag"]
    assert (await create(world, contract, section(contract))).status_code == 409
    first = await change(world, contract, section(contract, "2h"), tag)
    second = await change(world, contract, section(contract, "3h"), tag)
    assert (first.status_code, second.status_code) == (200, 412)
    wrong = await change(world, contract, section(contract, plan="golden"), first.headers["etag"])
    assert wrong.status_code == 422
    assert "/contract/plan" in {error["pointer"] for error in wrong.json()["errors"]}
    shared = await create(world, world.name("twin"), section(contract))
    assert shared.status_code == 422
    assert {error["pointer"] for error in shared.json()["errors"]} == {"/contract/customers"}
    file = await change(world, "page", section("Page"), "*")
    assert file.status_code == 409
    assert file.json()["type"].endswith("/managed-by-file")
    known = await world.get("ingest", f"/v1/contracts/{contract}", key=ADMIN_KEY)
    assert known.json()["revision"] == 2
    history = await world.get("ingest", f"/v1/contracts/{contract}/changes", key=ADMIN_KEY)
    assert [(one["revision"], one["reason"]) for one in history.json()["changes"]] == [(1, "signed"), (2, "agreed")]


async def test_contracts_are_listed_page_by_page_and_found_by_customer(world: World) -> None:
    contract = world.name("found")
    await create(world, contract, section(f"Łódź {contract}"))
    async with http_client(timeout=20.0, headers={"authorization": f"Bearer {ADMIN_KEY}"}) as client:
        # Of a file, with a record of what was stated: it is listed once.
        url = f"{world.fleet.url('ingest')}/v1/contracts/booking/profile"
        assert (await client.put(url, json=[{"product": world.name("Kettle")}])).status_code == 200
    page = await world.get("ingest", "/v1/contracts", key=ADMIN_KEY, q=f"łódź {contract}")
    assert [(one["id"], one["managed"]) for one in page.json()["contracts"]] == [(contract, "api")]
    ids: list[str] = []
    after: str | None = ""
    while after is not None:
        page = await world.get("ingest", "/v1/contracts", key=ADMIN_KEY, limit="3", after=after)
        ids += [one["id"] for one in page.json()["contracts"]]
        after = page.json()["next"]
    assert ids == sorted(set(ids))
    assert {contract, "page"} <= set(ids)
