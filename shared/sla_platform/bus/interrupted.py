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
    """Raised for an event at which the process crashed several times without an exception, such as for lack of memory.

    The event goes to the quarantine.
    """

    def __init__(self) -> None:
        super().__init__(
            "the process ended each time it handled this event alone, without an exception (killed for memory, a crash "
            "inside a library): look for the reason before you replay it"
        )


class InterruptedRuns:
    """Notices that an earlier run of a reader of events crashed or was killed, and helps to find the event at fault.

    At the start of a run, a mark is stored for each lane (an event log, or a partition of a topic). A run that ends
    without a crash removes its marks, so a mark found at the start means that the run before crashed. There is one
    object for each reader.

    Args:
        table: The table of the reader's positions (see `cursor_table`), which has the marks too.
        alone: A lock that all readers of the process share. Only one suspected event at a time is handled under it.
    """

    def __init__(self, store: Store, table: Table, alone: asyncio.Lock) -> None:
        self._store = store.deriving()
        self._table = table
        self.alone = alone

    async def begin(self, lanes: Iterable[str]) -> Mapping[str, LaneCare]:
        """Store a mark for the run that begins, and return for each lane how carefully its events must be handled.

        A lane is an event log, or a partition of a topic.

        Raises:
            StoreBusy: No mark was stored. Call again.
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
        """Remove the marks of these lanes, because their run ended without a crash.

        A lane is an event log, or a partition of a topic. If the database cannot be written, the marks stay. The next
        run is then careful without need.
        """
        try:
            async with self._store.transaction() as connection:
                await cursors.remove_run_marks(connection, self._table, sorted(lanes))
        except Retryable as error:
            _log.warning("bus.run_not_ended", table=self._table.name, error=str(error))

    async def save(self, lane: str, mark: RunMark) -> None:
        """Store the mark of a lane (an event log, or a partition of a topic)."""
        async with self._store.transaction() as connection:
            await cursors.save_run_marks(connection, self._table, {lane: mark})


class LaneCare:
    """How carefully the events of one lane (an event log, or a partition of a topic) are handled in this run.

    After a crash, the events of the first batch are suspected to have caused it. Some or all of them are handled one by
    one (see `careful`).

    Args:
        mark: The mark that was stored when this run began.
    """

    def __init__(self, runs: InterruptedRuns, lane: str, mark: RunMark) -> None:
        self._runs = runs
        self._lane = lane
        self._mark = mark
        self._alone = 0

    @property
    def unsettled(self) -> bool:
        """Return whether the previous run crashed, and the first batch of this run is not handled yet."""
        return self._mark.starts > 0

    @property
    def careful(self) -> bool:
        """Return whether the next event must be handled by itself, within `alone`.

        After one crash, the first three events (FIRST_ALONE) must be. After several crashes in a row, the whole first
        batch must be.
        """
        return self._mark.starts > 1 or (self._mark.starts == 1 and self._alone < FIRST_ALONE)

    @property
    def held(self) -> int | None:
        """Return the position of the event last passed to the handler within `alone`, before or after the crash.

        The result is None if there is none. Events before this position were handled.
        """
        return self._mark.held

    def unfit(self, position: int) -> bool:
        """Return whether the event at this position must be quarantined, as several runs crashed while handling it."""
        return self._mark.held == position and self._mark.deaths >= DEATHS

    @asynccontextmanager
    async def alone(self, position: int) -> AsyncIterator[None]:
        """Store that the event at this position is being handled, for the `async with` block that handles it.

        If the process crashes in the block, the next run can tell at which event.

        Raises:
            StoreBusy: The position cannot be stored now. The event must not be handled.
        """
        async with self._runs.alone:
            if self._mark.held != position:
                await self._save(RunMark(self._mark.starts, position))
            yield

    async def note_alone(self) -> None:
        """Note that an event was handled within `alone`. If the following events need not be, store this.

        Raises:
            StoreBusy: This cannot be stored now. The event was handled.
        """
        self._alone += 1
        if not self.careful:
            await self._save(RunMark(self._mark.starts))

    async def settle(self) -> None:
        """Store that the first batch of this run was handled, so that the run is no longer careful.

        Call this when the positions after the batch are stored.

        Raises:
            StoreBusy: Nothing was stored. Call again.
        """
        if self.unsettled:
            await self._save(RunMark())

    async def _save(self, mark: RunMark) -> None:
        await self._runs.save(self._lane, mark)
        self._mark = mark
