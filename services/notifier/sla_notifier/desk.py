"""What every use case of the notifier works with: one object, built in `service.build` and passed down."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from sla_catalogue import Catalogue
from sla_notifier.metrics import NotifierMetrics
from sla_notifier.telling.write import Manner
from sla_platform.bus import Quarantine, WakeSignal
from sla_platform.store.engine import Store
from sla_platform.timesource import TimeSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """`catalogue` gives the one in force, so that a reload counts at once.

    `taken` wakes who works on the facts taken in, `work` the sender, `told` those who read the notifier's log; each is
    rung after a commit.
    """

    store: Store
    time: TimeSource
    catalogue: Callable[[], Catalogue]
    manner: Manner
    metrics: NotifierMetrics
    taken: WakeSignal
    work: WakeSignal
    told: WakeSignal
    quarantine: Quarantine

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction in which links may be made."""
        await self.manner.links.secret.read(self.store, self.time.now())
        async with self.store.transaction() as connection:
            yield connection

    def wake(self) -> None:
        self.work.wake()
        self.told.wake()
