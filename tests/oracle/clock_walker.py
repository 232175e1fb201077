"""Clocks counted the slow way: minute by minute, asking at each one what has happened and whether time counts.

It shares nothing with the engine: whole minutes as integers, its own phase and waiting, no segments, no calendars but
a question per minute. It knows three metrics (first and next response, resolution) of a simple plan, and gives every
clock's marks, state, generation and consumed minutes.

A threshold is reached at minute `x` when the clock runs past `x` (what happened at `x` is read first) and so much has
been counted before it. A warning `before` waits for the last minute at which that much is left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

ENDS = {"resolved", "closed", "cancelled"}


@dataclass(frozen=True)
class Row:
    """So many minutes; `counts` tells whether a minute counts."""

    minutes: int
    counts: Callable[[int], bool]
    percents: tuple[int, ...] = ()
    befores: tuple[int, ...] = ()


@dataclass(frozen=True)
class Happening:
    """`who` did it: staff, customer, bot. `what` belongs to the kind: whom one waits on, which priority."""

    minute: int
    kind: str
    who: str = "staff"
    what: str = ""


@dataclass(frozen=True)
class SimplePlan:
    """Rows by metric and priority (none: no target), and whether a new priority restarts the count."""

    rows: dict[str, dict[str, Row]]
    restart: bool = False


@dataclass
class WalkedClock:
    metric: str
    cycle: int
    state: str = "running"
    generation: int = -1
    marks: list[tuple[int, str, int]] = field(default_factory=list)
    counted: int = 0
    ran: list[int] = field(default_factory=list)  # every minute it ran, whatever the target
    row: Row | None = None
    seen: set[str] = field(default_factory=set)  # thresholds reached or skipped under the row in force
    since: int = 0
    ended_by: str = ""
    started: int = 0

    @property
    def open(self) -> bool:
        return self.state in ("running", "paused")

    @property
    def shown(self) -> str:
        return "cancelled" if self.row is None else self.state


class ClockWalker:
    """Walks to `end`, the first minute that is not looked at."""

    def __init__(self, plan: SimplePlan, happenings: Sequence[Happening], end: int) -> None:
        self.plan = plan
        self.clocks: list[WalkedClock] = []
        self.priority = ""
        self.phase = ""
        self.waiting = ""
        queue = list(happenings)
        for minute in range(queue[0].minute, end):
            while queue and queue[0].minute == minute:
                self._happens(queue.pop(0), minute)
            for clock in self.clocks:
                self._tick(clock, minute)

    def shown(self) -> list[WalkedClock]:
        """The clocks that ever had a target."""
        return [clock for clock in self.clocks if clock.generation >= 0]

    # -- a minute passes

    def _tick(self, clock: WalkedClock, minute: int) -> None:
        if clock.state != "running":
            return
        if clock.row is not None:
            for kind in self._reached(clock, clock.row, minute):
                clock.marks.append((clock.generation, kind, minute))
            clock.counted += clock.row.counts(minute)
        clock.ran.append(minute)

    def _reached(self, clock: WalkedClock, row: Row, minute: int) -> list[str]:
        new = []
        for percent in row.percents:
            if clock.counted * 100 >= row.minutes * percent:
                new.append(f"warn-{percent}")
        left = row.minutes - clock.counted
        for before in row.befores:
            # longer than the target: it lay before the start
            if before <= row.minutes and (left < before or (left == before and row.counts(minute))):
                new.append(f"warn-{before * 60}s")
        if left <= 0:
            new.append("breach")
        new = [kind for kind in new if kind not in clock.seen]
        clock.seen.update(new)
        return new

    def _retarget(self, clock: WalkedClock, minute: int, restart: bool) -> None:
        row = self.plan.rows.get(clock.metric, {}).get(self.priority)
        if row is clock.row:
            return
        clock.row = row
        if row is None:
            return
        if restart:
            clock.since = minute
        clock.generation += 1
        clock.counted, clock.seen = 0, set()
        for past in clock.ran:
            if past >= clock.since:
                if "breach" in self._reached(clock, row, past):
                    clock.marks.append((clock.generation, "breach", past))
                clock.counted += row.counts(past)

    # -- something happens

    def _happens(self, it: Happening, minute: int) -> None:
        live = self.phase == "live"
        was_waiting, was_priority = self.waiting, self.priority
        if it.kind == "opened":
            self.phase, self.priority = "live", it.what
            self._start("first_response", minute)
            self._start("resolution", minute)
            return
        if it.kind == "priority":
            self.priority = it.what
        self._stop(it, minute)
        reopened = it.kind == "reopened" and self.phase != "live"
        self._turn(it, live, was_waiting)
        for clock in self.clocks:
            if clock.open:
                if clock.metric != "first_response":
                    clock.state = "paused" if self.waiting else "running"
                self._retarget(clock, minute, self.plan.restart and self.priority != was_priority)
        if reopened:
            self._reopen(it, minute)
        elif live and it.kind == "replied":
            self._start_next(minute)

    def _stop(self, it: Happening, minute: int) -> None:
        for clock in self.clocks:
            if not clock.open:
                continue
            answered = it.kind == "workaround" or (it.kind == "responded" and it.who == "staff")
            stops = it.kind in ("resolved", "closed") or (answered and clock.metric != "resolution")
            if stops:
                clock.state = "missed" if "breach" in clock.seen else "met"
                clock.ended_by = it.kind
            elif it.kind == "cancelled":
                clock.state = "cancelled"

    def _turn(self, it: Happening, live: bool, was_waiting: str) -> None:
        if it.kind in ENDS:
            if live:
                self.phase = "cancelled" if it.kind == "cancelled" else "ended"
            self.waiting = ""
        elif it.kind == "waits" and live:
            self.waiting = it.what
        elif it.kind == "resumed" or (it.kind == "replied" and was_waiting == "customer"):
            self.waiting = ""
        elif it.kind == "reopened":
            self.phase = "live"

    def _reopen(self, it: Happening, minute: int) -> None:
        for metric in ("first_response", "next_response", "resolution"):
            clock = self._last(metric)
            if clock is None or clock.open:
                continue
            undone = metric == "resolution" and clock.ended_by in ("resolved", "closed")
            if clock.state == "cancelled" or undone:
                clock.state = "running"
                self._retarget(clock, minute, restart=False)
        if it.who == "customer":
            self._start_next(minute)

    def _start_next(self, minute: int) -> None:
        first, last = self._last("first_response"), self._last("next_response")
        if first is not None and first.state in ("met", "missed") and (last is None or not last.open):
            self._start("next_response", minute)

    def _start(self, metric: str, minute: int) -> None:
        cycle = sum(clock.metric == metric for clock in self.clocks)
        clock = WalkedClock(metric, cycle, since=minute, started=minute)
        if self.waiting and metric != "first_response":
            clock.state = "paused"
        self.clocks.append(clock)
        self._retarget(clock, minute, restart=False)

    def _last(self, metric: str) -> WalkedClock | None:
        return next((clock for clock in reversed(self.clocks) if clock.metric == metric), None)
