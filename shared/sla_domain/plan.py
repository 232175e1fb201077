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
from sla_domain.normal import normal, normals
from sla_domain.notice_terms import NoticeTerms
from sla_domain.objective import Objective
from sla_domain.report_schedule import ReportSchedule
from sla_domain.terms import NO_TERMS, PlanTerms
from sla_domain.window import BookableWindow

PlanId = NewType("PlanId", str)
MetricId = NewType("MetricId", str)
NO_PLAN = PlanId("")
Texts = Mapping[str, str]  # BCP 47 language tag -> text
NO_TEXTS: Texts = MappingProxyType({})


# -- conditions -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MatchCondition:
    """A condition of a target: the incident's `attribute` has one of `values`; with `negated`, it has none of them.

    An absent attribute has the value "". Values are compared without regard to case and spaces; `normal_values`: in the
    form in which they are compared.
    """

    attribute: str
    values: frozenset[str]
    negated: bool = False
    normal_values: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "normal_values", normals(self.values))

    def holds(self, attributes: Mapping[str, str]) -> bool:
        """Return whether the condition holds for an incident with these attributes."""
        return (normal(attributes.get(self.attribute, "")) in self.normal_values) is not self.negated


@dataclass(frozen=True, slots=True)
class Match:
    """The conditions of a target, all of which must hold; without conditions it matches every incident."""

    conditions: tuple[MatchCondition, ...] = ()

    def holds(self, attributes: Mapping[str, str]) -> bool:
        """Return whether every condition holds for an incident with these attributes."""
        for condition in self.conditions:
            if (normal(attributes.get(condition.attribute, "")) in condition.normal_values) is condition.negated:
                return False
        return True

    def failing(self, attributes: Mapping[str, str]) -> MatchCondition | None:
        """Return the first condition that does not hold for an incident with these attributes; None if all hold."""
        return next((c for c in self.conditions if not c.holds(attributes)), None)


# -- coverage ---------------------------------------------------------------------------------------------


class HolidaySource(StrEnum):
    """Which holidays a coverage (when time counts) subtracts from its hours.

    `NONE`: none. `CONTRACT`: those of the contract's country and subdivision. `FIXED`: those of the coverage's own
    country.
    """

    NONE = "none"  # docs/clauses.md, B: the document names weekdays, no holidays
    CONTRACT = "contract"  # country and subdivision of the contract (clause H2)
    FIXED = "fixed"  # the coverage names its own country


class Combination(StrEnum):
    """How the hours of a coverage follow from those of the coverages that are its parts.

    `ALL`: open while all of them are open. `ANY`: open while at least one of them is open.
    """

    ALL = "all"  # while every part is: vendor hours within customer hours
    ANY = "any"  # while some part is: one desk after another around the sun


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """When time counts: weekly hours, holidays, extra openings and closings.

    `weekly`: weekday (0 is Monday) -> open hours. `seasons`: on their days other weekly hours apply. `zone`: IANA name,
    None for the contract's. `holidays`: whose holidays are subtracted; `country`, `subdivision`: if it is FIXED, which
    country and part of it. `openings`, `closings`: spans in local time, open or closed whatever the week says. `parts`:
    coverages whose hours are combined as `combination` says, instead of own hours; working days are then those of the
    first part's zone. `titles`: language tag -> title. `clause`: the contract clause that states it, "" if none is
    named.
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
    seasons: tuple[Season, ...] = ()

    @property
    def around_the_clock(self) -> bool:
        """Return whether the weekly hours cover all 168 hours of each week, whatever the holidays and closings."""
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
    """What happens to a metric's last clock when the incident is reopened, if that clock has ended.

    `IGNORE`: a met or missed clock stays so, a cancelled one runs on. `NEW_CYCLE`: a new clock starts. `RESUME`: the
    clock runs on if it was cancelled, or if a resolution or closure ended it.
    """

    IGNORE = "ignore"
    NEW_CYCLE = "new_cycle"
    RESUME = "resume"


class PriorityChangeMode(StrEnum):
    """What happens to an open clock when another target is in force because the priority changed.

    `RETARGET`: the new target counts from the clock's start. `RESTART`: it counts from the change.
    """

    RETARGET = "retarget"  # new target, counted from the clock's start
    RESTART = "restart"  # new target, counted from the change


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A kind of event that a metric reacts to, optionally limited to some actors or to some waits.

    `actors`: values of `Actor`; empty for any, except for comments of bots. `waiting_on`: the incident must wait on one
    of these; empty for any.
    """

    kind: EventKind
    actors: frozenset[str] = frozenset()  # empty: anybody
    waiting_on: frozenset[WaitingOn] = frozenset()  # empty: anybody


