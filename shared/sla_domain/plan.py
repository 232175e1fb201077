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

from sla_domain.calendar import AtClose, LocalSpan, Window, WorkingDays
from sla_domain.event import EventKind, WaitingOn
from sla_domain.normal import normal, normals

PlanId = NewType("PlanId", str)
MetricId = NewType("MetricId", str)
NO_PLAN = PlanId("")
Texts = Mapping[str, str]  # BCP 47 language tag -> text
NO_TEXTS: Texts = MappingProxyType({})


# -- conditions -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MatchCondition:
    """One incident attribute is (or is not) one of some values; an absent attribute has the value ''.

    Compared without regard to case and spaces (`normal`).
    """

    attribute: str
    values: frozenset[str]
    negated: bool = False
    normal_values: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "normal_values", normals(self.values))

    def holds(self, attributes: Mapping[str, str]) -> bool:
        """Return whether the attributes have one of the values."""
        return (normal(attributes.get(self.attribute, "")) in self.normal_values) is not self.negated


@dataclass(frozen=True, slots=True)
class Match:
    """All conditions hold; the empty match always does."""

    conditions: tuple[MatchCondition, ...] = ()

    def holds(self, attributes: Mapping[str, str]) -> bool:
        """Return whether every condition holds for the attributes."""
        for condition in self.conditions:
            if (normal(attributes.get(condition.attribute, "")) in condition.normal_values) is condition.negated:
                return False
        return True

    def failing(self, attributes: Mapping[str, str]) -> MatchCondition | None:
        """Return the first condition that does not hold: the reason an explanation shows; None when all hold."""
        return next((c for c in self.conditions if not c.holds(attributes)), None)


# -- coverage ---------------------------------------------------------------------------------------------


class HolidaySource(StrEnum):
    """Whose holidays a coverage subtracts."""

    NONE = "none"  # docs/clauses.md, B: the document speaks of weekdays, not of holidays
    CONTRACT = "contract"  # country and subdivision of the contract (clause H2)
    FIXED = "fixed"  # the coverage names its own country


class Combination(StrEnum):
    """How a coverage made of coverages is open."""

    ALL = "all"  # while every part is: vendor hours within customer hours
    ANY = "any"  # while some part is: one desk after another around the sun


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """When time counts. Zone and holidays may come from the contract, so one plan serves many countries.

    A coverage with `parts` has no hours of its own; its working days are those of the first part's zone.
    """

    id: str
    weekly: Mapping[int, tuple[Window, ...]]  # 0 = Monday
    zone: str | None = None  # None: the contract's
    holidays: HolidaySource = HolidaySource.NONE
    country: str | None = None  # with FIXED
    subdivision: str | None = None
    openings: tuple[LocalSpan, ...] = ()
    closings: tuple[LocalSpan, ...] = ()
    titles: Texts = field(default_factory=lambda: NO_TEXTS)
    clause: str = ""
    parts: tuple[Coverage, ...] = ()
    combination: Combination = Combination.ALL

    @property
    def around_the_clock(self) -> bool:
        """Return whether its weekly hours are all 168 of the week."""
        day = 24 * 3600
        spans = [(at * day + window.open, at * day + window.end) for at, each in self.weekly.items() for window in each]
        spans += [(0, end - 7 * day) for _, end in spans if end > 7 * day]  # a night shift from Sunday to Monday
        reached = 0
        for open_, end in sorted(spans):
            if open_ > reached:
                return False
            reached = max(reached, end)
        return reached >= 7 * day


# -- metrics ----------------------------------------------------------------------------------------------


class ReopenMode(StrEnum):
    """What a reopened incident does to a stopped clock."""

    IGNORE = "ignore"
    NEW_CYCLE = "new_cycle"
    RESUME = "resume"


class PriorityChangeMode(StrEnum):
    """What a changed priority does to a running clock."""

    RETARGET = "retarget"  # new target, counted from the clock's start
    RESTART = "restart"  # new target, counted from the change


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """An event kind, narrowed by who did it or on whom the incident waits."""

    kind: EventKind
    actors: frozenset[str] = frozenset()  # empty: anybody
    waiting_on: frozenset[WaitingOn] = frozenset()  # empty: anybody


