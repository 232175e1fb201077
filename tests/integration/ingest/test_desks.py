"""One story of each desk over HTTP, signed as the desk signs: accepted in order, once, and from nobody else."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import httpx2
import orjson
import pytest
from tests.build.story import instant
from tests.integration.ingest.test_challenges import extend
from tests.integration.ingest.world import World
from tests.unit.ingest.desk_bodies import chatwoot, glpi, intercom, redmine, zammad, zendesk
from tests.unit.ingest.mapped import mapped
from tests.unit.ingest.test_presets import SES
from tests.unit.ingest.test_same_story import SOURCES, Told, received
from tests.unit.ingest.test_schemes import scheme

from sla_catalogue import Dialect
from sla_catalogue.authentication import Authentication, AuthenticationKind
from sla_catalogue.secret import Secret
from sla_catalogue.source import SourceId
from sla_ingest.tables import inbox

SECRET = "a secret of this desk"
STORIES: dict[Dialect, Callable[[], Told]] = {
    Dialect.CHATWOOT: chatwoot.story,
    Dialect.GLPI: glpi.story,
    Dialect.INTERCOM: intercom.story,
    Dialect.REDMINE: redmine.story,
    Dialect.ZAMMAD: zammad.story,
    Dialect.ZENDESK: zendesk.story,
}
DESKS = sorted(STORIES)


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
        case _:
            return {"x-hub-signature": f"sha1={digest(body, 'sha1')}"}


def with_desks(world: World) -> World:
    extend(world, {
        name: replace(SOURCES[name], id=SourceId(name), authentication=scheme(name, SECRET)) for name in DESKS
    })  # fmt: skip
    return world


async def send(world: World, dialect: Dialect, body: bytes, **changed: str) -> httpx2.Response:
    headers = {"content-type": "application/json", **proof(dialect, body, world), **changed}
    return await world.client.post(f"/v1/webhooks/{dialect}", content=body, headers=headers)


async def tell(world: World, dialect: Dialect) -> None:
    for when, body in STORIES[dialect]():
        world.time.at = instant(when) + timedelta(seconds=5)
        answer = await send(world, dialect, orjson.dumps(body))
        assert answer.status_code == 202, answer.text


@pytest.mark.parametrize("dialect", DESKS)
async def test_a_story_arrives_once_and_as_it_was_told(world: World, dialect: Dialect) -> None:
    desks = with_desks(world)
    await tell(desks, dialect)
    told = await desks.logged()
    assert [kind for kind, _ in told] == [f"incident.{one.kind}" for one in received(dialect, STORIES[dialect]())]
    assert len({incident for _, incident in told}) == 1
    await tell(desks, dialect)
    assert await desks.logged() == told


async def test_mail_of_amazon_comes_once_user_and_secret_were_asked_for(small: World) -> None:
    how = Authentication(
        kind=AuthenticationKind.BASIC, header="Authorization", username="slad", secrets=(Secret("test", SECRET),)
    )
    extend(small, {"ses": replace(mapped(preset="ses"), id=SourceId("ses"), authentication=how)})
    body, headers = orjson.dumps(SES), {"content-type": "text/plain; charset=UTF-8"}
    asked = await small.client.post("/v1/webhooks/ses", content=body, headers=headers)
    assert (asked.status_code, asked.headers["www-authenticate"].split()[0]) == (401, "Basic")
    answer = await small.client.post("/v1/webhooks/ses", content=body, headers=headers, auth=("slad", SECRET))
    assert (answer.status_code, answer.json()["outcome"]) == (202, "accepted")


@pytest.mark.parametrize("dialect", DESKS)
async def test_a_body_that_another_signed_or_changed_is_refused(small: World, dialect: Dialect) -> None:
    desks = with_desks(small)
    when, first = STORIES[dialect]()[0]
    desks.time.at = instant(when) + timedelta(seconds=5)
    body = orjson.dumps(first)
    for name, value in proof(dialect, body, desks).items():
        assert (await send(desks, dialect, body, **{name: value[:-1] + "0A"[value.endswith("0")]})).status_code == 401
    signed = {"content-type": "application/json", **proof(dialect, body, desks)}
    other = await desks.client.post(f"/v1/webhooks/{dialect}", content=body + b" ", headers=signed)
    assert (other.status_code, await desks.count(inbox)) == (401, 0)
