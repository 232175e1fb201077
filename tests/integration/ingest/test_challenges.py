"""The questions of senders before they send: answered where the catalogue says so, and to nobody else."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import httpx2
import orjson
import pytest
from tests.integration.ingest.world import World, delivery
from tests.unit.ingest.test_schemes import scheme
from tests.unit.ingest.test_tokens import RSA, key_set, token, trusting

from sla_catalogue import Dialect
from sla_catalogue.authentication import Authentication, AuthenticationKind, Challenge
from sla_catalogue.source import Source, SourceId
from sla_ingest.tables import inbox

SECRET = "a secret of this sender"
OPEN = Authentication(kind=AuthenticationKind.NONE, challenge=Challenge.MICROSOFT)
SENDERS = {
    "glpi": scheme("glpi", "older", SECRET),
    "slack": scheme("slack", SECRET),
    "intercom": scheme("intercom", SECRET),
    "graph": OPEN,
    "walled": scheme("intercom", SECRET, addresses=("192.0.2.0/24",)),
}


def digest(text: str, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), text.encode(), "sha256").hexdigest()


def extend(world: World, sources: Mapping[str, Source]) -> None:
    now = world.catalogue[-1]
    more = {SourceId(name): source for name, source in sources.items()}
    world.catalogue.append(replace(now, sources=MappingProxyType({**now.sources, **more})))


def source(name: str, how: Authentication, dialect: Dialect = Dialect.JIRA) -> Source:
    return Source(id=SourceId(name), dialect=dialect, authentication=how)


@pytest.fixture
def asked(small: World) -> World:
    extend(small, {name: source(name, how) for name, how in SENDERS.items()})
    return small


async def get(world: World, name: str, **query: str) -> httpx2.Response:
    return await world.client.get(f"/v1/webhooks/{name}", params=query)


async def test_glpi_hears_that_slad_has_its_secret(asked: World) -> None:
    token = digest("validate_cra_challenge")
    answer = await get(asked, "glpi", crc_token=token)
    assert (answer.status_code, answer.text) == (200, digest(token))
    assert answer.headers["content-type"].startswith("text/plain")


async def test_nobody_else_has_a_text_signed(asked: World) -> None:
    body = '{"event": "closed"}1763640000'
    for text in (body, digest("validate_cra_challenge", "guess"), digest("other"), "", "0" * 64, digest(body)):
        assert (await get(asked, "glpi", crc_token=text)).status_code == 405
    assert (await asked.client.get("/v1/webhooks/glpi")).status_code == 405


async def test_questions_of_others_are_answered_as_if_nobody_were_there(asked: World) -> None:
    token, names = digest("validate_cra_challenge"), ("nobody", "github-acme", "slack", "intercom", "graph")
    answers = [await get(asked, name, crc_token=token) for name in names]
    assert {answer.status_code for answer in answers} == {405}
    assert len({answer.json()["detail"] for answer in answers}) == 1
    for name in ("nobody", "github-acme", "glpi", "slack", "walled"):
        assert (await asked.client.head(f"/v1/webhooks/{name}")).status_code == 405


async def test_intercom_asks_by_head(asked: World) -> None:
    assert (await asked.client.head("/v1/webhooks/intercom")).status_code == 200


async def slack(world: World, body: dict[str, Any], secret: str = SECRET) -> httpx2.Response:
    raw, stamp = orjson.dumps(body), str(int(world.time.now().timestamp()))
    mac = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + raw, "sha256").hexdigest()
    headers = {"content-type": "application/json", "x-slack-request-timestamp": stamp, "x-slack-signature": f"v0={mac}"}
    return await world.client.post("/v1/webhooks/slack", content=raw, headers=headers)


async def test_slack_gets_its_challenge_back_when_it_is_proven(asked: World) -> None:
    question = {"type": "url_verification", "challenge": "3eZbrw1aB"}
    answer = await slack(asked, question)
    assert (answer.status_code, answer.text) == (200, "3eZbrw1aB")
    assert (await slack(asked, question, "guess")).status_code == 401
    assert (await slack(asked, question | {"challenge": "<script>\n"})).status_code == 202  # parked as what it is
    assert await asked.count(inbox) == 1


async def test_microsoft_gets_its_token_back_as_text(asked: World) -> None:
    answer = await asked.client.post("/v1/webhooks/graph", params={"validationToken": "Validation: <b>1</b>"})
    assert (answer.status_code, answer.text) == (200, "Validation: <b>1</b>")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"
    other = await asked.client.post("/v1/webhooks/github-acme", params={"validationToken": "x"})
    assert other.status_code == 401


class Issuer:
    """A server that publishes keys, once it has some."""

    def __init__(self) -> None:
        self.published = ""
        self.url = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        status = "200 OK" if self.published else "503 Service Unavailable"
        writer.write(
            f"HTTP/1.1 {status}\r\nContent-Length: {len(self.published)}\r\nConnection: close\r\n\r\n".encode()
        )
        writer.write(self.published.encode())
        await writer.drain()
        writer.close()


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    made = Issuer()
    async with await asyncio.start_server(made.answer, "127.0.0.1", 0) as server:
        made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/keys"
        yield made


async def test_tokens_of_an_issuer_are_believed_once_its_keys_are_here(
    asked: World, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sla_ingest.issuer.LEAST_SECONDS", 0.0)
    extend(asked, {"otto": source("otto", trusting(jwks=None, jwks_url=issuer.url), Dialect.GITHUB)})
    now = int(asked.time.now().timestamp())

    async def sent(**claims: Any) -> httpx2.Response:
        proof = f"Bearer {token(iat=now, exp=now + 600, **claims)}"
        headers = {"x-github-event": "issues", "x-github-delivery": "d-9", "authorization": proof}
        return await asked.client.post("/v1/webhooks/otto", json=delivery("opened"), headers=headers)

    answer = await sent()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert (await sent(aud="other")).status_code == 401  # no token for another makes slad ask for keys
    issuer.published = key_set(RSA)
    assert (await sent()).status_code == 202
    issuer.published = ""
    assert (await sent()).status_code == 202  # the keys are kept
    assert (await sent(iss="https://evil.example")).status_code == 401
    assert await asked.count(inbox) == 1


async def test_an_address_outside_the_walls_hears_what_everybody_hears(asked: World) -> None:
    body = orjson.dumps({"webhookEvent": "x"})
    mac = hmac.new(SECRET.encode(), body, "sha1").hexdigest()
    good = {"content-type": "application/json", "x-hub-signature": f"sha1={mac}"}
    answer = await asked.client.post("/v1/webhooks/walled", content=body, headers=good)
    unknown = await asked.client.post("/v1/webhooks/nobody", content=body, headers=good)
    assert (answer.status_code, answer.json()["detail"]) == (401, unknown.json()["detail"])


async def test_a_certificate_is_believed_where_the_proxy_names_it(small: World) -> None:
    """The test's connection comes from 127.0.0.1."""
    how = Authentication(
        kind=AuthenticationKind.MTLS, header="X-Client-Cert", prefix="Hash=", proxies=("127.0.0.1",),
        subjects=frozenset({"ab12", "cd34"}),
    )  # fmt: skip
    extend(small, {
        "proxied": source("proxied", how, Dialect.GITHUB),
        "elsewhere": source("elsewhere", replace(how, proxies=("10.1.0.5",)), Dialect.GITHUB),
    })  # fmt: skip
    body = orjson.dumps(delivery("opened"))

    async def send(name: str, **proof: str) -> int:
        headers = {"content-type": "application/json", "x-github-event": "issues", "x-github-delivery": "d-1", **proof}
        return (await small.client.post(f"/v1/webhooks/{name}", content=body, headers=headers)).status_code

    named = {"x-client-cert": "Hash=cd34"}
    for proof in ({}, {"x-client-cert": "cd34"}, {"x-client-cert": "Hash=ef56"}):
        assert await send("proxied", **proof) == 401
    assert await send("elsewhere", **named) == 401, "who does not come from the proxy may write any header"
    assert await small.count(inbox) == 0
    assert await send("proxied", **named) == 202
    (row,) = await small.rows(inbox)
    assert "cd34" not in row.headers
