"""Through the whole door, on a real store: whatever the body and the headers, no 5xx, and 202 means that it is kept."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.integration.ingest.world import ADMIN, SENDER, World, signed
from tests.integration.ingest.world import world as running
from tests.unit.ingest.hostile import VALUES, as_bytes, damaged
from tests.unit.ingest.test_any_document import EVENTS, GITHUB, JIRA

from sla_ingest import tables

ANSWERS = {202, 400, 401, 403, 404, 413, 415, 422}
WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30)
# Header values as a client can send them at all.
HEADER = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=80).map(str.strip)


@pytest.mark.long
def test_no_delivery_however_damaged_is_answered_5xx(tmp_path: Path) -> None:
    with asyncio.Runner() as runner:
        context = running(f"sqlite:///{tmp_path}/ingest.db", rate_per_minute=10**9)
        world = runner.run(context.__aenter__())

        @settings(suppress_health_check=list(HealthCheck))
        @given(
            github=damaged(GITHUB) | VALUES,
            jira=damaged(JIRA) | VALUES,
            batch=st.lists(damaged(EVENTS) | VALUES, max_size=4),
            id_=WORDS,
        )
        def hostile(github: Any, jira: Any, batch: list[Any], id_: str) -> None:
            runner.run(_deliver(world, github, jira, batch, id_))

        try:
            hostile()
        finally:
            runner.run(context.__aexit__(None, None, None))


async def _deliver(world: World, github: Any, jira: Any, batch: list[Any], id_: str) -> None:
    before = await world.count(tables.inbox)
    answers = [
        await world.github(as_bytes(github), id_=id_),
        await world.jira(as_bytes(jira), **({"x-atlassian-webhook-identifier": id_} if id_ else {})),
        await world.batch(as_bytes(batch)),
    ]
    for event in batch:
        answers.append(await world.event(as_bytes(event)))
    for answer in answers:
        assert answer.status_code in ANSWERS, (answer.status_code, answer.text)
        assert answer.headers["content-type"] in ("application/json", "application/problem+json")
        if answer.status_code == 202 and "deliveries" not in answer.json():
            assert len(answer.json()["id"]) == 32
    assert await world.count(tables.inbox) >= before


def test_no_forged_proof_is_believed_and_none_is_answered_5xx(tmp_path: Path) -> None:
    body = orjson.dumps(GITHUB[0])
    sound = signed(body)
    with asyncio.Runner() as runner:
        context = running(f"sqlite:///{tmp_path}/ingest.db", rate_per_minute=10**9)
        world = runner.run(context.__aenter__())

        @settings(suppress_health_check=list(HealthCheck))
        @given(
            forged=HEADER
            | st.tuples(st.integers(0, len(sound)), WORDS).map(lambda t: sound[: t[0]] + t[1] + sound[t[0] + 1 :]),
            source=st.sampled_from(["github-acme", "jira-acme", "events-standard", "events-basic", "servicenow", "no"]),
        )
        def hostile(forged: str, source: str) -> None:
            if forged.lower() == sound:
                return
            headers = {
                "x-hub-signature-256": forged,
                "x-hub-signature": forged,
                "webhook-signature": forged,
                "webhook-id": forged,
                "webhook-timestamp": forged,
                "authorization": forged,
                "content-type": "application/json",
            }
            answer = runner.run(world.client.post(f"/v1/webhooks/{source}", content=body, headers=headers))
            assert answer.status_code == 401

        try:
            hostile()
            assert runner.run(world.count(tables.inbox)) == 0
        finally:
            runner.run(context.__aexit__(None, None, None))


async def test_odd_paths_and_ids_are_answered_plainly(small: World) -> None:
    assert (await small.client.post("/v1/webhooks/%00", content=b"{}", headers=SENDER)).status_code == 400
    for name in ("..%2f..%2fetc%2fpasswd", "a" * 4_000, "ż", "'; DROP TABLE ingest_inbox; --", "%F0%9F%92%A9"):
        answer = await small.client.post(f"/v1/webhooks/{name}", content=b"{}", headers=SENDER)
        assert answer.status_code == 404
        body = await small.client.get(f"/v1/parked/{name}/body", headers=ADMIN)
        assert body.status_code == 404
        replay = await small.client.post(f"/v1/parked/{name}/replay", headers=ADMIN)
        assert replay.status_code == 404
