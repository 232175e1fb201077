"""The page over parked deliveries in a real browser: a draft is tried, committed, and what it reads is replayed."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect
from tests.integration.board.bench import BoardBench, Served
from tests.integration.ingest.test_drafts import BODIES, MENDED, in_force, post
from tests.integration.ingest.world import ADMIN, World, world

from sla_platform.http.keys import KeyAccess

pytestmark = [pytest.mark.timeout(180), pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module")
async def ingest(board: BoardBench, tmp_path: Path) -> AsyncIterator[World]:
    """Ask for it before `server`: its routes must be there when the port opens."""
    async with world(f"sqlite:///{tmp_path}/ingest.db") as built:
        board.app.include_router(built.ingest.router)
        board.gate = KeyAccess(scopes=frozenset({"admin"}))  # the board opens; ingest decides by its own keys
        in_force(built, tmp_path)
        for body in BODIES:
            await post(built, body)
        await post(built, {"kind": "<img src=x onerror=alert(1)>", "ticket": "<script>"})
        yield built


async def test_a_draft_is_tried_committed_and_what_it_understands_replayed(
    ingest: World, server: Served, browser_page: Page, errors: list[str], tmp_path: Path
) -> None:
    await browser_page.set_extra_http_headers(ADMIN)
    await browser_page.goto(f"{server.url}/sources/front/parked")
    deliveries = browser_page.locator("#deliveries > li")
    await expect(deliveries).to_have_count(4)
    await expect(browser_page.locator("#counts")).to_have_text("4 deliveries wait.")
    draft = browser_page.get_by_label("YAML of the source’s keys, without its proof of origin")
    await expect(draft).to_have_value(re.compile(r"dialect: mapped\nmap:\n[\s\S]*incident: ticket"))
    await expect(browser_page.locator("#replay")).to_be_hidden()

    await draft.fill("dialect: mapped\nmap: {incident: 'a['}\n")
    await draft.press("Control+Enter")
    await expect(browser_page.locator("#draft-state")).to_contain_text("line 2:")
    await expect(draft).to_have_attribute("aria-invalid", "true")

    await draft.fill(MENDED)
    await browser_page.get_by_role("button", name="Try the draft").press("Enter")
    await expect(browser_page.locator("#draft-state")).to_have_text(
        "The draft is sound. It changes the outcome of 2 of 4."
    )
    await expect(browser_page.locator(".understood")).to_contain_text("accepted: resolved front:A")
    await browser_page.get_by_text("YAML to commit").click()
    commit = await browser_page.locator("#commit").inner_text()
    assert "      incident: ticket   # ours" in commit
    await expect(browser_page.locator("#replay")).to_be_hidden()

    in_force(ingest, tmp_path, commit + "    authentication: {kind: bearer, secret: the word of front}\n")
    await browser_page.reload()
    button = browser_page.get_by_role("button", name="Replay the one that is understood now")
    await button.press("Enter")
    await expect(browser_page.locator("#replay-state")).to_have_text("1 replayed.")
    await expect(deliveries).to_have_count(3)
    assert await ingest.logged() == [("incident.resolved", "front:A")]
    assert not [one for one in errors if "422" not in one]


async def test_what_came_is_text_and_never_markup(
    ingest: World, server: Served, browser_page: Page, errors: list[str]
) -> None:
    await browser_page.set_extra_http_headers(ADMIN)
    await browser_page.goto(f"{server.url}/sources/front/parked")
    fold = browser_page.locator("#deliveries > li", has_text="<img src=x")
    await expect(fold).to_have_count(1)
    assert await browser_page.locator("#deliveries img, #deliveries script").count() == 0
    assert errors == []


@pytest.mark.parametrize("width", [390, 1280])
async def test_nothing_is_wider_than_the_screen(ingest: World, server: Served, browser_page: Page, width: int) -> None:
    await browser_page.set_viewport_size({"width": width, "height": 900})
    await browser_page.set_extra_http_headers(ADMIN)
    await browser_page.goto(f"{server.url}/sources/front/parked")
    await expect(browser_page.locator("#deliveries > li").first).to_be_visible()
    await browser_page.get_by_label("YAML of the source").fill(MENDED)
    await browser_page.get_by_role("button", name="Try the draft").click()
    await expect(browser_page.locator("#draft-state")).to_contain_text("sound")
    assert await browser_page.evaluate("document.documentElement.scrollWidth") <= width
