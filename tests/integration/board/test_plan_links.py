"""Links to support plans: made by an admin, opened by whoever has them, until they expire or are revoked."""

from __future__ import annotations

import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select, text
from tests.integration.board.bench import HandTime

from sla_board import tables
from sla_board.contract_api import AttainmentDeps, PlanDeps, contract_routes
from sla_board.link.store import MOST_OPEN, PlanLinks
from sla_board.page.render import Pages
from sla_board.paper.printer import PdfPrinter
from sla_board.retention import EndedIncidents
from sla_catalogue import Catalogue, load_catalogue
from sla_platform.audit.act import state_digest
from sla_platform.audit.chain import AuditRow, first_break
from sla_platform.audit.store import AuditFilter, head_of, oldest_first
from sla_platform.bus import Quarantine
from sla_platform.bus.metrics import BusMetrics
from sla_platform.http import problem
from sla_platform.http.keys import KeyGate
from sla_platform.store.engine import Store
from sla_platform.store.schema import create_all

ADMIN, READER = "key-of-the-admins-00001", "key-of-the-readers-0001"
CATALOGUE = f"""
coverages: {{always: {{hours: 24x7}}}}
people:
  ann: {{name: Ann Nowak, email: ann@vendor.example, side: support}}
  bob: {{name: "Bob <Bob@Vendor.Example>", email: bob@vendor.example}}
  eva: {{name: Eva, email: eva@umbrella.example}}
escalations: {{desk: {{levels: [{{after: 0m, tell: on_call}}]}}}}
plans:
  gold:
    priorities: [{{id: P1}}]
    roles: [{{id: on_call}}]
    targets: [{{metric: first_response, coverage: always, time: 1h}}]
    escalation: desk
contracts:
  acme:
    {{title: Acme S.A., customers: [Acme], plan: gold, zone: UTC, roles: {{on_call: [ann, bob]}},
     note: Write to ann@vendor.example}}
  umbrella:
    {{default: true, title: Umbrella AG, customers: [Umbrella], plan: gold, zone: UTC,
     roles: {{on_call: [eva]}}}}
keys:
  ops: {{key: {ADMIN}, scopes: [admin]}}
  desk: {{key: {READER}, scopes: [read]}}
"""
LINKS = "/v1/board/contracts/acme/links"
WANTED: dict[str, Any] = {"language": "pl", "days": 30, "reason": "for the review"}
DAY = timedelta(days=1)
# In the place of WeasyPrint: what is written is the page's title.
ECHO = (sys.executable, "-c", "import sys; sys.stdout.write('%PDF-' + sys.stdin.read().split('title>')[1])")


@dataclass
class World:
    """`instance` makes a further board on the same store, as another machine would have it."""

    store: Store
    time: HandTime
    catalogue: Catalogue
    client: httpx2.AsyncClient

    def instance(self) -> httpx2.AsyncClient:
        return _client(self.store, self.time, lambda: self.catalogue)

    async def admin(self, method: str, path: str, **more: Any) -> httpx2.Response:
        return await self.client.request(method, path, headers={"Authorization": f"Bearer {ADMIN}"}, **more)

    async def make(self, **more: Any) -> dict[str, Any]:
        answer = await self.admin("POST", LINKS, json=WANTED | more)
        assert answer.status_code == 201, answer.text
        assert answer.headers["cache-control"] == "no-store"
        made: dict[str, Any] = answer.json()
        return made

    async def revoke(self, id_: str, path: str = LINKS) -> int:
        return (await self.admin("DELETE", f"{path}/{id_}?reason=lost")).status_code

    async def acts(self) -> list[AuditRow]:
        rows = [row async for row in oldest_first(self.store, tables.audit, AuditFilter())]
        async with self.store.reading() as connection:
            assert first_break(rows, await head_of(connection, tables.audit)) is None
        return rows


def _client(store: Store, time: HandTime, catalogue: Any, printer: PdfPrinter | None = None) -> httpx2.AsyncClient:
    app = FastAPI()
    problem.install(app)
    gate = KeyGate(lambda: catalogue().keys.values(), time)
    printer = printer or PdfPrinter(ECHO, library="sys")
    deps = PlanDeps(catalogue, gate, Pages(), time, store, PlanLinks(store, time), printer, "https://sla.example")
    attainment = AttainmentDeps(store, lambda: catalogue().rulebook, gate, deps.pages, time)
    app.include_router(contract_routes(deps, attainment))
    transport = httpx2.ASGITransport(app=app)
    return httpx2.AsyncClient(transport=transport, base_url="https://sla.example")


@asynccontextmanager
async def _world(url: str, folder: Path) -> AsyncIterator[World]:
    file = folder / "catalogue.yaml"
    file.write_text(CATALOGUE, encoding="utf-8")
    store, time = Store(url), HandTime()
    book = load_catalogue(file, environment={})
    try:
        await create_all(store, [tables.metadata])
        world = World(store, time, book, _client(store, time, lambda: world.catalogue))
        yield world
    finally:
        await store.close()


