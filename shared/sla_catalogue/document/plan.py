"""Sections `plans` and `metrics`: what is timed, how much time is allowed, and the rules around it."""

from __future__ import annotations

from typing import Any, Self

from pydantic import ConfigDict, Field, model_validator

from sla_catalogue.document.allowance import AllowanceDocument
from sla_catalogue.document.breach_reason import BreachReasonsDocument
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
from sla_catalogue.document.window import WindowDocument
from sla_domain.calendar import AtClose, WorkingDays
from sla_domain.contract import Side
from sla_domain.plan import DowngradeMode, MustAgree, PriorityChangeMode, ReopenMode


class PriorityDocument(Document):
    """A priority of a plan.

    `rank`: 1 is the most urgent; absent: the position in the list. `title`: language -> name. `definition`: language ->
    what the priority means. `also`: other names that incidents may use for it. `clause`: the clause that states it,
    such as `H5`.
    """

    id: str
    rank: Rank | None = None
    title: Texts = Field(default_factory=dict)
    definition: Texts = Field(default_factory=dict)
    also: Names = Field(default_factory=list)  # other names by which it is called
    clause: str = ""


class TriggerDocument(Document):
    """A kind of event that a metric reacts to, such as `responded`; written as a text, it is `event` alone.

    `by`: only events from these actors, such as `customer`; empty: from all, but no comments of bots. `waiting_on`:
    only while the incident waits on one of these, such as `vendor`; empty: always.
    """

    event: str
    by: Names = Field(default_factory=list)
    waiting_on: Names = Field(default_factory=list)

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        return {"event": value} if isinstance(value, str) else value


class MetricDocument(Document):
    """A metric (what is timed): its own conditions, or those of the metric `like` with some of them replaced.

    Without `like` it is like the built-in metric of the same name, if there is one; an absent key is as there. `start`,
    `stop`, `reset`, `cancel`, `pause` and `resume`: the events that do this to a clock. `after`: no clock starts before
    that metric's clock has stopped. `until`: none starts after that metric's clock has stopped. `none` in either: no
    such limit. `on_reopen`, `on_priority_change`, `on_priority_lowered`: what becomes of a clock when the incident is
    reopened, or its priority changes or falls. `title`: language -> name. `clause`: the clause that states it, such as
    `H5`.
    """

    like: str | None = None
    start: list[TriggerDocument] | None = None
    stop: list[TriggerDocument] | None = None
    reset: list[TriggerDocument] | None = None
    cancel: list[TriggerDocument] | None = None
    pause: list[TriggerDocument] | None = None
    resume: list[TriggerDocument] | None = None
    on_reopen: ReopenMode | None = None
    on_priority_change: PriorityChangeMode | None = None
    on_priority_lowered: PriorityChangeMode | None = None
    after: str | None = None  # armed once the clock of this metric has stopped; `none`: at once
    until: str | None = None  # not armed any more once the clock of this metric has stopped; `none`: for ever
    title: Texts = Field(default_factory=dict)
    clause: str = ""


class SatisfiedDocument(Document):
    """A second way to meet a target, besides the event that stops its metric (clause B4, docs/clauses.md).

    `downgrade_to`: the target is met when the priority falls to one of these priorities.
    """

    downgrade_to: Names


class ConditionDocument(Document):
    """A condition on one attribute of an incident; exactly one of the two keys must be given.

    `is`: the attribute has one of these values. `not`: it has none of them. Written as a text or a list, it is `is`
    alone.
    """

    model_config = ConfigDict(validate_by_alias=True, validate_by_name=True)

    is_: Names = Field(default_factory=list, alias="is")
    not_: Names = Field(default_factory=list, alias="not")

    @model_validator(mode="before")
    @classmethod
    def _from_values(cls, value: Any) -> Any:
        return {"is": value} if isinstance(value, str | list) else value

    @model_validator(mode="after")
    def _says_something(self) -> ConditionDocument:
        if bool(self.is_) is bool(self.not_):
            raise refuse("condition", "a condition gives values, or `not:` with values", "type: [incident, request]")
        return self


class TargetDocument(Document):
    """A target of a plan or contract: the time allowed for a metric (`time`), or for each priority (`by_priority`).

    Of a metric's targets, the first in file order applies whose conditions the incident meets: `priority` (empty: any)
    and `when` (attribute -> condition). `coverage`: the name of the hours in which time counts. `warn`: when to warn,
    such as `75%` or `1h before`. `working_days`: how a time in working days is counted. `satisfied_by`: a second way to
    meet the target. `clause`: the clause that states it, such as `H5`.
    """

    metric: str
    coverage: str
    time: AllowedTime | None = None
    by_priority: dict[str, AllowedTime] = Field(default_factory=dict)
    priority: Names = Field(default_factory=list)
    when: dict[str, ConditionDocument] = Field(default_factory=dict)
    warn: list[WarningTime] = Field(default_factory=list)
    working_days: WorkingDays = WorkingDays.SAME_TIME
    satisfied_by: SatisfiedDocument | None = None
    clause: str = ""

    @model_validator(mode="after")
    def _one_form(self) -> TargetDocument:
        if (self.time is None) == (not self.by_priority):
            raise refuse("target", "a target gives either `time` or `by_priority`", "time: 4h, or time: unspecified")
        if self.by_priority and self.priority:
            raise refuse("target", "`by_priority` already names the priorities", "remove `priority`")
        return self


class AgreementDocument(Document):
    """A pair of priorities: lowering the first (`from`) to the second (`to`) needs the customer's agreement.

    Source: clause E9 (docs/clauses.md).
    """

    model_config = ConfigDict(validate_by_alias=True, validate_by_name=True)

    from_: str = Field(alias="from")
    to: str


