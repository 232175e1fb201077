"""A real Chromium, driven by Playwright, that can reach nothing but this machine."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import playwright
from playwright.async_api import Browser, Page, Request, async_playwright

from sla_platform.local import Unavailable
from sla_platform.local.process import run

# The headless shell draws the same pages with half the work: it has no windows and no interface of its own.
_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Names of other machines are not found: a page that asks one fails at once, and `offline_page` says which.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1, EXCLUDE [::1]",
)
_LOCAL = {"localhost", "127.0.0.1", "::1"}
_WITHIN = {"data", "blob", "about"}  # schemes that reach no machine


def find_chromium() -> Path:
    """The system's browser; Playwright's own download is not used.

    Raises Unavailable if there is none, or if Playwright's driver cannot run on this machine.
    """
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        raise Unavailable("Chromium", "no chromium on the path; install Debian's chromium-headless-shell")
    driver = run([Path(playwright.__file__).parent / "driver" / "node", "--version"])
    if driver.returncode != 0:
        raise Unavailable("Chromium", f"Playwright's driver lacks a library: {driver.stdout.strip()}")
    return Path(found)


@asynccontextmanager
async def running_chromium(program: Path) -> AsyncIterator[Browser]:
    """A headless browser with a profile of its own, closed at the end."""
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=program, headless=True, args=list(_ARGUMENTS))
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def offline_page(browser: Browser) -> AsyncIterator[Page]:
    """A page in a fresh context; fails at the end if anything on it asked another machine."""
    strangers: list[str] = []

    def see(request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in _WITHIN and address.hostname not in _LOCAL:
            strangers.append(request.url)

    context = await browser.new_context()
    context.on("request", see)
    try:
        yield await context.new_page()
    finally:
        await context.close()
    assert not strangers, f"the page must work offline, yet it asked for {strangers}"
