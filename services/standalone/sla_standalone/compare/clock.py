"""A clock as another engine has it, and as slad has it, in the same words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sla_domain.clock import Clock, ClockState
from sla_domain.explain import allowed_span, calendar_of
from sla_domain.incident import Incident
from sla_domain.rulebook import Rulebook
from sla_standalone.replay import Verdict


class TheirVerdict(StrEnum):
    """What another engine says of a clock.

    MET, MISSED: it has ended. OVERDUE: it is open and breached. OPEN: it is open, in time so far. CANCELLED: it ended
    without a result.
    """

    MET = "met"
    MISSED = "missed"
    OVERDUE = "overdue"
    OPEN = "open"
    CANCELLED = "cancelled"

    @property
    def kept(self) -> bool | None:
        """Return whether the target was met; None if that is not decided."""
        return {"met": True, "missed": False, "overdue": False}.get(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class TheirClock:
    """A clock of another engine.

    `row`: where it stands in the export. `names`: of its ticket, the one that people use first. `metric`: slad's name
    for what it measures. `due_at`: None if the engine does not say, or no longer. `paused`: how long it was paused in
    all, None if the engine does not say. `label`: what the engine calls the target, "" if nothing.
    """

    row: int
    names: tuple[str, ...]
    metric: str
    verdict: TheirVerdict
    due_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    paused: timedelta | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class UnreadableRow:
    """A row of an export that could not be read: its number, and the reason."""

    row: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OurClock:
    """A clock of slad.

    `cycle`: its number among the incident's clocks of the metric, from 0. `hours`: in which it counts, with their zone;
    `by_wall`: every hour counts. `allowed`: its time in those hours, None for an agreed date. `paused`: how long it was
    paused in all. `exempt`: it counts in no attainment.
    """

    incident: str
    metric: str
    cycle: int
    contract: str
    priority: str
    state: ClockState
    started_at: datetime
    due_at: datetime | None
    ended_at: datetime | None
    breached_at: datetime | None
    allowed: timedelta | None
    hours: str
    by_wall: bool
    paused: timedelta
    exempt: bool = False
    zone: str = field(default="UTC")

    @classmethod
    def of(cls, clock: Clock, incident: Incident, rulebook: Rulebook, until: datetime) -> OurClock:
        """Return a clock of a folded incident; `until`: to when a pause that lasts is counted."""
        calendar = calendar_of(clock, incident, rulebook)
        pauses = [one for one in clock.segments if not one.running]
        return cls(
            incident=clock.incident,
            metric=clock.metric,
            cycle=clock.cycle,
            contract=clock.contract,
            priority=clock.priority,
            state=clock.state,
            started_at=clock.started_at,
            due_at=clock.due_at,
            ended_at=clock.stopped_at,
            breached_at=clock.breached_at,
            allowed=allowed_span(clock, calendar),
            hours=clock.coverage,
            by_wall=calendar is None,
            paused=sum(((one.end or max(until, one.start)) - one.start for one in pauses), timedelta()),
            exempt=bool(clock.exempt),
            zone=incident.contract.zone if calendar is None else calendar.zone,
        )

    def verdict(self, until: datetime) -> Verdict:
        """Return the verdict as of `until`; an open clock that is past due by then is overdue."""
        if self.exempt:
            return Verdict.EXEMPT
        if not self.state.open:
            return Verdict(self.state.value)
        late = self.breached_at is not None or (self.due_at is not None and self.due_at < until)
        return Verdict.OVERDUE if late else Verdict.OPEN
