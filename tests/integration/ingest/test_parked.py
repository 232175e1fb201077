"""What was not understood is listed, can be read raw, and has its effect once the catalogue was mended."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

import orjson
import pytest
from tests.integration.ingest.world import ADMIN, FORMOSA, READER, SENDER, World, delivery, issue, opened

from sla_catalogue.source import SourceId, TicketPhase
from sla_ingest import tables


def mend(world: World, source: str, **values: object) -> None:
    """The catalogue with one source changed, as a hot reload brings it."""
    now = world.catalogue[-1]
    changed = replace(now.sources[SourceId(source)], **values)  # type: ignore[arg-type]
    world.catalogue.append(replace(now, sources=MappingProxyType({**now.sources, SourceId(source): changed})))


async def test_the_list_is_paged_oldest_first(world: World) -> None:
    for number in range(5):
        await world.event(opened(str(number), type="mock.test"))
        world.time.at += timedelta(seconds=1)
    first = (await world.client.get("/v1/parked?limit=3", headers=ADMIN)).json()
    rest = (await world.client.get(f"/v1/parked?limit=3&after={first['next']}", headers=ADMIN)).json()
    assert [one["delivery"] for one in first["parked"] + rest["parked"]] == [f"servicenow#{n}" for n in range(5)]
    assert rest["next"] is None
    assert first["parked"][0]["reason"] == {
        "code": "unknown_type",
        "text": "slad does not know this type of event",
        "detail": "mock.test",
    }
    assert await world.ingest.parked.counts() == {"servicenow": 5}


async def test_a_replay_after_the_mend_has_the_effect_and_the_first_receipt(world: World) -> None:
    """A source of a dialect that nobody translated when it was delivered."""
    now = world.catalogue[-1]
    github = now.sources[SourceId("github-acme")]
    desk = now.sources[SourceId("desk-acme")]
    body = orjson.dumps(delivery("opened"))
    headers = {"x-desk-token": "desk token", "content-type": "application/json", "x-github-delivery": "d-7"}
    parked = (await world.client.post("/v1/webhooks/desk-acme", content=body, headers=headers)).json()
    received = world.time.at
    world.time.at += timedelta(days=2)

    still = await world.client.post(f"/v1/parked/{parked['id']}/replay", headers=ADMIN)
    assert (still.status_code, still.json()["outcome"]) == (200, "parked")

    mend(world, "desk-acme", dialect=github.dialect)
    assert desk.dialect is not github.dialect
    answer = await world.client.post(f"/v1/parked/{parked['id']}/replay", headers=ADMIN)
    assert (answer.status_code, answer.json()["outcome"]) == (202, "accepted")
    assert await world.logged() == [("incident.opened", "desk-acme:77")]
    (row,) = await world.rows(tables.event)
    assert orjson.loads(row.data)["received_at"] == received.isoformat().replace("+00:00", "Z")
    assert (await world.client.get("/v1/parked", headers=ADMIN)).json()["parked"] == []

    again = await world.client.post(f"/v1/parked/{parked['id']}/replay", headers=ADMIN)
    assert again.status_code == 409
    # the sender's own retry is now answered as it would have been
    retry = await world.client.post("/v1/webhooks/desk-acme", content=body, headers=headers)
    assert retry.json()["outcome"] == "accepted"
    assert len(await world.logged()) == 1


async def test_two_replays_at_once_have_one_effect(world: World) -> None:
    github = world.catalogue[-1].sources[SourceId("github-acme")]
    headers = {"x-desk-token": "desk token", "content-type": "application/json"}
    body = orjson.dumps(delivery("opened"))
    parked = (await world.client.post("/v1/webhooks/desk-acme", content=body, headers=headers)).json()
    mend(world, "desk-acme", dialect=github.dialect)
    path = f"/v1/parked/{parked['id']}/replay"
    answers = await asyncio.gather(*(world.client.post(path, headers=ADMIN) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409]
    assert len(await world.logged()) == 1


async def test_an_ignored_delivery_can_be_tried_again_when_its_label_means_something(small: World) -> None:
    await small.github(delivery("opened"), id_="d-1")
    labelled = delivery("labeled", issue=issue(labels=[{"name": "blocked"}]), label={"name": "blocked"})
    ignored = (await small.github(labelled, id_="d-2")).json()
    assert ignored["reason"]["code"] == "nothing_relevant"
    mend(small, "github-acme", labels=MappingProxyType({"blocked": TicketPhase.WAITING_VENDOR}))
    answer = await small.client.post(f"/v1/parked/{ignored['id']}/replay", headers=ADMIN)
    assert [one["kind"] for one in answer.json()["events"]] == ["waiting"]


async def test_a_body_that_was_parked_for_its_reused_id_can_still_be_taken(small: World) -> None:
    await small.event(opened())
    await small.event(opened(type="resolved"))
    (parked,) = (await small.client.get("/v1/parked", headers=ADMIN)).json()["parked"]
    answer = await small.client.post(f"/v1/parked/{parked['id']}/replay", headers=ADMIN)
    assert [one["kind"] for one in answer.json()["events"]] == ["resolved"]
    assert [kind for kind, _ in await small.logged()] == ["incident.opened", "incident.resolved"]


async def test_a_refused_body_is_listed_and_read_byte_for_byte(small: World) -> None:
    refused = await small.github(b'{"broken": \xff')
    (listed,) = (await small.client.get("/v1/parked", headers=ADMIN)).json()["parked"]
    assert (listed["outcome"], listed["bytes"]) == ("refused", 12)
    raw = await small.client.get(f"/v1/parked/{listed['id']}/body", headers=ADMIN)
    assert raw.content == b'{"broken": \xff'
    assert raw.headers["content-type"] == "application/octet-stream"
    assert raw.headers["x-content-type-options"] == "nosniff"
    assert refused.json()["kept_as"] == listed["id"]
    again = await small.client.post(f"/v1/parked/{listed['id']}/replay", headers=ADMIN)
    assert (again.status_code, again.json()["outcome"]) == (200, "refused")


@pytest.mark.parametrize("path", ["/v1/parked", "/v1/parked/x/body"])
async def test_a_key_of_one_contract_sees_no_parked_delivery(small: World, path: str) -> None:
    assert (await small.client.get(path, headers=FORMOSA)).status_code == 403
    assert (await small.client.get(path)).status_code == 401


async def test_parked_deliveries_and_replays_are_for_administrators(small: World) -> None:
    for key in (READER, SENDER):
        assert (await small.client.get("/v1/parked", headers=key)).status_code == 403
        assert (await small.client.get("/v1/parked/x/body", headers=key)).status_code == 403
        assert (await small.client.post("/v1/parked/x/replay", headers=key)).status_code == 403
    assert (await small.client.get("/v1/parked/x/body", headers=ADMIN)).status_code == 404
    assert (await small.client.post("/v1/parked/x/replay", headers=ADMIN)).status_code == 404


@pytest.mark.parametrize("query", ["after=x", "after=1:'", "limit=0", "limit=501", "after=" + "9" * 40 + ":a"])
async def test_a_wrong_page_is_a_problem(small: World, query: str) -> None:
    assert (await small.client.get(f"/v1/parked?{query}", headers=ADMIN)).status_code in (400, 422)
