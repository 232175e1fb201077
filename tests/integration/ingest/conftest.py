"""An ingest service on each store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.integration.ingest.world import World
from tests.integration.ingest.world import world as running


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ingest.db"
    url: str = request.getfixturevalue("emptied_postgres_url")
    return url


@pytest.fixture
async def world(store_url: str) -> AsyncIterator[World]:
    async with running(store_url) as built:
        yield built


@pytest.fixture
async def small(tmp_path: Path) -> AsyncIterator[World]:
    """SQLite alone, for what does not depend on the store."""
    async with running(f"sqlite:///{tmp_path}/ingest.db") as built:
        yield built