class RulesDocument(Document):
    """How priorities are set and changed (clauses E6 to E9, docs/clauses.md).

    `default`: the priority of incidents that state none, or an unknown one; absent: the least urgent.
    `without_description`: the priority until a description comes; absent: no such rule. `downgrade`: whether lowering a
    priority is free, or needs the customer's agreement (`by_agreement`). `downgrade_pairs`: if given, agreement is
    needed only to lower the first priority of a pair to the second, and for lowering that includes this step.
    `correction_notice`: notify the customer when others change a priority that staff had not set. `clause`: the clause
    that states it, such as `E9`.
    """

    default: str | None = None
    without_description: str | None = None
    downgrade: DowngradeMode = DowngradeMode.FREE
    downgrade_pairs: list[AgreementDocument] = Field(default_factory=list)
    correction_notice: bool = False
    clause: str = ""


class AgreedDatesDocument(Document):
    """At which priorities another due date may be agreed on, and who must agree (clause B5, docs/clauses.md).

    `priorities`: only at these; without this key, at every one. `by`: `customer`: the customer must agree; `staff`:
    staff may set a date alone. `clause`: the clause that states it, such as `H5`. Written as the text `none`: no date
    may be agreed on. A plan without this document allows it at every priority, with the customer's agreement.
    """

    priorities: Names = Field(default_factory=list)  # none given: every one
    by: MustAgree = MustAgree.CUSTOMER
    clause: str = ""

    @model_validator(mode="before")
    @classmethod
    def _from_word(cls, value: Any) -> Any:
        return {"priorities": []} if value == "none" else value


class RoleDocument(Document):
    """A role that the plan promises (clause H5, docs/clauses.md); written as a text, it is `id` alone.

    `coverage`: the name of the hours in which its holder serves; absent: the holder's own, else any hour. `outside`:
    the holder serves in all other hours instead. `side`: whether the holder belongs to `support` or `customer`; absent:
    `customer` for the role `contact` and a role with `sole`, else `support`. `optional`: only contracts in which
    somebody holds the role have it. `sole`: the customer reports incidents through the holder alone (clause B8).
    `clause`: the clause that states it, such as `H5`.
    """

    id: str
    title: Texts = Field(default_factory=dict)
    coverage: str | None = None
    outside: bool = False
    side: Side | None = None  # None: the customer's for the role `contact`, else the support's
    optional: bool = False  # bought by itself: a contract has it if somebody holds it (clause E13)
    sole: bool = False  # whoever else of the customer reports is told who the holder is
    clause: str = ""

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
    """A plan: priorities, metrics, targets, coverages (when time counts) and the rules around them.

    `extends`: the plan whose parts it inherits. `requires_base`: the plan is bought together with one of these plans; a
    contract names that as its `base_plan`, which supplies the parts that this plan lacks (clauses H1 and H3,
    docs/clauses.md). `rank`: the plan with 1 is served first. `rules`: how priorities change. `agreed_dates`: who may
    agree on other due dates. `escalation`: the id of a policy, or `none`: nobody is paged. `roles`: those promised.
    `allowances`: included amounts. `channels`: by which requests may come; empty: all; `urgent_channels`: those to use
    for the most urgent priority. `languages`: in which customers are served; empty: not said. `sold`: the days on which
    contracts may begin. `minimum_term`: the least duration of a contract. `all_products`: a contract may leave out no
    product. `not_available_for`: products and countries for which it is not sold. `scope`: how often the products may
    change. `not_covered`: types of requests. `at_close`: whether a due instant at the end of opening hours stays there
    (default) or moves to the next opening. `windows`: extra hours to book. `notices`: of critical fixes.
    `reports`: those sent after each period. `breach_reasons`: why its promises may have been broken. `note`: language
    -> a remark.
    """

    extends: str | None = None
    requires_base: Names = Field(default_factory=list)
    title: Texts = Field(default_factory=dict)
    rank: Rank | None = None
    priorities: list[PriorityDocument] = Field(default_factory=list)
    coverages: dict[str, CoverageDocument] = Field(default_factory=dict)
    metrics: dict[str, MetricDocument | None] = Field(default_factory=dict)
    targets: list[TargetDocument] = Field(default_factory=list)
    rules: RulesDocument | None = None
    agreed_dates: AgreedDatesDocument | None = None
    escalation: str | None = None  # an entry of `escalations`, or `none`: nobody is paged
    roles: list[RoleDocument] = Field(default_factory=list)
    allowances: list[AllowanceDocument] = Field(default_factory=list)
    channels: PlanChannels = Field(default_factory=list)  # entitled; none given: every one (clause B6)
    urgent_channels: Names = Field(default_factory=list)  # those the most urgent priority should use (clause B6)
    languages: Names = Field(default_factory=list)
    sold: Validity | None = None
    minimum_term: CalendarTerm | None = None  # a contract lasts at least so long (clause B11)
    all_products: bool | None = None  # a contract may leave out no product (clause B11)
    not_available_for: UnavailableDocument | None = None
    scope: ScopeDocument | None = None
    not_covered: list[UncoveredDocument] | None = None  # types of requests (clauses I10 and B10)
    at_close: AtClose | None = None
    windows: list[WindowDocument] = Field(default_factory=list)  # that customers may book (clauses H10 and I6)
    notices: NoticesDocument | None = None  # of critical fixes (clauses H6, H15 and I5)
    objectives: list[ObjectiveDocument] = Field(default_factory=list)  # of attainment (clause E4)
    reports: list[ReportDocument] = Field(default_factory=list)  # sent by themselves (clauses E5, H9 and I7)
    breach_reasons: BreachReasonsDocument | None = None
    note: Texts = Field(default_factory=dict)
