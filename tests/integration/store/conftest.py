"""A fresh database of each dialect."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sla_platform.store.engine import Store

_PARTS = {"sqlite": (), "postgres": ("postgres_server", "postgres_url")}


def pytest_itemcollected(item: pytest.Item) -> None:
    """Tell the account of real parts what a store stands on."""
    chosen = getattr(item, "callspec", None)
    if chosen is not None and chosen.params.get("store") in _PARTS:
        names: list[str] = item.fixturenames  # type: ignore[attr-defined]  # a list all variants share: copied
        item.fixturenames = [*_PARTS[chosen.params["store"]], *names]  # type: ignore[attr-defined]


@pytest.fixture(params=_PARTS)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    url = f"sqlite:///{tmp_path}/slad.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    store = Store(url)
    yield store
    await store.close()
