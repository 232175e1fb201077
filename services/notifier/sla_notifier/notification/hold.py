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
    """Hold back warnings and notices to people in their quiet hours; return all notifications.

    A notification is held if the escalation policy allows holding, and if enough time to the due instant will be left
    at the end of the quiet hours. The time is counted in the hours of the clock. A held notification gets the state
    HELD and a `hold`. Once a promise of the incident is breached, only warnings are held: a warning is about another
    promise than the breached one.
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
