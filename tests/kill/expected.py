"""What the oracle expects of a drill, and which incidents cannot be judged to the letter.

An incident's events are accepted one after the other. Until the 202 of an event the story without it is true, and
what that story tells up to then may be told. For nearly every incident it is what the whole story tells as well. Where
it is not (ingest was down over an instant that the event would have moved), the incident is *tardy*: slad must tell
the whole story in the end, and only what was true at no moment is held against it.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.kill.drill import plan
from tests.kill.load import Played, Stopwatch
from tests.kill.script import LONGEST
from tests.oracle.tenth_walker import TENTHS, Ending, Happening, Told, walked


@dataclass(frozen=True, slots=True)
class Expected:
    """`allowed` is `must` for an incident that can be judged to the letter."""

    ending: Ending
    must: frozenset[Told]
    allowed: frozenset[Told]
    tardy: bool
    known: dict[Told, float]
    """Since when slad could know that a threshold is reached at its instant (seconds, wall)."""


@dataclass(frozen=True, slots=True)
class _Window:
    """An event's way in: tenths from the first try to the 202."""

    happening: Happening
    tried: float
    accepted: float


def expect(played: Played, watch: Stopwatch) -> Expected:
    zero, stretch = watch.zero.timestamp(), played.script.stretch
    windows = [_Window(s.happening, (s.tried - zero) * TENTHS, (s.accepted - zero) * TENTHS) for s in played.sent]
    happenings = [window.happening for window in windows]
    over = happenings[-1].kind == "resolved"
    end = happenings[-1].tenth + 1 if over else happenings[0].tenth + 3 * LONGEST * stretch
    ending = walked(plan(stretch), happenings, end)
    allowed = set(ending.told)
    for before, event in enumerate(windows[1:], start=1):
        allowed |= walked(plan(stretch), happenings[:before], int(event.accepted) + 1).told
    tardy = allowed != set(ending.told)
    known = {mark: max(zero + mark.tenth / TENTHS, _known(mark, windows, zero)) for mark in ending.told}
    return Expected(ending, ending.told, frozenset(allowed), tardy, known)


def _known(mark: Told, windows: list[_Window], zero: float) -> float:
    """When the last event it follows from was accepted: what happened before it, and what made it a new target."""
    behind = [
        window.accepted
        for window in windows
        if window.happening.tenth <= mark.tenth or (mark.generation and window.happening.kind == "priority")
    ]
    return zero + max(behind) / TENTHS
