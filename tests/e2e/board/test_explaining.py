"""Explaining a breach on the incident's page in a real browser, under the reader's own key."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect
from tests.integration.board.bench import BoardBench, Served
from tests.integration.board.test_breakdowns import RULES
from tests.unit.board.envelopes import NOW, Ticket, minutes

from sla_platform.http.keys import KeyAccess

pytestmark = [pytest.mark.timeout(180), pytest.mark.asyncio(loop_scope="module")]


async def test_a_reason_is_said_on_the_page_and_stands_there_at_once(
    board: BoardBench, server: Served, browser_page: Page, errors: list[str]
) -> None:
    board.rulebook = RULES
    ticket = Ticket("gh:13", left=-5)
    await board.tell(ticket.event(at=NOW - minutes(180)), ticket.started(), ticket.breached())
    await browser_page.goto(f"{server.url}/incidents/gh:13")
    await expect(browser_page.locator(".remind")).to_have_text("1 breach has no reason yet.")
    form, said = browser_page.locator("form.explain"), browser_page.locator(".reason-state")
    await form.get_by_label("Reason").select_option("other")
    await form.get_by_label("Who says so").fill("Ada")
    await form.get_by_role("button", name="Explain").click()
    await expect(said).to_contain_text("An API key with the scope ack is needed")
    board.gate = KeyAccess(scopes=frozenset({"read", "ack"}), key="desk")
    await form.get_by_role("button", name="Explain").click()
    await expect(said).to_contain_text("write a text, too")
    await form.get_by_label("In your words").fill("the fire alarm")
    await form.get_by_role("button", name="Explain").click()
    await expect(browser_page.locator(".breach")).to_contain_text("Another reason: the fire alarm")
    await expect(browser_page.locator(".breach")).to_contain_text("Ada (key desk)")
    await expect(browser_page.locator(".remind")).to_have_count(0)
    assert not [one for one in errors if "401" not in one and "422" not in one]
