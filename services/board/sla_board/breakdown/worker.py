"""Computing the breakdowns and pauses of changed incidents, beside the consumer and at a pace of their own.

The projector marks an incident in the transaction that stores an event or fact of it. Its rows are computed once it has
been quiet for a moment, in a thread, so that nothing else waits; the mark goes in the transaction that writes them,
unless another one has taken its place meanwhile. What a process that has ended left behind is found by its age.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board import tables
from sla_board.breakdown.compute import ComputedRows, KnownClock, computed_rows
from sla_board.metrics import BoardMetrics
from sla_board.projection.store import envelope_of
from sla_domain.clock import ClockId
from sla_domain.forgotten import drop_forgotten
from sla_domain.rulebook import Rulebook
from sla_platform.bus import Quarantine, SkippedRows, WakeSignal, signalled_within
from sla_platform.envelope import Envelope, Topic
from sla_platform.errors import Retryable
from sla_platform.rows import in_parts
from sla_platform.store import tombstone
from sla_platform.store.engine import Store
from sla_platform.timesource import TimeSource
from sla_platform.turn import LoopYielder
from sla_platform.wire import decode_event

QUIET_SECONDS = 0.5  # after a change, so that what follows from one delivery is read together
LOOK_SECONDS = 60.0  # between looks for what other processes have left
LEFT = timedelta(seconds=30)  # a mark of this age is nobody's
AT_ONCE = 20  # incidents
MOST_FOUND = 1_000
PAGE = 500  # events
RESTS = 1.0  # times as long as it has worked the thread rests
LONG_RESTS = 3.0  # the same after a large incident
LONG_SECONDS = 0.5
LARGE = 1_000  # events of an incident
OWN_RESTS = 20.0  # times as long as it took that a large incident waits until it is computed again

_log = structlog.get_logger(__name__)


class BreakdownWorker:
    """Recomputes the breakdowns and pauses of changed incidents. Call `run`, or `catch_up` once.

    A breakdown divides the time of an incident or clock by holder (assignee, group, support line) and party (who had to
    act). The projector marks each changed incident with a row in a table. The worker deletes the mark after the
    computation.

    Args:
        rulebook: Returns the plans, contracts and calendars in force.
        changed: Called after rows were written.
        quarantine: Receives the incidents of which no rows can be written. They are left out for an hour.
    """

    def __init__(
        self,
        store: Store,
        time_source: TimeSource,
        metrics: BoardMetrics,
        rulebook: Callable[[], Rulebook],
        changed: Callable[[], None],
        quarantine: Quarantine,
    ) -> None:
        self._store = store
        self._time_source = time_source
        self._metrics = metrics
        self._rulebook = rulebook
        self._changed = changed
        self._pending: dict[str, None] = {}
        self._rests_until: dict[str, float] = {}  # large incidents, by the steady clock
        self._signal = WakeSignal()
        self._skipped = SkippedRows(quarantine, "breakdowns", self._again)

    def add(self, incidents: Iterable[str]) -> None:
        """Queue incidents for `run`, which recomputes them.

        Call this after the commit of the transaction that marked the incidents.
        """
        self._pending.update(dict.fromkeys(incidents))
        self._signal.wake()

    async def run(self) -> None:
        """Recompute the breakdowns and pauses of marked incidents until cancelled."""
        look_at = time.monotonic()
        with self._signal.listen() as wake:
            while True:
                wake.clear()
                try:
                    if time.monotonic() >= look_at:
                        many = await self._find_left(self._time_source.now() - LEFT)
                        look_at = time.monotonic() + (0 if many else LOOK_SECONDS)
                    await self._work_through(self._rested)
                except Retryable as error:
                    _log.warning("board.breakdowns_later", error=str(error))
                    await asyncio.sleep(1)
                soonest = min((look_at, *(self._rests_until.get(name, 0.0) for name in self._pending)))
                if (left := soonest - time.monotonic()) > 0:
                    await signalled_within(wake, left)
                    await asyncio.sleep(QUIET_SECONDS)

    async def catch_up(self) -> None:
        """Recompute the breakdowns and pauses of all incidents that are marked now.

        Raises:
            Retryable: The store is busy.
        """
        many = True
        while many:
            many = await self._find_left(self._time_source.now())
            await self._work_through(lambda: list(self._pending))

    async def _find_left(self, before: datetime) -> bool:
        """Find incidents that were marked before an instant; return whether there may be more than were found."""
        mark = tables.unfolded.c
        query = select(mark.incident).where(mark.marked_at <= before).order_by(mark.marked_at).limit(MOST_FOUND)
        async with self._store.reading() as connection:
            found = (await connection.execute(query)).scalars().all()
        self._pending.update(dict.fromkeys(name for name in found if not self._skipped.skips(name)))
        return len(found) == MOST_FOUND and bool(self._pending)

    def _rested(self) -> list[str]:
        """The pending incidents whose turn it is: a large one that changes all the time is computed now and then."""
        now = time.monotonic()
        self._rests_until = {name: until for name, until in self._rests_until.items() if until > now}
        return [name for name in self._pending if name not in self._rests_until]

    async def _work_through(self, ready: Callable[[], list[str]]) -> None:
        while names := ready()[:AT_ONCE]:
            for name in names:  # a change that comes from now on puts it back
                del self._pending[name]
            since = time.perf_counter()
            large: list[str] = []

            async def work(some: Sequence[str], large: list[str] = large) -> None:
                large += await self._compute(some)

            try:
                await in_parts(names, work, self._skipped.skip)
            except Exception:
                self._pending.update(dict.fromkeys(names))
                raise
            spent = time.perf_counter() - since
            self._rests_until |= dict.fromkeys(large, time.monotonic() + OWN_RESTS * spent)
            await asyncio.sleep(spent * (LONG_RESTS if spent > LONG_SECONDS else RESTS) if self._pending else 0)

    async def _again(self, name: str) -> None:
        await self._compute([name])

    async def _compute(self, names: Sequence[str]) -> list[str]:
        """Write the rows of these incidents. Return those of them with more than LARGE events."""
        mark = tables.unfolded.c
        async with self._store.reading() as connection:
            query = select(mark.incident, mark.mark).where(mark.incident.in_(sorted(names)))
            marks = {row.incident: row.mark for row in (await connection.execute(query)).all()}
            told = await _envelopes(connection, marks)
            clocks = await _clocks(connection, marks)
            gone = await tombstone.tombstones(connection, tables.tombstone, marks)
        rulebook = self._rulebook()
        made: dict[str, ComputedRows] = {}
        for name in marks:
            made[name] = await asyncio.to_thread(
                self._made, name, told.get(name, ()), rulebook, clocks.get(name, {}), gone.get(name)
            )
        async with self._store.transaction() as connection:
            written = await _write(connection, marks, made)
        if written:
            self._metrics.refolded.inc(written)
            self._changed()
        return [name for name, events in told.items() if len(events) > LARGE]

    def _made(
        self,
        name: str,
        told: Sequence[Envelope],
        rulebook: Rulebook,
        clocks: Mapping[ClockId, KnownClock],
        ended_at: datetime | None,
    ) -> ComputedRows:
        """In a thread. One incident that cannot be computed has no breakdown; the others go on."""
        try:
            return computed_rows(drop_forgotten(map(decode_event, told), ended_at), rulebook, clocks)
        except Exception:
            _log.exception("board.no_breakdown", incident=name)
            self._metrics.not_shown.labels("breakdown").inc()
            return ComputedRows()


async def _envelopes(connection: AsyncConnection, incidents: Collection[str]) -> dict[str, list[Envelope]]:
    """The events of these incidents, some at a time: one of them may have very many."""
    kept, last = tables.event.c, 0
    turn = LoopYielder()
    of = (kept.incident.in_(sorted(incidents)), kept.topic == Topic.INCIDENTS.value)
    found: dict[str, list[Envelope]] = {}
    while incidents:
        query = select(tables.event).where(*of, kept.position > last).order_by(kept.position).limit(PAGE)
        rows = (await connection.execute(query)).all()
        for row in rows:
            found.setdefault(row.incident, []).append(envelope_of(row))
            await turn.yield_if_due()
        if len(rows) < PAGE:
            break
        last = rows[-1].position
    return found


async def _clocks(connection: AsyncConnection, incidents: Collection[str]) -> dict[str, dict[ClockId, KnownClock]]:
    clock = tables.clock.c
    query = select(clock.id, clock.incident, clock.metric, clock.started_at, clock.breached_at)
    found: dict[str, dict[ClockId, KnownClock]] = {}
    for row in (await connection.execute(query.where(clock.incident.in_(sorted(incidents))))).all():
        breaches = frozenset() if row.breached_at is None else frozenset({row.breached_at})
        known = KnownClock(row.metric, row.started_at, breaches)
        found.setdefault(row.incident, {})[ClockId(row.id)] = known
    return found


async def _write(connection: AsyncConnection, marks: Mapping[str, str], made: Mapping[str, ComputedRows]) -> int:
    """Write the rows of the incidents whose mark is still the one that was read. Return how many these are."""
    mark = tables.unfolded.c
    query = select(mark.incident, mark.mark).where(mark.incident.in_(sorted(marks))).with_for_update()
    now = {row.incident: row.mark for row in (await connection.execute(query)).all()}
    same = sorted(name for name, token in marks.items() if now.get(name) == token)
    if not same:
        return 0
    for table in (tables.unfolded, tables.breakdown, tables.pause):
        await connection.execute(delete(table).where(table.c.incident.in_(same)))
    breakdowns: list[dict[str, Any]] = [row for name in same for row in made[name].breakdowns]
    pauses: list[dict[str, Any]] = [row for name in same for row in made[name].pauses]
    if breakdowns:
        await connection.execute(tables.breakdown.insert(), breakdowns)
    if pauses:
        await connection.execute(tables.pause.insert(), pauses)
    return len(same)
