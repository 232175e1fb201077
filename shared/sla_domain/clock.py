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

    `cycle`: the clock's number, from 0, among the incident's clocks of this metric. If another clock already has the id
    of that number, pass `<number>/<hash>` instead, such as `0/3f2a9c04d1e7`. `cycles.start_name` gives the hash of the
    event that began the clock.
    """
    name = _NAMESPACE.copy()
    name.update(f"slad:{incident}/{metric}/{cycle}".encode())
    number = int.from_bytes(name.digest()[:16]) & _NOT_VERSION | _VERSION_5
    return ClockId(UUID(int=number))


class ClockState(StrEnum):
    """The state of a clock: running, paused, or ended as met, missed or cancelled.

    `MET`: stopped at or before the due instant. `MISSED`: stopped after it. `CANCELLED`: ended without a verdict.
    """

    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    MISSED = "missed"
    CANCELLED = "cancelled"

    @property
    def open(self) -> bool:
        """Return whether the clock has not ended, that is, runs or is paused."""
        return self in (ClockState.RUNNING, ClockState.PAUSED)


@dataclass(frozen=True, slots=True)
class Segment:
    """A span of time in which a clock ran (`running`) or was paused.

    `end`: None for the current segment.
    `why`: the reason of a pause in words, "" while the clock runs.
    `waiting_on`: whom the incident waited on during a pause; None if nobody, or if the clock ran.
    `event`: the event that began the segment.
    """

    start: datetime
    end: datetime | None
    running: bool
    why: str = ""
    waiting_on: WaitingOn | None = None  # whose share a pause is (clause H11)
    event: EventId = NO_EVENT  # what began it


@dataclass(frozen=True, slots=True)
class Mark:
    """An instant of a clock that must be published once it has passed: a warning or the breach.

    `kind`: `breach`, `warn-75` (percent of the allowed time) or `warn-3600s` (seconds before the due instant).
    `generation`: the number, from 0, of the clock's target to which the mark belongs.
    `pending`: the instant is still ahead of the running clock; a timer is set for it.
    `target_event`: the event that set the target; NO_EVENT: the clock's start.
    `known_since`: when slad had received all events that the instant depends on; None: not known.
    """

    kind: str
    generation: int
    at: datetime
    pending: bool
    target_event: EventId = NO_EVENT
    known_since: datetime | None = None  # when slad had received every event from which the instant follows

    @property
    def key(self) -> str:
        """Return the key under which the mark is published: `<generation>/<kind>`, such as `0/warn-75`.

        If another published fact of the clock already has that key, the mark gets a different one, such as
        `0/warn-75~1` (`published_mark.unused_key`).
        """
        return f"{self.generation}/{self.kind}"


@dataclass(frozen=True, slots=True)
class EarnedBreach:
    """A published breach that stays on record after a newer catalogue replaced the breached target.

    `at`: the due instant that was passed.
    `under`: the catalogue version that promised the old target.
    """

    at: datetime  # the due instant that was passed
    under: str  # the catalogue version by which it was one


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One measurement of one metric of an incident, with its target, segments and marks.

    All instants are in UTC.
    `cycle`: number, from 0, among the incident's clocks of the metric.
    `generation`: number of the current target, from 0, among the clock's targets.
    `generation_at`, `target_event`: when, and by which event, the current target came into force. NO_EVENT: by the
    clock's start.
    `priority`, `contract`, `plan`: ids, as of the current target.
    `matched`: the incident's attributes by which the current target was selected.
    `due_at`: None while paused, after a cancel, or beyond the years of the calendar.
    `original_due_at`: the due instant promised first.
    `breached_at`: the due instant of the current target that was passed; None: no breach.
    `consumed`: time counted from `counted_from` to the incident's last event.
    `start_event`, `started_by`: the event that started the clock, and its kind.
    `cause`: the event that put the clock into its present state.
    `why`: the reason of the end in words.
    `undone`: events whose stop a reopening undid.
    `exempt`, `exempt_by`: why and by whom the clock is left out of attainment (share of targets met); "": not left out.
    `agreed_by`, `agreed_reason`: who agreed to the due date and why; "": no date was agreed.
    `withdrawn_at`: since when the target is no longer promised; None: still promised.
    `earned`: published breaches of targets that a newer catalogue replaced.
    """

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
    agreed_by: str = ""  # who agreed to the due date (clause B5)
    contract: ContractId = NO_CONTRACT
    plan: PlanId = NO_PLAN  # whose row it is: the base plan when the product is out of scope (H4)
    counted_from: datetime | None = None  # later than started_at after a restart or reset
    generation_at: datetime | None = None  # when the target in force came into force
    started_by: EventKind = EventKind.OPENED  # what armed it: the opening, a reply, a reopening …
    start_event: EventId = NO_EVENT  # the event that armed it: the same however many cycles lie before it
    target_event: EventId = NO_EVENT  # what made the target in force; NO_EVENT: the clock's own start
    cause: EventId = NO_EVENT  # the event that put the clock into its present state
    why: str = ""  # what stopped or cancelled it, in words
    undone: tuple[EventId, ...] = ()  # stops that a reopening has undone (mode resume)
    exempt_by: str = ""
    agreed_reason: str = ""
    withdrawn_at: datetime | None = None  # since when its target is no longer promised, though the incident goes on
    earned: tuple[EarnedBreach, ...] = ()
    matched: Mapping[str, str] = field(
        default_factory=lambda: NOTHING
    )  # the attributes the target's row was matched against

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
        """Return the marks (warnings, breach) that still lie ahead of the running clock.

        A timer is set for each of them.
        """
        return tuple(mark for mark in self.marks if mark.pending)
