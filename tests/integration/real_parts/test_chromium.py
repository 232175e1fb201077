"""A real browser runs a local page and cannot be lured off this machine."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page
from tests.real.chromium import offline_page
from tests.real.webhook import Answer, WebhookReceiver

pytestmark = pytest.mark.asyncio(loop_scope="module")  # that of the browser
_HTML = {"Content-Type": "text/html; charset=utf-8"}
_BOARD = b"<h1 id=due></h1><script>document.getElementById('due').textContent = 'due in ' + 6 * 7</script>"


async def test_a_local_page_is_rendered_and_its_script_runs(
    browser_page: Page, webhook_receiver: WebhookReceiver
) -> None:
    webhook_receiver.answer(Answer(headers=_HTML, body=_BOARD), times=5)

    await browser_page.goto(webhook_receiver.url)

    assert await browser_page.inner_text("#due") == "due in 42"


async def test_a_page_that_asks_another_machine_fails_the_test(
    browser: Browser, webhook_receiver: WebhookReceiver
) -> None:
    stranger = b"<img src='http://fonts.example.test/font.woff2'>"
    webhook_receiver.answer(Answer(headers=_HTML, body=stranger), times=5)

    with pytest.raises(AssertionError, match=r"fonts\.example\.test"):
        async with offline_page(browser) as page:
            await page.goto(webhook_receiver.url)
