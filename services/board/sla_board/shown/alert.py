"""Whether an alert is acknowledged, from its steps since it was last opened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAlert:
    """The state of an alert (the escalation about a breached clock or a notice) since it was opened last.

    Instants of things that have not happened are None, and texts are "".
    """

    id: str
    opened_at: datetime
    state: str = "open"
    """Open, acknowledged or closed."""
    level: str = ""
    """The highest level reached, such as `level 2`. "" if no level was reached."""
    acknowledged_at: datetime | None = None
    """Of the last acknowledgement, which has expired if the alert is open."""
    acknowledged_by: str = ""
    snoozed_until: datetime | None = None
    """When the snoozed alert opens again. None if it is not snoozed."""
    passed_to: str = ""
    """The person to whom the alert was passed. "" if to nobody, or once somebody has acknowledged it."""
    passed_by: str = ""
    closed_at: datetime | None = None
    close_reason: str = ""

    @property
    def word(self) -> str:
        """Return the alert's state as text for the clock's row: `acknowledged by anna`; "" if closed."""
        match self.state:
            case "acknowledged":
                return f"acknowledged by {self.acknowledged_by}" if self.acknowledged_by else "acknowledged"
            case "open" if self.passed_to:
                return f"passed to {self.passed_to}"
            case "open" if self.acknowledged_at is not None:
                of = f" of {self.acknowledged_by}" if self.acknowledged_by else ""
                return f"the acknowledgement{of} has expired{', ' if self.level else ''}{self.level}"
            case "open":
                return f"not acknowledged, {self.level}" if self.level else "not acknowledged"
            case _:
                return ""


def alerts_of(steps: Iterable[Any]) -> tuple[ShownAlert, ...]:
    """Return the alerts that rows of the table `board_alert` describe, sorted by when each was opened last.

    Args:
        steps: The rows, in any order. Each row is one step of an alert, such as `escalated`.
    """
    alerts: dict[str, ShownAlert] = {}
    for step in sorted(steps, key=lambda record: (record.at, record.rank, record.id)):
        known = alerts.get(step.alert)
        alerts[step.alert] = _after(known or ShownAlert(id=step.alert, opened_at=step.at), step)
    return tuple(sorted(alerts.values(), key=lambda alert: (alert.opened_at, alert.id)))


def _after(alert: ShownAlert, step: Any) -> ShownAlert:
    match step.what:
        case "opened":
            return ShownAlert(id=alert.id, opened_at=step.at)
        case "escalated":
            return replace(alert, level=step.reason)
        case "acknowledged":
            taken = replace(alert, state="acknowledged", acknowledged_at=step.at, acknowledged_by=step.by, passed_to="")
            return replace(taken, snoozed_until=None)
        case "snoozed":
            taken = replace(alert, state="acknowledged", acknowledged_at=step.at, acknowledged_by=step.by, passed_to="")
            return replace(taken, snoozed_until=datetime.fromisoformat(step.reason))
        case "passed":
            return replace(alert, state="open", passed_to=step.reason, passed_by=step.by, snoozed_until=None)
        case "expired":
            return replace(alert, state="open", snoozed_until=None)
        case "closed":
            return replace(alert, state="closed", closed_at=step.at, close_reason=step.reason)
        case _:
            return alert
