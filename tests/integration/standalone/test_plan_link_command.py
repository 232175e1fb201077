"""`slad contract link` against a running service: made, listed, opened, revoked."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Page
from tests.integration.standalone.served import served
from tests.real.http import http_client
from tests.real.tables import migrate
from tests.unit.cli.invoke import Said, slad

from sla_platform.settings import Settings
from sla_standalone.compose import ALL

EXAMPLES = Path(__file__).parents[3] / "examples" / "catalogue"


async def test_a_link_from_the_command_line_to_the_customer_and_back(tmp_path: Path) -> None:
    settings = Settings(store_url=f"sqlite:///{tmp_path}/slad.db", catalogue=EXAMPLES, port=0)
    await migrate(settings)
    async with served(settings, ALL) as (port, _), http_client() as customer:
        url = f"http://127.0.0.1:{port}"

        async def link(*arguments: str, key: str = "demo-admin-key") -> Said:
            return await asyncio.to_thread(slad, "contract", "link", "acme", *arguments, "--url", url, "--key", key)

        assert (await link()).status == 2, "without a reason"
        made = await link("--days", "7", "--lang", "pl", "--reason", "for the review")
        assert made.status == 0, made.err
        path = made.out.strip().removeprefix(settings.public_url)
        assert path.startswith("/plans/")
        assert "it is not shown again" in made.err
        page = await customer.get(url + path)
        assert (page.status_code, "Plan wsparcia" in page.text) == (200, True)
        (one,) = (await link("--list", "--json")).json["links"]
        assert (one["language"], one["reason"], one["state"]) == ("pl", "for the review", "open")
        assert one["id"] in (await link("--list")).out
        assert path.rpartition("/")[2] not in (await link("--list", "--json")).out
        refused = await link("--days", "400", "--reason", "for ever")
        assert (refused.status, refused.err.startswith("slad: --days")) == (2, True), refused.err
        assert (await link("--list", "--revoke", one["id"])).status == 2
        assert (await link("--list", key="demo-read-key")).status == 2
        assert (await link("--revoke", one["id"], "--reason", "sent to the wrong customer")).status == 0
        assert (await customer.get(url + path)).status_code == 410
        assert (await link("--revoke", "nothing")).status == 1
        assert (await link("--list")).err.strip().endswith("no link is open")
        assert [each["state"] for each in (await link("--list", "--all", "--json")).json["links"]] == ["revoked"]


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="module")
async def test_the_customers_browser_shows_the_plan_in_its_style_without_a_key(
    tmp_path: Path, browser_page: Page
) -> None:
    """Everything the page needs is open to it, under its own policy: a breach of that is an error on the console."""
    errors: list[str] = []
    browser_page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    settings = Settings(store_url=f"sqlite:///{tmp_path}/slad.db", catalogue=EXAMPLES, port=0, board_open=False)
    await migrate(settings)
    async with served(settings, ALL) as (port, _):
        url = f"http://127.0.0.1:{port}"
        asked = ("contract", "link", "acme", "--reason", "for the review", "--url", url, "--key", "demo-admin-key")
        made = await asyncio.to_thread(slad, *asked)
        await browser_page.goto(url + made.out.strip().removeprefix(settings.public_url))
        assert (
            await browser_page.locator("article.plan").evaluate("plan => getComputedStyle(plan).borderTopWidth")
            == "1px"
        )
        filled = "bar => getComputedStyle(bar).fill"
        assert await browser_page.locator("rect.open").first.evaluate(filled) != "rgb(63, 111, 174)", (
            "that is for paper"
        )
        await browser_page.get_by_role("link", name="polski").click()
        await browser_page.get_by_text("Plan wsparcia").first.wait_for(timeout=20_000)
        await browser_page.wait_for_load_state("networkidle")
    assert errors == []
