"""Alerts that somebody takes over, passes on or snoozes. Pure: the alert before, and the change.

Passing on opens the alert again for one person, as the next round. The levels behind the one reached follow, so that
an alert which is passed to somebody who sleeps does not end in silence.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sla_notifier.alert.acknowledging import AckAnswer, acknowledge_alert, acknowledged
from sla_notifier.alert.alert import Alert, AlertState, ExpiryReason
from sla_notifier.alert.change import NO_CHANGE, AlertChange, log_event
from sla_notifier.alert.expiring import TimeLeft, expiry_step, opened_again, page_person, remaining_steps
from sla_notifier.delivery.policy import UnsentReason
from sla_platform.store.types import to_micros


def take_over(
    before: Alert,
    who: str,
    via: str,
    now: datetime,
    next_level_at: datetime | None = None,
    time_left: TimeLeft | None = None,
) -> tuple[AckAnswer, AlertChange]:
    """Return the result of taking an alert over, and the change to store; nothing is stored here.

    The alert is acknowledged by this person, even if somebody else has acknowledged it already.

    Args:
        before: The alert before the change.
        who: Who acknowledges; stored with the alert.
        via: How the person acknowledged, such as `link`; stored with the alert.
        now: When the alert is acknowledged.
        next_level_at: When the next level of an open alert would have been notified. None if no level was left.
        time_left: When the acknowledgement expires because only a share of the time to the next due instant is left.
            None if the escalation policy has no such rule.
    """
    if before.state is not AlertState.ACKNOWLEDGED:
        return acknowledge_alert(before, who, via, now, next_level_at, time_left)
    if before.acknowledged_by == who and before.latest_reason != ExpiryReason.SNOOZED.value:
        return AckAnswer.ALREADY, NO_CHANGE
    level = before.expires_latest if before.latest_reason == ExpiryReason.NEXT_LEVEL.value else None
    return acknowledge_alert(replace(before, state=AlertState.OPEN), who, via, now, level, time_left)


def snooze(before: Alert, who: str, via: str, until: datetime, now: datetime) -> tuple[AckAnswer, AlertChange]:
    """Return the result of snoozing an alert, and the change to store; nothing is stored here.

    The alert is acknowledged until `until`. Then it opens again, and the person who snoozed it is paged.

    Args:
        before: The alert before the change, open or acknowledged. A closed alert is not changed.
        who: Who snoozes the alert; stored with the alert.
        via: How the person snoozed it, such as `link`; stored with the alert.
        until: When the alert opens again.
        now: When the alert is snoozed.
    """
    if before.state is AlertState.CLOSED:
        return AckAnswer.CLOSED, NO_CHANGE
    alert = replace(
        acknowledged(before, who, via, now),
        expires_at=until,
        expires_latest=until,
        latest_reason=ExpiryReason.SNOOZED.value,
    )
    event = log_event(alert, "snoozed", now, key=f"snoozed-{to_micros(now)}", by=who, reason=until.isoformat())
    return AckAnswer.DONE, AlertChange(
        alert,
        clear_steps=True,
        steps=(expiry_step(alert, until),),
        cancel_reason=UnsentReason.ACKNOWLEDGED,
        events=(event,),
    )


def pass_on(before: Alert, who: str, to: str, now: datetime) -> tuple[AckAnswer, AlertChange]:
    """Return the result of passing an alert on to a person, and the change to store; nothing is stored here.

    The person is paged, even in quiet hours. Pages of the alert that have not been sent are cancelled. The levels after
    the last notified one are notified later, with the usual delays between levels.

    Args:
        before: The alert before the change, open or acknowledged. A closed alert is not changed.
        who: Who passes the alert on; stored with the alert.
        to: The id of the person who receives the alert.
        now: When the alert is passed on.
    """
    if before.state is AlertState.CLOSED:
        return AckAnswer.CLOSED, NO_CHANGE
    alert = opened_again(before, passed_to=to, passed_by=who)
    event = log_event(alert, "passed", now, key=f"passed-{alert.round}", by=who, reason=to)
    return AckAnswer.DONE, AlertChange(
        alert,
        clear_steps=True,
        steps=remaining_steps(alert, now),
        requests=(page_person(alert, to, now),),
        cancel_reason=UnsentReason.PASSED,
        events=(event,),
    )
