"""Drafts of a source tried on its parked deliveries: what would become of each, and nothing stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
from tests.integration.ingest.world import ADMIN, CATALOGUE, FORMOSA, READER, World

from sla_catalogue import load_catalogue
from sla_ingest import tables
from sla_ingest.sender import trial

FRONT = """\
sources:
  front:
    dialect: mapped
    authentication: {kind: bearer, secret: the word of front}
    # a comment that is not kept
    map:
      incident: ticket
      time: at
      when:
        - {when: "kind == 'new'", event: opened}
"""
MENDED = """\
dialect: mapped
map:
  incident: ticket   # ours
  time: at
  when:
    - {when: "kind == 'new'", event: opened}
    - {when: "kind == 'done'", event: resolved}
"""
BODIES: list[dict[str, Any]] = [
    {"kind": "done", "ticket": "A", "at": "2026-11-20T11:00:00Z"},
    {"kind": "odd", "ticket": "B", "at": "2026-11-20T11:00:00Z"},
    {"kind": "done", "ticket": {"deep": 1}},
]


def in_force(world: World, tmp_path: Path, text: str = FRONT) -> None:
    file = tmp_path / "front.yaml"
    file.write_text(text)
    world.catalogue.append(load_catalogue([CATALOGUE, file], environment={}))


async def post(world: World, body: Any) -> httpx2.Response:
    return await world.client.post(
        "/v1/webhooks/front", content=orjson.dumps(body),
        headers={"authorization": "Bearer the word of front", "content-type": "application/json"},
    )  # fmt: skip


@pytest.fixture
async def parked(world: World, tmp_path: Path) -> World:
    in_force(world, tmp_path)
    for body in BODIES:
        assert (await post(world, body)).json()["outcome"] == "parked"
    return world


async def shown(world: World) -> dict[str, Any]:
    answer = await world.client.get("/v1/sources/front/parked", headers=ADMIN)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def tried(world: World, draft: str, key: dict[str, str] = ADMIN, source: str = "front") -> httpx2.Response:
    return await world.client.post(f"/v1/sources/{source}/trial", json={"draft": draft}, headers=key)


async def test_what_came_is_shown_with_what_the_map_makes_of_it(parked: World) -> None:
    found = await shown(parked)
    assert (found["dialect"], found["waiting"]) == ("mapped", 3)
    assert found["turns"] == [{"before": "parked", "after": "parked", "count": 3}]
    assert "authentication" not in found["draft"]
    assert "the word of front" not in str(found)
    by_body = {one["body"]: one for one in found["deliveries"]}
    first = by_body[orjson.dumps(BODIES[0]).decode()]
    assert (first["found"]["incident"], first["found"]["when[0]"], first["applied"]) == ('"A"', "false", [])
    assert first["before"]["text"] == "no entry under when in the source's map applies"
    assert not first["changed"]


async def test_a_draft_says_what_would_become_of_each_and_stores_nothing(parked: World) -> None:
    before = [tuple(row) for row in await parked.rows(tables.inbox)]
    found = (await tried(parked, MENDED)).json()
    assert {(one["before"], one["after"]): one["count"] for one in found["turns"]} == {
        ("parked", "accepted"): 1, ("parked", "parked"): 2,
    }  # fmt: skip
    (changed,) = [one for one in found["deliveries"] if one["after"]["outcome"] == "accepted"]
    assert changed["after"]["text"] == "resolved front:A"
    assert changed["applied"] == ["when[1]"]
    head = "sources:\n  front:\n    dialect: mapped\n    map:\n      incident: ticket   # ours\n"
    assert found["commit"].startswith(head)
    assert [tuple(row) for row in await parked.rows(tables.inbox)] == before
    assert await parked.logged() == []


async def test_the_shown_draft_is_the_source_in_force_and_can_be_committed(parked: World, tmp_path: Path) -> None:
    found = await shown(parked)
    again = (await tried(parked, found["draft"])).json()
    assert not any(one["changed"] for one in again["deliveries"])
    mended = (await tried(parked, MENDED)).json()["commit"]
    in_force(parked, tmp_path, mended + "    authentication: {kind: bearer, secret: the word of front}\n")
    now = await shown(parked)
    (ready,) = [one for one in now["deliveries"] if one["before"]["outcome"] == "accepted"]
    replayed = await parked.client.post(f"/v1/parked/{ready['id']}/replay", headers=ADMIN)
    assert replayed.status_code == 202
    assert (await shown(parked))["waiting"] == 2
    assert await parked.logged() == [("incident.resolved", "front:A")]


@pytest.mark.parametrize(
    ("draft", "said"),
    [
        ("dialect: mapped\nmap:\n  incident: 'a['\n", "line 3"),
        ("dialect: mapped\nmap: {incident: a, when: [{when: b, event: dances}]}\n", "line 2"),
        ("dialect: mapped\nmap: {incident: a}\nstatuses: {a: dancing}\n", "line 3"),
        ("dialect: [", "line 2"),
        ("", "a source is a mapping of keys"),
        ("- a\n", "a source is a mapping of keys"),
        ("dialect: mapped\nmap: {incident: '" + "a." * 600 + "b'}\n", "line 2"),
        ("dialect: mapped\nzone: ${SECRET}\nmap: {incident: a}\n", "the environment has no SECRET"),
        ("a: &a [x]\nb: &b [*a, *a]\n" * 2, "line"),
    ],
)
async def test_a_bad_draft_is_answered_with_its_lines(small: World, tmp_path: Path, draft: str, said: str) -> None:
    in_force(small, tmp_path)
    answer = await tried(small, draft)
    assert answer.status_code == 422, answer.text
    assert any(said in one["detail"] for one in answer.json()["errors"]), answer.text


async def test_a_draft_reads_no_file_and_proves_nothing(small: World, tmp_path: Path) -> None:
    in_force(small, tmp_path)
    secret = tmp_path / "secret"
    secret.write_text("not to be told")
    answer = await tried(small, f"authentication: {{kind: bearer, secret_file: {secret}}}\n{MENDED}")
    assert answer.status_code == 200
    assert "not to be told" not in answer.text
    other = await tried(small, f"{MENDED}customer_file: {secret}\n")
    assert other.status_code == 422
    assert "not to be told" not in other.text


async def test_only_an_admin_for_all_contracts_may(parked: World) -> None:
    for key, status in (({}, 401), (READER, 403), (FORMOSA, 403)):
        assert (await parked.client.get("/v1/sources/front/parked", headers=key)).status_code == status
        assert (await tried(parked, MENDED, key)).status_code == status
    assert (await tried(parked, MENDED, source="nobody")).status_code == 404
    assert (await tried(parked, "x" * 40_001)).status_code == 422


async def test_any_dialect_may_be_tried(small: World, tmp_path: Path) -> None:
    in_force(small, tmp_path)
    await small.github({"action": "danced", "issue": {"id": 1}})
    found = (await small.client.get("/v1/sources/github-acme/parked", headers=ADMIN)).json()
    (one,) = found["deliveries"]
    assert (found["dialect"], one["found"], one["before"]["outcome"]) == ("github", {}, "parked")
    again = (await tried(small, found["draft"], source="github-acme")).json()
    assert not again["deliveries"][0]["changed"]


async def test_very_many_are_tried_within_bounds(small: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_force(small, tmp_path)
    monkeypatch.setattr(trial, "MOST_TRIED", 5)
    monkeypatch.setattr("sla_ingest.sender.drafts.MOST_SHOWN", 2)
    for number in range(8):
        await post(small, {"kind": "odd", "ticket": str(number), "text": "x" * 100})
    found = await shown(small)
    assert (found["waiting"], len(found["deliveries"])) == (8, 5)
    assert [one["body"] is None for one in found["deliveries"]] == [False, False, True, True, True]
    monkeypatch.setattr(trial, "MOST_BYTES", 300)
    assert len((await shown(small))["deliveries"]) == 2
    monkeypatch.setattr(trial, "MOST_BYTES", 1)
    assert len((await shown(small))["deliveries"]) == 1