class Reactions(NamedTuple):
    """How one metric reacts to one kind of event: its triggers of that kind, by their effect on a clock.

    The fields are in the order in which they are tried; a field without triggers is empty.
    """

    stop: tuple[Trigger, ...]
    reset: tuple[Trigger, ...]
    cancel: tuple[Trigger, ...]
    pause: tuple[Trigger, ...]
    resume: tuple[Trigger, ...]
    start: tuple[Trigger, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """What is timed, as six conditions over incident events: start, stop, reset, cancel, pause, resume.

    On an open clock, the first of stop, reset, cancel, pause and resume that accepts an event acts, and no other. Then
    start may begin the next clock. `after`: the id of a metric; clocks start only once its clock has stopped. `until`:
    the id of a metric; clocks start only as long as its clock has not stopped. `on_reopen`: what becomes of an ended
    clock when the incident is reopened. `on_priority_change`: what becomes of an open clock when the priority changes;
    `on_priority_lowered`: what becomes of it when the priority falls, None: as `on_priority_change`. `titles`: language
    tag -> title. `clause`: the contract clause, "" if none is named. `reactions`: the six conditions by kind of event.
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
    """An allowed time (`span`) that counts only in the open hours of the coverage."""

    span: timedelta


@dataclass(frozen=True, slots=True)
class WorkingDayTime:
    """An allowed time of `days` working days of the coverage (local dates on which it is open at all).

    `mode`: which instant of the last of these days is meant: the start's time of day (SAME_TIME), that of a start
    outside hours moved to the next opening (SAME_TIME_FROM_OPENING), or the last close (CLOSE_OF_NTH_DAY).
    """

    days: int
    mode: WorkingDays = WorkingDays.SAME_TIME


@dataclass(frozen=True, slots=True)
class WallTime:
    """An allowed time (`span`) that counts at any hour, whatever the coverage."""

    span: timedelta


@dataclass(frozen=True, slots=True)
class Unspecified:
    """The allowed time of a target for which the plan gives no number.

    A contract of the plan supplies the number by a target of its own, or accepts that there is none by naming the
    metric in `leaves_unspecified`.
    """


Allowed = CoverageTime | WorkingDayTime | WallTime | Unspecified


@dataclass(frozen=True, slots=True)
class WarningAt:
    """When to warn: at `percent` of the allowed time, or so long `before` the due instant; exactly one is given.

    `before` is in the target's own kind of time: for a target in coverage time, open hours.
    """

    percent: int | None = None
    before: timedelta | None = None

    @property
    def key(self) -> str:
        """Return the stable name of this threshold: `warn-75` (percent) or `warn-3600s` (seconds before due)."""
        if self.percent is not None:
            return f"warn-{self.percent}"
        assert self.before is not None
        return f"warn-{int(self.before.total_seconds())}s"


Warning_ = WarningAt


class SatisfiedBy(StrEnum):
    """What meets a target besides the metric's own stop (clause B4, docs/clauses.md).

    `DOWNGRADE`: the priority falls to one of the target's `satisfying_priorities`.
    """

    DOWNGRADE = "downgrade"  # the priority falls to one of `satisfying_priorities`


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A row of a plan or contract: the allowed time of one metric, in one coverage, for the incidents that match.

    `coverage`: the id of the hours that count. `match`: the conditions on the incident. `warnings`: when to warn before
    it is due. `satisfied_by`: what meets it besides the metric's own stop. `satisfying_priorities`: ids of priorities;
    a fall of the priority to one of them meets the target if `satisfied_by` has DOWNGRADE (clause B4, docs/clauses.md).
    `clause`: the contract clause, "" if none is named. `line`: `<file>:<line>` in the catalogue.
    """

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
    """A priority of a plan with its rank (1 = most urgent) and its published definition.

    `also`: other names by which people and senders call it. `titles`, `definitions`: language tag -> text. `clause`:
    the contract clause, "" if none is named. Source: clause E12 (docs/clauses.md).
    """

    id: str
    rank: int
    titles: Texts = field(default_factory=lambda: NO_TEXTS)
    definitions: Texts = field(default_factory=lambda: NO_TEXTS)
    also: frozenset[str] = frozenset()  # other names by which people and senders call it
    clause: str = ""


class DowngradeMode(StrEnum):
    """Whether a priority may be lowered freely or only by agreement with the customer (clause E9, docs/clauses.md)."""

    FREE = "free"
    BY_AGREEMENT = "by_agreement"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityRules:
    """How the priority of an incident may be set and changed (clauses E6 to E9, docs/clauses.md).

    `without_description`: the priority to which an incident without description is lowered, None: it is not. `default`:
    the priority of an incident that states none or an unknown one, None: the least urgent. `downgrade`: whether staff
    may lower a priority without the customer's agreement. `downgrade_pairs`: (from, to) priorities between which
    BY_AGREEMENT applies, empty: between all. `correction_notice`: notify the customer when a priority that staff had
    not set is changed by others than the customer. `clause`: "" if none is named.
    """

    without_description: str | None = None  # E6: the priority given to a request without a description
    default: str | None = None  # priority of an incident that states none, or an unknown one
    downgrade: DowngradeMode = DowngradeMode.FREE
    downgrade_pairs: frozenset[tuple[str, str]] = frozenset()  # (from, to) that need agreement; empty: all
    correction_notice: bool = False  # E8: notify the customer of old, new and why
    clause: str = ""


class MustAgree(StrEnum):
    """Who must agree to another due date (clause B5, docs/clauses.md).

    `CUSTOMER`: the event is the customer's, or names who of the customer agreed. `STAFF`: staff may set a date alone.
    """

    CUSTOMER = "customer"  # the event is the customer's, or names who of the customer agreed
    STAFF = "staff"  # staff may set a date alone


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedDates:
    """For which priorities the parties may agree on another due date, and who must agree (clause B5, docs/clauses.md).

    `priorities`: their ids; None for every priority, empty for none. `by`: who must agree. `clause`: the contract
    clause, "" if none is named.
    """

    priorities: frozenset[str] | None = None
    by: MustAgree = MustAgree.CUSTOMER
    clause: str = ""

    def allows(self, priority: str) -> bool:
        """Return whether the parties may agree on another due date for an incident of this priority (id)."""
        return self.priorities is None or priority in self.priorities


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A role that a plan promises, such as a technical manager (clauses H5, E11 and I7, docs/clauses.md).

    `titles`: language tag -> title. `coverage`: the id of the hours in which the role is served, None at any hour.
    `outside`: the role is served outside those hours. `optional`: the role is bought separately: a contract has it if
    somebody holds it there. `sole`: the customer reports incidents only through the person who holds the role (clause
    B8). `clause`: the contract clause that states it, "" if none is named.
    """

    id: str
    titles: Texts = field(default_factory=lambda: NO_TEXTS)
    coverage: str | None = None
    outside: bool = False
    clause: str = ""
    optional: bool = False  # only contracts that fill it have it (clauses E11 and E13)
    sole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A support plan: priorities, hours, metrics and targets, as they apply (what it `extends` is merged in already).

    `titles`, `notes`: language tag -> text. `rank`: 1 is served first. `targets`: tried in their order, and the first
    that matches an incident applies; `rows`: the same by metric. `rules`, `agreed_dates`: how the priority may change,
    and which due dates may be agreed. `escalation`: id of an escalation policy, `none`: nobody is paged, None: not
    stated. `channels`: through which requests may come, empty for every one; `urgent_channels`: through which those of
    the top priority should. `languages`: tags of those in which customers are served. `requires_base`: plans of which
    the customer must have one as base plan. `valid_from`, `valid_to`: its first day, and the first day on which it is
    no longer valid. `at_close`: what becomes of a due instant exactly on a close. `notices`: of critical fixes;
    `terms`: demands on contracts; `windows`: extra hours that can be booked. `reading_order`: metrics, each after those
    that it waits for. `breach_reasons`: why its promises may have been broken. `matched_on`: attributes that select a
    target. `priority_by_name`: name in compared form -> priority. `sole_role`: through whose holder alone the customer
    reports, None: through anybody.
    """

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
    allowances: tuple[Allowance, ...] = ()  # optional ones too
    channels: frozenset[str] = frozenset()  # empty: every channel is entitled (clause B6)
    urgent_channels: frozenset[str] = frozenset()  # channels the most urgent priority should use (clause B6)
    languages: tuple[str, ...] = ()  # in which the customer is served
    requires_base: frozenset[PlanId] = frozenset()  # H3: base-plan precondition
    valid_from: date | None = None
    valid_to: date | None = None  # exclusive
    at_close: AtClose = AtClose.STAY
    notices: NoticeTerms = field(default_factory=NoticeTerms)  # of critical fixes (clauses H6, H15 and I5)
    terms: PlanTerms = NO_TERMS
    notes: Texts = field(default_factory=lambda: NO_TEXTS)
    windows: tuple[BookableWindow, ...] = ()  # extra hours that customers may book (clauses H10, I6)
    objectives: tuple[Objective, ...] = ()  # of attainment (clause E4)
    reports: tuple[ReportSchedule, ...] = ()  # sent after each period (clauses E5, H9 and I7)
    breach_reasons: BreachReasons = NO_RULES
    reading_order: tuple[Metric, ...] = field(init=False, repr=False, compare=False)  # those first others wait for
    rows: Mapping[MetricId, tuple[Target, ...]] = field(init=False, repr=False, compare=False)
    matched_on: frozenset[str] = field(init=False, repr=False, compare=False)  # attributes any row looks at
    priority_by_name: Mapping[str, Priority] = field(init=False, repr=False, compare=False)
    sole_role: Role | None = field(init=False, repr=False, compare=False)  # through whose holder the customer reports

    def __post_init__(self) -> None:
        object.__setattr__(self, "reading_order", _those_first_others_wait_for(self.metrics))
        object.__setattr__(self, "rows", rows_by_metric(self.targets))
        by_type = frozenset({"type"}) if self.terms.uncounted else frozenset()
        object.__setattr__(self, "matched_on", attributes_of(self.targets) | by_type)
        named = {normal(name): p for p in reversed(self.priorities) for name in (*p.also, p.id)}
        object.__setattr__(self, "priority_by_name", named)
        object.__setattr__(self, "sole_role", next((role for role in self.roles if role.sole), None))

    def priority(self, name: str) -> Priority | None:
        """Return the priority of the plan with this id or other name; None if there is none.

        Case and spaces do not matter. Conditions of targets compare the id: use `.id` of the result.
        """
        return self.priority_by_name.get(normal(name))


def written_name(plan: PlanId) -> str:
    """Return the plan's name as the catalogue writes it: `gold` for the derived plans `gold+base` and `gold@acme`."""
    return plan.partition("@")[0].partition("+")[0]


def _those_first_others_wait_for(metrics: tuple[Metric, ...]) -> tuple[Metric, ...]:
    by_id = {metric.id: metric for metric in metrics}

    def depth(metric: Metric, left: int) -> int:
        awaited = [by_id[id_] for id_ in (metric.after, metric.until) if id_ in by_id]
        return 1 + max((depth(other, left - 1) for other in awaited), default=0) if left else 0

    return tuple(sorted(metrics, key=lambda metric: depth(metric, len(metrics))))


def rows_by_metric(targets: tuple[Target, ...]) -> Mapping[MetricId, tuple[Target, ...]]:
    """Return metric id -> targets of the metric, in the order of `targets`."""
    return {metric: tuple(t for t in targets if t.metric == metric) for metric in {t.metric for t in targets}}


def attributes_of(targets: tuple[Target, ...]) -> frozenset[str]:
    """Return the names of all incident attributes that conditions of these targets compare."""
    return frozenset(c.attribute for target in targets for c in target.match.conditions)
