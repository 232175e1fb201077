"""The order of messages and alerts: that of `sla_domain.urgency` (clause I4). Pure."""

from __future__ import annotations

from datetime import datetime

from sla_domain.objective import ObjectiveNews
from sla_domain.tell import Happening
from sla_domain.urgency import score_of_weight, weight
from sla_notifier.alert.contract_news import AllowanceNews, WindowNews
from sla_notifier.alert.request import RequestContent
from sla_notifier.delivery.state import MessageKind
from sla_platform.wire import NoticeData, ObjectiveFact, ReportFact

# Pages come first, then ends of pages, information, and messages that can wait.
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
            MessageKind.HAPPENING,
            MessageKind.OBJECTIVE,
            MessageKind.CONTRACT,
            MessageKind.REPORT,
            MessageKind.ADVISORY,
            MessageKind.DIGEST,
        )
    )
}
_STEP = 1_000.0  # more than any score


def content_weight(content: RequestContent) -> float:
    """Return how important the content of a message is, whatever the time left; the higher, the more important.

    `urgency_of` multiplies the result by a factor for the time left. The result depends on the content:

    - A fact (a published event about an incident or the clock of a target): the fact's `weight`. In a fact of an older
      release: a hundredth of `urgency`.
    - A notice of a critical fix: 1 if the severity is `critical`, 1/2 if `high`, 1/3 if `medium`, 1/4 if `low`.
    - An objective of attainment: 1/2 if it is exhausted, else 1/3.
    - A report: 1/4.
    - News of a contract: 1/3 if an allowance is overdrawn, else 1/4.
    """
    if isinstance(content, WindowNews | AllowanceNews):
        return weight(3 if content.happening is Happening.ALLOWANCE_OVERDRAWN else 4, 1)
    if isinstance(content, ReportFact):
        return weight(4, 1)
    if isinstance(content, ObjectiveFact):
        return weight(2 if content.kind is ObjectiveNews.EXHAUSTED else 3, 1)
    if isinstance(content, NoticeData):
        return weight(content.severity_level.rank, 1)
    return content.weight or content.urgency / 100  # facts of older releases say the whole alone


def urgency_of(content: RequestContent, due_at: datetime | None, now: datetime) -> float:
    """Return how urgent the content of a message is at `now`, from 0 to 200; higher is more urgent.

    For a fact of an older release the result is up to 400.

    Args:
        content: A fact (a published event about an incident or the clock of a target), a notice of a critical fix, an
            attainment objective, a report, or news of a contract.
        due_at: When the target is due. None while its clock is paused, which gives an urgency near 0.
    """
    return score_of_weight(content_weight(content), None if due_at is None else due_at - now)


def queue_turn(kind: MessageKind, urgency: float) -> float:
    """Return the position of a message in its queue, as a number; the smallest number is sent first.

    The kind of message decides first: pages come before all other kinds. Among messages of one kind, the most urgent
    has the smallest number.
    """
    return RANKS[kind] * _STEP - urgency
