"""What a support plan promises, as data: coverages, metrics, targets and the rules around them.

A plan is reusable; a contract (see `sla_domain.contract`) gives it a customer, a country and a zone. Nothing here
computes: the fold reads these values. Rows are matched in file order, first match wins (DESIGN §4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import NewType

from sla_domain.calendar import AtClose, LocalSpan, Window, WorkingDays
from sla_domain.event import EventKind, WaitingOn

PlanId = NewType("PlanId", str)
MetricId = NewType("MetricId", str)
Texts = Mapping[str, str]  # BCP 47 language tag -> text
NO_TEXTS: Texts = MappingProxyType({})


# -- conditions -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Condition:
    """One incident attribute is (or is not) one of some values; an absent attribute has the value ''."""

    attribute: str
    values: frozenset[str]
    negated: bool = False

    def holds(self, attributes: Mapping[str, str]) -> bool:
        return (attributes.get(self.attribute, "") in self.values) is not self.negated


@dataclass(frozen=True, slots=True)
class Match:
    """All conditions hold; the empty match always does."""

    conditions: tuple[Condition, ...] = ()

    def failing(self, attributes: Mapping[str, str]) -> Condition | None:
        """The first condition that does not hold: the reason an explanation shows; None when all hold."""
        return next((c for c in self.conditions if not c.holds(attributes)), None)


# -- coverage ---------------------------------------------------------------------------------------------


class HolidaySource(StrEnum):
    """Whose holidays a coverage subtracts."""

    NONE = "none"  # PLANS B: the document speaks of weekdays, not of holidays
    CONTRACT = "contract"  # country and subdivision of the contract (PLANS H2)
    FIXED = "fixed"  # the coverage names its own country


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """When time counts. Zone and holidays may come from the contract, so one plan serves many countries."""

    id: str
    weekly: Mapping[int, tuple[Window, ...]]  # 0 = Monday
    zone: str | None = None  # None: the contract's
    holidays: HolidaySource = HolidaySource.NONE
    country: str | None = None  # with FIXED
    subdivision: str | None = None
    openings: tuple[LocalSpan, ...] = ()
    closings: tuple[LocalSpan, ...] = ()
    titles: Texts = NO_TEXTS


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """What is timed, as six conditions over canonical events.

    Evaluation order for one event, published and fixed: stop > reset > cancel > pause > resume > start.
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
    after: MetricId | None = None  # armed only once this metric's clock has stopped (cadence after first response)
    titles: Texts = NO_TEXTS


# -- targets ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CoverageTime:
    """So much open time of the coverage."""

    span: timedelta


@dataclass(frozen=True, slots=True)
class WorkingDayTime:
    """So many working days of the coverage, in one of three readings (PLANS, Conventions)."""

    days: int
    mode: WorkingDays = WorkingDays.SAME_TIME


@dataclass(frozen=True, slots=True)
class WallTime:
    """So much time by the clock on the wall, whatever the coverage."""

    span: timedelta


@dataclass(frozen=True, slots=True)
class Unspecified:
    """The plan's document gives no number; a contract that uses the target must supply one (PLANS, head)."""


Allowed = CoverageTime | WorkingDayTime | WallTime | Unspecified


@dataclass(frozen=True, slots=True)
class Warning_:
    """When to warn: at a share of the allowed time, or so long before the due instant (in the target's own time)."""

    percent: int | None = None
    before: timedelta | None = None

    @property
    def key(self) -> str:
        """The stable name of the threshold: `warn-75` or `warn-3600s`."""
        if self.percent is not None:
            return f"warn-{self.percent}"
        assert self.before is not None
        return f"warn-{int(self.before.total_seconds())}s"


class SatisfiedBy(StrEnum):
    """What else meets a target besides the metric's own stop (PLANS B4)."""

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
    """A priority with its rank (1 = most urgent) and its published definition (PLANS E12)."""

    id: str
    rank: int
    titles: Texts = NO_TEXTS
    definitions: Texts = NO_TEXTS


class DowngradeMode(StrEnum):
    """Who may lower a priority (PLANS E9)."""

    FREE = "free"
    BY_AGREEMENT = "by_agreement"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityRules:
    """PLANS E6–E9."""

    without_description: str | None = None  # E6: the priority given to a request without a description
    default: str | None = None  # priority of an incident that states none, or an unknown one
    downgrade: DowngradeMode = DowngradeMode.FREE
    downgrade_pairs: frozenset[tuple[str, str]] = frozenset()  # (from, to) that need agreement; empty: all
    correction_notice: bool = False  # E8: tell the customer old, new and why


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """The share of clocks that must be met in a period (PLANS E4)."""

    ratio: float
    period: str = "month"
    metrics: frozenset[MetricId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A support plan with its inheritance already applied (`extends` is resolved by the catalogue)."""

    id: PlanId
    titles: Texts
    rank: int  # 1 = first served (PLANS I4, B8)
    priorities: tuple[Priority, ...]
    coverages: Mapping[str, Coverage]
    metrics: tuple[Metric, ...]
    targets: tuple[Target, ...]
    rules: PriorityRules = PriorityRules()
    objective: Objective | None = None
    escalation: str | None = None  # id of an escalation policy
    roles: tuple[str, ...] = ()  # roles the plan promises
    channels: frozenset[str] = frozenset()  # empty: every channel is entitled (PLANS B6)
    languages: tuple[str, ...] = ()
    requires_base: frozenset[PlanId] = frozenset()  # H3: base-plan precondition
    valid_from: date | None = None
    valid_to: date | None = None  # exclusive
    at_close: AtClose = AtClose.STAY
    extras: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    def priority(self, id_: str) -> Priority | None:
        return next((p for p in self.priorities if p.id == id_), None)
