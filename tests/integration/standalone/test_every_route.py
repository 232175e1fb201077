"""Every route of every service, over real sockets: the key comes before the body, the body has bounds, and no page of
another site changes anything.

The routes are those of the OpenAPI documents and the few that people follow, so a new one is tried by itself.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.integration.standalone.served import served
from tests.real.http import http_client
from tests.real.tables import migrate

from sla_ingest.contract.profile import MAX_PROFILE
from sla_ingest.contract.written import MAX_TEXT
from sla_notifier.link import Claim, Links
from sla_notifier.link_secret import LinkSecret
from sla_platform.http.body import SMALL_BODY
from sla_platform.settings import Settings
from sla_standalone.compose import ALL

EXAMPLES = Path(__file__).parents[3] / "examples" / "catalogue"
ADMIN = "Bearer demo-admin-key"
BASIC = "Basic " + base64.b64encode(b"x:demo-admin-key").decode()
KERNEL_BUFFERS = 16 * 2**20
WAIT = 20.0
# For whom no key is needed: probes, links that carry their own proof, and who registers an address for notices.
LINKS = (
    "/ack/{token}", "/answers/{token}", "/contacts/stop/{token}", "/contacts/resume/{token}",
    "/registrations/confirm/{token}", "/registrations/end/{token}",
)  # fmt: skip
CUSTOMERS_LINKS = ("/plans/{token}", "/plans/{token}/plan.pdf")
WITHOUT_KEY = {"/livez", "/readyz", "/metrics", "/info", "/openapi.json", "/v1/registrations", *LINKS, *CUSTOMERS_LINKS}
NOT_OF_THE_DOCUMENT = (
    *((verb, path) for path in LINKS for verb in ("GET", "POST")), *(("GET", path) for path in CUSTOMERS_LINKS),
    ("GET", "/openapi.json"), ("PUT", "/nowhere"),
)  # fmt: skip
# By the proof over the body itself: the bound comes first, then the proof.
SECRET = SecretStr("the secret of links in a test, long enough")
BY_SIGNATURE = "/v1/webhooks/{source}"
_PARAMETER = re.compile(r"\{[^}]+\}")


@dataclass(frozen=True, slots=True)
class Route:
    port: int
    method: str
    path: str

    token: str = "one"

    @property
    def target(self) -> str:
        return _PARAMETER.sub("one", self.path.replace("{token}", self.token))

    @property
    def changes(self) -> bool:
        return self.method not in ("GET", "HEAD", "OPTIONS")


@pytest.fixture(params=["embedded", pytest.param("production", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "embedded":
        return f"sqlite:///{tmp_path}/slad.db"
    url: str = request.getfixturevalue("postgres_url")
    return url


@asynccontextmanager
async def serving(store: str, body_seconds: float) -> AsyncIterator[list[Route]]:
    """All four services in one process on SQLite, or each in its own app on PostgreSQL."""
    embedded = store.startswith("sqlite")
    settings = Settings(
        store_url=store, catalogue=EXAMPLES, board_open=False, port=0, body_seconds=body_seconds, link_secret=SECRET
    )
    await migrate(settings)
    async with AsyncExitStack() as stack:
        found: list[Route] = []
        for names in (ALL,) if embedded else tuple((name,) for name in ALL):
            port, app = await stack.enter_async_context(served(settings, names))
            described = [(verb.upper(), path) for path, verbs in app.openapi()["paths"].items() for verb in verbs]
            found += [Route(port, *each) for each in (*described, *NOT_OF_THE_DOCUMENT)]
            found += [Route(port, "POST", path, token) for path, token in _true_links().items()]
        assert len({route.path for route in found}) > 25
        yield found


def _true_links() -> dict[str, str]:
    """Links of this installation whose forms have a body, about what is not known any more."""
    links, now = Links("", LinkSecret(SECRET.get_secret_value().encode())), datetime.now(UTC)  # noqa: TID251
    return {
        "/ack/{token}": links.token(Claim("gone", "anna", now + timedelta(days=1))),
        "/answers/{token}": links.question("gone", "anna", now + timedelta(days=1)).rpartition("/")[2],
    }


@dataclass(slots=True)
class Answer:
    status: int
    head: str
    body: bytes


class Line:
    """A raw connection: what is sent and when is up to the test."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def head(self, route: Route, *headers: str) -> None:
        lines = [f"{route.method} {route.target} HTTP/1.1", "host: 127.0.0.1", *headers, "", ""]
        await self.send("\r\n".join(lines).encode())

    async def send(self, raw: bytes) -> None:
        self.writer.write(raw)
        await self.writer.drain()

    async def answer(self) -> Answer:
        async with asyncio.timeout(WAIT):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = re.search(r"content-length: (\d+)", head)
        body = await self.reader.readexactly(int(length[1])) if length else b""
        return Answer(int(head.split()[1]), head, body)

    async def hung_up(self) -> bool:
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(WAIT):
                return await self.reader.read() == b""
        return True


