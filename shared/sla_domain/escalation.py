"""Escalation policies, and which of their levels are due when if nobody acknowledges (clause H5). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

NO_ESCALATION = "none"  # what a plan says that pages nobody
REPEAT = 0  # the level number of the step that begins another round


class TellKind(StrEnum):
    """How a level of an escalation policy notifies people."""

    PAGE = "page"  # wakes somebody, wants an acknowledgement
    NOTICE = "notice"  # informs


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyLevel:
    """Whom a policy notifies so long after the beginning of a round.

    `tell` names roles, and people where somebody is called so and no role is, in the order written. Without `channels`
    each person's own addresses are used.
    """

    after: timedelta
    tell: tuple[str, ...]
    channels: tuple[str, ...] = ()
    kind: TellKind = TellKind.PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationPolicy:
    """Levels in the order of their delays. `repeat` further rounds follow the first.

    Each begins `pause` after the last level of the one before.
    """

    id: str
    levels: tuple[PolicyLevel, ...]
    repeat: int = 0
    pause: timedelta = timedelta(minutes=30)
    titles: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    clause: str = ""


@dataclass(frozen=True, slots=True)
class RoundStep:
    """What is due at an instant: a level (from 1) of a round (from 0), or with `REPEAT` the beginning of the next."""

    round: int
    level: int
    at: datetime


def round_steps(
    delays: Sequence[timedelta], round_: int, start: datetime, *, repeat_after: timedelta | None, repeats: int
) -> tuple[RoundStep, ...]:
    """Return what a round that begins at `start` has still before it, in order: levels without a delay are due at once.

    `delays` are those of the levels, from the beginning of the round, rising. `repeat_after` (None: never) is counted
    from the last level, and `repeats` is how many rounds may follow the first.
    """
    steps = [
        RoundStep(round_, number, start + delay) for number, delay in enumerate(delays, start=1) if delay > timedelta()
    ]
    if repeat_after is not None and round_ < repeats and delays:
        steps.append(RoundStep(round_, REPEAT, start + delays[-1] + repeat_after))
    return tuple(steps)
