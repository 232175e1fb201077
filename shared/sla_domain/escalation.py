"""Who is told next, and when, if nobody acts: the steps of a policy from an instant (clause H5; pure, no delivery)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

NO_ESCALATION = "none"  # what a plan says that pages nobody


class TellKind(StrEnum):
    PAGE = "page"  # wakes somebody, wants an acknowledgement
    NOTICE = "notice"  # informs


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One rung: so long after the beginning of its round, these roles and people are told."""

    after: timedelta
    roles: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    kind: TellKind = TellKind.PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`repeat` further rounds follow the first, each beginning `pause` after the last level of the one before."""

    id: str
    levels: tuple[Level, ...]
    repeat: int = 0
    pause: timedelta = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Step:
    """A level of a round (both from 0), due at an instant."""

    round: int
    level: int
    at: datetime
    roles: tuple[str, ...]
    people: tuple[str, ...]
    kind: TellKind


def steps(policy: Policy, start: datetime) -> tuple[Step, ...]:
    """Every step from `start` on, in order, as if nobody ever acted; levels that tell nobody are left out."""
    found: list[Step] = []
    length = max((level.after for level in policy.levels), default=timedelta()) + policy.pause
    for round_ in range(policy.repeat + 1):
        for number, level in enumerate(policy.levels):
            if level.roles or level.people:
                at = start + round_ * length + level.after
                found.append(Step(round_, number, at, level.roles, level.people, level.kind))
    return tuple(sorted(found, key=lambda step: (step.at, step.round, step.level)))