@asynccontextmanager
async def line(route: Route) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection("127.0.0.1", route.port)
    try:
        yield Line(reader, writer)
    finally:
        writer.transport.abort()


@pytest.mark.long
async def test_every_route_keeps_to_the_rules(store: str, subtests: pytest.Subtests) -> None:
    """One test, for the services take longer to start than to be asked."""
    async with serving(store, body_seconds=WAIT) as routes:  # a machine under load is no slow sender
        await _without_a_key_nobody_gets_as_far_as_the_body(routes, subtests)
        await _no_other_site_changes_anything_and_nobody_is_asked_by_a_foreign_name(routes, subtests)
        if len({route.port for route in routes}) > 1:
            return  # bytes are counted in front of the store
        await _a_body_beyond_the_bound_is_cut_off_on_every_route(routes, subtests)
        await _a_stated_length_beyond_the_bound_is_refused_unread(routes, subtests)
        await _a_compressed_body_is_415(routes, subtests)
    async with serving(store, body_seconds=0.5) as routes:
        await _a_body_that_does_not_come_is_408(routes, subtests)


async def _without_a_key_nobody_gets_as_far_as_the_body(routes: list[Route], subtests: pytest.Subtests) -> None:
    for route in routes:
        with subtests.test(f"{route.method} {route.path}"):
            if route.token != "one" or route.path == BY_SIGNATURE:
                continue
            async with line(route) as stranger:
                length = 1_000 if route.path in LINKS else 100_000  # no more than a form may have
                await stranger.head(route, "content-type: application/json", f"content-length: {length}")
                answer = await stranger.answer()
                if route.path in LINKS:
                    assert answer.status in (403, 404, 410), answer
                elif route.path in WITHOUT_KEY or route.path.startswith(("/board/static", "/nowhere")):
                    assert answer.status < 500
                elif route.method == "OPTIONS":
                    assert answer.status == 204
                else:
                    assert answer.status in (401, 422), answer
                    assert answer.status == 401 or route.method == "GET"
                assert "connection: close" in answer.head
                assert await stranger.hung_up()


async def _a_body_beyond_the_bound_is_cut_off_on_every_route(routes: list[Route], subtests: pytest.Subtests) -> None:
    piece = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    for route in routes:
        with subtests.test(f"{route.method} {route.path}"):
            async with line(route) as greedy:
                await greedy.head(
                    route, f"authorization: {ADMIN}", "content-type: application/json", "transfer-encoding: chunked"
                )
                sent = 0
                answer = asyncio.create_task(greedy.answer())
                with contextlib.suppress(ConnectionError):
                    while sent < 4 * KERNEL_BUFFERS and not greedy.reader.at_eof():
                        await greedy.send(piece)
                        sent += len(piece)
                assert sent < KERNEL_BUFFERS
                if _reads_a_body(route):
                    assert (await answer).status == 413
                else:
                    await asyncio.wait((answer,))
                    answer.exception()


def _bound(route: Route) -> int:
    """Bytes of the largest body that the route reads."""
    most = Settings().max_body_bytes
    if route.path in (BY_SIGNATURE, "/v1/events", "/v1/notices"):
        return most
    if route.path.endswith("/profile"):
        return MAX_PROFILE
    return MAX_TEXT if route.path in ("/v1/contracts", "/v1/contracts/{contract}") else SMALL_BODY


