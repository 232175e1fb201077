"""The tick: every 25 ms, fire what is due; loop while batches are full; now and then sweep without a lower bound.

The lower bound keeps the claim off rows that other snapshots still see as dead; the sweep finds what a slow
transaction inserted below the bound (the classic way to lose timers). Neither ever drops anything.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from sla_platform.clockguard import TOLERANCE, ClockReading
from sla_platform.errors import Retryable
from sla_platform.fault import Fault, as_retryable, error_text, fault_of
from sla_platform.rows import one_row
from sla_platform.settings import Settings
from sla_platform.timesource import TimeSource
from sla_timer.metrics import TimerMetrics
from sla_timer.tick.port import ClaimBounds, Fired, Firing
from sla_timer.tick.progress import BEGINNING, Progress

_log = structlog.get_logger(__name__)
BEHIND = timedelta(seconds=2)  # how far below the last pass the bounded claim still looks
RETRY_SECONDS = 0.25


class TickLoop:
    """The tick: a loop that fires due timers every `settings.tick_ms` milliseconds. Call `run`.

    The attribute `last_tick` is the instant at which the last pass without an error ended, in seconds of
    `time.monotonic`. It is minus infinity before the first pass.

    Args:
        progress: Remembers up to which instant events are applied.
        wake: Called after each batch that took timers. It wakes the readers of the log of published events.
    """

    def __init__(
        self,
        firing: Firing,
        progress: Progress,
        time_source: TimeSource,
        settings: Settings,
        metrics: TimerMetrics,
        wake: Callable[[], None],
    ) -> None:
        self._firing = firing
        self._progress = progress
        self._time_source = time_source
        self._settings = settings
        self._metrics = metrics
        self._wake = wake
        self._seen: datetime | None = None  # the instant of the pass before
        self._leave = timedelta()  # how much longer than usual a partition may be behind, until `_leave_ends`
        self._leave_ends = float("-inf")
        self._since: datetime | None = None  # None: the next pass is an unbounded sweep
        self._swept = float("-inf")
        self.last_tick = float("-inf")  # monotonic seconds; readiness looks at it

    async def run(self) -> None:
        """Fire due timers every `settings.tick_ms` milliseconds until cancelled.

        After a failure of the store, pause for 0.25 seconds.
        """
        while True:
            begun = time.monotonic()
            try:
                await self.once()
                self.last_tick = time.monotonic()
            except Retryable as error:
                _log.warning("tick.retry", error=str(error))
                await self._time_source.sleep(RETRY_SECONDS)
            # A long pass is followed at once by the next one: the interval is counted from start to start.
            await self._time_source.sleep(max(self._settings.tick_ms / 1000 - (time.monotonic() - begun), 0.001))

    async def once(self) -> int:
        """Fire every timer that is due and need not wait for events; return how many timer rows were taken.

        A timer waits, up to a limit, until the events of its partition up to its instant are applied. The returned
        number includes timers of replaced targets, for which nothing is published. A row that the database refuses is
        moved to the quarantine, where it waits for a replay.

        Raises:
            Retryable: A passing failure of the database.
        """
        sweep = time.monotonic() - self._swept >= self._settings.sweep_seconds
        since = None if sweep else self._since
        now, floor, due = await self._instant(since)
        claimed = 0
        bounds = ClaimBounds(now, since, self._patience(now, floor), self._first_limit)
        while due:
            batches = await self._abreast(replace(bounds, now=now))
            for batch in batches:
                claimed += len(batch)
                self._observe(batch, now)
            if max(map(len, batches)) < bounds.limit:
                break
            # Many timers are due: claim more at a time, and in parallel.
            bounds = replace(bounds, limit=self._settings.claim_limit, lanes=self._firing.lanes)
            now, floor, due = await self._instant(since)
        if sweep:
            self._swept = time.monotonic()
        self._since = max(min(now, floor), BEGINNING + BEHIND) - BEHIND if floor is not None else None
        return claimed

    @property
    def _first_limit(self) -> int:
        """A small first batch: the usual tick has few due, and who comes first in a herd need not wait for many."""
        return max(self._settings.claim_limit // 5, 1)

    async def _abreast(self, bounds: ClaimBounds) -> list[list[Fired]]:
        """One batch in every lane at once; the first failure is raised when all have ended."""
        lanes = (self._fire(replace(bounds, lane=lane)) for lane in range(bounds.lanes))
        outcomes = await asyncio.gather(*lanes, return_exceptions=True)
        batches = []
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
            batches.append(outcome)
        return batches

    async def _fire(self, bounds: ClaimBounds) -> list[Fired]:
        """A batch; one that the database refuses is split down to its single rows, and the unfit quarantined."""
        try:
            return await self._firing.fire(bounds)
        except Exception as error:
            if fault_of(error) is Fault.PASSING:
                raise as_retryable(error) from error
            _log.error("tick.refused", error=error_text(error)[:500])
        fired: list[Fired] = []
        for partition in await self._firing.partitions():
            if partition % bounds.lanes != bounds.lane:
                continue
            single = replace(bounds, limit=1, only=partition, since=None)
            while len(fired) < bounds.limit:
                one: list[Fired] = []

                async def claim(single: ClaimBounds = single, one: list[Fired] = one) -> None:
                    one[:] = await self._firing.fire(single)

                if (unfit := await one_row(claim)) is not None:
                    if not await self._firing.quarantine(single, partition, error_text(unfit)):
                        break
                    _log.error("tick.quarantined", partition=partition, error=error_text(unfit)[:500])
                    continue
                if not one:
                    break
                fired += one
        return fired

    def _patience(self, now: datetime, slowest: datetime | None) -> timedelta:
        """How far a partition may be behind before its clocks fire as provisional.

        Longer for a while after a start, after a sleep of this process and after a clock was set right: who was away
        together with the readers must not take the backlog they have yet to read for their silence.
        """
        patience = timedelta(seconds=self._settings.provisional_after_seconds)
        if self._time_source.authoritative:
            return patience
        steady = self._time_source.steady()
        if steady >= self._leave_ends:
            self._leave = timedelta()
        before = slowest if self._seen is None else self._seen
        if before is not None and now - before > max(TOLERANCE, patience / 10):
            self._leave += now - before
            self._leave_ends = steady + patience.total_seconds()
        self._seen = now
        return patience + self._leave

    async def _instant(self, since: datetime | None) -> tuple[datetime, datetime | None, bool]:
        """The instant to fire up to, the slowest partition's progress, and whether there may be something to fire."""
        # Before the question, not after the answer: a process stopped in between would take its own absence for a leap.
        asked = self._time_source.steady()
        look = await self._progress.publish(since)
        if self._time_source.authoritative:
            return self._time_source.now(), look.slowest, True
        now, reading = (
            self._time_source.read() if look.now is None else self._time_source.judge_store_clock(look.now, asked)
        )
        if reading is not ClockReading.STEADY:
            self._metrics.clock_jumps.labels(reading.name.lower()).inc()
        return now, look.slowest, look.due or reading is not ClockReading.STEADY

    def _observe(self, batch: list[Fired], now: datetime) -> None:
        if not batch:
            return
        self._wake()
        lateness = {kind: self._metrics.fired_lateness.labels(kind) for kind in ("breach", "warning")}
        counted: Counter[tuple[str, str]] = Counter()
        for fired in batch:
            kind = "breach" if fired.kind.startswith("breach") else "warning"
            counted[kind, "stale" if not fired.live else "provisional" if fired.provisional else "fired"] += 1
            if fired.live:
                lateness[kind].observe(max((now - fired.fire_at).total_seconds(), 0.0))
        for labels, count in counted.items():
            self._metrics.fired.labels(*labels).inc(count)
