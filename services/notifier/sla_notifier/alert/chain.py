"""The escalation as an alert keeps it: copied when the alert opens, so that a changed catalogue changes no open alert.

Delays count from the opening of the round. After the last level another round may begin (`repeat`), `rounds` times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import orjson

from sla_domain.escalation import REPEAT, round_steps

__all__ = [
    "REPEAT",
    "EscalationChain",
    "EscalationLevel",
    "EscalationStep",
    "chain_for_roles",
    "chain_from_json",
    "chain_to_json",
    "steps_of_round",
]


@dataclass(frozen=True, slots=True)
class EscalationLevel:
    """One level of an escalation: the roles and people to `tell`, and how long `after` the start of the round.

    `channels`: the channels to use; none: each person's own addresses in order. A level that does not page only
    informs.
    """

    after: timedelta
    tell: tuple[str, ...]
    channels: tuple[str, ...] = ()
    pages: bool = True


@dataclass(frozen=True, slots=True)
class EscalationChain:
    """The levels of an alert's escalation, numbered from 1, as they were when it opened.

    `policy`: the name in the catalogue, "" without one. After the last level and the pause `repeat` they are run again,
    `rounds` times; None: never.
    """

    policy: str
    levels: tuple[EscalationLevel, ...]
    repeat: timedelta | None = None
    rounds: int = 0

    def at_once(self) -> tuple[int, ...]:
        """Return the numbers of the levels without delay, which are notified when the alert opens."""
        return tuple(
            number for number, each_level in enumerate(self.levels, start=1) if each_level.after <= timedelta()
        )

    def level(self, level: int) -> EscalationLevel:
        """Return the level with this number, from 1 on. Raises IndexError."""
        return self.levels[level - 1]

    def without_first(self, patience: timedelta) -> EscalationChain:
        """Return the chain for a critical fix: the first level becomes the people entitled to the notice.

        The levels after the first stay; of a chain with one level that one follows, after `patience` at the earliest.
        """
        if len(self.levels) > 1:
            return replace(self, levels=(EscalationLevel(timedelta(), ()), *self.levels[1:]))
        only = tuple(replace(each_level, after=max(each_level.after, patience)) for each_level in self.levels)
        return replace(self, levels=(EscalationLevel(timedelta(), ()), *only))


@dataclass(frozen=True, slots=True)
class EscalationStep:
    """A level of an alert that is still to be notified in a round, due at `fire_at`; level 0 begins the next round."""

    alert: str
    round: int
    level: int
    fire_at: datetime


def steps_of_round(chain: EscalationChain, alert: str, round_: int, start: datetime) -> tuple[EscalationStep, ...]:
    """Return the steps of a round that starts at `start`; levels without delay have none, since they are notified then.

    The last step begins the next round, if there is one.
    """
    delays = [each_level.after for each_level in chain.levels]
    due = round_steps(delays, round_, start, repeat_after=chain.repeat, repeats=chain.rounds)
    return tuple(EscalationStep(alert, step.round, step.level, step.at) for step in due)


def chain_to_json(chain: EscalationChain) -> str:
    """Return the chain as JSON, for the row of an alert."""
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


def chain_from_json(written: str) -> EscalationChain:
    """Return the chain of JSON that `dumps` wrote. Raises ValueError or KeyError."""
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


def chain_for_roles(roles: Sequence[str]) -> EscalationChain:
    """Return the chain for a plan without an escalation policy: one level that pages these roles at once."""
    return EscalationChain("", (EscalationLevel(timedelta(), tuple(roles)),))
