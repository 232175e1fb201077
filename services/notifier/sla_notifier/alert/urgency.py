"""Which message and which alert comes first: the one order of `sla_domain.urgency` (clause I4). Pure."""

from __future__ import annotations

from datetime import datetime

from sla_domain.urgency import weight, weighted
from sla_notifier.delivery.state import Kind
from sla_platform.wire import ClockFact, NoticeData

_SEVERITIES = {"critical": 1, "high": 2, "medium": 3}
_LEAST = 4
# Who is woken is told first; then what ends a page, what informs, and what has time.
RANKS = {
    kind: rank
    for rank, kind in enumerate(
        (
            Kind.PAGE,
            Kind.FIX,
            Kind.NOTICE,
            Kind.TAKEN_BACK,
            Kind.RESOLVED,
            Kind.WARNING,
            Kind.UNPROMISED,
            Kind.DIGEST,
        )
    )
}
_STEP = 1_000.0  # more than any score


def weight_of(content: ClockFact | NoticeData) -> float:
    """The part of the urgency that time does not change. A fix of the highest severity weighs what a P1 does."""
    if isinstance(content, NoticeData):
        return weight(_SEVERITIES.get(content.severity, _LEAST), 1)
    return content.weight or content.urgency / 100  # facts of older releases say the whole alone


def urgency_of(content: ClockFact | NoticeData, due_at: datetime | None, now: datetime) -> float:
    """The score at `now` of what was, or is to be, true at `due_at` (None: the clock is paused)."""
    return weighted(weight_of(content), None if due_at is None else due_at - now)


def turn_of(kind: Kind, urgency: float) -> float:
    """Whose turn it is in a queue: the smaller, the sooner. All pages come before what only informs."""
    return RANKS[kind] * _STEP - urgency
