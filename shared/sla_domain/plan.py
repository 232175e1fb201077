"""What a support plan promises, as data: coverages, metrics, targets and the rules around them.

A plan is reusable; a contract (see `sla_domain.contract`) gives it a customer, a country and a zone. Nothing here
computes: the fold reads these values. Rows are matched in file order, first match wins (docs/architecture.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple, NewType

from sla_domain.allowance import Allowance
from sla_domain.breach_reason import NO_RULES, BreachReasons
from sla_domain.calendar import AtClose, LocalSpan, Season, Window, WorkingDays
from sla_domain.event import EventKind, WaitingOn
from sla_domain.match import NO_CONDITIONS
from sla_domain.match import Match as Match
from sla_domain.match import MatchCondition as MatchCondition
from sla_domain.normal import normal
from sla_domain.notice_terms import NoticeTerms
from sla_domain.objective import Objective
from sla_domain.report_schedule import ReportSchedule
from sla_domain.tell import TellRule
from sla_domain.terms import NO_TERMS, PlanTerms
from sla_domain.window import BookableWindow

PlanId = NewType("PlanId", str)
MetricId = NewType("MetricId", str)
NO_PLAN = PlanId("")
Texts = Mapping[str, str]  # BCP 47 language tag -> text
NO_TEXTS: Texts = MappingProxyType({})


# -- coverage ---------------------------------------------------------------------------------------------


class HolidaySource(StrEnum):
    """Which holidays are subtracted from a coverage (the hours in which time is counted)."""

    NONE = "none"
    """No holidays."""
    CONTRACT = "contract"
    """The holidays of the contract's country and subdivision (clause H2)."""
    FIXED = "fixed"
    """The holidays of the country that the coverage itself names."""


class Combination(StrEnum):
    """How a coverage (the hours in which time is counted) combines the hours of other coverages, its parts."""

    ALL = "all"
    """Open while every part is open."""
    ANY = "any"
    """Open while at least one part is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """When time is counted: weekly hours, holidays, extra openings and closings."""

    id: str
    weekly: Mapping[int, tuple[Window, ...]]
    """Weekday (0 is Monday) -> open hours."""
    zone: str | None = None
    """IANA name of the time zone. None means the contract's zone."""
    holidays: HolidaySource = HolidaySource.NONE
    country: str | None = None
    """The country whose holidays are subtracted, if `holidays` is FIXED."""
    subdivision: str | None = None
    """The subdivision whose holidays are subtracted, if `holidays` is FIXED."""
    openings: tuple[LocalSpan, ...] = ()
    """Spans in local time that are open whatever the weekly hours."""
    closings: tuple[LocalSpan, ...] = ()
    """Spans in local time that are closed whatever the weekly hours."""
    titles: Texts = field(default_factory=lambda: NO_TEXTS)
    """Language tag -> title."""
    clause: str = ""
    """The contract clause behind the coverage. "" if none is named."""
    parts: tuple[Coverage, ...] = ()
    """Other coverages. Their hours, combined by `combination`, replace the coverage's own hours. Working days are then
    counted in the zone of the first part."""
    combination: Combination = Combination.ALL
    seasons: tuple[Season, ...] = ()
    """Periods with other weekly hours."""

    @property
    def around_the_clock(self) -> bool:
        """Return whether the weekly hours cover all 168 hours of the week, in every season too.

        Holidays and closings are ignored.
        """
        return all(map(self._whole, (self.weekly, *(season.weekly for season in self.seasons))))

    @staticmethod
    def _whole(weekly: Mapping[int, tuple[Window, ...]]) -> bool:
        day = 24 * 3600
        spans = [(at * day + window.open, at * day + window.end) for at, each in weekly.items() for window in each]
        spans += [(0, end - 7 * day) for _, end in spans if end > 7 * day]  # a night shift from Sunday to Monday
        reached = 0
        for open_, end in sorted(spans):
            if open_ > reached:
                return False
            reached = max(reached, end)
        return reached >= 7 * day


# -- metrics ----------------------------------------------------------------------------------------------


class ReopenMode(StrEnum):
    """What a reopening of the incident does to a metric's last clock, if that clock has ended."""

    IGNORE = "ignore"
    """A met or missed clock stays ended. A cancelled clock runs on."""
    NEW_CYCLE = "new_cycle"
    """A new clock starts."""
    RESUME = "resume"
    """A cancelled clock runs on, and so does a clock that a resolution or closure ended."""


