"""Stage 4, hold: messages that can wait for the end of the receiver's quiet hours. Pure.

Only the support's people are spared: what customers are sent is owed to them.
"""

from __future__ import annotations

from dataclasses import replace

from sla_domain.contract import Side
from sla_notifier.deadline import Deadline
from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.delivery.state import DeliveryState, MessageKind
from sla_notifier.hold.decide import hold_for, next_due
from sla_notifier.hold.message import KINDS
from sla_notifier.hold.terms import hold_terms
from sla_notifier.notification.notification import Notification
from sla_notifier.notification.pipeline_context import PipelineContext
from sla_platform.wire import ClockFact


def hold(context: PipelineContext, notifications: tuple[Notification, ...]) -> tuple[Notification, ...]:
    """Let messages to the support's people wait for the end of the recipient's quiet hours; return all notifications.

    Only warnings and messages that inform can wait, not pages. They wait if the escalation policy allows it, and if
    enough time to the due instant will be left at the end of the quiet hours. The time is counted in the hours of the
    clock. A waiting notification has the state HELD, and its `hold` says until when. After a breach of the incident,
    only warnings wait: a warning is about a target that is not breached yet.
    """
    return tuple(_held(context, each) for each in notifications)


def _held(context: PipelineContext, notification: Notification) -> Notification:
    request, recipient = notification.request, notification.recipient
    fact = request.content
    if not notification.live or recipient is None or recipient.rests_until is None or recipient.side is Side.CUSTOMER:
        return notification
    if request.kind not in KINDS or not isinstance(fact, ClockFact):
        return notification
    terms = hold_terms(context.catalogue, fact)
    warns = request.kind is MessageKind.WARNING
    if terms is None or (not warns and fact.incident in context.late):
        return notification
    due = _own(fact) if warns else next_due(context.deadlines.get(fact.incident, {}), context.now)
    found = hold_for(terms, context.catalogue.rulebook, request.contract, due, recipient.rests_until, context.now)
    if found is None:
        return notification
    return replace(notification, state=DeliveryState.HELD, reason=UnsentReason.QUIET_HOURS, hold=found)


def _own(fact: ClockFact) -> Deadline | None:
    """The due instant of the clock that a warning is about."""
    if fact.due_at is None:
        return None
    return Deadline(metric=fact.metric, plan=fact.plan, hours=fact.hours, due_at=fact.due_at)
