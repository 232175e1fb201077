"""Sections `plans` and `metrics`: what is timed, how much time is allowed, and the rules around it."""

from __future__ import annotations

from typing import Any, Self

from pydantic import ConfigDict, Field, model_validator

from sla_catalogue.document.allowance import AllowanceDocument
from sla_catalogue.document.breach_reason import BreachReasonsDocument
from sla_catalogue.document.condition import ConditionDocument as ConditionDocument
from sla_catalogue.document.coverage import CoverageDocument
from sla_catalogue.document.entitlement import (
    CalendarTerm,
    PlanChannels,
    ScopeDocument,
    UnavailableDocument,
    UncoveredDocument,
)
from sla_catalogue.document.field import AllowedTime, Document, Names, Rank, Texts, Validity, WarningTime, refuse
from sla_catalogue.document.notices import NoticesDocument
from sla_catalogue.document.objective import ObjectiveDocument
from sla_catalogue.document.report import ReportDocument
from sla_catalogue.document.tell import TellDocument
from sla_catalogue.document.window import WindowDocument
from sla_domain.calendar import AtClose, WorkingDays
from sla_domain.contract import Side
from sla_domain.plan import DowngradeMode, MustAgree, PriorityChangeMode, ReopenMode


class PriorityDocument(Document):
    """A priority of a plan."""

    id: str
    rank: Rank | None = None
    """1 is most urgent. Absent means the position in the list."""
    title: Texts = Field(default_factory=dict)
    """Language -> name."""
    definition: Texts = Field(default_factory=dict)
    """Language -> what the priority means."""
    also: Names = Field(default_factory=list)
    """Other names of the priority in incidents."""
    clause: str = ""
    """The contract clause, such as `H5`."""


class TriggerDocument(Document):
    """A kind of event that starts, stops or otherwise changes the clocks of a metric, such as `responded`."""

    event: str
    """The kind of event. A plain text means this."""
    by: Names = Field(default_factory=list)
    """Actors, such as `customer`, whose events are accepted. Empty means all actors, except comments of bots."""
    waiting_on: Names = Field(default_factory=list)
    """Parties, such as `vendor`. The incident must wait on one of them. Empty means no such limit."""

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        return {"event": value} if isinstance(value, str) else value


class MetricDocument(Document):
    """A metric (what is timed): the events that start, stop and pause its clocks.

    Keys that are absent may be taken from another metric (`like`).
    """

    like: str | None = None
    """Name of the metric whose keys are used for absent keys. Absent means the built-in metric of the same name, if
    there is one."""
    start: list[TriggerDocument] | None = None
    """The events that start a clock."""
    stop: list[TriggerDocument] | None = None
    """The events that stop a clock."""
    reset: list[TriggerDocument] | None = None
    """The events that reset a clock."""
    cancel: list[TriggerDocument] | None = None
    """The events that cancel a clock."""
    pause: list[TriggerDocument] | None = None
    """The events that pause a clock."""
    resume: list[TriggerDocument] | None = None
    """The events that resume a clock."""
    on_reopen: ReopenMode | None = None
    """What happens to a clock when the incident is reopened."""
    on_priority_change: PriorityChangeMode | None = None
    """What happens to a clock when the priority changes."""
    on_priority_lowered: PriorityChangeMode | None = None
    """What happens to a clock when the priority falls."""
    after: str | None = None
    """Name of another metric. Clocks start only after that metric's clock has stopped. `none` means no such limit."""
    until: str | None = None
    """Name of another metric. No clock starts after that metric's clock has stopped. `none` means no such limit."""
    title: Texts = Field(default_factory=dict)
    """Language -> name."""
    clause: str = ""
    """The contract clause, such as `H5`."""


class SatisfiedDocument(Document):
    """Another way to meet a target than the event that stops its metric: a fall of the priority.

    The source is clause B4 (docs/clauses.md).
    """

    downgrade_to: Names
    """Priorities. A fall of the priority to one of them meets the target."""


class TargetDocument(Document):
    """A target of a plan or contract: the time allowed for a metric.

    The first target in the file that fits an incident applies.
    """

    metric: str
    coverage: str
    """Name of the hours in which time is counted."""
    time: AllowedTime | None = None
    """The allowed time."""
    by_priority: dict[str, AllowedTime] = Field(default_factory=dict)
    """Priority -> allowed time, instead of `time`."""
    priority: Names = Field(default_factory=list)
    """Priorities of the incidents that fit. Empty means any."""
    when: dict[str, ConditionDocument] = Field(default_factory=dict)
    """Attribute -> condition that fitting incidents must meet."""
    warn: list[WarningTime] = Field(default_factory=list)
    """When to warn, such as `75%` or `1h before`."""
    working_days: WorkingDays = WorkingDays.SAME_TIME
    """How a time in working days is counted."""
    satisfied_by: SatisfiedDocument | None = None
    """Another way to meet the target."""
    clause: str = ""
    """The contract clause, such as `H5`."""

    @model_validator(mode="after")
    def _one_form(self) -> TargetDocument:
        if (self.time is None) == (not self.by_priority):
            raise refuse("target", "a target gives either `time` or `by_priority`", "time: 4h, or time: unspecified")
        if self.by_priority and self.priority:
            raise refuse("target", "`by_priority` already names the priorities", "remove `priority`")
        return self


class AgreementDocument(Document):
    """A pair of priorities: lowering the first to the second needs the customer's agreement (clause E9)."""

    model_config = ConfigDict(validate_by_alias=True, validate_by_name=True)

    from_: str = Field(alias="from")
    to: str