async def _a_stated_length_beyond_the_bound_is_refused_unread(routes: list[Route], subtests: pytest.Subtests) -> None:
    for route in routes:
        if not _reads_a_body(route):
            continue
        bound = _bound(route)
        with subtests.test(f"{route.method} {route.path}"):
            async with line(route) as greedy:
                kind = "content-type: application/json"
                await greedy.head(route, f"authorization: {ADMIN}", kind, f"content-length: {bound + 1}")
                assert (await greedy.answer()).status == 413
            async with line(route) as fair:
                await fair.head(route, f"authorization: {ADMIN}", kind, f"content-length: {bound}")
                await fair.send(b" " * bound)
                assert (await fair.answer()).status in (400, 401, 403, 404, 410, 415, 422)


async def _a_compressed_body_is_415(routes: list[Route], subtests: pytest.Subtests) -> None:
    for route in filter(_reads_a_body, routes):
        with subtests.test(f"{route.method} {route.path}"):
            async with line(route) as packed:
                key, kind = f"authorization: {ADMIN}", "content-type: application/json"
                await packed.head(route, key, kind, "content-encoding: gzip", "content-length: 30")
                assert (await packed.answer()).status == 415


async def _a_body_that_does_not_come_is_408(routes: list[Route], subtests: pytest.Subtests) -> None:
    async def told(route: Route) -> tuple[int, bool]:
        async with line(route) as slow:
            key, kind = f"authorization: {ADMIN}", "content-type: application/json"
            await slow.head(route, key, kind, "content-length: 30")
            return (await slow.answer()).status, await slow.hung_up()

    asked = list(filter(_reads_a_body, routes))  # all at once, for every one waits for the same half second
    for route, answer in zip(asked, await asyncio.gather(*map(told, asked)), strict=True):
        with subtests.test(f"{route.method} {route.path}"):
            assert answer == (408, True)


def _reads_a_body(route: Route) -> bool:
    return (
        route.changes
        and route.method != "DELETE"
        and not route.path.endswith(("/replay", "/retry", "/enable", "/nowhere"))
        and (route.path not in LINKS or route.token != "one")
    )


FOREIGN: tuple[dict[str, str], ...] = (
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site", "origin": "null"},
)
OWN: tuple[dict[str, str], ...] = (
    {},
    {"origin": "http://127.0.0.1"},
    {"sec-fetch-site": "same-origin", "origin": "http://127.0.0.1"},
    {"sec-fetch-site": "none"},
)
WHO: tuple[dict[str, str], ...] = ({}, {"authorization": BASIC}, {"authorization": ADMIN})


async def _no_other_site_changes_anything_and_nobody_is_asked_by_a_foreign_name(
    routes: list[Route], subtests: pytest.Subtests
) -> None:
    async with http_client(timeout=WAIT) as client:
        for route, who, says in _cases(routes):
            headers = {"host": "127.0.0.1", "content-type": "application/json"} | who | says
            url = f"http://127.0.0.1:{route.port}{route.target}"
            with subtests.test(f"{route.method} {route.path} {who} {says}"):
                answer = await client.request(route.method, url, headers=headers, content=b"")
                foreign = says in FOREIGN and who.get("authorization") != ADMIN
                refused = answer.status_code == 403 and "problems/cross-site" in answer.text
                assert refused is foreign, answer.text
                assert answer.headers["x-content-type-options"] == "nosniff"
                assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
                assert "referrer-policy" in answer.headers
        for route in routes:
            if "stream" in route.path:
                continue
            url = f"http://127.0.0.1:{route.port}{route.target}"
            with subtests.test(f"{route.method} {route.path} by a foreign name"):
                headers = {"host": "evil.example", "authorization": ADMIN}
                answer = await client.request(route.method, url, headers=headers)
                probe = route.path in ("/livez", "/readyz", "/metrics")
                assert (answer.status_code == 200) if probe else (answer.status_code == 421), answer.text


def _cases(routes: list[Route]) -> Iterator[tuple[Route, dict[str, str], dict[str, str]]]:
    for route in routes:
        if route.changes:
            yield from ((route, WHO[1], says) for says in (*FOREIGN, *OWN))
            yield from ((route, who, FOREIGN[0]) for who in (WHO[0], WHO[2]))
