"""A reader in a process of its own that dies at an event without an exception. Settings come from SLAD_* variables.

Its arguments: the group, the id of the event at which it dies, and the file in which it writes what it has handled.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from sqlalchemy import MetaData

from sla_platform.bus import Batch, Feeds
from sla_platform.envelope import Topic
from sla_platform.settings import Settings
from sla_platform.store.cursor import cursor_table
from sla_platform.store.engine import Store
from sla_platform.timesource import SystemTime


class Mortal:
    def __init__(self, fatal: str, said: Path) -> None:
        self._fatal, self._said = fatal, said

    async def assigned(self, partitions: frozenset[int]) -> None:
        pass

    async def revoked(self, partitions: frozenset[int]) -> None:
        pass

    async def handle(self, batch: Batch) -> None:
        if any(each.id == self._fatal for each in batch.envelopes):
            os._exit(9)
        with self._said.open("a") as said:
            said.writelines(f"{each.id}\n" for each in batch.envelopes)


async def main(group: str, fatal: str, said: str) -> None:
    settings = Settings()
    store = Store(settings.store_url)
    feeds = Feeds(settings, store, SystemTime())
    source = feeds.source(group, (Topic.INCIDENTS,), cursor_table(MetaData(), group))
    await source.run(Mortal(fatal, Path(said)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
