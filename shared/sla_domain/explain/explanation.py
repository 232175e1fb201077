"""An explanation as pure data: every stretch of a clock's time with its reason, and sums that add up.

The counted steps up to the due instant sum to the allowed time, to the microsecond; all counted steps up to `at` sum to
`consumed`. Steps marked `ahead` are a projection from `at`: they hold if nothing else happens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sla_domain.clock import ClockId, ClockState, Mark
from sla_domain.contract import ContractId
from sla_domain.event import IncidentId, TimeQuality, WaitingOn
from sla_domain.incident import PassedOver, Scope
from sla_domain.plan import NO_TEXTS, MatchCondition, MetricId, PlanId, Target, Texts
from sla_domain.rulebook import MatchReason


class StepKind(StrEnum):
    """Why a span of time counted for a clock or did not count."""

    COUNTED = "counted"
    OUTSIDE_HOURS = "outside_hours"
    HOLIDAY = "holiday"
    CLOSING = "closing"
    """The calendar was exceptionally closed."""
    PAUSED = "paused"
    ENDED = "ended"
    """From an end of the clock to the reopening that undid the end."""
    BEFORE_RESTART = "before_restart"
    """Before a restart or reset, which sets the counted time to zero."""
    EARLIER = "earlier"
    """All segments but the last 200, as a single span. Used for a clock with more than 200 segments."""


@dataclass(frozen=True, slots=True)
class ReasonedStep:
    """A span `[start, end)` of a clock's time, with the reason and how much of it is counted."""

    start: datetime
    end: datetime
    kind: StepKind
    reason: str
    counted: timedelta
    """The counted time."""
    total: timedelta
    """The sum of `counted` up to and with this step."""
    waiting_on: WaitingOn | None = None
    """Whom the incident waited on during a pause."""
    credited: timedelta = timedelta()
    """The open time of a pause. It moves the due instant of targets in working days and of agreed dates."""
    ahead: bool = False
    """Whether the step is a forecast from the instant of the explanation, without further events."""

    @property
    def span(self) -> timedelta:
        """Return the wall-clock length of the step."""
        return self.end - self.start


class RowOutcome(StrEnum):
    """The result of comparing one target of the contract or plan with the incident."""

    MATCHED = "matched"
    """All conditions hold."""
    FAILED = "failed"
    """A condition does not hold."""
    UNSPECIFIED = "unspecified"
    """All conditions hold, but the target states no allowed time. The target listed next states one."""


@dataclass(frozen=True, slots=True)
class RowTried:
    """One target of the contract or plan that was compared with the incident, and the outcome."""

    target: Target
    outcome: RowOutcome
    condition: MatchCondition | None = None
    """The first condition that did not hold. None unless the outcome is FAILED."""
    actual: str = ""
    """The incident's value of the attribute in that condition."""


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions of the data behind an explanation: catalogue, holidays, time zones and calendar."""

    catalogue: str
    holidays: str
    """Version of the holiday data. "" if not known."""
    tzdata: str
    """IANA release of the time zones, such as `2026f`."""
    calendar: str
    """`<id>@<revision>`, such as `gold-hours@3f2a9c04d1e7`. "" for wall-clock time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """An explanation of how the due instant and the consumed time of one clock came about, as of `at`.

    Each field of type `Texts` maps language tag -> text.
    """

    incident: IncidentId
    clock: ClockId
    metric: MetricId
    cycle: int
    """Number, from 0, among the incident's clocks of the metric."""
    at: datetime
    state: ClockState
    why: str
    """The reason of the clock's end in words."""
    contract: ContractId
    match_reason: MatchReason
    """Why `contract` applies."""
    plan: PlanId
    scope: Scope
    """Whether the contract covers the product."""
    priority: str
    target: Target
    coverage: str
    """Id of the hours in which time is counted."""
    zone: str
    """Time zone of the hours in which time is counted."""
    allowed: timedelta | None
    """How much time the target allows. None if a date was agreed or if the target states none."""
    consumed: timedelta
    due_at: datetime | None
    """When the clock is due. None while the clock is paused and after a cancel."""
    original_due_at: datetime | None
    """The due instant promised first."""
    generation: int
    """Number of the clock's target, from 0."""
    counted_from: datetime
    """When counting began."""
    steps: tuple[ReasonedStep, ...]
    """The spans of the clock's time."""
    rows: tuple[RowTried, ...]
    """The targets compared with the incident, up to the one that applies."""
    marks: tuple[Mark, ...]
    versions: Versions
    quality: TimeQuality
    """How reliable the times of the events are."""
    broken_since: datetime | None = None
    """The due instant that the open clock has passed by `at`. None if there is none."""
    agreed_by: str = ""
    agreed_reason: str = ""
    exempt: str = ""
    """Why the clock is left out of attainment (share of targets met)."""
    exempt_by: str = ""
    withdrawn_at: datetime | None = None
    """Since when the target is no longer promised. None if it is still promised."""
    titles: Mapping[str, str]
    """The titles of the metric."""
    priority_titles: Texts = field(default_factory=lambda: NO_TEXTS)
    """The titles of the priority."""
    definitions: Texts = field(default_factory=lambda: NO_TEXTS)
    """What the plan says the priority means (clause E12)."""
    entitlement: str = ""
    """Id of the entitlement that applies. "" for a contract with one plan."""
    passed_over: tuple[PassedOver, ...] = ()
    """Why the other entitlements do not apply."""
    coverage_titles: Texts = field(default_factory=lambda: NO_TEXTS)
    """The titles of the coverage. No titles for wall-clock time."""

    @property
    def remaining(self) -> timedelta | None:
        """Return the allowed time minus the consumed time.

        The result is negative if the clock is overdue. The result is None if `allowed` is None.
        """
        return None if self.allowed is None else self.allowed - self.consumed

    def expected(self, mark: Mark) -> bool:
        """Return whether the warning or breach `mark` is still to come, as of the explanation's `at`.

        An event that slad receives later may still change `mark.at`.
        """
        return mark.pending and mark.at >= self.at
