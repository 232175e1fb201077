"""The customer's environment: stated over HTTP, kept with its history, and read by critical fixes (clauses H6, H7)."""

from __future__ import annotations

import json
from typing import Any

import httpx2
from tests.e2e.test_contract_records import WARSAW, create, section
from tests.e2e.world import ADMIN_KEY, World
from tests.real.http import http_client


async def state(world: World, contract: str, body: Any, kind: str, **query: str) -> httpx2.Response:
    raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    headers = {"authorization": f"Bearer {ADMIN_KEY}", "content-type": kind}
    async with http_client(timeout=20.0, headers=headers) as client:
        url = f"{world.fleet.url('ingest')}/v1/contracts/{contract}/profile"
        return await client.put(url, content=raw, params=query)


async def notice(world: World, product: str, versions: str) -> httpx2.Response:
    id_ = world.name("SEC")
    body = {"id": id_, "title": id_, "text": "Install it.", "products": [{"product": product, "versions": versions}]}
    return await world.post("/v1/notices", body, key=ADMIN_KEY)


async def test_a_profile_decides_whom_a_fix_concerns_and_its_history_stays(world: World) -> None:
    world.next_morning(WARSAW)
    contract = world.name("profile")
    product = f"Suite {contract}"
    await create(world, contract, section(contract, environment=[{"product": product, "versions": ["1.0"]}]))
    first = await world.get("ingest", f"/v1/contracts/{contract}/profile", key=ADMIN_KEY)
    assert first.json() == {"products": [{"product": product, "versions": ["1.0"], "facts": {}}], "stated": []}
    assert (await notice(world, product, "<2")).json()["contracts"] == 1
    csv = await state(world, contract, f"product,version,seats\n{product},2.4,40\n", "text/csv", reason="upgraded")
    assert csv.status_code == 200, csv.text
    assert csv.json()["products"] == [{"product": product, "versions": ["2.4"], "facts": {"seats": "40"}}]
    assert (await notice(world, product, "<2")).json()["contracts"] == 0
    assert (await notice(world, product.upper(), ">=2 <3")).json()["contracts"] == 1
    sbom = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"name": product, "version": "3.0"}]}
    assert (await state(world, contract, sbom, "application/vnd.cyclonedx+json")).status_code == 200
    told = (await world.get("ingest", f"/v1/contracts/{contract}/profile", key=ADMIN_KEY)).json()
    assert [one["reason"] for one in told["stated"]] == ["stated anew", "upgraded"]
    before = told["stated"][1]["revision"]
    old = await world.get("ingest", f"/v1/contracts/{contract}/profile", key=ADMIN_KEY, revision=str(before))
    assert old.json()["products"][0]["versions"] == ["2.4"]


async def test_a_bad_line_changes_nothing_and_a_contract_of_a_file_has_a_profile_too(world: World) -> None:
    world.next_morning(WARSAW)
    product = world.name("Tool")
    bad = await state(world, "booking", f"product,version\n{product},1\n{product}\n", "text/csv")
    assert bad.status_code == 422
    assert [error["pointer"] for error in bad.json()["errors"]] == ["/2"]
    assert (await state(world, "booking", [{"product": product}], "application/json")).status_code == 200
    seen = await world.get("ingest", "/v1/contracts/booking/profile", key=ADMIN_KEY)
    assert [one["product"] for one in seen.json()["products"]] == [product]
    assert (await state(world, "nobody-s", [], "application/json")).status_code == 404
