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
    """Whether a level of an escalation policy pages people, who must acknowledge, or only informs them."""

    PAGE = "page"  # at any hour, until somebody acknowledges
    NOTICE = "notice"  # informs


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyLevel:
    """One level of an escalation policy: whom to notify, `after` the beginning of a round, and by which channels.

    `tell` names roles, and people where no role has that name, in the order written. Without `channels` each person's
    own addresses are used.
    """

    after: timedelta
    tell: tuple[str, ...]
    channels: tuple[str, ...] = ()
    kind: TellKind = TellKind.PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationPolicy:
    """An escalation policy: levels in the order of their delays, and how often the round is repeated.

    `repeat` further rounds follow the first; each begins `pause` after the last level of the one before.
    """

    id: str
    levels: tuple[PolicyLevel, ...]
    repeat: int = 0
    pause: timedelta = timedelta(minutes=30)
    titles: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    clause: str = ""


@dataclass(frozen=True, slots=True)
class RoundStep:
    """A step of an escalation round and its instant.

    `level` counts from 1; `REPEAT` stands for the beginning of the next round. `round` counts from 0.
    """

    round: int
    level: int
    at: datetime


def round_steps(
    delays: Sequence[timedelta], round_: int, start: datetime, *, repeat_after: timedelta | None, repeats: int
) -> tuple[RoundStep, ...]:
    """Return the steps still due in a round that begins at `start`, in the order of their instants.

    Levels without a delay are due at `start` and not among them. `delays` are those of the levels, from the beginning
    of the round, rising. `repeat_after` (None: never) is counted from the last level, and `repeats` is how many rounds
    may follow the first.
    """
    steps = [
        RoundStep(round_, number, start + delay) for number, delay in enumerate(delays, start=1) if delay > timedelta()
    ]
    if repeat_after is not None and round_ < repeats and delays:
        steps.append(RoundStep(round_, REPEAT, start + delays[-1] + repeat_after))
    return tuple(steps)