@pytest.fixture
async def world(store_url: str, tmp_path: Path) -> AsyncIterator[World]:
    async with _world(store_url, tmp_path) as made:
        yield made


async def test_a_link_opens_the_plan_of_its_contract_without_a_key_until_it_expires(world: World) -> None:
    made = await world.make(days=10)
    assert re.fullmatch(r"https://sla\.example/plans/[\w-]{43}", made["url"])
    assert (made["contract"], made["language"], made["state"], made["made_by"]) == ("acme", "pl", "open", "key:ops")
    world.time.pass_(10 * DAY - timedelta(microseconds=1))
    page, english, pdf = [await world.client.get(made["url"] + end) for end in ("", "?lang=en", "/plan.pdf")]
    assert [answer.status_code for answer in (page, english, pdf)] == [200, 200, 200]
    assert "Plan wsparcia: Acme S.A." in page.text
    assert "Support plan: Acme S.A." in english.text
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.text.startswith("%PDF-Plan wsparcia: Acme S.A.")
    for answer in (page, pdf, await world.client.head(made["url"])):
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-robots-tag"] == "noindex, nofollow, noarchive"
        assert "script-src" not in answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    world.time.pass_(timedelta(microseconds=1))
    for end in ("", "/plan.pdf"):
        over = await world.client.get(made["url"] + end)
        assert (over.status_code, over.headers["cache-control"]) == (410, "private, no-store")
        assert "Ten link wygasł." in over.text
        assert "Acme" not in over.text


async def test_what_it_opens_leads_nowhere_else_and_names_nobodys_address_and_no_other_contract(world: World) -> None:
    made = await world.make(language="en")
    html = (await world.client.get(made["url"])).text
    token = made["url"].rpartition("/")[2]
    assert "Ann Nowak" in html
    assert "Bob &lt;…&gt;" in html
    assert "Write to …" in html
    assert "@" not in re.sub(r"@media|@page", "", html)
    assert "umbrella" not in html.lower()
    leads = {address for address in re.findall(r'(?:href|src)="([^"]+)"', html) if "/board/static/" not in address}
    assert leads == {"?lang=en", "?lang=pl", "?lang=it", "?lang=ru", "?lang=zh-TW", f"/plans/{token}/plan.pdf?lang=en"}
    assert "<script" not in html
    headers = {"Authorization": f"Bearer {token}"}
    for path in ("/contracts", "/contracts/acme", "/v1/board/contracts/acme", "/contracts/acme/plan.pdf", LINKS):
        assert (await world.client.get(path)).status_code == 401
        assert (await world.client.get(path, headers=headers)).status_code == 401, "a token is no key"


async def test_a_revoked_link_is_refused_at_once_by_every_instance(world: World) -> None:
    made, kept = await world.make(), await world.make(reason="another")
    other = world.instance()
    assert (await other.get(made["url"])).status_code == 200
    assert await world.revoke(made["id"], "/v1/board/contracts/umbrella/links") == 404, "of another contract"
    assert await world.revoke(made["id"]) == 204
    for client in (world.client, other):
        gone = await client.get(made["url"])
        assert gone.status_code == 410
        assert "został wycofany" in gone.text
        assert (await client.get(made["url"] + "/plan.pdf")).status_code == 410
        assert (await client.get(kept["url"])).status_code == 200
    before = await world.acts()
    assert await world.revoke(made["id"]) == 204, "it is so already"
    assert await world.acts() == before
    listed = (await world.admin("GET", LINKS)).json()["links"]
    assert [one["reason"] for one in listed] == ["another"]
    every = (await world.admin("GET", f"{LINKS}?all=true")).json()["links"]
    assert {(one["reason"], one["state"], one["revoked_by"]) for one in every} == {
        ("another", "open", ""), ("for the review", "revoked", "key:ops"),
    }  # fmt: skip


async def test_making_and_revoking_are_acts_with_digests_and_the_token_is_kept_nowhere(world: World) -> None:
    made = await world.make()
    expires = world.time.now() + 30 * DAY
    world.time.pass_(DAY)
    await world.revoke(made["id"])
    state = {"contract": "acme", "language": "pl", "expires_at": expires, "revoked_at": None}
    acts = await world.acts()
    assert [(row.act, row.actor, row.object, row.contract, row.reason) for row in acts] == [
        ("plan_link.made", "key:ops", made["id"], "acme", "for the review"),
        ("plan_link.revoked", "key:ops", made["id"], "acme", "lost"),
    ]
    gone = state_digest(state | {"revoked_at": world.time.now()})
    assert [(row.before, row.after) for row in acts] == [("", state_digest(state)), (state_digest(state), gone)]
    token = made["url"].rpartition("/")[2]
    async with world.store.reading() as connection:
        for table in tables.metadata.sorted_tables:
            stored = (await connection.execute(select(table))).all()
            assert token not in str(stored), table.name