class RulesDocument(Document):
    """How priorities are set and changed (clauses E6 to E9, docs/clauses.md)."""

    default: str | None = None
    """The priority of incidents that state no known priority. Absent means the least urgent."""
    without_description: str | None = None
    """The priority until a description comes (clause E6). Absent means no such rule."""
    downgrade: DowngradeMode = DowngradeMode.FREE
    """With `free`, a priority may be lowered freely. With `by_agreement`, the customer must agree."""
    downgrade_pairs: list[AgreementDocument] = Field(default_factory=list)
    """Pairs of priorities. Agreement is needed only to lower the first of a pair to the second, alone or within a
    larger step. Absent means that any lowering needs agreement."""
    correction_notice: bool = False
    """Whether to notify the customer when others correct a priority that staff had not set."""
    clause: str = ""
    """The contract clause, such as `E9`."""


class AgreedDatesDocument(Document):
    """For which priorities another due date may be agreed on, and who must agree (clause B5).

    The text `none` means that no date may be agreed on. A plan without this document allows dates for every priority,
    with the customer's agreement.
    """

    priorities: Names = Field(default_factory=list)
    """Priorities for which a date may be agreed on. Absent means every priority."""
    by: MustAgree = MustAgree.CUSTOMER
    """With `customer`, the customer must agree. With `staff`, staff may set a date alone."""
    clause: str = ""
    """The contract clause, such as `H5`."""

    @model_validator(mode="before")
    @classmethod
    def _from_word(cls, value: Any) -> Any:
        return {"priorities": []} if value == "none" else value


class RoleDocument(Document):
    """A role, such as a service manager, that the plan promises to the customer (clause H5, docs/clauses.md)."""

    id: str
    """Id of the role. A plain text means this."""
    title: Texts = Field(default_factory=dict)
    coverage: str | None = None
    """Name of the hours of duty. Absent means the holder's own, else any hour."""
    outside: bool = False
    """Whether the holder is on duty outside these hours instead."""
    side: Side | None = None
    """Whether the holder belongs to `support` or `customer`. Absent means `customer` for the role `contact` and for a
    role with `sole`, else `support`."""
    optional: bool = False
    """Whether a contract has the role only if somebody holds it there (clause E13)."""
    sole: bool = False
    """Whether the customer may report incidents only through the holder (clause B8)."""
    clause: str = ""
    """The contract clause, such as `H5`."""

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        return {"id": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _sole_is_the_customers(self) -> Self:
        if self.sole and self.side is Side.SUPPORT:
            raise ValueError("a role that is `sole` is the customer's: leave out `side`")
        return self


class PlanDocument(Document):
    """A plan: priorities, metrics, targets, coverages (when time counts) and the rules around them."""

    extends: str | None = None
    """The plan whose parts are inherited."""
    requires_base: Names = Field(default_factory=list)
    """Ids of base plans. A contract must name one of them as its `base_plan`, which supplies the parts that this plan
    lacks (clauses H1 and H3, docs/clauses.md)."""
    title: Texts = Field(default_factory=dict)
    rank: Rank | None = None
    """The order in which plans are served; 1 is served first."""
    priorities: list[PriorityDocument] = Field(default_factory=list)
    coverages: dict[str, CoverageDocument] = Field(default_factory=dict)
    metrics: dict[str, MetricDocument | None] = Field(default_factory=dict)
    targets: list[TargetDocument] = Field(default_factory=list)
    rules: RulesDocument | None = None
    """How priorities change."""
    agreed_dates: AgreedDatesDocument | None = None
    """Who may agree on other due dates."""
    escalation: str | None = None
    """Id of a policy. `none` means that nobody is paged."""
    roles: list[RoleDocument] = Field(default_factory=list)
    """The roles that the plan promises."""
    allowances: list[AllowanceDocument] = Field(default_factory=list)
    """Included amounts."""
    channels: PlanChannels = Field(default_factory=list)
    """Channels through which requests may come (clause B6). Empty means every channel."""
    urgent_channels: Names = Field(default_factory=list)
    """Channels through which the most urgent requests should come (clause B6)."""
    languages: Names = Field(default_factory=list)
    """Languages in which customers are served. Empty if not stated."""
    sold: Validity | None = None
    """The days on which contracts may begin."""
    minimum_term: CalendarTerm | None = None
    """The least length of a contract (clause B11)."""
    all_products: bool | None = None
    """Whether a contract must cover all products (clause B11)."""
    not_available_for: UnavailableDocument | None = None
    """Products and countries for which the plan is not sold."""
    scope: ScopeDocument | None = None
    """How often the products may change."""
    not_covered: list[UncoveredDocument] | None = None
    """Types of requests that are not covered (clauses I10 and B10)."""
    at_close: AtClose | None = None
    """Whether a due instant at the end of opening hours stays there (default) or moves to the next opening."""
    windows: list[WindowDocument] = Field(default_factory=list)
    """Extra hours that customers may book (clauses H10 and I6, docs/clauses.md)."""
    notices: NoticesDocument | None = None
    """Which notices of critical fixes the plan includes (clauses H6, H15 and I5, docs/clauses.md)."""
    objectives: list[ObjectiveDocument] = Field(default_factory=list)
    """The shares of requests or clocks that must be in time (clause E4, docs/clauses.md)."""
    reports: list[ReportDocument] = Field(default_factory=list)
    """The schedules of reports that are sent after each period (clauses E5, H9 and I7, docs/clauses.md)."""
    tell: list[TellDocument] = Field(default_factory=list)
    """Who is told of what, beside the escalation of breaches (clauses H5, B7 and E11)."""
    breach_reasons: BreachReasonsDocument | None = None
    """The codes for the reasons of breaches, and whether a reason is required."""
    note: Texts = Field(default_factory=dict)
    """Language -> remark."""
