"""Whether a message waits for the end of the receiver's quiet hours: the first and the later decisions. Pure.

It waits if enough counted time is left when the quiet hours end, or if no clock runs. If a promise of the incident was
breached, it does not wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sla_domain.escalation import HoldTerms
from sla_domain.rulebook import Rulebook
from sla_notifier.deadline import Deadline, counted_left
from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.hold.message import HeldMessage

LOOK_AGAIN = timedelta(hours=1)
"""How long a warning waits while its clock is paused, before the decision is made again."""


@dataclass(frozen=True, slots=True)
class Hold:
    """The decision that a message waits for the end of its receiver's quiet hours.

    It says until when, and how much time must then be left until a target of the incident is due. The time is counted
    within the hours of the target's clock.
    """

    until: datetime
    needs: timedelta | None
    """The counted time that must be left until the due instant. None if no clock runs."""


class HoldAnswer(StrEnum):
    """What happens next to a message that waits for the end of quiet hours.

    It waits longer, is sent, or is cancelled as needless.
    """

    WAITS = "waits"
    LEAVES = "leaves"
    NEEDLESS = "needless"


@dataclass(frozen=True, slots=True)
class HoldDecision:
    """What happens next to a message that waits for the end of quiet hours, as `decide_again` returns it."""

    answer: HoldAnswer
    message: HeldMessage
    """The message, with its present due instant."""
    look_at: datetime
    """When to decide again, if the message waits on."""
    reason: UnsentReason | None = None
    """Why the message is needless. None if it is not."""


def hold_for(
    terms: HoldTerms, rulebook: Rulebook, contract: str, due: Deadline | None, rests_until: datetime, now: datetime
) -> Hold | None:
    """Return until when a message waits for the end of the receiver's quiet hours; None if it must be sent now.

    The message must be sent now if too little time to the due instant would be left at the end of the quiet hours.
    `terms` say how much must be left. Only time within the hours of the clock counts.

    Args:
        terms: The rules of the escalation policy on how much time must be left.
        rulebook: The contracts and calendars.
        contract: The contract's id.
        due: The next due instant of the incident. None if no clock runs; the message then waits.
        rests_until: When the receiver's quiet hours end.
        now: The present instant.
    """
    if due is None:
        return Hold(rests_until, None)
    needs = terms.needed(counted_left(rulebook, contract, due, now))
    return Hold(rests_until, needs) if _enough(rulebook, contract, due, rests_until, needs) else None


def next_due(deadlines: Mapping[str, Deadline], now: datetime) -> Deadline | None:
    """Return the earliest of the due instants `deadlines` that is after `now`; None if there is none.

    Args:
        deadlines: When each target of an incident is due, by the id of its running clock.
        now: The present instant.
    """
    return min((each for each in deadlines.values() if each.due_at > now), key=lambda due: due.due_at, default=None)


def decide_again(
    message: HeldMessage,
    terms: HoldTerms | None,
    rulebook: Rulebook,
    deadlines: Mapping[str, Deadline],
    late: bool,
    now: datetime,
) -> HoldDecision:
    """Decide at `now` whether a message waits longer for the end of quiet hours, is sent, or is cancelled as needless.

    Args:
        message: The message.
        terms: The rules of the present escalation policy on how much time must be left. None if the policy lets no
            message wait any more.
        rulebook: The contracts and calendars.
        deadlines: When each target of the incident is due, by the id of its running clock.
        late: Whether a target of the incident was breached.
        now: The present instant.
    """
    if message.ended is not None:
        return HoldDecision(HoldAnswer.NEEDLESS, message, now, message.ended)
    if message.clock:
        return _warning_again(message, terms, rulebook, deadlines.get(message.clock), now)
    if late:
        return HoldDecision(HoldAnswer.LEAVES, message, now)
    return _again(message, terms, rulebook, next_due(deadlines, now), now)


def _warning_again(
    message: HeldMessage, terms: HoldTerms | None, rulebook: Rulebook, due: Deadline | None, now: datetime
) -> HoldDecision:
    known = message.content.due_at
    if (due.due_at if due is not None else known or now) <= now:
        return HoldDecision(HoldAnswer.NEEDLESS, message, now, UnsentReason.OVERTAKEN)
    if due is None:  # the clock stands still: how much is left is known when it runs again
        return HoldDecision(HoldAnswer.WAITS, message, now + LOOK_AGAIN)
    if due.due_at != known:
        content = message.content.model_copy(update={"due_at": due.due_at, "hours": due.hours})
        message = replace(message, content=content)
    return _again(message, terms, rulebook, due, now)


def _again(
    message: HeldMessage, terms: HoldTerms | None, rulebook: Rulebook, due: Deadline | None, now: datetime
) -> HoldDecision:
    if due is not None and message.needs is None and terms is not None:
        message = replace(message, needs=terms.needed(counted_left(rulebook, message.contract, due, now)))
    if message.until <= now or terms is None:
        return HoldDecision(HoldAnswer.LEAVES, message, now)
    needs = message.needs
    if due is not None and needs is not None and not _enough(rulebook, message.contract, due, message.until, needs):
        return HoldDecision(HoldAnswer.LEAVES, message, now)
    return HoldDecision(HoldAnswer.WAITS, message, message.until)


def _enough(rulebook: Rulebook, contract: str, due: Deadline, until: datetime, needs: timedelta) -> bool:
    left = counted_left(rulebook, contract, due, until)
    return due.due_at > until and left > timedelta() and left >= needs
