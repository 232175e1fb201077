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
    """The verdict of another SLA engine, such as ServiceNow's, on one of its clocks."""

    MET = "met"
    """The clock has ended in time."""
    MISSED = "missed"
    """The clock has ended late."""
    OVERDUE = "overdue"
    """The clock is open and past its due instant."""
    OPEN = "open"
    """The clock is open and not past its due instant."""
    CANCELLED = "cancelled"
    """The clock has ended without a result."""

    @property
    def kept(self) -> bool | None:
        """Return True if the target was met, False if it was missed or is overdue.

        The result is None for a clock that is open or was cancelled.
        """
        return {"met": True, "missed": False, "overdue": False}.get(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class TheirClock:
    """One clock in the export of another SLA engine: the measurement of one target on one ticket."""

    row: int
    """Number of the row in the export."""
    names: tuple[str, ...]
    """Names of the ticket, the name that people use first."""
    metric: str
    """slad's name of the metric."""
    verdict: TheirVerdict
    due_at: datetime | None = None
    """None if the export does not state it."""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    paused: timedelta | None = None
    """The total length of its pauses. None if the export does not state it."""
    label: str = ""
    """The engine's name of the target. "" for none."""


@dataclass(frozen=True, slots=True)
class UnreadableRow:
    """A row of an export that could not be read."""

    row: int
    """Number of the row."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OurClock:
    """A clock of slad (the measurement of one target on one incident), reduced to what a comparison needs."""

    incident: str
    metric: str
    cycle: int
    """The clock's number among the incident's clocks of this metric, from 0."""
    contract: str
    priority: str
    state: ClockState
    started_at: datetime
    due_at: datetime | None
    ended_at: datetime | None
    breached_at: datetime | None
    allowed: timedelta | None
    """The time in its hours until the target is due. None for an agreed date."""
    hours: str
    """The hours in which the clock counts, with their zone."""
    by_wall: bool
    """Whether every hour counts."""
    paused: timedelta
    """The total length of its pauses."""
    exempt: bool = False
    """Whether the clock is left out of the attainment."""
    zone: str = field(default="UTC")

    @classmethod
    def of(cls, clock: Clock, incident: Incident, rulebook: Rulebook, until: datetime) -> OurClock:
        """Return slad's clock in the form in which it is compared with a clock of another SLA engine.

        Args:
            clock: A clock of `incident`.
            incident: The incident, computed from its events.
            rulebook: The plans, contracts and calendars.
            until: A pause that has not ended is counted up to this instant.
        """
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
        """Return slad's verdict on the clock as of the instant `until`."""
        if self.exempt:
            return Verdict.EXEMPT
        if not self.state.open:
            return Verdict(self.state.value)
        late = self.breached_at is not None or (self.due_at is not None and self.due_at < until)
        return Verdict.OVERDUE if late else Verdict.OPEN
