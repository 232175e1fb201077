"""Bringing a database and a broker to what this version expects."""

from __future__ import annotations

import sla_board.tables
import sla_ingest.tables
import sla_notifier.tables
import sla_timer.tables
from sla_platform.settings import Settings
from sla_platform.store.engine import Store
from sla_platform.store.schema import create_all

METADATAS = (
    sla_ingest.tables.metadata,
    sla_timer.tables.metadata,
    sla_notifier.tables.metadata,
    sla_board.tables.metadata,
)


async def migrate(settings: Settings) -> None:
    """Create what is missing: tables, and on Kafka topics."""
    store = Store(settings.store_url)
    try:
        await create_all(store, METADATAS)
    finally:
        await store.close()
    if not settings.embedded:
        from sla_platform.bus.kafka.admin import ensure_topics

        await ensure_topics(settings)
