"""A relay of ingest in a process of its own, to be killed. Settings come from SLAD_* variables."""

from __future__ import annotations

import asyncio

from sla_platform.bus import Feeds
from sla_platform.settings import Settings
from sla_platform.store.engine import Store
from sla_platform.timesource import SystemTime


async def main() -> None:
    settings = Settings()
    store = Store(settings.store_url)
    relay = Feeds(settings, store, SystemTime()).relay("ingest")
    assert relay is not None
    print("running", flush=True)
    await relay.run()


if __name__ == "__main__":
    asyncio.run(main())
