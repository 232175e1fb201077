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
    """Where an override stands. `ENDED`: by somebody, before its time was over, or before it had begun."""

    AHEAD = "ahead"
    IN_FORCE = "in_force"
    OVER = "over"
    ENDED = "ended"


def span_state(start: datetime, end: datetime, now: datetime) -> OverrideState:
    """Return where an override in `[start, end)` stands at `now`, if nobody has ended it."""
    if end <= now:
        return OverrideState.OVER
    return OverrideState.AHEAD if now < start else OverrideState.IN_FORCE


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedOverride:
    """In `[start, end)`, as it was asked for, `person` is on call in `rota` in place of `instead_of`; None: of anybody.

    `number`: the place of its making in the notifier's audit log, so later ones have higher numbers. `changed`: the
    place of the last act on it. `by`: the id of the key. `ended_at`: None as long as nobody has ended it.
    """

    number: int
    rota: RotaId
    start: datetime
    end: datetime
    person: str
    instead_of: str | None
    by: str
    reason: str
    made_at: datetime
    ended_at: datetime | None = None
    ended_by: str = ""
    changed: int = 0

    @property
    def id(self) -> str:
        """Return the id by which the API calls it."""
        return str(self.number)

    @property
    def counted(self) -> RotaOverride | None:
        """Return the override as it counts: from its making on, until it was ended; None if it never does."""
        start = max(self.start, self.made_at)
        end = self.end if self.ended_at is None else min(self.end, self.ended_at)
        if end <= start:
            return None
        return RotaOverride(
            start=start, end=end, person=self.person, instead_of=self.instead_of, by=self.by, reason=self.reason
        )

    def state(self, now: datetime) -> OverrideState:
        """Return where it stands at `now`."""
        return span_state(self.start, self.end, now) if self.ended_at is None else OverrideState.ENDED

    def open(self, now: datetime) -> bool:
        """Return whether it counts at `now`, or will."""
        return self.ended_at is None and now < self.end

    def audited(self) -> dict[str, Any]:
        """Return what the audit log digests of it."""
        return {
            "rota": self.rota,
            "from": self.start,
            "until": self.end,
            "person": self.person,
            "instead_of": self.instead_of,
            "reason": self.reason,
            "ended_at": self.ended_at,
        }
