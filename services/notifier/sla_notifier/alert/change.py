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
    LevelRecipients,
    NotificationRequest,
)
from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.delivery.state import MessageKind
from sla_platform.wire import DeliveryFact


@dataclass(frozen=True, slots=True)
class AlertChange:
    """What a clock's fact, a notice, an escalation step or an acknowledgement changes about one alert.

    It is to be written in one transaction. `alert`: the alert afterwards, None if it did not change. `clear_steps`:
    whether its escalation steps so far are deleted; `steps`: new steps. `requests`: what to notify people of.
    `cancel_reason`: why its queued pages are cancelled, None: they are not. `events`: (event id, data) to append to the
    notifier's log.
    """

    alert: Alert | None = None
    clear_steps: bool = False
    steps: tuple[EscalationStep, ...] = ()
    requests: tuple[NotificationRequest, ...] = ()
    cancel_reason: UnsentReason | None = None
    events: tuple[tuple[str, DeliveryFact], ...] = ()  # id and fact


NO_CHANGE = AlertChange()


def opening_change(alert: Alert, now: datetime, cancel_reason: UnsentReason | None) -> AlertChange:
    """Return the change that opens an alert; nothing is stored or sent here.

    `alert`: the alert in its new state. Levels without a delay get a request to notify their people, the others a
    future step. `now`: when the alert opens; the delays count from then. `cancel_reason`: why pages are cancelled that
    are still queued from an earlier opening of the alert; None: they are not.
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
    """Return the request to notify the people of one level of an alert, in its present round.

    `level`: the level's number, from 1. `at`: when it became due. The kind of the request is CRITICAL_FIX for a
    critical fix; else PAGE if the level asks for an acknowledgement, and INFO if it does not. Level 1 of a critical fix
    goes to the people entitled to the notice. The request's id is that of the event that opened the alert
    (`alert.occasion`); `#<round>.<level>` is added, except for level 1 of round 0.
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
    )


def log_event(
    alert: Alert, what: str, now: datetime, *, key: str = "", reason: str = "", by: str = ""
) -> tuple[str, DeliveryFact]:
    """Return an event about an alert as (event id, data), for the notifier's log.

    The log is the table from which the notifier's events are published. `what`: what happened, such as `opened`; the
    event's type is `alert.<what>`. `now`: when. The id is `alert/<alert id>/<episode>/<key>`; the episode says how
    often the alert was opened. `key`: needed if there may be several such events in one episode; "": `what` is the key.
    `reason`: why it happened; `by`: who did it; "" for neither.
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
