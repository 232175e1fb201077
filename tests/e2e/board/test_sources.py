"""The page of the sources in a real browser, with ingest beside the board on one port."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect
from tests.integration.board.bench import BoardBench, Served
from tests.integration.ingest.world import ADMIN, FORMOSA, World, delivery, issue, opened, world

from sla_catalogue.system import system_names, system_of
from sla_platform.http.keys import KeyAccess

pytestmark = [pytest.mark.timeout(180), pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module")
async def ingest(board: BoardBench, tmp_path: Path) -> AsyncIterator[World]:
    """Ask for it before `server`: its routes must be there when the port opens."""
    async with world(f"sqlite:///{tmp_path}/ingest.db") as built:
        board.app.include_router(built.ingest.router)
        board.gate = KeyAccess(scopes=frozenset({"read"}))  # the board opens; ingest decides by its own keys
        yield built


async def heard(ingest: World, days: int = 15) -> None:
    """A delivery of GitHub every eight hours, one of them not understood; then two days of nothing."""
    for number in range(days * 3):
        at = ingest.time.at.isoformat()
        await ingest.github(delivery("labeled", issue=issue(updated_at=at)), id_=f"d-{number}")
        ingest.time.at += timedelta(hours=8)
    await ingest.github({"action": "danced", "issue": issue()}, id_="d-odd")
    ingest.time.at += timedelta(days=2)


async def test_a_silent_source_stands_first_and_the_page_says_why_it_is_late(
    ingest: World, server: Served, browser_page: Page, errors: list[str]
) -> None:
    await heard(ingest)
    await ingest.event(opened("1", data={"customer": "Formosa"}), ADMIN)
    await browser_page.set_extra_http_headers(ADMIN)
    await browser_page.goto(f"{server.url}/sources")
    rows = browser_page.locator("#rows tr")
    first = rows.first
    await expect(first).to_contain_text("github-acme")
    await expect(first).to_contain_text("Silent too long")
    await expect(first).to_contain_text("is expected: as long as after this hour of the week before")
    await expect(first.locator("[data-head=Parked]")).to_have_text("1")
    await expect(browser_page).to_have_title("(1) Sources · slad")
    await expect(browser_page.locator("#rows tr", has_text="jira-acme")).to_contain_text("Never heard")
    await browser_page.keyboard.press("Tab")
    await expect(browser_page.locator(".skip")).to_be_focused()
    assert errors == []


async def test_a_secret_that_was_changed_on_one_side_is_seen(
    ingest: World, server: Served, browser_page: Page, errors: list[str]
) -> None:
    await heard(ingest, days=1)
    for _ in range(3):
        await ingest.github(delivery("opened"), **{"x-hub-signature-256": "sha256=" + "0" * 64})
    await browser_page.set_viewport_size({"width": 390, "height": 900})
    await browser_page.set_extra_http_headers(ADMIN)
    await browser_page.goto(f"{server.url}/sources")
    cell = browser_page.locator("#rows tr", has_text="github-acme").locator("[data-head='In 24 hours']")
    await expect(cell).to_contain_text("3 with a bad proof")
    await expect(cell).to_contain_text("3: no active secret or key fits; the last at 2026-")
    await expect(browser_page.locator("#unproven-since")).to_contain_text("2026-11-20 12:00:00 UTC")
    assert await browser_page.evaluate("document.documentElement.scrollWidth") <= 390
    assert errors == []


async def test_a_key_of_one_contract_sees_what_sent_for_it_alone(
    ingest: World, server: Served, browser_page: Page, errors: list[str]
) -> None:
    await heard(ingest, days=1)
    given = await ingest.client.get("/v1/sources", headers=FORMOSA)
    assert given.json()["sources"] == []
    await browser_page.set_extra_http_headers(FORMOSA)
    await browser_page.goto(f"{server.url}/sources")
    await expect(browser_page.locator("#of")).to_contain_text("for the contract formosa")
    await expect(browser_page.locator("#state")).to_contain_text("none was for this contract")
    await expect(browser_page.locator("body")).not_to_contain_text("github-acme")
    assert errors == []


async def test_without_a_key_or_an_answer_the_page_says_so(ingest: World, server: Served, browser_page: Page) -> None:
    await browser_page.goto(f"{server.url}/sources")
    state = browser_page.locator("#state")
    await expect(state).to_contain_text("An API key is needed")
    await browser_page.set_extra_http_headers(ADMIN)
    await browser_page.get_by_role("button", name="Try again").press("Enter")
    await expect(browser_page.locator("#rows tr").first).to_be_visible()
    await browser_page.route("**/v1/sources", lambda route: route.abort())
    await browser_page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await expect(state).to_contain_text("Ingest does not answer. What follows is as of")


@pytest.mark.parametrize("width", [390, 1280])
async def test_nothing_is_wider_than_the_screen(ingest: World, server: Served, browser_page: Page, width: int) -> None:
    await heard(ingest)
    await browser_page.set_viewport_size({"width": width, "height": 900})
    await browser_page.set_extra_http_headers(ADMIN)
    await browser_page.goto(f"{server.url}/sources")
    await expect(browser_page.locator("#rows tr").first).to_be_visible()
    assert await browser_page.evaluate("document.documentElement.scrollWidth") <= width


async def test_a_source_that_was_never_heard_leads_to_how_it_is_connected(
    ingest: World, server: Served, browser_page: Page, errors: list[str]
) -> None:
    await browser_page.set_extra_http_headers(ADMIN)
    await browser_page.goto(f"{server.url}/sources")
    await browser_page.get_by_role("link", name="How to connect jira-acme").click()
    await expect(browser_page.get_by_role("heading", name="Connect Jira")).to_be_visible()
    await expect(browser_page.locator(".address")).to_contain_text("/v1/webhooks/jira-acme")
    await expect(browser_page.locator("#steps > li")).to_have_count(len(system_of("jira").steps))
    await browser_page.get_by_label("Id of the source").fill("desk")
    await browser_page.keyboard.press("Enter")
    await expect(browser_page.locator("#yaml")).to_contain_text("secret_file: secrets/desk")
    assert errors == []


@pytest.mark.parametrize("width", [390, 1280])
async def test_no_page_on_connecting_is_wider_than_the_screen(
    server: Served, browser_page: Page, width: int, errors: list[str]
) -> None:
    await browser_page.set_viewport_size({"width": width, "height": 900})
    wide = []
    for name in system_names():
        await browser_page.goto(f"{server.url}/sources/connect/{name}")
        if await browser_page.evaluate("document.documentElement.scrollWidth") > width:
            wide.append(name)
    assert (wide, errors) == ([], [])
