"""The catalogue in force in a running service: the newest version in its store."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sqlalchemy import select

from sla_platform.settings import Settings
from sla_platform.store.engine import Store
from sla_timer import tables


def stored_text(settings: Settings) -> str | None:
    """Return the text of the catalogue that last came into force, from the store.

    The result is None if the store has no catalogue, or if its database file does not exist. A missing file is not
    created.

    Args:
        settings: The settings, which name the store.

    Raises:
        StoreBusy: The database fails.
    """
    database = Store(settings.store_url).url.database
    if settings.store_url.startswith("sqlite") and not (database and Path(database).exists()):
        return None
    return asyncio.run(_newest(settings))


async def _newest(settings: Settings) -> str | None:
    store = Store(settings.store_url)
    query = select(tables.catalogue.c.content).order_by(tables.catalogue.c.activated_at.desc()).limit(1)
    try:
        async with store.reading() as connection:
            return (await connection.execute(query)).scalar_one_or_none()
    finally:
        await store.close()
