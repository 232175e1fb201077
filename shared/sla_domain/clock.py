"""A clock: one measurement of one metric on one incident in one cycle, as a value.

`due_at` is undefined while paused. *Breached* is a fact on the clock, not a state. Marks are the instants that must be
published (warnings and the breach): those already passed and those still ahead while the clock runs; the latter become
rows of the timer table. Segments tile the time from start to end and add up to the verdict.

A mark counts only when time ran past it: an instant in `[start, end)` of a running segment. A clock stopped, or paused,
exactly at its due instant is therefore not breached, and a warning at the very instant of the stop is not published.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha1
from typing import NewType
from uuid import NAMESPACE_URL, UUID

from sla_domain.contract import NO_CONTRACT, ContractId
from sla_domain.event import NO_EVENT, NOTHING, EventId, EventKind, IncidentId, WaitingOn
from sla_domain.plan import NO_PLAN, MetricId, PlanId, Target

ClockId = NewType("ClockId", UUID)

BREACH = "breach"

# `uuid.uuid5` for names that begin alike: the namespace is hashed once.
_NAMESPACE = sha1(NAMESPACE_URL.bytes, usedforsecurity=False)
_VERSION_5 = (5 << 76) | (0b10 << 62)
_NOT_VERSION = ~((0xF << 76) | (0b11 << 62))


def clock_id(incident: IncidentId, metric: MetricId, cycle: int | str) -> ClockId:
    """Return the id of a clock: a UUID of version 5 (RFC 9562), always the same for these arguments.

    Args:
        cycle: The clock's number, from 0, among the incident's clocks of this metric. If another clock already has the
            id of that number, pass `<number>/<hash>` instead, such as `0/3f2a9c04d1e7`. `cycles.start_name` gives the
            hash.
    """
    name = _NAMESPACE.copy()
    name.update(f"slad:{incident}/{metric}/{cycle}".encode())
    number = int.from_bytes(name.digest()[:16]) & _NOT_VERSION | _VERSION_5
    return ClockId(UUID(int=number))


class ClockState(StrEnum):
    """The state of a clock: running, paused, or ended as met, missed or cancelled."""

    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    """Stopped at or before the due instant."""
    MISSED = "missed"
    """Stopped after the due instant."""
    CANCELLED = "cancelled"
    """Ended without a verdict."""

    @property
    def open(self) -> bool:
        """Return whether the clock has not ended, that is, runs or is paused."""
        return self in (ClockState.RUNNING, ClockState.PAUSED)


@dataclass(frozen=True, slots=True)
class Segment:
    """A span of time in which a clock ran (`running`) or was paused."""

    start: datetime
    end: datetime | None
    """When the segment ended. None for the current segment."""
    running: bool
    why: str = ""
    """The reason of a pause in words. "" while the clock runs."""
    waiting_on: WaitingOn | None = None
    """Whom the incident waited on during a pause (clause H11). None if it waited on nobody, or if the clock ran."""
    event: EventId = NO_EVENT
    """The event that began the segment."""


@dataclass(frozen=True, slots=True)
class Mark:
    """An instant of a clock that must be published once it has passed: a warning or the breach."""

    kind: str
    """`breach`, `warn-75` (percent of the allowed time) or `warn-3600s` (seconds before the due instant)."""
    generation: int
    """The number, from 0, of the clock's target to which the mark belongs."""
    at: datetime
    pending: bool
    """Whether the instant is still ahead of the running clock. A timer is set for a pending instant."""
    target_event: EventId = NO_EVENT
    """The event that set the target. NO_EVENT if the clock's start set it."""
    known_since: datetime | None = None
    """When slad had received all events that the instant depends on. None if not known."""

    @property
    def key(self) -> str:
        """Return the key under which the mark is published: `<number of the target>/<kind>`, such as `0/warn-75`.

        If another published fact of the clock already has that key, the mark gets a different one, such as
        `0/warn-75~1` (`published_mark.unused_key`).
        """
        return f"{self.generation}/{self.kind}"


@dataclass(frozen=True, slots=True)
class EarnedBreach:
    """A published breach that stays on record after a newer catalogue replaced the breached target."""

    at: datetime
    """The due instant that was passed."""
    under: str
    """The catalogue version that promised the old target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One measurement of time in an incident for a metric, such as the time to the first response.

    A clock has a target (the allowed time), segments (spans in which it ran or was paused) and marks (the instants of
    warnings and of the breach). All instants are in UTC.
    """

    id: ClockId
    incident: IncidentId
    metric: MetricId
    cycle: int
    """Number, from 0, among the incident's clocks of the metric."""
    state: ClockState
    priority: str
    """Id of the priority, as of the current target."""
    target: Target
    coverage: str
    generation: int
    """Number of the current target, from 0, among the clock's targets."""
    started_at: datetime
    due_at: datetime | None
    """When the clock is due. None while paused, after a cancel, or beyond the years of the calendar."""
    original_due_at: datetime | None
    """The due instant promised first."""
    stopped_at: datetime | None
    breached_at: datetime | None
    """The due instant of the current target that was passed. None if the target was not breached."""
    consumed: timedelta
    """Time counted from `counted_from` to the incident's last event."""
    segments: tuple[Segment, ...]
    marks: tuple[Mark, ...]
    exempt: str = ""
    """Why the clock is left out of attainment (share of targets met). "" if it is not left out."""
    agreed_by: str = ""
    """Who agreed to the due date (clause B5). "" if no date was agreed."""
    contract: ContractId = NO_CONTRACT
    """Id of the contract, as of the current target."""
    plan: PlanId = NO_PLAN
    """Id of the plan, as of the current target. The base plan if the product is not covered (clause H4)."""
    counted_from: datetime | None = None
    """From when time is counted: later than `started_at` after a restart or reset."""
    generation_at: datetime | None = None
    """When the current target came into force."""
    started_by: EventKind = EventKind.OPENED
    """The kind of the event that started the clock."""
    start_event: EventId = NO_EVENT
    """The event that started the clock."""
    target_event: EventId = NO_EVENT
    """The event by which the current target came into force. NO_EVENT means the clock's start."""
    cause: EventId = NO_EVENT
    """The event that put the clock into its present state."""
    why: str = ""
    """The reason of the clock's end in words."""
    undone: tuple[EventId, ...] = ()
    """Events that stopped the clock, where a reopening undid the stop."""
    exempt_by: str = ""
    """Who exempted the clock. "" if it is not exempt."""
    agreed_reason: str = ""
    """Why the due date was agreed. "" if no date was agreed."""
    withdrawn_at: datetime | None = None
    """Since when the target is no longer promised. None if it is still promised."""
    earned: tuple[EarnedBreach, ...] = ()
    """Published breaches of targets that a newer catalogue replaced."""
    matched: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    """The incident's attributes by which the current target was selected."""

    @property
    def breached(self) -> bool:
        """Return whether the clock ran past the due instant of its current target."""
        return self.breached_at is not None

    @property
    def stopped_while_paused(self) -> bool:
        """Return whether the clock was stopped during a pause.

        If so, somebody may have forgotten to resume work in the ticket.
        """
        return self.stopped_at is not None and bool(self.segments) and not self.segments[-1].running

    @property
    def pending(self) -> tuple[Mark, ...]:
        """Return the marks (instants of warnings and of the breach) that the running clock has not reached yet.

        A timer is set for each of them.
        """
        return tuple(mark for mark in self.marks if mark.pending)
