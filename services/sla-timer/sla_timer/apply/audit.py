"""Self-audit: find running clocks without the timer of their breach, restore the timer, and count them.

The count must stay 0; anything else is a defect to report. The look is bounded by the index on due instants: clocks due
within a day, which is checked many times before their hour comes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from itertools import groupby
from typing import Any

import structlog
from sqlalchemy import exists, select

from sla_platform.rows import in_parts
from sla_platform.store.engine import Store
from sla_platform.store.quarantine import waiting_entry_exists
from sla_platform.timesource import TimeSource
from sla_timer import tables
from sla_timer.apply.quarantine import AUDIT, TimerQuarantine, is_quarantined
from sla_timer.apply.refold import Refolder, query_of_names
from sla_timer.metrics import TimerMetrics

_log = structlog.get_logger(__name__)
EVERY_SECONDS = 15.0
HORIZON = timedelta(days=1)
MOST = 500


class Audit:
    """The self-audit: finds running clocks whose breach timer is missing, and restores the timer.

    To restore the timer, the clock's incident is computed again from its events. Call `run` to audit repeatedly, `once`
    to audit a single time.

    Args:
        wake: Called after a missing timer was found. It wakes the readers of the log of published events.
    """

    def __init__(
        self,
        store: Store,
        refolder: Refolder,
        time_source: TimeSource,
        metrics: TimerMetrics,
        wake: Callable[[], None],
        quarantine: TimerQuarantine,
    ) -> None:
        self._quarantine = quarantine
        self._store = store
        self._refolder = refolder
        self._time_source = time_source
        self._metrics = metrics
        self._wake = wake

    async def run(self) -> None:
        """Audit every 15 seconds until cancelled: find clocks without a breach timer, and restore the timer."""
        while True:
            await self.once()
            self._metrics.audited.set(self._time_source.now().timestamp())
            await asyncio.sleep(EVERY_SECONDS)

    async def once(self) -> int:
        """Restore missing breach timers; return how many clocks were found without one.

        One call handles at most 500 clocks. Only running, unbreached clocks that are overdue or due within a day are
        checked. Clocks in the quarantine (a table of records that could not be processed) are skipped. An incident
        whose timers cannot be restored is put into the quarantine.

        Raises:
            Retryable: A passing failure of the database.
        """
        async with self._store.reading() as connection:
            found = (await connection.execute(self._unwatched())).all()
        for partition, rows in groupby(found, key=lambda row: row.partition):
            names = sorted({row.incident for row in rows})
            _log.error("audit.unwatched", incidents=names[:20], count=len(names), partition=partition)
            await in_parts(names, partial(self._mend, partition), partial(self._quarantine.keep, AUDIT, partition, ""))
        if found:
            self._metrics.repaired.inc(len(found))
            self._wake()
        return len(found)

    async def _mend(self, partition: int, names: Sequence[str]) -> None:
        await self._refolder.refold(partition, query_of_names(names))

    def _unwatched(self) -> Any:
        clock, timer = tables.clock, tables.timer
        watched = exists().where(timer.c.clock_id == clock.c.id, timer.c.kind.like("breach%"))
        unfit = waiting_entry_exists(tables.quarantine, tables.quarantine.c.clock_id == clock.c.id)
        return (
            select(clock.c.incident, clock.c.partition)
            .where(
                clock.c.state == "running",
                clock.c.due_at <= self._time_source.now() + HORIZON,
                clock.c.breached_at.is_(None),
                ~watched,
                ~unfit,
                ~is_quarantined(clock.c.incident, AUDIT),
            )
            .order_by(clock.c.partition)
            .limit(MOST)
        )
