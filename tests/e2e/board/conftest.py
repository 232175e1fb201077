"""A board on a port, seen by a real Chromium that reaches nothing but this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page
from tests.e2e.board.beside import TimerBeside, timer_beside
from tests.integration.board.bench import BoardBench, Served, bench, served

from sla_board.stream import hub as hubs


@pytest_asyncio.fixture(loop_scope="module")
async def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[BoardBench]:
    monkeypatch.setattr(hubs, "IDLE_SECONDS", 0.1)
    async with bench(f"sqlite:///{tmp_path}/board.db") as built:
        yield built


@pytest_asyncio.fixture(loop_scope="module")
async def timer(board: BoardBench, tmp_path: Path) -> AsyncIterator[TimerBeside]:
    """Ask for it before `server`: its routes must be there when the port opens."""
    async with timer_beside(board, f"sqlite:///{tmp_path}/timer.db") as beside:
        yield beside


@pytest_asyncio.fixture(loop_scope="module")
async def server(board: BoardBench) -> AsyncIterator[Served]:
    async with served(board) as running:
        yield running


@pytest.fixture
def errors(browser_page: Page) -> list[str]:
    """What the page complained about: script errors, refused sources, console errors."""
    said: list[str] = []
    browser_page.on("pageerror", lambda error: said.append(str(error)))
    browser_page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    return said
