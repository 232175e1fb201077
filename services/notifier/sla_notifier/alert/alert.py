"""An alert as a value, its states and its row.

open ──▶ acknowledged ──▶ closed        A breach after the close (a new target, a taken-back one) opens it again
  ▲────────────┘  expired               as the next episode. An acknowledgement that expires opens it again within
  └──────────────────────▶ closed       its episode.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sla_notifier.alert import chain as chains
from sla_notifier.alert.chain import EscalationChain
from sla_platform.wire import ClockFact, NoticeData


class AlertKind(StrEnum):
    """What an alert is about: a breached target of an incident (a clock), or a critical fix of a product."""

    CLOCK = "clock"
    CRITICAL_FIX = "fix"


class AlertState(StrEnum):
    """Whether an alert is open, acknowledged or closed. Only open alerts escalate."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


class ExpiryReason(StrEnum):
    """Why an acknowledgement expires."""

    IDLE = "idle"
    """Nobody has worked on the ticket for as long as the policy allows."""
    NEXT_LEVEL = "next_level"
    """The next level would have been notified without the acknowledgement."""
    TIME_LEFT = "time_left"
    """Only a share of the counted time to the incident's next due instant is left."""
    SNOOZED = "snoozed"
    """The person who acknowledged the alert did so only until this instant."""


class CloseReason(StrEnum):
    """Why an alert was closed."""

    MET = "met"
    """The clock was met."""
    MISSED = "missed"
    """The clock was missed."""
    CANCELLED = "cancelled"
    """The clock was cancelled."""
    WITHDRAWN = "withdrawn"
    """The target is no longer promised, but the breach stays on record. For a notice: the notice was withdrawn."""
    RETARGETED = "retargeted"
    """Another target applies and is not due yet."""
    TAKEN_BACK = "taken_back"
    """A late event showed that there was no breach."""
    NOT_CONCERNED = "not_concerned"
    """The notice no longer concerns the contract."""
    LOWERED = "lowered"
    """The notice's severity fell to low, which needs no acknowledgement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A stored alert about one breach or one critical fix.

    While it is open, people are notified level by level, until somebody acknowledges. A critical fix has one alert for
    each contract that it concerns. Texts that do not apply are "", instants that do not apply None. Instants are aware
    UTC datetimes.
    """

    id: str
    kind: AlertKind
    state: AlertState
    contract: str
    incident: str = ""
    notice: str = ""
    metric: str = ""
    """The metric of the clock."""
    generation: int = 0
    """The number of the clock's target, from 0."""
    episode: int = 1
    """How often the alert was opened."""
    occasion: str
    """The id of the event that opened the alert last."""
    content: ClockFact | NoticeData
    """The fact or notice in the event `occasion`."""
    policy: EscalationChain
    """The levels of the escalation when the alert was opened."""
    opened_at: datetime
    """When the alert was opened last."""
    due_at: datetime
    """When the target was breached, or when the notice came to concern the contract."""
    round: int = 0
    """The round of the escalation, from 0."""
    level: int = 0
    """The level that the escalation has reached. 0 means no level yet."""
    acknowledged_at: datetime | None = None
    """Of the last acknowledgement. It has expired if the alert is open."""
    acknowledged_by: str = ""
    """A person's id, or the name that an API call gave."""
    acknowledged_via: str = ""
    """`link`, `digest` (a mail that collects several messages) or `api`."""
    expires_at: datetime | None = None
    """When the acknowledgement expires. None means never, or that the alert is not acknowledged."""
    expires_latest: datetime | None = None
    """When the acknowledgement expires whatever is done on the ticket. None means no such instant."""
    latest_reason: str = ""
    """A value of ExpiryReason, of `expires_latest`. "" without it."""
    expires_left: float = 0.0
    """The counted seconds to the next due instant that are left when the acknowledgement expires, for the reason
    `time_left`.
    """
    expiries: int = 0
    """How many acknowledgements have expired by the policy since the alert was opened."""
    extra_rounds: int = 0
    """How many rounds began when an acknowledgement expired, a snooze ended or the alert was passed on.

    The rounds that the policy allows are counted without them.
    """
    passed_to: str = ""
    """The id of the person to whom the alert was passed. "" if it was not, or if somebody has acknowledged since."""
    passed_by: str = ""
    """Who passed the alert on: a person's id, or the name that an API call gave."""
    closed_at: datetime | None = None
    close_reason: str = ""
    """A value of CloseReason."""
    weight: float = 0.0
    """The part of the urgency that does not depend on the time."""

    @property
    def expires_because(self) -> ExpiryReason:
        """Return why the acknowledgement of this alert expires at `expires_at`; IDLE if nothing else is stored."""
        if self.expires_latest is None or self.expires_at != self.expires_latest:
            return ExpiryReason.IDLE
        return ExpiryReason(self.latest_reason)

    @property
    def lapsed(self) -> bool:
        """Return whether the alert is open again because its acknowledgement has expired."""
        return self.state is AlertState.OPEN and self.acknowledged_at is not None and not self.passed_to

    def columns(self) -> dict[str, Any]:
        """Return the alert as a row of table `notifier_alert`, by column name. `alert_of` is the inverse."""
        return {field.name: getattr(self, field.name) for field in fields(self)} | {
            "kind": self.kind.value,
            "state": self.state.value,
            "content": self.content.model_dump_json(exclude_defaults=True),
            "policy": chains.chain_to_json(self.policy),
        }


def alert_of(row: Mapping[str, Any]) -> Alert:
    """Return the alert in a row of table `notifier_alert`, which maps a column's name to its value.

    Raises:
        ValueError, KeyError: The row cannot be read.
    """
    values = {field.name: row[field.name] for field in fields(Alert)}
    kind = AlertKind(values["kind"])
    model = ClockFact if kind is AlertKind.CLOCK else NoticeData
    return Alert(
        **values
        | {
            "kind": kind,
            "state": AlertState(values["state"]),
            "content": model.model_validate_json(values["content"]),
            "policy": chains.chain_from_json(values["policy"]),
        }
    )


def fix_alert_id(notice: str, contract: str) -> str:
    """Return the id of the alert about one notice of a critical fix for one contract.

    The result is a UUID, always the same for the same two ids.

    Args:
        notice: The notice's id.
        contract: The contract's id.
    """
    return str(uuid5(NAMESPACE_URL, f"slad:notice/{notice}/{contract}"))
