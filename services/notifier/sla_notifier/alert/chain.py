"""The escalation policy as an alert keeps it: taken over at the opening, so a changed catalogue changes no open alert.

Delays count from the opening of the round. A chain without levels left may start anew (`repeat`) until `rounds` ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import orjson

REPEAT = 0  # the level number of the step that begins another round


@dataclass(frozen=True, slots=True)
class EscalationLevel:
    """One level: who is told, after how long, and how (no channels: by the person's own addresses in order).

    A level that does not page informs, and asks for no answer.
    """

    after: timedelta
    tell: tuple[str, ...]
    channels: tuple[str, ...] = ()
    pages: bool = True


@dataclass(frozen=True, slots=True)
class EscalationChain:
    """Levels are numbered from 1. `rounds` counts the repetitions after the first run."""

    policy: str
    levels: tuple[EscalationLevel, ...]
    repeat: timedelta | None = None
    rounds: int = 0

    def at_once(self) -> tuple[int, ...]:
        """The levels without a delay."""
        return tuple(
            number for number, each_level in enumerate(self.levels, start=1) if each_level.after <= timedelta()
        )

    def level(self, level: int) -> EscalationLevel:
        return self.levels[level - 1]

    def without_first(self, patience: timedelta) -> EscalationChain:
        """For a critical fix, whose first level are the entitled people: what comes next if none of them answers."""
        if len(self.levels) > 1:
            return replace(self, levels=(EscalationLevel(timedelta(), ()), *self.levels[1:]))
        only = tuple(replace(each_level, after=max(each_level.after, patience)) for each_level in self.levels)
        return replace(self, levels=(EscalationLevel(timedelta(), ()), *only))


@dataclass(frozen=True, slots=True)
class EscalationStep:
    """A page still to come: the alert's `level` in its `round`, due at `fire_at`."""

    alert: str
    round: int
    level: int
    fire_at: datetime


def steps(chain: EscalationChain, alert: str, round_: int, start: datetime) -> tuple[EscalationStep, ...]:
    """What a round that starts now still has before it, after the levels told at once."""
    later = [
        EscalationStep(alert, round_, number, start + each_level.after)
        for number, each_level in enumerate(chain.levels, start=1)
        if each_level.after > timedelta()
    ]
    if chain.repeat is not None and round_ < chain.rounds and chain.levels:
        later.append(EscalationStep(alert, round_, REPEAT, start + chain.levels[-1].after + chain.repeat))
    return tuple(later)


def dumps(chain: EscalationChain) -> str:
    return orjson.dumps(
        {
            "policy": chain.policy,
            "levels": [
                {
                    "after": each_level.after.total_seconds(),
                    "tell": each_level.tell,
                    "channels": each_level.channels,
                    "pages": each_level.pages,
                }
                for each_level in chain.levels
            ],
            "repeat": None if chain.repeat is None else chain.repeat.total_seconds(),
            "rounds": chain.rounds,
        }
    ).decode()


def loads(written: str) -> EscalationChain:
    read = orjson.loads(written)
    return EscalationChain(
        read["policy"],
        tuple(
            EscalationLevel(
                timedelta(seconds=level["after"]), tuple(level["tell"]), tuple(level["channels"]), level["pages"]
            )
            for level in read["levels"]
        ),
        None if read["repeat"] is None else timedelta(seconds=read["repeat"]),
        read["rounds"],
    )


def for_roles(roles: Sequence[str]) -> EscalationChain:
    """Where the catalogue names no policy: the roles of the plan are told at once, and nobody after them."""
    return EscalationChain("", (EscalationLevel(timedelta(), tuple(roles)),))
