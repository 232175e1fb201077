"""Work on the store of the installation that the settings name, from the command line."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from sla_platform.settings import Settings
from sla_platform.store.engine import Store
from sla_platform.timesource import TimeSource, parse_time_source
from sla_standalone.migrate import at_head

_Answer = TypeVar("_Answer")


class NoInstallation(Exception):
    """Raised when the store of the settings does not exist, or its schema does not fit this release."""


def with_store(settings: Settings, work: Callable[[Store, TimeSource], Awaitable[_Answer]]) -> _Answer:
    """Open the store that `settings` names, call an async function with it, and return the result.

    The store is closed afterwards. A database file that does not exist is not created.

    Args:
        work: The function. Its arguments are the store and the time source.

    Raises:
        NoInstallation: The database file does not exist, or the schema does not fit this release.
        StoreBusy: The database fails.
    """
    store = Store(settings.store_url)
    if store.sqlite and not Path(store.url.database or "").exists():
        raise NoInstallation(f"there is no database {store.url.database}: set SLAD_STORE_URL, or run `slad migrate`")

    async def run() -> _Answer:
        try:
            if unfit := await at_head(store):
                raise NoInstallation(unfit)
            return await work(store, parse_time_source(settings.time))
        finally:
            await store.close()

    return asyncio.run(run())
