"""One story of each dialect over HTTP, proven as its sender proves: accepted in order, once, and from nobody else."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import orjson
import pytest
from sqlalchemy import select
from tests.build.story import instant
from tests.integration.ingest.test_challenges import extend
from tests.integration.ingest.world import World
from tests.unit.ingest.mapped import mapped
from tests.unit.ingest.test_presets import SES
from tests.unit.ingest.test_same_story import RULES, SOURCES, STORIES, received, state_of
from tests.unit.ingest.test_schemes import scheme

from sla_catalogue import Dialect
from sla_catalogue.assembly.scheme import SCHEMES
from sla_catalogue.authentication import Authentication, AuthenticationKind
from sla_catalogue.secret import Secret
from sla_catalogue.source import SourceId
from sla_domain.fold import fold
from sla_ingest.auth.request import RequestFacts
from sla_ingest.auth.signing import proof_of, with_timestamp
from sla_ingest.history import load_history
from sla_ingest.tables import event, inbox

SECRET = "a secret of this desk"
DIALECTS = [dialect for dialect in Dialect if dialect is not Dialect.CLOUDEVENTS]
"""Those that come to the door of webhooks. CloudEvents have one of their own: test_cloudevents, test_duplicates."""
DESKS = [Dialect.CHATWOOT, Dialect.GLPI, Dialect.INTERCOM, Dialect.REDMINE, Dialect.ZAMMAD, Dialect.ZENDESK]
"""Those whose signature is made here, and not by the inverse of what checks it."""
BEARER = Authentication(kind=AuthenticationKind.BEARER, header="Authorization", secrets=(Secret("test", SECRET),))


def how(dialect: Dialect) -> Authentication:
    return scheme(dialect, SECRET) if dialect in SCHEMES else BEARER


def digest(text: bytes, method: str = "sha256") -> str:
    return hmac.new(SECRET.encode(), text, method).hexdigest()


def proof(dialect: Dialect, body: bytes, world: World) -> dict[str, str]:
    """Return the headers by which the desk proves a body."""
    now = world.time.now()
    seconds = str(int(now.timestamp()))
    match dialect:
        case Dialect.CHATWOOT:
            proven = f"sha256={digest(seconds.encode() + b'.' + body)}"
            return {"x-chatwoot-timestamp": seconds, "x-chatwoot-signature": proven}
        case Dialect.GLPI:
            return {"x-glpi-timestamp": seconds, "x-glpi-signature": digest(body + seconds.encode())}
        case Dialect.REDMINE:
            return {"x-redmine-signature-256": f"sha256={digest(body)}"}
        case Dialect.ZENDESK:
            stamp = now.isoformat().replace("+00:00", "Z")
            proven = base64.b64encode(bytes.fromhex(digest(stamp.encode() + body))).decode()
            return {"x-zendesk-webhook-signature-timestamp": stamp, "x-zendesk-webhook-signature": proven}
        case Dialect.INTERCOM | Dialect.ZAMMAD:
            return {"x-hub-signature": f"sha1={digest(body, 'sha1')}"}
        case _:
            facts = RequestFacts(method="POST", path=f"/v1/webhooks/{dialect}", origin="", address="", peer="")
            made = proof_of(how(dialect), SECRET, body, now, facts, hashlib.sha256(body).hexdigest())
            return {name.lower(): value for name, value in made.items()}


def with_desks(world: World) -> World:
    extend(world, {
        name: replace(SOURCES[name], id=SourceId(name), authentication=how(name)) for name in DIALECTS
    })  # fmt: skip
    return world


async def send(world: World, dialect: Dialect, body: bytes, **changed: str) -> httpx2.Response:
    headers = {"content-type": "application/json", **proof(dialect, body, world), **changed}
    return await world.client.post(f"/v1/webhooks/{dialect}", content=body, headers=headers)


def written(world: World, dialect: Dialect, body: Any) -> bytes:
    return orjson.dumps(with_timestamp(body, how(dialect), world.time.now()))


async def tell(world: World, dialect: Dialect, late: timedelta = timedelta(seconds=5)) -> None:
    for when, body in STORIES[dialect]():
        world.time.at = instant(when) + late
        answer = await send(world, dialect, written(world, dialect, body))
        assert answer.status_code == 202, answer.text


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_story_arrives_once_and_as_it_was_told(world: World, dialect: Dialect) -> None:
    desks = with_desks(world)
    await tell(desks, dialect)
    told = await desks.logged()
    assert [kind for kind, _ in told] == [f"incident.{one.kind}" for one in received(dialect, STORIES[dialect]())]
    assert len({incident for _, incident in told}) == 1
    await tell(desks, dialect)
    assert await desks.logged() == told


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_what_comes_a_day_late_lands_at_its_time(small: World, dialect: Dialect) -> None:
    """Proven when it is sent, as a sender that tries again does, with the body of yesterday."""
    desks = with_desks(small)
    await tell(desks, dialect, timedelta(days=1))
    async with desks.store.reading() as connection:
        names = set((await connection.execute(select(event.c.incident))).scalars())
        history = await load_history(connection, names)
    (events,) = (history.events[name] for name in names)
    assert state_of(fold(events, RULES)) == state_of(fold(received(dialect, STORIES[dialect]()), RULES))
    assert all(one.received_at - one.occurred_at > timedelta(hours=20) for one in events)


async def test_mail_of_amazon_comes_once_user_and_secret_were_asked_for(small: World) -> None:
    basic = Authentication(
        kind=AuthenticationKind.BASIC, header="Authorization", username="slad", secrets=(Secret("test", SECRET),)
    )
    extend(small, {"ses": replace(mapped(preset="ses"), id=SourceId("ses"), authentication=basic)})
    body, headers = orjson.dumps(SES), {"content-type": "text/plain; charset=UTF-8"}
    asked = await small.client.post("/v1/webhooks/ses", content=body, headers=headers)
    assert (asked.status_code, asked.headers["www-authenticate"].split()[0]) == (401, "Basic")
    answer = await small.client.post("/v1/webhooks/ses", content=body, headers=headers, auth=("slad", SECRET))
    assert (answer.status_code, answer.json()["outcome"]) == (202, "accepted")


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_body_that_another_signed_or_changed_is_refused(small: World, dialect: Dialect) -> None:
    desks = with_desks(small)
    when, first = STORIES[dialect]()[0]
    desks.time.at = instant(when) + timedelta(seconds=5)
    body = written(desks, dialect, first)
    for name, value in proof(dialect, body, desks).items():
        assert (await send(desks, dialect, body, **{name: value[:-1] + "0A"[value.endswith("0")]})).status_code == 401
    unproven = await desks.client.post(f"/v1/webhooks/{dialect}", content=body)
    assert unproven.status_code == 401
    if how(dialect).kind is AuthenticationKind.HMAC:
        signed = {"content-type": "application/json", **proof(dialect, body, desks)}
        other = await desks.client.post(f"/v1/webhooks/{dialect}", content=body + b" ", headers=signed)
        assert other.status_code == 401
    assert await desks.count(inbox) == 0


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_proven_body_that_cannot_be_read_is_refused_and_kept(small: World, dialect: Dialect) -> None:
    desks = with_desks(small)
    when, first = STORIES[dialect]()[0]
    desks.time.at = instant(when) + timedelta(seconds=5)
    body = written(desks, dialect, first)
    broken = body[:-1] + b"," + body[-1:]
    answer = await send(desks, dialect, broken)
    if how(dialect).timestamp_field:  # a time that cannot be read proves nothing, and what is not proven is not kept
        assert (answer.status_code, await desks.count(inbox)) == (401, 0)
        return
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    (row,) = await desks.rows(inbox)
    assert (row.outcome, bytes(row.body)) == ("refused", broken)
    assert await desks.logged() == []
