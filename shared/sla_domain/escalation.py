"""Escalation policies, and which of their levels are due when if nobody acknowledges (clause H5, docs/clauses.md).

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

NO_ESCALATION = "none"  # the escalation of a plan that pages nobody
REPEAT = 0  # the level number of the step that begins another round


class TellKind(StrEnum):
    """What a level of an escalation policy does.

    `PAGE`: call people at any hour until somebody acknowledges. `NOTICE`: only inform them.
    """

    PAGE = "page"  # at any hour, until somebody acknowledges
    NOTICE = "notice"  # informs


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyLevel:
    """One level of an escalation policy: whom to notify, when, and through which channels.

    `after`: the delay from the beginning of a round. `tell`: names of roles, or ids of people where no role has that
    name. `channels`: empty for each person's own addresses. `kind`: call people until somebody acknowledges, or only
    inform them.
    """

    after: timedelta
    tell: tuple[str, ...]
    channels: tuple[str, ...] = ()
    kind: TellKind = TellKind.PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationPolicy:
    """An escalation policy: levels in the order of their delays, and how often the round of all levels is repeated.

    `repeat`: how many rounds follow the first. `pause`: the time from the last level of a round to the next round.
    `titles`: language tag -> its title for people. `clause`: where the contract's text states it, "" if nowhere.
    """

    id: str
    levels: tuple[PolicyLevel, ...]
    repeat: int = 0
    pause: timedelta = timedelta(minutes=30)
    titles: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    clause: str = ""


@dataclass(frozen=True, slots=True)
class RoundStep:
    """One step of a round of an escalation: at the instant `at` a level is notified, or the next round begins.

    A round notifies each level of the policy once. `round`: its number, from 0. `level`: the number of the level, from
    1; REPEAT (0): the next round begins.
    """

    round: int
    level: int
    at: datetime


def round_steps(
    delays: Sequence[timedelta], round_: int, start: datetime, *, repeat_after: timedelta | None, repeats: int
) -> tuple[RoundStep, ...]:
    """Return the steps of one round of an escalation, in the order of their instants.

    A round notifies each level of the policy once. `round_`: its number, from 0. `start`: when it begins. `delays`:
    when each level is due, counted from `start`, in rising order; levels with delay 0 get no step. `repeats`: how many
    rounds may follow the first. `repeat_after`: the time from the last level to the next round, None for no further
    round. Unless this round is the last or has no levels, a step with level REPEAT ends it.
    """
    steps = [
        RoundStep(round_, number, start + delay) for number, delay in enumerate(delays, start=1) if delay > timedelta()
    ]
    if repeat_after is not None and round_ < repeats and delays:
        steps.append(RoundStep(round_, REPEAT, start + delays[-1] + repeat_after))
    return tuple(steps)