async def test_links_that_are_cut_or_of_elsewhere_say_so_and_tell_of_no_contract(world: World) -> None:
    made = await world.make()
    polish = {"Accept-Language": "de, pl-PL;q=0.9, en;q=0.5"}

    async def said(url: str, headers: dict[str, str] | None = None) -> str:
        answer = await world.client.get(url, headers=headers or {})
        assert answer.status_code == 404
        assert answer.headers["cache-control"] == "private, no-store"
        return re.sub(r"<link [^>]+>", "", answer.text)

    assert "This link is incomplete" in await said(made["url"][:-1])
    assert "Ten link jest niepełny" in await said(made["url"][:-9] + "/plan.pdf", polish)
    unknown = await said("https://sla.example/plans/" + "A" * 43)
    assert "There is nothing behind this link" in unknown
    assert await said(made["url"] + ".") == unknown
    assert await said("https://sla.example/plans/" + "%C3%A4" * 43) == unknown
    assert "Pod tym linkiem nic nie ma" in await said("https://sla.example/plans/" + "A" * 43, polish)
    # The contract is gone: nothing tells that there was one.
    link = await world.make(language="en")
    contracts = dict(world.catalogue.rulebook.contracts)
    contracts.pop(next(id_ for id_ in contracts if id_ == "acme"))
    object.__setattr__(world.catalogue.rulebook, "contracts", contracts)
    assert await said(link["url"]) == unknown


async def test_whoever_follows_links_changes_nothing(world: World) -> None:
    """Mail scanners open every link of a message, by GET and HEAD, some of them with forms."""
    made = await world.make()

    async def state() -> list[Any]:
        async with world.store.reading() as connection:
            return [(await connection.execute(select(table))).all() for table in tables.metadata.sorted_tables]

    before = await state()
    for method in ("HEAD", "GET", "GET", "OPTIONS", "POST", "DELETE"):
        answer = await world.client.request(method, made["url"])
        assert answer.status_code == (200 if method in ("GET", "HEAD") else 405)
    assert await state() == before
    assert (await world.client.get(made["url"])).status_code == 200


async def test_what_makes_no_sense_is_refused_with_its_place_and_makes_no_link(world: World) -> None:
    for change, pointer in (
        ({"days": 0}, "/days"), ({"days": 367}, "/days"), ({"language": "de"}, "/language"),
        ({"reason": ""}, "/reason"),
        ({"contract": "acme"}, "/contract"),
    ):  # fmt: skip
        answer = await world.admin("POST", LINKS, json=WANTED | change)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert (await world.admin("POST", LINKS.replace("acme", "nobody"), json=WANTED)).status_code == 404
    assert await world.revoke("nothing") == 404
    reader = {"Authorization": f"Bearer {READER}"}
    for method, path in (("POST", LINKS), ("GET", LINKS), ("DELETE", f"{LINKS}/x")):
        assert (await world.client.request(method, path, headers=reader)).status_code == 403
    assert await world.acts() == []
    for _ in range(MOST_OPEN):
        made = await world.make()
    full = await world.admin("POST", LINKS, json=WANTED)
    assert (full.status_code, full.json()["type"].rpartition("/")[2]) == (409, "too-many-links")
    await world.revoke(made["id"])
    await world.make()


async def test_links_that_are_over_go_with_the_retention_and_their_acts_stay(world: World) -> None:
    expired, revoked, kept = await world.make(days=1), await world.make(days=300), await world.make(days=366)
    await world.revoke(revoked["id"])
    world.time.pass_(50 * DAY)
    over = EndedIncidents(world.store, Quarantine("board", world.store, tables.quarantine, world.time, BusMetrics()))
    removed = [one async for one in over.links(world.time.now() - 40 * DAY)]
    assert removed == [{"board_plan_link": 2}]
    assert [one["id"] for one in (await world.admin("GET", f"{LINKS}?all=true")).json()["links"]] == [kept["id"]]
    assert (await world.client.get(expired["url"])).status_code == 404
    assert len(await world.acts()) == 4


async def test_where_no_pdf_can_be_made_the_page_offers_none_and_the_route_says_what_is_missing(tmp_path: Path) -> None:
    async with _world(f"sqlite:///{tmp_path}/board.db", tmp_path) as world:
        made = await world.make(language="en")
        bare = _client(world.store, world.time, lambda: world.catalogue, PdfPrinter(library="no_such_library"))
        assert "plan.pdf" not in (await bare.get(made["url"])).text
        reader = {"Authorization": f"Bearer {READER}"}
        for answer in (
            await bare.get(made["url"] + "/plan.pdf"), await bare.get("/contracts/acme/plan.pdf", headers=reader),
        ):  # fmt: skip
            assert answer.status_code == 501
            assert answer.headers["content-type"] == "application/problem+json"
            assert "pip install 'slad[pdf]'" in answer.json()["detail"]
        async with world.store.reading() as connection:
            assert (await connection.execute(text("SELECT count(*) FROM board_plan_link"))).scalar_one() == 1
