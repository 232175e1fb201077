"""The escalation as an alert keeps it: copied when the alert opens, so that a changed catalogue changes no open alert.

Delays count from the opening of the round. After the last level another round may begin (`repeat`), `rounds` times.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import orjson

from sla_domain.escalation import EXPIRE, REPEAT, AckExpiry, round_steps

__all__ = [
    "EXPIRE",
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
    """One level of an escalation: the people who are notified together, and the delay after which this happens."""

    after: timedelta
    """The delay from the start of the round."""
    tell: tuple[str, ...]
    """The roles and person ids to notify."""
    channels: tuple[str, ...] = ()
    """The channels to use first. Each person's own addresses are used if `channels` is empty, or if no channel leads to
    the person."""
    pages: bool = True
    """If True, the messages ask for an acknowledgement. If False, they only inform."""


@dataclass(frozen=True, slots=True)
class EscalationChain:
    """The levels of an alert's escalation, numbered from 1, as they were when the alert was opened.

    A round is one pass through the levels. If nobody acknowledges, another round may follow.
    """

    policy: str
    """The name of the escalation policy. "" without a policy."""
    levels: tuple[EscalationLevel, ...]
    repeat: timedelta | None = None
    """The pause after the last level before the next round. None means that there is only one round."""
    rounds: int = 0
    """How many rounds may follow the first."""
    acknowledgement: AckExpiry | None = None
    """When an acknowledgement expires. None means never."""

    def at_once(self) -> tuple[int, ...]:
        """Return the numbers of the levels without a delay, notified when a round (pass through the levels) begins."""
        return tuple(
            number for number, each_level in enumerate(self.levels, start=1) if each_level.after <= timedelta()
        )

    def level(self, level: int) -> EscalationLevel:
        """Return the level with this number, from 1.

        Raises:
            IndexError: The number is too high.
        """
        return self.levels[level - 1]

    def for_critical_fix(self, patience: timedelta) -> EscalationChain:
        """Return a copy of the chain for a critical fix, with another level 1.

        The new level 1 notifies the people entitled to the notice of the fix, without a delay. It lists no roles and no
        persons, because these people are looked up in the contract (`EntitledRecipients`).

        If the old chain has several levels, the new level 1 replaces the old level 1. If the old chain has one level,
        that level becomes level 2, with a delay of at least `patience`.

        In the copy, an acknowledgement never expires, because a fix has no due instant and no ticket on which somebody
        works.
        """
        if len(self.levels) > 1:
            levels = (EscalationLevel(timedelta(), ()), *self.levels[1:])
            return replace(self, levels=levels, acknowledgement=None)
        only = tuple(replace(each_level, after=max(each_level.after, patience)) for each_level in self.levels)
        return replace(self, levels=(EscalationLevel(timedelta(), ()), *only), acknowledgement=None)


@dataclass(frozen=True, slots=True)
class EscalationStep:
    """A future step of an alert's escalation, due at `fire_at`.

    - A level from 1: the people of this level are notified.
    - Level 0 (REPEAT): the next round begins.
    - Level -1 (EXPIRE): the acknowledgement of the alert expires.
    """

    alert: str
    """The alert's id."""
    round: int
    level: int
    fire_at: datetime


def steps_of_round(
    chain: EscalationChain, alert: str, round_: int, start: datetime, more_rounds: int = 0
) -> tuple[EscalationStep, ...]:
    """Return the future escalation steps of a round that starts at `start`, sorted by time.

    A round is one pass through all levels. There is a step for each level with a delay. A level without a delay has no
    step, because it is notified at `start`. If another round follows, the last step begins that round.

    Args:
        chain: The levels of the escalation.
        alert: The alert's id.
        round_: The number of this round, from 0.
        more_rounds: How many rounds to allow beyond the chain's own number of rounds. Pass the number of rounds that
            began for another reason than the chain: an acknowledgement expired, or the alert was passed on.
    """
    delays = [each_level.after for each_level in chain.levels]
    due = round_steps(delays, round_, start, repeat_after=chain.repeat, repeats=chain.rounds + more_rounds)
    return tuple(EscalationStep(alert, step.round, step.level, step.at) for step in due)


def chain_to_json(chain: EscalationChain) -> str:
    """Return an alert's chain (the levels of its escalation) as JSON text, for storage.

    `chain_from_json` reads the text.
    """
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
            "acknowledgement": _expiry_to_json(chain.acknowledgement),
        }
    ).decode()


def chain_from_json(written: str) -> EscalationChain:
    """Return the chain (the levels of an escalation) from JSON text that `chain_to_json` wrote.

    Raises:
        ValueError, KeyError, TypeError: The text cannot be read.
    """
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
        _expiry_from_json(read.get("acknowledgement")),  # alerts of older releases have none
    )


def chain_for_roles(roles: Sequence[str]) -> EscalationChain:
    """Return the escalation for a plan that has no escalation policy.

    The escalation has one level. Its people, those with these roles, are notified without a delay, and must
    acknowledge.
    """
    return EscalationChain("", (EscalationLevel(timedelta(), tuple(roles)),))


def _expiry_to_json(expiry: AckExpiry | None) -> dict[str, object] | None:
    if expiry is None:
        return None
    after = None if expiry.after is None else expiry.after.total_seconds()
    return {"after": after, "at_next_level": expiry.at_next_level, "left": expiry.left, "times": expiry.times}


def _expiry_from_json(read: Mapping[str, Any] | None) -> AckExpiry | None:
    if read is None:
        return None
    after = None if read["after"] is None else timedelta(seconds=read["after"])
    left = tuple(read.get("left", ()))
    return AckExpiry(after=after, at_next_level=read["at_next_level"], left=left, times=read["times"])