class Reactions(NamedTuple):
    """The triggers of one metric for one event kind, in the published order."""

    stop: tuple[Trigger, ...]
    reset: tuple[Trigger, ...]
    cancel: tuple[Trigger, ...]
    pause: tuple[Trigger, ...]
    resume: tuple[Trigger, ...]
    start: tuple[Trigger, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """What is timed, as six conditions over canonical events.

    Evaluation order for one event, published and fixed: stop > reset > cancel > pause > resume > start. The first of
    the five that applies to an open clock is the only one; a clock that the event stopped may be started anew by the
    same event, as the next cycle: that is how a cadence re-arms.
    """

    id: MetricId
    start: tuple[Trigger, ...]
    stop: tuple[Trigger, ...]
    reset: tuple[Trigger, ...] = ()
    cancel: tuple[Trigger, ...] = ()
    pause: tuple[Trigger, ...] = ()
    resume: tuple[Trigger, ...] = ()
    on_reopen: ReopenMode = ReopenMode.IGNORE
    on_priority_change: PriorityChangeMode = PriorityChangeMode.RETARGET
    on_priority_lowered: PriorityChangeMode | None = None  # None: as on_priority_change
    after: MetricId | None = None  # armed only once this metric's clock has stopped (cadence after first response)
    until: MetricId | None = None  # not armed any more once this metric's clock has stopped (cadence until workaround)
    titles: Texts = field(default_factory=lambda: NO_TEXTS)
    clause: str = ""
    reactions: Mapping[EventKind, Reactions] = field(init=False, repr=False, compare=False)

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
    """So much open time of the coverage."""

    span: timedelta


@dataclass(frozen=True, slots=True)
class WorkingDayTime:
    """So many working days of the coverage, in one of three readings (docs/clauses.md, Conventions)."""

    days: int
    mode: WorkingDays = WorkingDays.SAME_TIME


@dataclass(frozen=True, slots=True)
class WallTime:
    """So much time by the clock on the wall, whatever the coverage."""

    span: timedelta


@dataclass(frozen=True, slots=True)
class Unspecified:
    """The plan's document gives no number; a contract that uses the target must supply one (docs/clauses.md)."""


Allowed = CoverageTime | WorkingDayTime | WallTime | Unspecified


@dataclass(frozen=True, slots=True)
class WarningAt:
    """When to warn: at a share of the allowed time, or so long before the due instant (in the target's own time)."""

    percent: int | None = None
    before: timedelta | None = None

    @property
    def key(self) -> str:
        """Return the stable name of the threshold: `warn-75` or `warn-3600s`."""
        if self.percent is not None:
            return f"warn-{self.percent}"
        assert self.before is not None
        return f"warn-{int(self.before.total_seconds())}s"


Warning_ = WarningAt


class SatisfiedBy(StrEnum):
    """What else meets a target besides the metric's own stop (clause B4)."""

    DOWNGRADE = "downgrade"  # the priority falls to one of `satisfying_priorities`


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One row of a plan: for this metric and these incidents, so much time in that coverage."""

    metric: MetricId
    allowed: Allowed
    coverage: str
    match: Match = Match()
    warnings: tuple[Warning_, ...] = ()
    satisfied_by: frozenset[SatisfiedBy] = frozenset()
    satisfying_priorities: frozenset[str] = frozenset()
    clause: str = ""
    line: str = ""  # file:line of the catalogue, for explanations


@dataclass(frozen=True, slots=True, kw_only=True)
class Priority:
    """A priority with its rank (1 = most urgent) and its published definition (clause E12)."""

    id: str
    rank: int
    titles: Texts = field(default_factory=lambda: NO_TEXTS)
    definitions: Texts = field(default_factory=lambda: NO_TEXTS)
    also: frozenset[str] = frozenset()  # other names by which people and senders call it
    clause: str = ""


class DowngradeMode(StrEnum):
    """Who may lower a priority (clause E9)."""

    FREE = "free"
    BY_AGREEMENT = "by_agreement"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityRules:
    """clause E6–E9."""

    without_description: str | None = None  # E6: the priority given to a request without a description
    default: str | None = None  # priority of an incident that states none, or an unknown one
    downgrade: DowngradeMode = DowngradeMode.FREE
    downgrade_pairs: frozenset[tuple[str, str]] = frozenset()  # (from, to) that need agreement; empty: all
    correction_notice: bool = False  # E8: tell the customer old, new and why
    clause: str = ""


class NoticeMode(StrEnum):
    """Who hears of critical fixes under a plan (clause H6, I5)."""

    ENTITLED = "entitled"  # everybody of the contract, unless a person says `notices: false`
    REGISTERED = "registered"  # only people with `notices: true`


class MustAgree(StrEnum):
    """Whose word it takes to agree on another due date (clause B5)."""

    CUSTOMER = "customer"  # the customer says so, or the event names who of the customer agreed
    STAFF = "staff"  # staff may set a date alone


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedDates:
    """For which priorities the parties may agree on another due date, and who must agree (clause B5).

    `priorities` None: for every one; empty: for none.
    """

    priorities: frozenset[str] | None = None
    by: MustAgree = MustAgree.CUSTOMER
    clause: str = ""

    def allows(self, priority: str) -> bool:
        """Return whether a date may be agreed at this priority (its id)."""
        return self.priorities is None or priority in self.priorities


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A role that a plan promises (clause H5, E11, I7); with a coverage, served inside (or outside) those hours."""

    id: str
    titles: Texts = field(default_factory=lambda: NO_TEXTS)
    coverage: str | None = None
    outside: bool = False
    clause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A support plan with its inheritance already applied (`extends` is resolved by the catalogue)."""

    id: PlanId
    titles: Texts
    rank: int  # 1 = first served (clause I4, B8)
    priorities: tuple[Priority, ...]
    coverages: Mapping[str, Coverage]
    metrics: tuple[Metric, ...]
    targets: tuple[Target, ...]
    rules: PriorityRules = PriorityRules()
    agreed_dates: AgreedDates = AgreedDates()
    escalation: str | None = None  # id of an escalation policy, or NO_ESCALATION
    roles: tuple[Role, ...] = ()  # promised to the customer
    channels: frozenset[str] = frozenset()  # empty: every channel is entitled (clause B6)
    urgent_channels: frozenset[str] = frozenset()  # channels the most urgent priority should use (clause B6)
    languages: tuple[str, ...] = ()  # in which the customer is served
    requires_base: frozenset[PlanId] = frozenset()  # H3: base-plan precondition
    valid_from: date | None = None
    valid_to: date | None = None  # exclusive
    at_close: AtClose = AtClose.STAY
    notices: NoticeMode = NoticeMode.ENTITLED
    notes: Texts = field(default_factory=lambda: NO_TEXTS)
    reading_order: tuple[Metric, ...] = field(init=False, repr=False, compare=False)  # those first others wait for
    rows: Mapping[MetricId, tuple[Target, ...]] = field(init=False, repr=False, compare=False)
    matched_on: frozenset[str] = field(init=False, repr=False, compare=False)  # attributes any row looks at
    priority_by_name: Mapping[str, Priority] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "reading_order", _those_first_others_wait_for(self.metrics))
        object.__setattr__(self, "rows", rows_by_metric(self.targets))
        object.__setattr__(self, "matched_on", attributes_of(self.targets))
        named = {normal(name): p for p in reversed(self.priorities) for name in (*p.also, p.id)}
        object.__setattr__(self, "priority_by_name", named)

    def priority(self, name: str) -> Priority | None:
        """By id or any of its other names, whatever the case; rows match on the id: read `.id` of the answer."""
        return self.priority_by_name.get(normal(name))


def written_name(plan: PlanId) -> str:
    """Give the name by which a catalogue writes the plan.

    A plan laid over another, or with hours of one contract, has a longer id: `gold+base`, `gold@acme`.
    """
    return plan.partition("@")[0].partition("+")[0]


def _those_first_others_wait_for(metrics: tuple[Metric, ...]) -> tuple[Metric, ...]:
    by_id = {metric.id: metric for metric in metrics}

    def depth(metric: Metric, left: int) -> int:
        awaited = [by_id[id_] for id_ in (metric.after, metric.until) if id_ in by_id]
        return 1 + max((depth(other, left - 1) for other in awaited), default=0) if left else 0

    return tuple(sorted(metrics, key=lambda metric: depth(metric, len(metrics))))


def rows_by_metric(targets: tuple[Target, ...]) -> Mapping[MetricId, tuple[Target, ...]]:
    """Return the rows of each metric, in file order."""
    return {metric: tuple(t for t in targets if t.metric == metric) for metric in {t.metric for t in targets}}


def attributes_of(targets: tuple[Target, ...]) -> frozenset[str]:
    """Return every attribute that a row's conditions name."""
    return frozenset(c.attribute for target in targets for c in target.match.conditions)
