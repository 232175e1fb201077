"""The board on each dialect, fed by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.integration.board.bench import BoardBench, bench


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/board.db"
    url: str = request.getfixturevalue("emptied_postgres_url")
    return url


@pytest.fixture
async def board(store_url: str) -> AsyncIterator[BoardBench]:
    async with bench(store_url) as built:
        yield built


@pytest.fixture
async def small_board(tmp_path: Path) -> AsyncIterator[BoardBench]:
    """On SQLite alone, for what does not depend on the store."""
    async with bench(f"sqlite:///{tmp_path}/board.db") as built:
        yield built
