"""An acknowledgement of an alert. Pure: the alert before, and the change."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from sla_notifier.alert.alert import Alert, AlertState
from sla_notifier.alert.change import NO_CHANGE, AlertChange, log_event
from sla_notifier.alert.expiring import TimeLeft, plan_expiry
from sla_notifier.delivery.policy import UnsentReason
from sla_platform.store.types import to_micros


class AckAnswer(StrEnum):
    """What an attempt to acknowledge an alert has done."""

    DONE = "done"
    """The alert is now acknowledged."""
    ALREADY = "already"
    """Nothing was done. The alert was acknowledged before."""
    CLOSED = "closed"
    """Nothing was done. The alert is closed."""


def acknowledge_alert(
    before: Alert,
    who: str,
    via: str,
    now: datetime,
    next_level_at: datetime | None = None,
    time_left: TimeLeft | None = None,
) -> tuple[AckAnswer, AlertChange]:
    """Return the result of acknowledging an alert, and the change to store.

    An open alert becomes acknowledged: its future escalation steps are deleted, its queued pages (messages that ask for
    an acknowledgement) cancelled. If the escalation policy lets acknowledgements expire, the expiry is the only future
    step. For an alert that is acknowledged or closed already, the change is empty. Nothing is stored here.

    Args:
        before: The alert before the acknowledgement.
        who: Who acknowledges; stored with the alert.
        via: How the acknowledgement came in, such as `link`; stored with the alert.
        now: When the alert is acknowledged.
        next_level_at: When the next level would have been notified. None if no level was left.
        time_left: When the acknowledgement expires because only a share of the time to the next due instant is left.
            None if the policy has no such rule.
    """
    match before.state:
        case AlertState.ACKNOWLEDGED:
            return AckAnswer.ALREADY, NO_CHANGE
        case AlertState.CLOSED:
            return AckAnswer.CLOSED, NO_CHANGE
        case AlertState.OPEN:
            alert, steps = plan_expiry(acknowledged(before, who, via, now), now, next_level_at, time_left)
            again = "" if before.acknowledged_at is None else f"acknowledged-{to_micros(now)}"
            event = log_event(alert, "acknowledged", now, key=again, by=who, reason=via)
            return AckAnswer.DONE, AlertChange(
                alert, clear_steps=True, steps=steps, cancel_reason=UnsentReason.ACKNOWLEDGED, events=(event,)
            )
        case _:
            assert_never(before.state)


def acknowledged(before: Alert, who: str, via: str, now: datetime) -> Alert:
    """Return a copy of an alert with the state acknowledged.

    Args:
        before: The alert, in any state.
        who: Who acknowledges.
        via: How the acknowledgement came in, such as `link`.
        now: When the alert is acknowledged.
    """
    return replace(
        before,
        state=AlertState.ACKNOWLEDGED,
        acknowledged_at=now,
        acknowledged_by=who,
        acknowledged_via=via,
        passed_to="",
        passed_by="",
    )
