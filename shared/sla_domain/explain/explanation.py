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

    `CLOSING`: the calendar was exceptionally closed. `ENDED`: between an end of the clock and the reopening that undid
    it. `BEFORE_RESTART`: before a restart or reset, from which the clock counts anew. `EARLIER`: many spans in one: if
    a clock has more than 200 segments, all but the last 200.
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
    """A span `[start, end)` of a clock's time, with the reason in words and how much of it counts (`counted`).

    `total`: the sum of `counted` up to and with this step. `waiting_on`: on whom the incident waited in a pause.
    `credited`: the open time of a pause, if the pause moves the due instant by it (targets in working days, agreed
    dates). `ahead`: the step is a forecast from the instant of the explanation on, and assumes that no further event
    comes.
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
    """What came of comparing one target of the contract or plan with the incident.

    `MATCHED`: all conditions hold. `FAILED`: a condition does not hold. `UNSPECIFIED`: all hold, but the target has no
    number; the target listed after it supplies one.
    """

    MATCHED = "matched"
    FAILED = "failed"
    UNSPECIFIED = "unspecified"  # matched, but gives no number: the contract supplies it


@dataclass(frozen=True, slots=True)
class RowTried:
    """One target of the contract or plan that was compared with the incident, and whether it matched.

    `condition`: the first condition that did not hold, None unless the outcome is FAILED. `actual`: the incident's
    value of the attribute in that condition.
    """

    target: Target
    outcome: RowOutcome
    condition: MatchCondition | None = None
    actual: str = ""


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions of the data behind an explanation: catalogue, holidays, time zones and calendar.

    `holidays`: of the holiday data, "" if not known. `tzdata`: the IANA release of the time zones, such as `2026f`.
    `calendar`: `<id>@<revision>`, such as `gold-hours@3f2a9c04d1e7`; "" for wall-clock time.
    """

    catalogue: str
    holidays: str
    tzdata: str
    calendar: str  # id and revision of the compiled calendar; '' for wall time


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """How the due instant and the consumed time of one clock came about, as of `at`.

    `cycle`: the clock's number, from 0, among the incident's clocks of the metric; `generation`: the number of its
    target, from 0. `why`: the reason of its end, in words. `match_reason`: why `contract` applies; `scope`: whether the
    contract covers the product; `entitlement`: id of the contract's entitlement that applies, "" for a contract with
    one plan; `passed_over`: why its others do not. `plan`, `priority`, `coverage` (the hours that count, in `zone`):
    ids. `titles` (of the metric), `priority_titles`, `coverage_titles`, `definitions` (of the priority): language tag
    -> text. `rows`: the targets compared with the incident, up to the one that applies. `steps`: the spans of the
    clock's time; `counted_from`: where counting began. `allowed`, `consumed`: open or wall-clock time, as the clock
    counts; `allowed` is None if a date was agreed or the target has no number. `due_at`: None while it is paused and
    after a cancel; `original_due_at`: the one promised first. `marks`: warnings and breaches. `quality`: how reliable
    the events' times are. `broken_since`: the due instant that the clock, still open, has passed by `at`; else None.
    `agreed_by`, `agreed_reason`: of an agreed due date, else "". `exempt`: why it counts in no attainment (share of
    targets met). `withdrawn_at`: since when its target is no longer promised, None if it still is.
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
        """Return the allowed time minus the consumed time, negative when overdue; None if `allowed` is None."""
        return None if self.allowed is None else self.allowed - self.consumed

    def expected(self, mark: Mark) -> bool:
        """Return whether the warning or breach `mark` is still to come as of the explanation's instant `at`.

        It then comes at `mark.at`, unless a further event changes that.
        """
        return mark.pending and mark.at >= self.at
