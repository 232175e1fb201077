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
EXPIRE = -1  # the level number of the step at which an acknowledgement expires


class TellKind(StrEnum):
    """Whether a level of an escalation policy sends pages, which must be acknowledged, or messages that only inform."""

    PAGE = "page"
    """Call people, at any hour, until somebody acknowledges."""
    NOTICE = "notice"
    """Only inform people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyLevel:
    """One level of an escalation policy: whom to notify, when, and through which channels."""

    after: timedelta
    """The delay from the beginning of a round."""
    tell: tuple[str, ...]
    """Names of roles to notify. A name that no role has is the id of a person."""
    channels: tuple[str, ...] = ()
    """The channels to use. Empty means the addresses of each person."""
    kind: TellKind = TellKind.PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class AckExpiry:
    """When the acknowledgement of an alert expires, so that the escalation continues.

    If several conditions are given, the one that is met first ends the acknowledgement.
    """

    after: timedelta | None = None
    """The time without work on the ticket, from the acknowledgement on. None means no such time."""
    at_next_level: bool = False
    """Whether it expires when the next level would have been notified without the acknowledgement."""
    left: tuple[int, ...] = ()
    """Percentages of the counted time that was left to the incident's next due instant at the acknowledgement.

    The first acknowledgement expires when only the first percentage of this time is left, the second at the second
    percentage, and so on. The last percentage is used again.
    """
    times: int = 3
    """How many acknowledgements of one alert expire at most. A further one does not expire."""

    def share(self, expired: int) -> int | None:
        """Return how far the time to the due instant may shrink before the next acknowledgement expires, in percent.

        100 % is the time from the acknowledgement to the due instant, counted in service hours. For example, 25 means
        that the acknowledgement expires when only a quarter of this time is left. The result is None if the policy sets
        no percentage.

        Args:
            expired: How many acknowledgements of the alert have expired before.
        """
        return self.left[min(expired, len(self.left) - 1)] if self.left else None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldTerms:
    """The rule by which a message may wait until its receiver's quiet hours end.

    The message waits only if enough time to the due instant is left when the quiet hours end. Only time within service
    hours is counted. Either `span` or `share` says how much must be left. The other is None.
    """

    span: timedelta | None = None
    share: int | None = None
    """A percentage of the counted time that is left to the due instant when the message is created."""

    def needed(self, left: timedelta) -> timedelta:
        """Return how much time to the due instant must be left when the quiet hours end, so that the message may wait.

        Args:
            left: The time that is left now. Only time within service hours is counted, here and in the result.
        """
        return self.span if self.span is not None else left * (self.share or 0) / 100


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationPolicy:
    """An escalation policy: the levels to notify, in the order of their delays.

    A round notifies every level once.
    """

    id: str
    levels: tuple[PolicyLevel, ...]
    repeat: int = 0
    """How many rounds follow the first."""
    pause: timedelta = timedelta(minutes=30)
    """The time from the last level of a round to the next round."""
    titles: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Language tag -> title."""
    acknowledgement: AckExpiry | None = None
    """When an acknowledgement expires. None means never."""
    hold: HoldTerms | None = None
    """When messages wait for the end of a receiver's quiet hours. None means never. Pages never wait."""
    clause: str = ""
    """The contract clause. "" if none is named."""


@dataclass(frozen=True, slots=True)
class RoundStep:
    """One step of an escalation round (one pass through all levels): a level is notified, or the next round begins."""

    round: int
    """Number of the round, from 0."""
    level: int
    """Number of the level, from 1. REPEAT (0) means that the next round begins."""
    at: datetime
    """When the step is due."""


def round_steps(
    delays: Sequence[timedelta], round_: int, start: datetime, *, repeat_after: timedelta | None, repeats: int
) -> tuple[RoundStep, ...]:
    """Return the steps of one escalation round, in the order of their instants.

    The last step, with level REPEAT, begins the next round. That step is missing if no further round follows or if
    there are no levels. A level with delay 0 gets no step: it is notified when the round begins.

    Args:
        delays: When each level is due after `start`, in rising order.
        round_: Number of the round, from 0.
        start: When the round begins.
        repeat_after: The time from the last level to the next round. None means no further round.
        repeats: How many rounds may follow the first.
    """
    steps = [
        RoundStep(round_, number, start + delay) for number, delay in enumerate(delays, start=1) if delay > timedelta()
    ]
    if repeat_after is not None and round_ < repeats and delays:
        steps.append(RoundStep(round_, REPEAT, start + delays[-1] + repeat_after))
    return tuple(steps)
