"""/openapi.json describes every route of the one process, as the routers' own tests cannot tell; /docs shows it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from playwright.async_api import Page
from tests.integration.standalone.served import served
from tests.real.tables import migrate

from sla_platform.settings import Settings
from sla_standalone.compose import ALL, run_process

EXAMPLES = Path(__file__).parents[3] / "examples" / "catalogue"
# A summary begins with what the route does.
VERBS = (
    "Acknowledge Answer Book Cancel Change Check Create Download Enable End Explain Follow Freeze Link List Pass "
    "Preview Process Publish Queue Read Revoke Show State Take Try Unlink Withdraw Write"
)


@pytest.fixture
async def settings(tmp_path: Path) -> Settings:
    made = Settings(store_url=f"sqlite:///{tmp_path}/slad.db", catalogue=EXAMPLES, port=0)
    await migrate(made)
    return made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """As one process told it: all tests read the same."""
    folder = tmp_path_factory.mktemp("document")
    settings = Settings(store_url=f"sqlite:///{folder}/slad.db", catalogue=EXAMPLES, port=0)
    await migrate(settings)
    async with run_process(settings, ALL) as running:
        transport = httpx2.ASGITransport(app=running.app)
        async with httpx2.AsyncClient(transport=transport, base_url=settings.public_url) as client:
            answer = await client.get("/openapi.json")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_the_whole_api_describes_itself(document: dict[str, Any]) -> None:
    assert {"/v1/events", "/v1/clocks", "/v1/alerts", "/v1/stream"} <= set(document["paths"])
    assert "text/event-stream" in document["paths"]["/v1/stream"]["get"]["responses"]["200"]["content"]


async def test_every_route_says_what_it_does(document: dict[str, Any]) -> None:
    summaries = {
        f"{verb.upper()} {path}": route["summary"]
        for path, verbs in document["paths"].items()
        for verb, route in verbs.items()
    }
    assert len(summaries) > 25
    assert not [route for route, summary in summaries.items() if summary.split()[0] not in VERBS.split()]
    twice = {summary for summary in summaries.values() if list(summaries.values()).count(summary) > 1}
    assert {summary.split()[-1] for summary in twice} <= {"row", "again", "first", "log"}, (
        "quarantines and audit logs of each service"
    )


async def test_every_route_of_the_timer_has_a_model(document: dict[str, Any]) -> None:
    timer = [
        route for verbs in document["paths"].values() for route in verbs.values() if route.get("tags") == ["timer"]
    ]
    evidence = [route for route in timer if "application/x-ndjson" in route["responses"]["200"]["content"]]
    assert (len(timer), len(evidence)) == (5, 1), "evidence is lines, each of its own shape"
    for route in (route for route in timer if route not in evidence):
        assert "$ref" in route["responses"]["200"]["content"]["application/json"]["schema"], route["summary"]


async def test_a_service_by_itself_describes_itself_and_links_to_the_others(settings: Settings) -> None:
    async with run_process(settings, ["timer"]) as running:
        transport = httpx2.ASGITransport(app=running.app)
        async with httpx2.AsyncClient(transport=transport, base_url=settings.public_url) as client:
            page, described = await client.get("/docs/timer"), await client.get("/docs/timer/openapi.json")
            other = [await client.get("/docs/board"), await client.get("/docs/board/openapi.json")]
            assert (await client.get("/docs")).text == page.text
    assert [answer.status_code for answer in (page, described, *other)] == [200, 200, 404, 404]
    assert 'data-url="/docs/timer/openapi.json"' in page.text
    assert all(f'href="/docs/{name}"' in page.text for name in ALL)
    assert "/v1/clocks" in described.json()["paths"]
    assert "/v1/alerts" not in described.json()["paths"]


async def test_one_process_has_one_page_for_all_services(settings: Settings, document: dict[str, Any]) -> None:
    async with run_process(settings, ALL) as running:
        transport = httpx2.ASGITransport(app=running.app)
        async with httpx2.AsyncClient(transport=transport, base_url=settings.public_url) as client:
            assert "<nav>" not in (await client.get("/docs")).text
            assert [(await client.get(f"/docs/{name}/openapi.json")).json() for name in ALL] == [document] * 4


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="module")
async def test_the_page_of_the_api_works_without_a_network(settings: Settings, browser_page: Page) -> None:
    """`browser_page` fails when anything asks another machine; a policy that is broken is an error on the console."""
    errors: list[str] = []
    browser_page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    browser_page.on("pageerror", lambda error: errors.append(str(error)))
    async with served(settings, ALL) as (port, _):
        await browser_page.goto(f"http://127.0.0.1:{port}/docs")
        summary = browser_page.get_by_text("List the open clocks, the most urgent first")
        await summary.wait_for(timeout=20_000)
        await summary.click()
        await browser_page.get_by_text("skip so many; rather use").first.wait_for(timeout=20_000)
    assert not errors
