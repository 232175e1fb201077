"""The change that a fact, a step or an acknowledgement makes to an alert, and the parts of it. Pure.

A change names everything that must be written in one transaction: the alert, its future steps, the requests to notify
people, the pages to cancel, and the events for the log.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sla_notifier.alert.alert import Alert, AlertKind
from sla_notifier.alert.chain import EscalationLevel, EscalationStep, steps_of_round
from sla_notifier.alert.request import (
    Audience,
    EntitledRecipients,
    Lapsed,
    LevelRecipients,
    NotificationRequest,
    PassedOn,
)
from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.delivery.state import MessageKind
from sla_platform.wire import DeliveryFact


@dataclass(frozen=True, slots=True)
class AlertChange:
    """The changes to one alert, its steps and its messages because of one event, written in one transaction.

    The event is a fact (the timer's event about a clock), a notice of a critical fix, an escalation step or an
    acknowledgement.
    """

    alert: Alert | None = None
    """The changed alert. None if the alert did not change."""
    clear_steps: bool = False
    """Whether to delete the alert's old escalation steps."""
    steps: tuple[EscalationStep, ...] = ()
    """The alert's new escalation steps."""
    requests: tuple[NotificationRequest, ...] = ()
    """What to notify people of."""
    cancel_reason: UnsentReason | None = None
    """Why the alert's queued pages are cancelled. None means that they are kept."""
    events: tuple[tuple[str, DeliveryFact], ...] = ()
    """Pairs of event id and data, to append to the notifier's log."""


NO_CHANGE = AlertChange()


def opening_change(alert: Alert, now: datetime, cancel_reason: UnsentReason | None) -> AlertChange:
    """Return the change that opens an alert; nothing is stored or sent here.

    A level without a delay gets a request to notify its people. A level with a delay gets a future step.

    Args:
        alert: The alert in its new state.
        now: When the alert opens. Delays start then.
        cancel_reason: Why queued pages (messages not yet sent) from an earlier opening of the alert are cancelled. None
            means that these pages are kept.
    """
    levels = alert.policy.at_once()
    alert = replace(alert, level=max(levels, default=0))
    return AlertChange(
        alert,
        clear_steps=True,
        steps=steps_of_round(alert.policy, alert.id, alert.round, now),
        requests=tuple(page_request(alert, level, alert.due_at) for level in levels),
        cancel_reason=cancel_reason,
        events=(log_event(alert, "opened", now),),
    )


def page_request(alert: Alert, level: int, at: datetime) -> NotificationRequest:
    """Return the request to notify the people of one level of an alert, in the present round (pass through the levels).

    - Kind: CRITICAL_FIX for a critical fix; otherwise PAGE if the level asks for an acknowledgement, INFO if not.
    - Recipients: the people of the level; for level 1 of a critical fix, the people entitled to the notice.
    - Id: the id of the event that opened the alert (`alert.occasion`), followed by `#<round>.<level>`. Level 1 of round
      0 has no such suffix.

    Args:
        level: The level's number, from 1.
        at: When the level became due.
    """
    first = alert.round == 0 and level == 1
    entitled = alert.kind is AlertKind.CRITICAL_FIX and level == 1
    policy_level = alert.policy.level(level)
    audience: Audience = (
        EntitledRecipients() if entitled else LevelRecipients(level, policy_level.tell, policy_level.channels)
    )
    return NotificationRequest(
        id=alert.occasion if first else f"{alert.occasion}#{alert.round}.{level}",
        kind=_kind_of(alert, policy_level),
        at=at,
        contract=alert.contract,
        content=alert.content,
        audience=(audience,),
        alert=alert.id,
        episode=alert.episode,
        round=alert.round,
        level=level,
        due_at=alert.due_at,
        lapsed=lapsed_of(alert),
        passed=passed_of(alert),
    )


def lapsed_of(alert: Alert) -> Lapsed | None:
    """Return who had acknowledged an alert that is open again because the acknowledgement expired, and when.

    The result is None if the alert is not open again for this reason.
    """
    if not alert.lapsed or alert.acknowledged_at is None:
        return None
    return Lapsed(alert.acknowledged_by, alert.acknowledged_at)


def passed_of(alert: Alert) -> PassedOn | None:
    """Return who passed an open alert on, and to whom.

    The result is None if the alert was not passed on, or if somebody has acknowledged it since.
    """
    return PassedOn(alert.passed_by, alert.passed_to) if alert.passed_to else None


def log_event(
    alert: Alert, what: str, now: datetime, *, key: str = "", reason: str = "", by: str = ""
) -> tuple[str, DeliveryFact]:
    """Return an event about an alert as (event id, data), for the notifier's log.

    The log is the table from which the notifier's events are published. The event type is `alert.<what>`. The event id
    is `alert/<alert id>/<episode>/<key>`, where the episode is the number of the alert's opening.

    Args:
        what: What happened, such as `opened`.
        now: When it happened.
        key: The last part of the event id, needed if one episode may have several such events. "" means that `what` is
            the key.
        reason: Why it happened. "" means no reason.
        by: Who did it. "" means nobody.
    """
    fact = DeliveryFact(
        what=f"alert.{what}",
        incident=alert.incident,
        contract=alert.contract,
        notice=alert.notice,
        alert=alert.id,
        at=now,
        due_at=alert.due_at,
        reason=reason,
        by=by,
    )
    return f"alert/{alert.id}/{alert.episode}/{key or what}", fact


def _kind_of(alert: Alert, level: EscalationLevel) -> MessageKind:
    if alert.kind is AlertKind.CRITICAL_FIX:
        return MessageKind.CRITICAL_FIX
    return MessageKind.PAGE if level.pages else MessageKind.INFO
