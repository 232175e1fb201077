"""A source with a map over HTTP: a batch is kept event by event, and what was parked is replayed by a mended map."""

from __future__ import annotations

from typing import Any

import orjson
from tests.integration.ingest.test_parked import mend
from tests.integration.ingest.world import ADMIN, World, signed
from tests.unit.ingest.mapped import mapped

from sla_catalogue.source import Dialect, Source
from sla_ingest import tables

URL = "/v1/webhooks/github-acme"
MAP: dict[str, Any] = {
    "events": "items",
    "id": "n",
    "incident": "ticket",
    "time": "at",
    "customer": "body().tenant",
    "when": [{"when": "kind == 'new'", "event": "opened"}],
}
NEW = {"n": "1", "kind": "new", "ticket": "A", "at": "2026-11-20T10:00:00Z"}
ODD = {"n": "2", "kind": "done", "ticket": "A", "at": "2026-11-20T11:00:00Z"}


def mapping(**changes: Any) -> Source:
    return mapped(map={**MAP, **changes})


async def post(world: World, body: Any, **headers: str) -> Any:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    proof = {"x-hub-signature-256": signed(raw), "content-type": "application/json"}
    return await world.client.post(URL, content=raw, headers=proof | headers)


async def test_a_batch_of_a_signed_source_and_its_replay(world: World) -> None:
    mend(world, "github-acme", dialect=Dialect.MAPPED, map=mapping().map)
    answer = await post(world, {"tenant": "acme", "items": [NEW, ODD]})
    assert answer.status_code == 202, answer.text
    assert (answer.json()["outcomes"]["accepted"], answer.json()["outcomes"]["parked"]) == (1, 1)
    (parked,) = (await world.client.get("/v1/parked", headers=ADMIN)).json()["parked"]
    assert parked["reason"]["code"] == "no_entry"

    mend(world, "github-acme", map=mapping(when=[*MAP["when"], {"when": "kind == 'done'", "event": "resolved"}]).map)
    replayed = await world.client.post(f"/v1/parked/{parked['id']}/replay", headers=ADMIN)
    assert (replayed.status_code, replayed.json()["outcome"]) == (202, "accepted")
    told = [("incident.opened", "github-acme:A"), ("incident.resolved", "github-acme:A")]
    assert await world.logged() == told

    again = await post(world, {"tenant": "acme", "items": [NEW, ODD]})
    assert again.json()["outcomes"]["duplicate"] == 2
    assert await world.logged() == told


async def test_nobody_can_pretend_to_be_a_part_of_a_batch(world: World) -> None:
    mend(world, "github-acme", dialect=Dialect.MAPPED, map=mapping().map)
    forged = {"event": NEW, "body": {"tenant": "acme"}}
    answer = await post(world, forged, **{"slad-part": "1"})
    assert (answer.status_code, answer.json()["outcome"]) == (202, "parked")
    assert await world.logged() == []


async def test_what_a_map_cannot_read_is_kept(world: World) -> None:
    mend(world, "github-acme", dialect=Dialect.MAPPED, map=mapping(events=None, title="keys(kind)").map)
    assert (await post(world, NEW)).json()["reason"]["code"] == "map_failed"
    assert (await post(world, b"")).status_code == 400
    assert (await post(world, b"[" * 10_000)).status_code == 400
    assert await world.count(tables.inbox) == 3
    wrong = await world.client.post(URL, content=b"{}", headers={"x-hub-signature-256": "sha256=00"})
    assert wrong.status_code == 401
