"""A clock: one measurement of one metric on one incident in one cycle, as a value.

`due_at` is undefined while paused. *Breached* is a fact on the clock, not a state. Marks are the instants that must
be told (warnings and the breach): those already behind the clock and those ahead of it while it runs; the latter
become rows of the timer table. Segments tile the clock's life and add up to its verdict.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import NAMESPACE_URL, UUID, uuid5

from sla_domain.event import IncidentId
from sla_domain.plan import MetricId, Target

ClockId = NewType("ClockId", UUID)

BREACH = "breach"


def clock_id(incident: IncidentId, metric: MetricId, cycle: int) -> ClockId:
    """The same clock has the same id wherever and however often it is computed."""
    return ClockId(uuid5(NAMESPACE_URL, f"slad:{incident}/{metric}/{cycle}"))


class ClockState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    MISSED = "missed"
    CANCELLED = "cancelled"

    @property
    def open(self) -> bool:
        return self in (ClockState.RUNNING, ClockState.PAUSED)


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a clock's life. `end` is None for the open one. `why` names the pause (waiting on whom, words)."""

    start: datetime
    end: datetime | None
    running: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """An instant that must be told once: `kind` is `breach` or a warning key (`warn-75`, `warn-3600s`).

    `generation` counts the targets the clock has had (priority change, agreed date, reset); pauses keep it.
    `pending` marks belong to the running segment and become timers; the others lie behind the clock.
    """

    kind: str
    generation: int
    at: datetime
    pending: bool

    @property
    def key(self) -> str:
        """The dedup key within a clock: `<generation>/<kind>`."""
        return f"{self.generation}/{self.kind}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    id: ClockId
    incident: IncidentId
    metric: MetricId
    cycle: int
    state: ClockState
    priority: str
    target: Target
    coverage: str
    generation: int
    started_at: datetime
    due_at: datetime | None  # None while paused, and after a cancel
    original_due_at: datetime | None  # the first promise of this cycle
    stopped_at: datetime | None
    breached_at: datetime | None  # the due instant that was passed, of the generation in force
    consumed: timedelta  # in the target's own unit of time, up to the last event
    segments: tuple[Segment, ...]
    marks: tuple[Mark, ...]
    exempt: str = ""  # reason; an exempt clock counts in no attainment
    agreed_by: str = ""  # B5: by whom the pinned due instant was agreed

    @property
    def breached(self) -> bool:
        return self.breached_at is not None
