"""An alert as a value, its states and its row.

open ──▶ acknowledged ──▶ closed        A breach after the close (a new target, a taken-back one) opens it again
  └──────────────────────▶ closed       as the next episode.
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
    """What an alert is about: a clock that breached its target, or a critical fix."""

    CLOCK = "clock"
    CRITICAL_FIX = "fix"


class AlertState(StrEnum):
    """Whether an alert is open, acknowledged or closed. Only open alerts escalate."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


class CloseReason(StrEnum):
    """Why an alert was closed.

    - `MET`, `MISSED`, `CANCELLED`: the clock ended in this way.
    - `WITHDRAWN`: the target is no longer promised, but the breach stays on record; or the notice was withdrawn.
    - `RETARGETED`: another target applies and is not due yet.
    - `TAKEN_BACK`: a late event showed that there was no breach.
    - `NOT_CONCERNED`: the notice no longer concerns the contract.
    - `LOWERED`: the notice's severity fell to low, which needs no acknowledgement.
    """

    MET = "met"
    MISSED = "missed"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"  # the target is no longer promised, and the breach stays on record; or the notice is
    RETARGETED = "retargeted"  # another target is in force, and it is not due yet
    TAKEN_BACK = "taken_back"
    NOT_CONCERNED = "not_concerned"
    LOWERED = "lowered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert as stored: the escalation of one breach or one critical fix.

    Each critical fix has one alert for each contract. Texts that do not apply are "", instants that do not apply
    None. Instants are aware UTC datetimes.

    - `metric`: of the clock. `generation`: the number of the clock's target, from 0.
    - `episode`: how often the alert was opened. `opened_at`: when the alert was opened last.
    - `occasion`: the id of the event that opened the alert last. `content`: the fact or notice in that event.
    - `policy`: the levels of the escalation when the alert was opened.
    - `due_at`: when the target was breached, or when the notice came to concern the contract.
    - `round` (from 0), `level` (0: none yet): how far the escalation has come.
    - `acknowledged_by`: a person's id, or the name that an API call gave.
    - `acknowledged_via`: `link`, `digest` (a mail that collects several messages) or `api`.
    - `close_reason`: a value of CloseReason.
    - `weight`: the part of the urgency that does not depend on the time.
    """

    id: str
    kind: AlertKind
    state: AlertState
    contract: str
    incident: str = ""
    notice: str = ""
    metric: str = ""
    generation: int = 0
    episode: int = 1
    occasion: str
    content: ClockFact | NoticeData
    policy: EscalationChain
    opened_at: datetime
    due_at: datetime
    round: int = 0
    level: int = 0
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    acknowledged_via: str = ""
    closed_at: datetime | None = None
    close_reason: str = ""
    weight: float = 0.0  # of its urgency, without the time

    def columns(self) -> dict[str, Any]:
        """Return the alert as column name -> value, for table `notifier_alert`. `alert_of` is the inverse."""
        return {field.name: getattr(self, field.name) for field in fields(self)} | {
            "kind": self.kind.value,
            "state": self.state.value,
            "content": self.content.model_dump_json(exclude_defaults=True),
            "policy": chains.chain_to_json(self.policy),
        }


def alert_of(row: Mapping[str, Any]) -> Alert:
    """Return the alert in a row of table `notifier_alert` (column name -> value).

    Raises ValueError or KeyError if the row cannot be read.
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

    `notice`, `contract`: their ids. The result is a UUID, always the same for the same two ids.
    """
    return str(uuid5(NAMESPACE_URL, f"slad:notice/{notice}/{contract}"))
