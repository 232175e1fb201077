"""The escalation as an alert keeps it: copied when the alert opens, so that a changed catalogue changes no open alert.

Delays count from the opening of the round. After the last level another round may begin (`repeat`), `rounds` times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import orjson

from sla_domain.escalation import REPEAT, round_steps

__all__ = ["REPEAT", "EscalationChain", "EscalationLevel", "EscalationStep", "dumps", "for_roles", "loads", "steps"]


@dataclass(frozen=True, slots=True)
class EscalationLevel:
    """One level: who is notified, how long after the opening of the round, and by which channels.

    No channels: by each person's own addresses in order. A level that does not page only informs.
    """

    after: timedelta
    tell: tuple[str, ...]
    channels: tuple[str, ...] = ()
    pages: bool = True


@dataclass(frozen=True, slots=True)
class EscalationChain:
    """The levels of an escalation, numbered from 1. `rounds` counts the repetitions after the first run."""

    policy: str
    levels: tuple[EscalationLevel, ...]
    repeat: timedelta | None = None
    rounds: int = 0

    def at_once(self) -> tuple[int, ...]:
        """Return the numbers of the levels that have no delay."""
        return tuple(
            number for number, each_level in enumerate(self.levels, start=1) if each_level.after <= timedelta()
        )

    def level(self, level: int) -> EscalationLevel:
        """Return the level of that number, counted from 1. Raises IndexError."""
        return self.levels[level - 1]

    def without_first(self, patience: timedelta) -> EscalationChain:
        """Return the chain of a critical fix, whose first level are the people entitled to it.

        `patience` is the least delay of the level after them.
        """
        if len(self.levels) > 1:
            return replace(self, levels=(EscalationLevel(timedelta(), ()), *self.levels[1:]))
        only = tuple(replace(each_level, after=max(each_level.after, patience)) for each_level in self.levels)
        return replace(self, levels=(EscalationLevel(timedelta(), ()), *only))


@dataclass(frozen=True, slots=True)
class EscalationStep:
    """A level that is still to be notified: the alert's `level` in its `round`, due at `fire_at`."""

    alert: str
    round: int
    level: int
    fire_at: datetime


def steps(chain: EscalationChain, alert: str, round_: int, start: datetime) -> tuple[EscalationStep, ...]:
    """Return the steps of a round that starts at `start`, without the levels that have no delay."""
    delays = [each_level.after for each_level in chain.levels]
    due = round_steps(delays, round_, start, repeat_after=chain.repeat, repeats=chain.rounds)
    return tuple(EscalationStep(alert, step.round, step.level, step.at) for step in due)


def dumps(chain: EscalationChain) -> str:
    """Return the chain as JSON, as an alert's row keeps it."""
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
    """Return the chain of an alert's row. Raises ValueError or KeyError for anything else."""
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
    """Return the chain for a plan without an escalation: these roles at once, and nobody after them."""
    return EscalationChain("", (EscalationLevel(timedelta(), tuple(roles)),))
