"""One whole slad on each store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from tests.integration.standalone.knock import installed
from tests.integration.standalone.long import written
from tests.integration.standalone.tenants import Tenants, tenants

from sla_standalone.compose import RunningProcess


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/slad.db"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
async def slad(store_url: str, tmp_path: Path) -> AsyncIterator[RunningProcess]:
    """Every service in one process, with names as long as their columns."""
    async with installed(store_url, written(tmp_path)) as running:
        yield running


@pytest.fixture
async def world(store_url: str) -> AsyncIterator[Tenants]:
    """Every service in one process, with the contracts of tenants and keys that see a part."""
    async with tenants(store_url) as built:
        yield built


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def small_slad(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningProcess]:
    """The same on SQLite alone, for what does not depend on the store; one for all tests of a module."""
    folder = tmp_path_factory.mktemp("slad")
    async with installed(f"sqlite:///{folder}/slad.db", written(folder)) as running:
        yield running
