"""An acknowledgement of an alert. Pure: the alert before, and the change."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from sla_notifier.alert.alert import Alert, AlertState
from sla_notifier.alert.change import NO_CHANGE, AlertChange, log_event
from sla_notifier.delivery.policy import UnsentReason


class AckAnswer(StrEnum):
    """What an acknowledgement did.

    `DONE`: it acknowledged the alert. `ALREADY` and `CLOSED`: nothing, since the alert was acknowledged or closed
    before.
    """

    DONE = "done"
    ALREADY = "already"
    CLOSED = "closed"


def acknowledge_alert(before: Alert, who: str, via: str, now: datetime) -> tuple[AckAnswer, AlertChange]:
    """Return what an acknowledgement does to an alert, and the change to store.

    Nothing is stored here. `before`: the alert until now. If it is open: the change marks it as acknowledged, deletes
    its future escalation steps and cancels its queued pages. If it was acknowledged or closed before: the change is
    empty. `who`, `via`: stored with the alert; `via` is the way, such as `link`. `now`: when it is acknowledged.
    """
    match before.state:
        case AlertState.ACKNOWLEDGED:
            return AckAnswer.ALREADY, NO_CHANGE
        case AlertState.CLOSED:
            return AckAnswer.CLOSED, NO_CHANGE
        case AlertState.OPEN:
            alert = replace(
                before,
                state=AlertState.ACKNOWLEDGED,
                acknowledged_at=now,
                acknowledged_by=who,
                acknowledged_via=via,
            )
            event = log_event(alert, "acknowledged", now, by=who, reason=via)
            return AckAnswer.DONE, AlertChange(
                alert, clear_steps=True, cancel_reason=UnsentReason.ACKNOWLEDGED, events=(event,)
            )
        case _:
            assert_never(before.state)
