"""An override that was made over the API, as it is kept. Pure.

It stays on record for good: ended, it counts until it was ended, and the answer about last month stays the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sla_domain.rota import RotaId, RotaOverride


class OverrideState(StrEnum):
    """The state of an override of a rota (on-call plan)."""

    AHEAD = "ahead"
    """The override has not begun."""
    IN_FORCE = "in_force"
    OVER = "over"
    """The time of the override has passed."""
    ENDED = "ended"
    """Somebody ended the override, during its time or before."""


def span_state(start: datetime, end: datetime, now: datetime) -> OverrideState:
    """Return the state at `now` of an override of a rota in `[start, end)`, if nobody has ended the override."""
    if end <= now:
        return OverrideState.OVER
    return OverrideState.AHEAD if now < start else OverrideState.IN_FORCE


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedOverride:
    """An override of a rota made over the API, as stored: `person` is on call in `rota` in the span `[start, end)`."""

    number: int
    """The place of the making in the notifier's audit log, so that later overrides have higher numbers."""
    rota: RotaId
    start: datetime
    """When the override begins, as requested."""
    end: datetime
    """When the override ends, as requested."""
    person: str
    instead_of: str | None
    """The override applies only where this person would be on call. If None, it applies in the whole span."""
    by: str
    """The id of the API key."""
    reason: str
    made_at: datetime
    ended_at: datetime | None = None
    """When somebody ended the override. Otherwise None."""
    ended_by: str = ""
    changed: int = 0
    """The place of the last change in this log."""

    @property
    def id(self) -> str:
        """Return the id of the override in the API."""
        return str(self.number)

    @property
    def counted(self) -> RotaOverride | None:
        """Return the override as the rota applies it; None if it is never in force.

        Its span begins at `start`, or when the override was made if that is later. It ends at `end`, or when somebody
        ended the override if that is earlier.
        """
        start = max(self.start, self.made_at)
        end = self.end if self.ended_at is None else min(self.end, self.ended_at)
        if end <= start:
            return None
        return RotaOverride(
            start=start, end=end, person=self.person, instead_of=self.instead_of, by=self.by, reason=self.reason
        )

    def state(self, now: datetime) -> OverrideState:
        """Return the state of the override at `now`."""
        return span_state(self.start, self.end, now) if self.ended_at is None else OverrideState.ENDED

    def open(self, now: datetime) -> bool:
        """Return whether the override is in force at `now`, or still to come."""
        return self.ended_at is None and now < self.end

    def audited(self) -> dict[str, Any]:
        """Return the fields of the override that go into the digest (hash) in the audit log: name -> value."""
        return {
            "rota": self.rota,
            "from": self.start,
            "until": self.end,
            "person": self.person,
            "instead_of": self.instead_of,
            "reason": self.reason,
            "ended_at": self.ended_at,
        }