class PriorityChangeMode(StrEnum):
    """What happens to an open clock when a change of priority gives it a new target."""

    RETARGET = "retarget"
    """The new target is counted from the clock's start."""
    RESTART = "restart"
    """The new target is counted from the change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A kind of event that a metric reacts to, with limits on who caused it and whom the incident waits on."""

    kind: EventKind
    actors: frozenset[str] = frozenset()
    """The actors (values of `Actor`) whose events are accepted. Empty means events of anybody, except comments of bots.
    """
    waiting_on: frozenset[WaitingOn] = frozenset()
    """Parties. The incident must wait on one of them. Empty means no such limit."""


class Reactions(NamedTuple):
    """What one kind of event can do to the clocks of one metric.

    Each field is named for an effect, and has the triggers (conditions on an event) that cause it. The fields are tried
    in their order here. A field is empty if the kind of event never has this effect.
    """

    stop: tuple[Trigger, ...]
    reset: tuple[Trigger, ...]
    cancel: tuple[Trigger, ...]
    pause: tuple[Trigger, ...]
    resume: tuple[Trigger, ...]
    start: tuple[Trigger, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """Something that is timed, such as the first response, and the events that start, stop or pause its clocks.

    An event acts on an open clock through the first of stop, reset, cancel, pause and resume that accepts the event.
    Afterwards the event may start the next clock through `start`.
    """

    id: MetricId
    start: tuple[Trigger, ...]
    stop: tuple[Trigger, ...]
    reset: tuple[Trigger, ...] = ()
    cancel: tuple[Trigger, ...] = ()
    pause: tuple[Trigger, ...] = ()
    resume: tuple[Trigger, ...] = ()
    on_reopen: ReopenMode = ReopenMode.IGNORE
    """What a reopening of the incident does to an ended clock."""
    on_priority_change: PriorityChangeMode = PriorityChangeMode.RETARGET
    """What a change of priority does to an open clock."""
    on_priority_lowered: PriorityChangeMode | None = None
    """What a lowered priority does to an open clock. None means the same as `on_priority_change`."""
    after: MetricId | None = None
    """Id of another metric. Clocks start only after a clock of that metric has stopped."""
    until: MetricId | None = None
    """Id of another metric. No clock starts after a clock of that metric has stopped."""
    titles: Texts = field(default_factory=lambda: NO_TEXTS)
    """Language tag -> title."""
    clause: str = ""
    """The contract clause. "" if none is named."""
    reactions: Mapping[EventKind, Reactions] = field(init=False, repr=False, compare=False)
    """Kind of event -> the triggers of that kind."""

    def __post_init__(self) -> None:
        kinds = {t.kind for triggers in self._conditions() for t in triggers}
        table = {kind: Reactions(*(_of_kind(triggers, kind) for triggers in self._conditions())) for kind in kinds}
        object.__setattr__(self, "reactions", table)

    def _conditions(self) -> tuple[tuple[Trigger, ...], ...]:
        return (self.stop, self.reset, self.cancel, self.pause, self.resume, self.start)


def _of_kind(triggers: tuple[Trigger, ...], kind: EventKind) -> tuple[Trigger, ...]:
    return tuple(trigger for trigger in triggers if trigger.kind is kind)


# -- targets ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CoverageTime:
    """An allowed time that is counted only in the open hours of the target's coverage."""

    span: timedelta


@dataclass(frozen=True, slots=True)
class WorkingDayTime:
    """An allowed time in working days: local dates on which the target's coverage is open."""

    days: int
    mode: WorkingDays = WorkingDays.SAME_TIME
    """The rule for the instant of the last day at which the target is due."""


@dataclass(frozen=True, slots=True)
class WallTime:
    """An allowed time that is counted around the clock, whatever the coverage."""

    span: timedelta


@dataclass(frozen=True, slots=True)
class Unspecified:
    """The allowed time of a target for which the plan states no length of time.

    A contract under the plan either states the time in a target of its own, or names the metric in
    `leaves_unspecified`. In the second case, no clock runs where this target applies.
    """


Allowed = CoverageTime | WorkingDayTime | WallTime | Unspecified


@dataclass(frozen=True, slots=True)
class WarningAt:
    """When to warn before a target is due. Exactly one of the two fields is given."""

    percent: int | None = None
    """Warn when this share of the allowed time is used up."""
    before: timedelta | None = None
    """Warn this long before the due instant, in the target's kind of time. For a target in coverage time, open hours
    are counted."""

    @property
    def key(self) -> str:
        """Return the stable name of this threshold: `warn-75` (percent) or `warn-3600s` (seconds before due)."""
        if self.percent is not None:
            return f"warn-{self.percent}"
        assert self.before is not None
        return f"warn-{int(self.before.total_seconds())}s"


Warning_ = WarningAt


class SatisfiedBy(StrEnum):
    """The ways to meet a target other than by the metric's stop event (clause B4, docs/clauses.md)."""

    DOWNGRADE = "downgrade"
    """The priority falls to one of the target's `satisfying_priorities`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A row of a plan or contract: the time allowed for one metric on matching incidents."""

    metric: MetricId
    allowed: Allowed
    coverage: str
    """Id of the hours in which the time is counted."""
    match: Match = NO_CONDITIONS
    warnings: tuple[Warning_, ...] = ()
    """When to warn before the target is due."""
    satisfied_by: frozenset[SatisfiedBy] = frozenset()
    """What meets the target besides a stop of the metric."""
    satisfying_priorities: frozenset[str] = frozenset()
    """Ids of priorities. With DOWNGRADE, a fall of the priority to one of them meets the target (clause B4,
    docs/clauses.md)."""
    clause: str = ""
    """The contract clause. "" if none is named."""
    line: str = ""
    """Where the target is written in the catalogue, `<file>:<line>`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Priority:
    """A priority of a plan with its rank and its published definition.

    Source: clause E12 (docs/clauses.md).
    """

    id: str
    rank: int
    """1 is most urgent."""
    titles: Texts = field(default_factory=lambda: NO_TEXTS)
    """Language tag -> title."""
    definitions: Texts = field(default_factory=lambda: NO_TEXTS)
    """Language tag -> what the priority means."""
    also: frozenset[str] = frozenset()
    """Other names for the priority."""
    clause: str = ""
    """The contract clause. "" if none is named."""


class DowngradeMode(StrEnum):
    """Whether a priority may be lowered freely or only by agreement with the customer (clause E9, docs/clauses.md)."""

    FREE = "free"
    BY_AGREEMENT = "by_agreement"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityRules:
    """How the priority of an incident may be set and changed (clauses E6 to E9, docs/clauses.md)."""

    without_description: str | None = None
    """The priority to which an incident without a description is lowered (clause E6). None means that the priority is
    not lowered."""
    default: str | None = None
    """The priority of an incident that states no known priority. None means the least urgent one."""
    downgrade: DowngradeMode = DowngradeMode.FREE
    """Whether staff need the customer's agreement to lower a priority."""
    downgrade_pairs: frozenset[tuple[str, str]] = frozenset()
    """Pairs (from, to) of priorities between which BY_AGREEMENT applies. Empty means all pairs."""
    correction_notice: bool = False
    """Whether the customer is notified when somebody else corrects the priority (clause E8). No notice is sent for a
    priority that staff had set."""
    clause: str = ""
    """The contract clause. "" if none is named."""


class MustAgree(StrEnum):
    """Who must agree to another due date (clause B5, docs/clauses.md)."""

    CUSTOMER = "customer"
    """The customer sets the date, or the event names who of the customer agreed."""
    STAFF = "staff"
    """Staff may set a date alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedDates:
    """For which priorities another due date may be agreed on, and who must agree (clause B5)."""

    priorities: frozenset[str] | None = None
    """Ids of the priorities for which a date may be agreed. None means every priority. Empty means none."""
    by: MustAgree = MustAgree.CUSTOMER
    """Who must agree."""
    clause: str = ""
    """The contract clause. "" if none is named."""

    def allows(self, priority: str) -> bool:
        """Return whether another due date may be agreed on for an incident of this priority (id)."""
        return self.priorities is None or priority in self.priorities


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A role that a plan promises, such as a technical manager (clauses H5, E11 and I7)."""

    id: str
    titles: Texts = field(default_factory=lambda: NO_TEXTS)
    """Language tag -> title."""
    coverage: str | None = None
    """Id of the hours in which somebody is available in the role. None means any hour."""
    outside: bool = False
    """Whether the role is available outside those hours instead."""
    clause: str = ""
    """The contract clause. "" if none is named."""
    optional: bool = False
    """Whether the role is bought separately. A contract has such a role only if somebody holds it there (clauses E11
    and E13)."""
    sole: bool = False
    """Whether the customer may report incidents only through the holder of the role (clause B8)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A support plan: priorities, hours, metrics, targets and the rules around them.

    What the plan inherits (`extends`) is included already.
    """

    id: PlanId
    titles: Texts
    """Language tag -> title."""
    rank: int
    """The order in which plans are served; 1 is served first (clauses I4 and B8)."""
    priorities: tuple[Priority, ...]
    coverages: Mapping[str, Coverage]
    metrics: tuple[Metric, ...]
    targets: tuple[Target, ...]
    """Targets in order of preference. The first that matches an incident applies."""
    rules: PriorityRules = PriorityRules()
    agreed_dates: AgreedDates = AgreedDates()
    escalation: str | None = None
    """Id of an escalation policy. `none` means that nobody is paged. None if the plan does not say."""
    roles: tuple[Role, ...] = ()
    """The roles promised to the customer."""
    allowances: tuple[Allowance, ...] = ()
    """The allowances, optional ones included."""
    channels: frozenset[str] = frozenset()
    """Channels through which requests may come (clause B6). Empty means every channel."""
    urgent_channels: frozenset[str] = frozenset()
    """Channels through which requests of the top priority should come (clause B6)."""
    languages: tuple[str, ...] = ()
    """Tags of the languages in which customers are served."""
    requires_base: frozenset[PlanId] = frozenset()
    """Ids of base plans. The customer must have one of them (clause H3)."""
    valid_from: date | None = None
    valid_to: date | None = None
    """The first day on which the plan is no longer valid."""
    at_close: AtClose = AtClose.STAY
    """What happens to a due instant exactly on a close."""
    notices: NoticeTerms = field(default_factory=NoticeTerms)
    """Which critical-fix notices the plan includes (clauses H6, H15, I5)."""
    terms: PlanTerms = NO_TERMS
    """What the plan demands of its contracts."""
    notes: Texts = field(default_factory=lambda: NO_TEXTS)
    windows: tuple[BookableWindow, ...] = ()  # extra hours that customers may book (clauses H10, I6)
    objectives: tuple[Objective, ...] = ()  # of attainment (clause E4)
    tell: tuple[TellRule, ...] = ()  # who is told of what, beside the escalation (clauses H5, B7, E11)
    reports: tuple[ReportSchedule, ...] = ()  # sent after each period (clauses E5, H9 and I7)
    breach_reasons: BreachReasons = NO_RULES
    reading_order: tuple[Metric, ...] = field(init=False, repr=False, compare=False)  # those first others wait for
    rows: Mapping[MetricId, tuple[Target, ...]] = field(init=False, repr=False, compare=False)
    """Metric id -> the targets of the metric."""
    matched_on: frozenset[str] = field(init=False, repr=False, compare=False)
    """Attributes by which a target is selected."""
    priority_by_name: Mapping[str, Priority] = field(init=False, repr=False, compare=False)
    """Name, in the form in which names are compared -> priority."""
    sole_role: Role | None = field(init=False, repr=False, compare=False)
    """The role through whose holder alone the customer may report. None means that anybody may report."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "reading_order", _those_first_others_wait_for(self.metrics))
        object.__setattr__(self, "rows", rows_by_metric(self.targets))
        by_type = frozenset({"type"}) if self.terms.uncounted else frozenset()
        object.__setattr__(self, "matched_on", attributes_of(self.targets) | by_type)
        named = {normal(name): p for p in reversed(self.priorities) for name in (*p.also, p.id)}
        object.__setattr__(self, "priority_by_name", named)
        object.__setattr__(self, "sole_role", next((role for role in self.roles if role.sole), None))

    def priority(self, name: str) -> Priority | None:
        """Return the priority with this id or other name, or None if the plan has no such priority.

        Case and extra spaces do not matter. To compare with conditions of targets, use the `id` of the result.
        """
        return self.priority_by_name.get(normal(name))


def written_name(plan: PlanId) -> str:
    """Return the plan's name as written in the catalogue.

    It is `gold` for the plans `gold+base` and `gold@acme`, which are derived from `gold`.
    """
    return plan.partition("@")[0].partition("+")[0]


def _those_first_others_wait_for(metrics: tuple[Metric, ...]) -> tuple[Metric, ...]:
    by_id = {metric.id: metric for metric in metrics}

    def depth(metric: Metric, left: int) -> int:
        awaited = [by_id[id_] for id_ in (metric.after, metric.until) if id_ in by_id]
        return 1 + max((depth(other, left - 1) for other in awaited), default=0) if left else 0

    return tuple(sorted(metrics, key=lambda metric: depth(metric, len(metrics))))


def rows_by_metric(targets: tuple[Target, ...]) -> Mapping[MetricId, tuple[Target, ...]]:
    """Return a mapping from metric id to the targets of that metric, in their given order."""
    return {metric: tuple(t for t in targets if t.metric == metric) for metric in {t.metric for t in targets}}


def attributes_of(targets: tuple[Target, ...]) -> frozenset[str]:
    """Return the names of all incident attributes that these targets have conditions on."""
    return frozenset(c.attribute for target in targets for c in target.match.conditions)
