"""The verdicts on an incident's clocks, from its events under one rulebook. Pure, in virtual time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, assert_never

from sla_domain.clock import BREACH, Clock, ClockState
from sla_domain.event import IncidentEvent
from sla_domain.fold import fold
from sla_domain.incident import Incident
from sla_domain.rulebook import ContractMatch, Rulebook


class Verdict(StrEnum):
    """The result of a clock (the measurement of one target on one incident) when past incidents are judged."""

    MET = "met"
    """The clock stopped in time."""
    MISSED = "missed"
    """The clock stopped after its due instant."""
    OVERDUE = "overdue"
    """The clock is still open at the end of the log, and past its due instant."""
    OPEN = "open"
    """The clock is still open at the end of the log, and not overdue."""
    CANCELLED = "cancelled"
    """The clock ended without a result."""
    EXEMPT = "exempt"
    """A person decided, with a reason, to leave the clock out of the count."""

    @property
    def kept(self) -> bool | None:
        """Return whether the target was met.

        The result is True for MET, False for MISSED and OVERDUE, None for OPEN, CANCELLED and EXEMPT.
        """
        match self:
            case Verdict.MET:
                return True
            case Verdict.MISSED | Verdict.OVERDUE:
                return False
            case Verdict.OPEN | Verdict.CANCELLED | Verdict.EXEMPT:
                return None
            case _:
                assert_never(self)


class ClockOutcome(NamedTuple):
    """The verdict on one clock of a past incident, with the instants and the plan that led to it."""

    incident: str
    metric: str
    cycle: int
    """The number of the clock, from 0, among the incident's clocks of this metric."""
    contract: str
    """The contract by which the clock was judged."""
    plan: str
    """The plan by which the clock was judged."""
    zone: str
    """The contract's time zone."""
    priority: str
    """The priority by which the clock was judged."""
    verdict: Verdict
    started_at: datetime
    due_at: datetime | None
    """The due instant. None while the clock is paused, and after it was cancelled."""
    breached_at: datetime | None
    """When the clock became overdue. None if it did not become overdue."""
    ended_at: datetime | None
    """When the clock ended. None while it is open."""
    consumed_seconds: float
    """The counted time."""
    pending: tuple[datetime, ...] = ()
    """The instants of future warnings."""
    warned: int = 0
    """The number of past warnings."""
    quality: str = "exact"
    """How exact the incident's instants are, from `exact` to `receipt` (only the time of receipt is known). It is that
    of the least exact instant."""

    @property
    def key(self) -> tuple[str, str, int]:
        """Return the tuple that identifies the clock in a replay: (incident, metric, cycle).

        `cycle` is the clock's number, from 0, among the incident's clocks of this metric.
        """
        return self.incident, self.metric, self.cycle

    def settled(self, until: datetime) -> ClockOutcome:
        """Return the outcome as of `until`, the end of the log.

        An OPEN clock whose due instant has passed at `until` becomes OVERDUE. The warnings whose instants have passed
        at `until` are added to `warned`. The outcome of a clock that is not OPEN is returned unchanged.
        """
        if self.verdict is not Verdict.OPEN:
            return self
        due = self.due_at
        late = self.breached_at is not None or (due is not None and due < until)
        end = until if due is None or not late else due
        return self._replace(
            verdict=Verdict.OVERDUE if late else Verdict.OPEN,
            breached_at=self.breached_at or (due if late else None),
            warned=self.warned + sum(at <= until and at < end for at in self.pending),
            pending=(),
        )


def judge(
    events: Sequence[IncidentEvent], rulebook: Rulebook, contract: ContractMatch | None = None
) -> list[ClockOutcome]:
    """Return the outcome of every clock of an incident, given its events.

    A clock that is open after the last event has the verdict OPEN, even if it is past due. If a person has exempted it
    (taken it out of the count), the verdict is EXEMPT. Call `ClockOutcome.settled` to judge an open clock as of the end
    of the log.

    Args:
        events: The events of one incident.
        rulebook: The plans, contracts and calendars.
        contract: The contract to judge by. None means the contract of the incident's customer.
    """
    return outcomes_of(fold(events, rulebook, contract))


class JudgedIncident(NamedTuple):
    """The results of one incident under one plan."""

    outcomes: list[ClockOutcome]
    """The outcome of each clock."""
    remarks: tuple[tuple[str, str], ...]
    """Pairs of kind and text, on what is odd about the incident."""


def judged_of(incident: Incident) -> JudgedIncident:
    """Return the outcomes of an incident's clocks, and the remarks on oddities such as an unknown customer.

    An open clock has the verdict OPEN, even if it is past due. If a person has exempted it (taken it out of the count),
    the verdict is EXEMPT.

    Args:
        incident: The incident, computed from its events.
    """
    return JudgedIncident(outcomes_of(incident), tuple((remark.kind.value, remark.text) for remark in incident.remarks))


def outcomes_of(incident: Incident) -> list[ClockOutcome]:
    """Return the outcome of every clock of an incident.

    An open clock has the verdict OPEN, even if it is past due. If a person has exempted it (taken it out of the count),
    the verdict is EXEMPT.

    Args:
        incident: The incident, computed from its events.
    """
    zone, quality = incident.contract.zone, incident.quality.value
    return [_outcome(clock, zone, quality) for clock in incident.clocks]


def _outcome(clock: Clock, zone: str, quality: str) -> ClockOutcome:
    warnings = [mark for mark in clock.marks if mark.kind != BREACH]
    return ClockOutcome(
        incident=clock.incident,
        metric=clock.metric,
        cycle=clock.cycle,
        contract=clock.contract,
        plan=clock.plan,
        zone=zone,
        priority=clock.priority,
        verdict=_verdict(clock),
        started_at=clock.started_at,
        due_at=clock.due_at,
        breached_at=clock.breached_at,
        ended_at=clock.stopped_at,
        consumed_seconds=clock.consumed.total_seconds(),
        pending=tuple(mark.at for mark in warnings if mark.pending),
        warned=sum(not mark.pending for mark in warnings),
        quality=quality,
    )


def _verdict(clock: Clock) -> Verdict:
    if clock.exempt:
        return Verdict.EXEMPT
    match clock.state:
        case ClockState.MET:
            return Verdict.MET
        case ClockState.MISSED:
            return Verdict.MISSED
        case ClockState.CANCELLED:
            return Verdict.CANCELLED
        case ClockState.RUNNING | ClockState.PAUSED:
            return Verdict.OPEN
        case _:
            assert_never(clock.state)
