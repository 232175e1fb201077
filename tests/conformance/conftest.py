"""Both buses on both stores, and the tick on both. A rig asks for exactly the real parts it stands on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.conformance.bus_rig import PARTITIONS, Rig
from tests.integration.timer.conftest import store, store_url

from sla_platform.local import KafkaBroker
from sla_platform.settings import Settings
from sla_platform.store.engine import Store

__all__ = ["store", "store_url"]  # fixtures of the tick's suite

_PARTS = {
    "embedded-sqlite": (),
    "embedded-postgres": ("postgres_server", "emptied_postgres_url"),
    "kafka-sqlite": ("kafka_broker",),
    "kafka-postgres": ("kafka_broker", "postgres_server", "emptied_postgres_url"),
}


def pytest_itemcollected(item: pytest.Item) -> None:
    """Tell the account of real parts what a rig stands on."""
    chosen = getattr(item, "callspec", None)
    if chosen is not None and chosen.params.get("rig") in _PARTS:
        names: list[str] = item.fixturenames  # type: ignore[attr-defined]  # a list all variants share: copied
        item.fixturenames = [*_PARTS[chosen.params["rig"]], *names]  # type: ignore[attr-defined]


@pytest.fixture(params=_PARTS)
async def rig(request: pytest.FixtureRequest, tmp_path: Path, unique: str) -> AsyncIterator[Rig]:
    names = _PARTS[request.param]
    store_url = f"sqlite:///{tmp_path}/slad.db"
    if "emptied_postgres_url" in names:
        store_url = request.getfixturevalue("emptied_postgres_url")
    bus_url = "embedded:"
    if "kafka_broker" in names:
        broker: KafkaBroker = request.getfixturevalue("kafka_broker")
        bus_url = broker.url
    settings = Settings(store_url=store_url, bus_url=bus_url, bus_prefix=unique, partitions=PARTITIONS, watermark_ms=20)
    rig = Rig(Store(store_url), settings, request.param)
    await rig.set_up()
    yield rig
    await rig.close()
