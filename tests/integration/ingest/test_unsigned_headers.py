"""Of every dialect: where the proof covers the body alone, nothing that stands around it decides anything."""

from __future__ import annotations

import hashlib
import hmac
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.build.story import instant
from tests.integration.ingest.test_challenges import extend
from tests.integration.ingest.test_desks import DIALECTS, written
from tests.integration.ingest.world import World
from tests.integration.ingest.world import world as running
from tests.unit.ingest.test_same_story import SOURCES, STORIES

from sla_catalogue import Dialect
from sla_catalogue.authentication import Authentication, AuthenticationKind
from sla_catalogue.secret import Secret
from sla_catalogue.source import SignedContent, SourceId
from sla_ingest import tables

SECRET = "a secret of these tests"
HOW = Authentication(
    kind=AuthenticationKind.HMAC,
    header="X-Signature",
    encoding="hex",
    signed=SignedContent.BODY,
    secrets=(Secret("test", SECRET),),
)
LATER = "2026-11-20T01:00:00Z"
SECONDS = "1763600400"
AROUND: list[dict[str, str]] = [
    {"webhook-id": "another", "idempotency-key": "another", "x-request-id": "another"},
    {"linear-delivery": "another", "linear-event": "Comment", "linear-timestamp": SECONDS},
    {"x-gitlab-event": "Note Hook", "x-gitlab-event-uuid": "another", "x-gitlab-webhook-uuid": "another"},
    {"x-chatwoot-timestamp": SECONDS, "x-chatwoot-delivery": "another", "x-glpi-timestamp": SECONDS},
    {"x-zammad-delivery": "another", "x-zammad-trigger": "closed", "x-zendesk-webhook-id": "another"},
    {"x-github-event": "issues", "x-github-delivery": "another", "x-atlassian-webhook-identifier": "another"},
    {"webhook-timestamp": SECONDS, "x-zendesk-webhook-signature-timestamp": LATER, "date": LATER},
    {"ce-specversion": "1.0", "ce-type": "cancelled", "ce-id": "another", "ce-source": "bench", "ce-time": LATER},
    {"x-webhook-id": "another", "x-pagerduty-signature": "v1=00", "x-intercom-topic": "conversation.admin.closed"},
    {"slad-contract": "acme", "x-forwarded-for": "10.0.0.1", "x-http-method-override": "DELETE"},
    {"content-type": "text/plain"}, {"content-type": "application/x-www-form-urlencoded"}, {"content-type": ""},
]  # fmt: skip
QUERIES = ("", "?event=closed", "?delivery=another&time=0", "?payload=%7B%7D")


async def post(world: World, dialect: Dialect, body: bytes, around: dict[str, str], query: str = "") -> set[str]:
    """Return what became of the delivery, or of each of a batch."""
    proof = {"x-signature": hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}
    headers = {"content-type": "application/json", **around, **proof}
    answer = await world.client.post(f"/v1/webhooks/{dialect}{query}", content=body, headers=headers)
    assert answer.status_code in {202, 400, 415, 422}, answer.text
    if answer.status_code != 202:
        return {"refused"}
    told = answer.json()
    return {each["outcome"] for each in told.get("deliveries", [told])}


async def events(world: World) -> list[tuple[Any, ...]]:
    return sorted((row.incident, row.id, row.type, row.time, row.data) for row in await world.rows(tables.event))


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_what_stands_around_a_signed_body_decides_nothing(dialect: Dialect, tmp_path: Path) -> None:
    """Sent with other words around it, before and after: the body has the effect that it has by itself."""
    drawn = Random(dialect.value)
    async with AsyncExitStack() as stack:
        left, beset = [
            await stack.enter_async_context(running(f"sqlite:///{tmp_path}/{name}.db", rate_per_minute=10**9))
            for name in ("left", "beset")
        ]
        for world in (left, beset):
            extend(world, {dialect.value: replace(SOURCES[dialect], id=SourceId(dialect.value), authentication=HOW)})
        for when, story in STORIES[dialect]():
            left.time.at = beset.time.at = instant(when) + timedelta(seconds=5)
            body = written(left, dialect, story)
            true = await post(left, dialect, body, {})
            for around in drawn.sample(AROUND, 4):
                other = await post(beset, dialect, body, around, drawn.choice(QUERIES))
                assert other <= true | {"parked", "refused"}, around
            assert await post(beset, dialect, body, {}) == true
            await post(beset, dialect, body, drawn.choice(AROUND), drawn.choice(QUERIES))
        assert await events(left)
        assert await events(left) == await events(beset)
        assert sorted(await left.logged()) == sorted(await beset.logged())
