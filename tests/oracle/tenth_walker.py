"""The drill's clocks counted the slow way: look at every tenth of a second and ask what is running.

It shares nothing with slad. It knows the one plan of the drill (around the clock, first response and resolution,
targets and warnings in tenths) and the few things that happen in a drill; what it says must be told, and nothing else.

The rules, as a person would state them: a clock counts the tenths in which it runs; a threshold is reached at the
tenth at which enough has been counted, if the clock still runs then; what happens at that very tenth happens first.
Waiting stops the resolution from counting. Another priority counts the same past against its own target: a breach
that lies behind is told at its own instant, its warnings are not. Resolving ends everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

TENTHS = 10
BREACH = "breach"


@dataclass(frozen=True, slots=True)
class Allowed:
    """So many tenths, and after how many of them a warning of which name."""

    tenths: int
    warnings: Mapping[str, int]


Plan = Mapping[str, Mapping[str, Allowed]]  # metric -> priority -> what is allowed


@dataclass(frozen=True, slots=True)
class Happening:
    """`tenth` counts from any zero; `kind` is opened, responded, updated, waiting, resumed, priority or resolved."""

    tenth: int
    kind: str
    priority: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Told:
    """What must be told: this threshold of this metric's n-th target, at this tenth."""

    metric: str
    generation: int
    threshold: str
    tenth: int


@dataclass(frozen=True, slots=True)
class Ending:
    """What an incident has come to."""

    phase: str
    verdicts: Mapping[str, str]
    told: frozenset[Told]


@dataclass(slots=True)
class _Clock:
    metric: str
    allowed: Allowed
    generation: int = 0
    counted: int = 0
    state: str = "running"
    reached: set[str] = field(default_factory=set)
    ran: list[int] = field(default_factory=list)


class TenthWalker:
    """Walks from the opening to `end`, the first tenth that is not looked at."""

    def __init__(self, plan: Plan, happenings: Iterable[Happening], end: int) -> None:
        self._plan = plan
        self._clocks: list[_Clock] = []
        self._phase = ""
        self._told: set[Told] = set()
        ahead = sorted(happenings, key=lambda happening: happening.tenth)
        for tenth in range(ahead[0].tenth, end):
            while ahead and ahead[0].tenth == tenth:
                self._happens(ahead.pop(0))
            for clock in self._clocks:
                self._look(clock, tenth)

    @property
    def ending(self) -> Ending:
        verdicts = {clock.metric: self._verdict(clock) for clock in self._clocks}
        return Ending(self._phase, verdicts, frozenset(self._told))

    def _verdict(self, clock: _Clock) -> str:
        if clock.state == "stopped":
            return "missed" if BREACH in clock.reached else "met"
        return clock.state

    # -- a tenth of a second passes

    def _look(self, clock: _Clock, tenth: int) -> None:
        if clock.state != "running":
            return
        for threshold in _reached(clock.allowed, clock.counted) - clock.reached:
            clock.reached.add(threshold)
            self._told.add(Told(clock.metric, clock.generation, threshold, tenth))
        clock.counted += 1
        clock.ran.append(tenth)

    # -- something happens

    def _happens(self, it: Happening) -> None:
        match it.kind:
            case "opened":
                self._phase = "open"
                self._clocks = [_Clock(metric, rows[it.priority]) for metric, rows in self._plan.items()]
            case "updated":
                pass
            case "responded":
                self._stop("first_response")
            case "waiting":
                self._phase = "waiting"
                self._turn("resolution", "running", "paused")
            case "resumed":
                self._phase = "open"
                self._turn("resolution", "paused", "running")
            case "priority":
                for clock in self._clocks:
                    self._retarget(clock, it.priority)
            case "resolved":
                self._phase = "resolved"
                for clock in self._clocks:
                    self._stop(clock.metric)
            case _:
                raise ValueError(it.kind)

    def _stop(self, metric: str) -> None:
        for clock in self._clocks:
            if clock.metric == metric and clock.state != "stopped":
                clock.state = "stopped"

    def _turn(self, metric: str, before: str, after: str) -> None:
        for clock in self._clocks:
            if clock.metric == metric and clock.state == before:
                clock.state = after

    def _retarget(self, clock: _Clock, priority: str) -> None:
        allowed = self._plan[clock.metric][priority]
        if clock.state == "stopped" or allowed == clock.allowed:
            return
        clock.allowed, clock.generation = allowed, clock.generation + 1
        clock.counted, clock.reached = 0, set()
        for past in clock.ran:
            behind = _reached(allowed, clock.counted) - clock.reached
            clock.reached |= behind
            if BREACH in behind:
                self._told.add(Told(clock.metric, clock.generation, BREACH, past))
            clock.counted += 1
        if BREACH in clock.reached:
            clock.reached |= set(allowed.warnings)


def _reached(allowed: Allowed, counted: int) -> set[str]:
    found = {name for name, after in allowed.warnings.items() if counted >= after}
    return found | ({BREACH} if counted >= allowed.tenths else set())


def walked(plan: Plan, happenings: Sequence[Happening], end: int) -> Ending:
    return TenthWalker(plan, happenings, end).ending
