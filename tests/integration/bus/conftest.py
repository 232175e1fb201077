"""A bus on Kafka: on the broker all tests share, or on one of its own that may be killed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.conformance.bus_rig import Rig

from sla_platform.local import KafkaBroker
from sla_platform.settings import Settings
from sla_platform.store.engine import Store


@pytest.fixture
async def rig(kafka_broker: KafkaBroker, tmp_path: Path, unique: str) -> AsyncIterator[Rig]:
    """Kafka beside SQLite."""
    rig = _rig(f"sqlite:///{tmp_path}/slad.db", kafka_broker.url, unique)
    await rig.set_up()
    yield rig
    await rig.close()


@pytest.fixture
async def postgres_rig(kafka_broker: KafkaBroker, postgres_url: str, unique: str) -> AsyncIterator[Rig]:
    """Kafka beside PostgreSQL."""
    rig = _rig(postgres_url, kafka_broker.url, unique)
    await rig.set_up()
    yield rig
    await rig.close()


@pytest.fixture
async def own_rig(own_kafka: KafkaBroker, tmp_path: Path, unique: str) -> AsyncIterator[Rig]:
    """SQLite beside a broker of one's own: the fixture own_kafka."""
    rig = _rig(f"sqlite:///{tmp_path}/slad.db", own_kafka.url, unique)
    await rig.set_up()
    yield rig
    # A member whose broker is gone ends by force; leave the loop a moment to close its sockets.
    await asyncio.sleep(0)
    await rig.close()


def _rig(store_url: str, bus_url: str, prefix: str) -> Rig:
    settings = Settings(store_url=store_url, bus_url=bus_url, bus_prefix=prefix, partitions=6)
    return Rig(Store(store_url), settings, "kafka")
