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
    """One level of an escalation policy: whom to notify, `after` the beginning of a round, and through which channels.

    `tell`: names of roles, or ids of people where no role has that name, in the order written. `channels` empty: each
    person's own addresses.
    """

    after: timedelta
    tell: tuple[str, ...]
    channels: tuple[str, ...] = ()
    kind: TellKind = TellKind.PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationPolicy:
    """An escalation policy: levels in the order of their delays, and how often the round of all levels is repeated.

    `repeat`: how many rounds follow the first. `pause`: the time from the last level of a round to the next round.
    """

    id: str
    levels: tuple[PolicyLevel, ...]
    repeat: int = 0
    pause: timedelta = timedelta(minutes=30)
    titles: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    clause: str = ""


@dataclass(frozen=True, slots=True)
class RoundStep:
    """A step of an escalation round that is due at `at`.

    `round`: counts from 0. `level`: counts from 1; REPEAT (0) stands for the beginning of the next round.
    """

    round: int
    level: int
    at: datetime


def round_steps(
    delays: Sequence[timedelta], round_: int, start: datetime, *, repeat_after: timedelta | None, repeats: int
) -> tuple[RoundStep, ...]:
    """Return the steps that follow in a round that begins at `start`, in the order of their instants.

    `delays`: those of the levels, from `start` on, rising; a level without a delay is due at once and left out.
    `repeat_after`: the time from the last level to the next round, None: never. `repeats`: how many rounds may follow
    the first; if `round_` is the last, no step REPEAT is added.
    """
    steps = [
        RoundStep(round_, number, start + delay) for number, delay in enumerate(delays, start=1) if delay > timedelta()
    ]
    if repeat_after is not None and round_ < repeats and delays:
        steps.append(RoundStep(round_, REPEAT, start + delays[-1] + repeat_after))
    return tuple(steps)
