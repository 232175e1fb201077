"""Acknowledging on the incident's page in a real browser: the notifier's API under the reader's own key."""

from __future__ import annotations

import pytest
from fastapi import Request, Response
from playwright.async_api import Page, expect
from tests.integration.board.bench import BoardBench, Served
from tests.unit.board.envelopes import NOW, Ticket, minutes

from sla_domain.event import EventKind

pytestmark = [pytest.mark.timeout(180), pytest.mark.asyncio(loop_scope="module")]


async def test_a_button_acknowledges_and_says_what_came_of_it(
    board: BoardBench, server: Served, browser_page: Page
) -> None:
    heard: list[tuple[str, str, dict[str, str]]] = []
    answers = [(403, "{}"), (200, '{"answer": "done", "alert": {"acknowledged_by": "Ada (key read)"}}')]

    async def notifier(request: Request, id_: str) -> Response:
        heard.append((id_, request.headers["sec-fetch-site"], await request.json()))
        status, body = answers.pop(0)
        return Response(body, status, media_type="application/json")

    board.app.add_api_route("/v1/alerts/{id_}/ack", notifier, methods=["POST"])
    ticket = Ticket("gh:12", left=-5)
    await board.tell(ticket.event(at=NOW - minutes(180)), ticket.started(), ticket.breached())
    await board.tell(ticket.alert("opened", NOW - minutes(5)))
    await browser_page.goto(f"{server.url}/incidents/gh:12")
    await browser_page.get_by_label("Your name").fill("Ada")
    button, said = browser_page.get_by_role("button", name="Acknowledge"), browser_page.locator(".answer-state")
    await button.click()
    await expect(said).to_contain_text("lacks the scope ack")
    await button.click()
    await expect(said).to_have_text("Acknowledged: nobody else is paged.")
    assert [(site, body) for _, site, body in heard] == [("same-origin", {"by": "Ada"})] * 2
    await board.tell(ticket.alert("acknowledged", NOW - minutes(1), by="Ada"))
    await expect(browser_page.locator("form.answer")).to_have_count(0)
    await expect(browser_page.locator(".facts")).to_contain_text("by Ada")


async def test_what_a_reader_types_and_is_answered_stays_when_the_page_changes(
    board: BoardBench, server: Served, browser_page: Page
) -> None:
    async def notifier(id_: str) -> Response:
        return Response("{}", 403, media_type="application/json")

    async def renamed(title: str, at: int) -> None:
        await board.tell(ticket.event(EventKind.DESCRIBED, NOW - minutes(at), changed={"title": title}))
        await expect(browser_page.get_by_role("heading", level=1)).to_have_text(title)

    board.app.add_api_route("/v1/alerts/{id_}/ack", notifier, methods=["POST"])
    ticket = Ticket("gh:13", left=-5)
    await board.tell(ticket.event(at=NOW - minutes(180)), ticket.started(), ticket.breached())
    await board.tell(ticket.alert("opened", NOW - minutes(5)))
    await browser_page.goto(f"{server.url}/incidents/gh:13")
    name, said = browser_page.get_by_label("Your name"), browser_page.locator(".answer-state")
    await name.press_sequentially("Ad")
    await renamed("Renamed while typing", at=3)
    await expect(name).to_be_focused()
    await browser_page.keyboard.type("a")
    await expect(name).to_have_value("Ada")
    await browser_page.get_by_role("button", name="Acknowledge").click()
    await expect(said).to_contain_text("lacks the scope ack")
    await renamed("Renamed again", at=2)
    await expect(said).to_contain_text("lacks the scope ack")
    await expect(name).to_have_value("Ada")
