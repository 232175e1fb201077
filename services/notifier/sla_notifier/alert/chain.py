"""The escalation policy as an alert keeps it: taken over at the opening, so a changed catalogue changes no open alert.

Delays count from the opening of the round. A chain without levels left may start anew (`repeat`) until `rounds` ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import orjson

from sla_domain.escalation import REPEAT, round_steps

__all__ = ["REPEAT", "Chain", "Rung", "Step", "dumps", "for_roles", "loads", "steps"]


@dataclass(frozen=True, slots=True)
class Rung:
    """One level: who is told, after how long, and how (no channels: by the person's own addresses in order).

    A level that does not page informs, and asks for no answer.
    """

    after: timedelta
    tell: tuple[str, ...]
    channels: tuple[str, ...] = ()
    pages: bool = True


@dataclass(frozen=True, slots=True)
class Chain:
    """Levels are numbered from 1. `rounds` counts the repetitions after the first run."""

    policy: str
    rungs: tuple[Rung, ...]
    repeat: timedelta | None = None
    rounds: int = 0

    def at_once(self) -> tuple[int, ...]:
        """The levels without a delay."""
        return tuple(number for number, rung in enumerate(self.rungs, start=1) if rung.after <= timedelta())

    def rung(self, level: int) -> Rung:
        return self.rungs[level - 1]

    def without_first(self, patience: timedelta) -> Chain:
        """For a critical fix, whose first level are the entitled people: what comes next if none of them answers."""
        if len(self.rungs) > 1:
            return replace(self, rungs=(Rung(timedelta(), ()), *self.rungs[1:]))
        only = tuple(replace(rung, after=max(rung.after, patience)) for rung in self.rungs)
        return replace(self, rungs=(Rung(timedelta(), ()), *only))


@dataclass(frozen=True, slots=True)
class Step:
    """A page still to come: the alert's `level` in its `round`, due at `fire_at`."""

    alert: str
    round: int
    level: int
    fire_at: datetime


def steps(chain: Chain, alert: str, round_: int, start: datetime) -> tuple[Step, ...]:
    """Return what a round that begins at `start` still has before it, after the levels notified at once."""
    delays = [rung.after for rung in chain.rungs]
    due = round_steps(delays, round_, start, repeat_after=chain.repeat, repeats=chain.rounds)
    return tuple(Step(alert, step.round, step.level, step.at) for step in due)


def dumps(chain: Chain) -> str:
    return orjson.dumps(
        {
            "policy": chain.policy,
            "levels": [
                {
                    "after": rung.after.total_seconds(),
                    "tell": rung.tell,
                    "channels": rung.channels,
                    "pages": rung.pages,
                }
                for rung in chain.rungs
            ],
            "repeat": None if chain.repeat is None else chain.repeat.total_seconds(),
            "rounds": chain.rounds,
        }
    ).decode()


def loads(written: str) -> Chain:
    read = orjson.loads(written)
    return Chain(
        read["policy"],
        tuple(
            Rung(timedelta(seconds=level["after"]), tuple(level["tell"]), tuple(level["channels"]), level["pages"])
            for level in read["levels"]
        ),
        None if read["repeat"] is None else timedelta(seconds=read["repeat"]),
        read["rounds"],
    )


def for_roles(roles: Sequence[str]) -> Chain:
    """Where the catalogue names no policy: the roles of the plan are told at once, and nobody after them."""
    return Chain("", (Rung(timedelta(), tuple(roles)),))
