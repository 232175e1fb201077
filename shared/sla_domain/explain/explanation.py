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
    """Why a span of a clock's time counted, or did not.

    `CLOSING`: the calendar was exceptionally closed.
    `ENDED`: from an end of the clock to the reopening that undid the end.
    `BEFORE_RESTART`: before a restart or reset, which sets the counted time to zero.
    `EARLIER`: all segments but the last 200 as one span, for a clock with more than 200.
    """

    COUNTED = "counted"
    OUTSIDE_HOURS = "outside_hours"
    HOLIDAY = "holiday"
    CLOSING = "closing"
    PAUSED = "paused"
    ENDED = "ended"  # between a resolution and the reopening that undid it
    BEFORE_RESTART = "before_restart"  # time that a restart or reset has wiped out
    EARLIER = "earlier"  # the first of very many stretches, summed up


@dataclass(frozen=True, slots=True)
class ReasonedStep:
    """A span `[start, end)` of a clock's time, with the reason and how much of it counts.

    `counted`: the time that counts.
    `total`: the sum of `counted` up to and with this step.
    `waiting_on`: whom the incident waited on during a pause.
    `credited`: the open time of a pause. It moves the due instant of targets in working days and of agreed dates.
    `ahead`: the step is a forecast from the instant of the explanation, without further events.
    """

    start: datetime
    end: datetime
    kind: StepKind
    reason: str
    counted: timedelta
    total: timedelta
    waiting_on: WaitingOn | None = None  # whose turn it was during a pause
    credited: timedelta = timedelta()  # open time of a pause, by which it moves a working-day or agreed date
    ahead: bool = False

    @property
    def span(self) -> timedelta:
        """Return the wall-clock length of the step."""
        return self.end - self.start


class RowOutcome(StrEnum):
    """The result of comparing one target of the contract or plan with the incident.

    `MATCHED`: all conditions hold.
    `FAILED`: a condition does not hold.
    `UNSPECIFIED`: all conditions hold, but the target has no number. The target listed next supplies the number.
    """

    MATCHED = "matched"
    FAILED = "failed"
    UNSPECIFIED = "unspecified"  # matched, but gives no number: the contract supplies it


@dataclass(frozen=True, slots=True)
class RowTried:
    """One target of the contract or plan that was compared with the incident, and the outcome.

    `condition`: the first condition that did not hold; None unless the outcome is FAILED.
    `actual`: the incident's value of the attribute in that condition.
    """

    target: Target
    outcome: RowOutcome
    condition: MatchCondition | None = None
    actual: str = ""


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions of the data behind an explanation: catalogue, holidays, time zones and calendar.

    `holidays`: version of the holiday data, "" if not known.
    `tzdata`: IANA release of the time zones, such as `2026f`.
    `calendar`: `<id>@<revision>`, such as `gold-hours@3f2a9c04d1e7`; "" for wall-clock time.
    """

    catalogue: str
    holidays: str
    tzdata: str
    calendar: str  # id and revision of the compiled calendar; '' for wall time


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """How the due instant and the consumed time of one clock came about, as of `at`.

    `cycle`: number, from 0, among the incident's clocks of the metric.
    `generation`: number of the clock's target, from 0.
    `why`: the reason of the clock's end in words.
    `match_reason`: why `contract` applies.
    `scope`: whether the contract covers the product.
    `entitlement`: id of the entitlement that applies; "" for a contract with one plan.
    `passed_over`: why the other entitlements do not apply.
    `coverage`, `zone`: id of the hours that count, and their time zone.
    `titles`: the metric's; `definitions`: the priority's. All texts are language tag -> text.
    `rows`: the targets compared with the incident, up to the one that applies.
    `steps`: the spans of the clock's time; counting began at `counted_from`.
    `allowed`: None if a date was agreed or the target has no number.
    `due_at`: None while the clock is paused and after a cancel.
    `original_due_at`: the due instant promised first.
    `quality`: how reliable the times of the events are.
    `broken_since`: the due instant that the open clock has passed by `at`; else None.
    `exempt`: why the clock is left out of attainment (share of targets met).
    `withdrawn_at`: since when the target is no longer promised; None: still promised.
    """

    incident: IncidentId
    clock: ClockId
    metric: MetricId
    cycle: int
    at: datetime
    state: ClockState
    why: str
    contract: ContractId
    match_reason: MatchReason
    plan: PlanId
    scope: Scope
    priority: str
    target: Target
    coverage: str
    zone: str
    allowed: timedelta | None  # in the clock's own time; None when only a date was agreed
    consumed: timedelta
    due_at: datetime | None
    original_due_at: datetime | None
    generation: int
    counted_from: datetime
    steps: tuple[ReasonedStep, ...]
    rows: tuple[RowTried, ...]
    marks: tuple[Mark, ...]
    versions: Versions
    quality: TimeQuality
    broken_since: datetime | None = None  # the due instant that an open clock has passed by `at`
    agreed_by: str = ""
    agreed_reason: str = ""
    exempt: str = ""
    exempt_by: str = ""
    withdrawn_at: datetime | None = None  # since when the target is no longer promised
    titles: Mapping[str, str]
    priority_titles: Texts = field(default_factory=lambda: NO_TEXTS)
    definitions: Texts = field(default_factory=lambda: NO_TEXTS)  # what the plan says the priority means (clause E12)
    entitlement: str = ""  # of a contract with several, the one that applies
    passed_over: tuple[PassedOver, ...] = ()  # its other entitlements, with the reasons
    coverage_titles: Texts = field(default_factory=lambda: NO_TEXTS)  # none for wall time

    @property
    def remaining(self) -> timedelta | None:
        """Return the allowed time minus the consumed time; negative if overdue.

        None if `allowed` is None.
        """
        return None if self.allowed is None else self.allowed - self.consumed

    def expected(self, mark: Mark) -> bool:
        """Return whether the warning or breach `mark` is still to come, as of the explanation's `at`.

        A further event may still change `mark.at`.
        """
        return mark.pending and mark.at >= self.at
