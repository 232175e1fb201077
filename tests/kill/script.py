"""What happens to each incident of a drill: drawn by seed, with a respectful distance from every due instant.

The distance makes "false" decidable: an event that was accepted before an instant must have been heeded at it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from tests.kill.drill import plan
from tests.oracle.tenth_walker import BREACH, Ending, Happening, walked

PRIORITIES = ("P1", "P2", "P3", "P4")
LONGEST = 140  # tenths from the opening to the last thing that happens or must be told
DISTANCE = 9  # tenths between something that happens and an instant that must be told
APART = 4  # tenths between two things that happen

_PLAN = plan()


@dataclass(frozen=True, slots=True)
class Script:
    """One incident; tenths count from its opening. Everything takes `stretch` times as long as it was drawn."""

    name: str
    number: int
    happenings: tuple[Happening, ...]
    stretch: int = 1

    def ending(self) -> Ending:
        return walked(plan(self.stretch), self.happenings, LONGEST * self.stretch + 1)

    def stretched(self, stretch: int) -> Script:
        longer = (replace(one, tenth=one.tenth * stretch) for one in self.happenings)
        return replace(self, happenings=tuple(longer), stretch=stretch)


def scripts(seed: int, stretch: int = 1) -> Iterator[Script]:
    """Endless; the same seed gives the same incidents."""
    lot = random.Random(seed)
    number = 0
    while True:
        script = Script(f"S{seed}-{number:06}", number, tuple(_draw(lot)))
        if _is_decidable(script):
            yield script.stretched(stretch)
            number += 1


def _draw(lot: random.Random) -> Iterator[Happening]:
    """Many are dealt with in time and say much; the others are left to warn, breach and be raised."""
    return _in_time(lot) if lot.random() < 0.45 else _in_trouble(lot)


def _in_time(lot: random.Random) -> Iterator[Happening]:
    yield Happening(0, "opened", lot.choice(PRIORITIES[1:]))
    yield Happening(lot.randint(5, 15), "responded")
    yield Happening(lot.randint(16, 30), "updated")
    if lot.random() < 0.5:
        waits = lot.randint(20, 34)
        yield Happening(waits, "waiting")
        yield Happening(waits + lot.randint(10, 60), "resumed")
        yield Happening(waits + lot.randint(62, 90), "resolved")
    else:
        yield Happening(lot.randint(32, 60), "updated")
        yield Happening(lot.randint(36, 70), "resolved")


def _in_trouble(lot: random.Random) -> Iterator[Happening]:
    priority = lot.choice(PRIORITIES)
    yield Happening(0, "opened", priority)
    if lot.random() < 0.85:
        yield Happening(lot.randint(5, 90), "responded")
    if lot.random() < 0.5:
        waits = lot.randint(5, 60)
        yield Happening(waits, "waiting")
        yield Happening(waits + lot.randint(5, 60), "resumed")
    if lot.random() < 0.3:
        yield Happening(lot.randint(5, 90), "priority", lot.choice([p for p in PRIORITIES if p != priority]))
    if lot.random() < 0.85:
        yield Happening(lot.randint(10, 130), "resolved")


def _is_decidable(script: Script) -> bool:
    tenths = sorted(happening.tenth for happening in script.happenings)
    if any(later - earlier < APART for earlier, later in pairwise(tenths)):
        return False
    resolved = [happening.tenth for happening in script.happenings if happening.kind == "resolved"]
    if resolved and resolved[0] != tenths[-1]:
        return False
    told = script.ending().told
    if any(abs(mark.tenth - tenth) < DISTANCE for mark in told for tenth in tenths[1:]):
        return False
    # Nothing may be left to come when the drill looks at the result.
    if walked(_PLAN, script.happenings, LONGEST * 3).told != told:
        return False
    breaches = [mark.metric for mark in told if mark.threshold == BREACH]
    return len(breaches) == len(set(breaches))
