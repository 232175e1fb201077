"""The page says when it cannot be renewed and turns live again; a row that cannot be shown keeps its place."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import update
from tests.integration.board.bench import BoardBench, Served
from tests.unit.board.envelopes import Ticket

from sla_board import tables
from sla_board.stream.hub import Frame

pytestmark = [pytest.mark.timeout(180), pytest.mark.asyncio(loop_scope="module")]


async def test_a_page_that_cannot_be_renewed_is_not_live_until_it_can(
    board: BoardBench, server: Served, browser_page: Page, errors: list[str]
) -> None:
    page, sound = browser_page, board.service.hub._render
    not_shown = Ticket("a:odd", left=20, title="Odd one")
    await board.tell(Ticket("a:1", left=10, title="Checkout is down").started(), not_shown.started())
    async with board.store.transaction() as connection:
        await connection.execute(
            update(tables.clock).where(tables.clock.c.incident == "a:odd").values(state="sideways")
        )
    await page.goto(server.url)
    await expect(page.locator("#link-word")).to_have_text("Live")
    await expect(page.locator("#rows tr")).to_have_count(2)
    await expect(page.locator("#rows tr.not-shown")).to_contain_text("This row cannot be shown")

    async def broken(view: Any) -> Frame:
        raise OverflowError("date value out of range")

    board.service.hub._render = broken
    await expect(page.locator("#link-word")).to_have_text("Not live")
    await expect(page.locator("#link")).to_have_attribute("data-state", "trouble")
    await expect(page.locator("#stale")).to_be_visible()
    await expect(page.locator("#stale")).to_have_text(
        re.compile(r"^Not live: .* States are as of \d\d:\d\d:\d\d UTC\.")
    )
    await expect(page.locator("#announce")).to_have_text("Not live. The board shows old states.")
    await expect(page.locator("#rows tr")).to_have_count(2)
    await page.wait_for_timeout(2500)  # heartbeats come every second: none of them may make it live
    await expect(page.locator("#link-word")).to_have_text("Not live")

    board.service.hub._render = sound
    await board.tell(Ticket("a:2", left=5, title="New one").started())
    await expect(page.locator("#link-word")).to_have_text("Live")
    await expect(page.locator("#stale")).to_be_hidden()
    await expect(page.locator("#rows tr")).to_have_count(3)
    assert errors == []
