"""The order of messages and alerts: that of `sla_domain.urgency` (clause I4). Pure."""

from __future__ import annotations

from datetime import datetime

from sla_domain.urgency import score_of_weight, weight
from sla_notifier.delivery.state import MessageKind
from sla_platform.wire import ClockFact, NoticeData

# Pages come first; then what ends a page, what informs, and what has time.
RANKS = {
    kind: rank
    for rank, kind in enumerate(
        (
            MessageKind.PAGE,
            MessageKind.CRITICAL_FIX,
            MessageKind.CONFIRMATION,  # somebody waits for it
            MessageKind.INFO,
            MessageKind.TAKEN_BACK,
            MessageKind.RESOLVED,
            MessageKind.NOTICE_ENDED,
            MessageKind.WARNING,
            MessageKind.UNPROMISED,
            MessageKind.ADVISORY,
            MessageKind.DIGEST,
        )
    )
}
_STEP = 1_000.0  # more than any score


def weight_of(content: ClockFact | NoticeData) -> float:
    """Return the factor of the urgency of a fact or notice that does not depend on the time; see `urgency_of`.

    For a fact it is its `weight`, or a hundredth of its `urgency` if it has no weight (facts of older releases). For a
    notice the severity decides: `critical` counts as priority 1, `high` as 2, `medium` as 3, `low` as 4.
    """
    if isinstance(content, NoticeData):
        return weight(content.severity_level.rank, 1)
    return content.weight or content.urgency / 100  # facts of older releases say the whole alone


def urgency_of(content: ClockFact | NoticeData, due_at: datetime | None, now: datetime) -> float:
    """Return the urgency at `now` of a fact or notice: the higher, the sooner somebody must act.

    `due_at`: the due instant of the fact or notice, None while the clock is paused.
    """
    return score_of_weight(weight_of(content), None if due_at is None else due_at - now)


def turn_of(kind: MessageKind, urgency: float) -> float:
    """Return the place of a message in its queue; the message with the smallest number is sent first.

    The kind of message decides first (pages come before all others), then `urgency`: the higher, the smaller the
    number.
    """
    return RANKS[kind] * _STEP - urgency
