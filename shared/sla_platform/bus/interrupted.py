"""Events at which the process died without an exception: out of memory, or by a crash inside a library.

Nobody writes down a death when it comes. So each run of a reader leaves a mark beside its position, which its end takes
away: whoever begins and finds one knows that the run before was interrupted. What follows costs nothing while all goes
well, since only such a run is careful, with the events that it finds first (a batch). It hands them over one by one and
writes down before each which one it holds:

- after one interrupted run the first FIRST_ALONE of them, after several all of them;
- an event that was held when DEATHS runs were interrupted (it was the third death at least, as nobody is careful before
  the first) is quarantined;
- when that batch is handled the run is as any other, and the counts begin anew.

In one process only one event at a time is held (`alone`), so that a death is put down to that one. A run that ends in
any other way, a failure among them, takes its marks away: its errors are judged by `sla_platform.rows`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager

import structlog
from sqlalchemy import Table

from sla_platform.errors import Permanent, Retryable
from sla_platform.store import cursor as cursors
from sla_platform.store.cursor import RunMark
from sla_platform.store.engine import Store

_log = structlog.get_logger(__name__)
FIRST_ALONE = 3  # each costs a transaction, and whoever is killed must be told again soon
DEATHS = 2


class InterruptedAt(Permanent):
    """Raised for an event at which process after process ended without an exception."""

    def __init__(self) -> None:
        super().__init__(
            "the process ended each time it handled this event alone, without an exception (killed for memory, a crash "
            "inside a library): look for the reason before you replay it"
        )


class InterruptedRuns:
    """Keeps the marks of a reader's runs, by which interrupted runs are found. One object for each reader.

    Args:
        table: The table of the reader's positions (see `cursor_table`), which holds the marks too.
        alone: A lock that all readers of the process share.
    """

    def __init__(self, store: Store, table: Table, alone: asyncio.Lock) -> None:
        self._store = store.deriving()
        self._table = table
        self.alone = alone

    async def begin(self, lanes: Iterable[str]) -> Mapping[str, LaneCare]:
        """Mark that a run of these lanes begins, and return for each how carefully its events must be handled.

        Raises:
            StoreBusy: Call again; nothing was marked.
        """
        names = sorted(lanes)
        async with self._store.transaction() as connection:
            found = await cursors.run_marks(connection, self._table, names)
            marks = {name: found[name].begun_again() if name in found else RunMark() for name in names}
            await cursors.save_run_marks(connection, self._table, marks)
        for name, mark in marks.items():
            if mark.starts:
                _log.warning(
                    "bus.run_interrupted", table=self._table.name, lane=name, times=mark.starts, held=mark.held
                )
        return {name: LaneCare(self, name, mark) for name, mark in marks.items()}

    async def end(self, lanes: Iterable[str]) -> None:
        """Take the marks of these lanes away, as their run ends by itself.

        If the database cannot be written, the marks stay, and the next run is careful in vain.
        """
        try:
            async with self._store.transaction() as connection:
                await cursors.remove_run_marks(connection, self._table, sorted(lanes))
        except Retryable as error:
            _log.warning("bus.run_not_ended", table=self._table.name, error=str(error))

    async def save(self, lane: str, mark: RunMark) -> None:
        """Store the mark of a lane."""
        async with self._store.transaction() as connection:
            await cursors.save_run_marks(connection, self._table, {lane: mark})


class LaneCare:
    """How carefully the events of one lane (an event log, or a partition of a topic) are handed over in this run.

    Args:
        mark: The mark of this run, as it was stored at its start.
    """

    def __init__(self, runs: InterruptedRuns, lane: str, mark: RunMark) -> None:
        self._runs = runs
        self._lane = lane
        self._mark = mark
        self._alone = 0

    @property
    def unsettled(self) -> bool:
        """Return whether the run before was interrupted, and the events found first are not handled yet."""
        return self._mark.starts > 0

    @property
    def careful(self) -> bool:
        """Return whether events must be handed over one by one, each within `alone`."""
        return self._mark.starts > 1 or (self._mark.starts == 1 and self._alone < FIRST_ALONE)

    @property
    def held(self) -> int | None:
        """Return the position of the event that was held when the run before was interrupted, or is held now.

        Events before it were handled.
        """
        return self._mark.held

    def unfit(self, position: int) -> bool:
        """Return whether the event at this position must be quarantined, as process after process died with it."""
        return self._mark.held == position and self._mark.deaths >= DEATHS

    @asynccontextmanager
    async def alone(self, position: int) -> AsyncIterator[None]:
        """Hold the event at this position during the `with` block, in which it is handled.

        Raises:
            StoreBusy: It cannot be written down now. The event must not be handled.
        """
        async with self._runs.alone:
            if self._mark.held != position:
                await self._save(RunMark(self._mark.starts, position))
            yield

    async def note_alone(self) -> None:
        """Note that an event was handled within `alone`.

        Raises:
            StoreBusy: That no further event goes alone cannot be written down now. The event was handled.
        """
        self._alone += 1
        if not self.careful:
            await self._save(RunMark(self._mark.starts))

    async def settle(self) -> None:
        """Note that the events found first are handled, and their positions stored: the run is as any other.

        Raises:
            StoreBusy: Call again.
        """
        if self.unsettled:
            await self._save(RunMark())

    async def _save(self, mark: RunMark) -> None:
        await self._runs.save(self._lane, mark)
        self._mark = mark
