"""A timer store on each dialect."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.real.tables import opened_with_tables

from sla_platform.store.engine import Store
from sla_timer import tables


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/timer.db"
    # A module that changes the tables themselves says ALTERS_TABLES, and gets a database of its own for each test.
    alters = getattr(request.module, "ALTERS_TABLES", False)
    url: str = request.getfixturevalue("postgres_url" if alters else "emptied_postgres_url")
    return url


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    opened = await opened_with_tables(store_url, tables.metadata)
    yield opened
    await opened.close()
