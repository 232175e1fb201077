"""Sections `plans` and `metrics`: what is timed, how much time is allowed, and the rules around it."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field, model_validator

from sla_catalogue.document.coverage import CoverageDocument
from sla_catalogue.document.field import AllowedTime, Document, Names, Rank, Texts, Validity, WarningTime, refuse
from sla_domain.calendar import AtClose, WorkingDays
from sla_domain.contract import Side
from sla_domain.plan import DowngradeMode, MustAgree, NoticeMode, PriorityChangeMode, ReopenMode


class PriorityDocument(Document):
    """A priority of a plan; without `rank` its place in the list is its rank, 1 the most urgent."""

    id: str
    rank: Rank | None = None
    title: Texts = Field(default_factory=dict)
    definition: Texts = Field(default_factory=dict)
    also: Names = Field(default_factory=list)  # other names by which it is called
    clause: str = ""


class TriggerDocument(Document):
    """An event of a kind that a metric reacts to.

    `by`: only from these actors. `waiting_on`: only while the incident waits on one of these. A text is the kind alone.
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

    Without `like` it is the built-in metric of the same name, if there is one. Conditions are lists of events: `start`,
    `stop`, `reset`, `cancel`, `pause` and `resume`.
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
    """What meets a target besides its metric's stop: that the priority falls to one of `downgrade_to`.

    Source: clause B4 (docs/clauses.md).
    """

    downgrade_to: Names


class ConditionDocument(Document):
    """A condition on one attribute: it has one of these values, or with `not:` none of them."""

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
    """A target of a plan or contract: the allowed time of a metric; with `by_priority` one target for each priority.

    Of the targets of a metric the first in file order whose conditions (`priority`, `when`) an incident fulfils applies
    to it. `coverage`: when time counts. `warn`: such as `75%` or `1h before`.
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
    """A fall of the priority, from the priority `from` to `to`, that needs the customer's agreement.

    Source: clause E9 (docs/clauses.md).
    """

    model_config = ConfigDict(validate_by_alias=True, validate_by_name=True)

    from_: str = Field(alias="from")
    to: str


class RulesDocument(Document):
    """How priorities are set and changed (clauses E6 to E9, docs/clauses.md).

    `default`: for incidents that state none. `without_description`: until a description comes. `downgrade`: whether a
    lower priority needs the customer's agreement; with `downgrade_pairs` only a fall across one of these pairs.
    `correction_notice`: the customer is notified when others change what the customer had set.
    """

    default: str | None = None
    without_description: str | None = None
    downgrade: DowngradeMode = DowngradeMode.FREE
    downgrade_pairs: list[AgreementDocument] = Field(default_factory=list)
    correction_notice: bool = False
    clause: str = ""


class AgreedDatesDocument(Document):
    """For which priorities another due date may be agreed on, and who must agree (clause B5, docs/clauses.md).

    `priorities`: without this key, every one. `by`: `customer`, or `staff` alone. The text `none` means for no
    priority. Without this document a date may be agreed at every priority, and the customer must agree.
    """

    priorities: Names = Field(default_factory=list)  # none given: every one
    by: MustAgree = MustAgree.CUSTOMER
    clause: str = ""

    @model_validator(mode="before")
    @classmethod
    def _from_word(cls, value: Any) -> Any:
        return {"priorities": []} if value == "none" else value


class RoleDocument(Document):
    """A role that the plan promises, with the hours in which its holder serves (clause H5, docs/clauses.md).

    `coverage`: these hours; with `outside` all other hours.
    """

    id: str
    title: Texts = Field(default_factory=dict)
    coverage: str | None = None
    outside: bool = False
    side: Side | None = None  # None: the customer's for the role `contact`, else the support's
    clause: str = ""

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        return {"id": value} if isinstance(value, str) else value


class PlanDocument(Document):
    """A plan: priorities, metrics, targets, coverages (when time counts) and the rules around them.

    `extends`: the plan whose parts it inherits. `requires_base`: it is laid over one of these plans, which the contract
    names as its base plan (clauses H1 and H3, docs/clauses.md).
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
    channels: Names = Field(default_factory=list)  # entitled; none given: every one (clause B6)
    urgent_channels: Names = Field(default_factory=list)  # those the most urgent priority should use (clause B6)
    languages: Names = Field(default_factory=list)
    sold: Validity | None = None
    at_close: AtClose | None = None
    notices: NoticeMode | None = None  # who is notified of critical fixes (clauses H6 and I5)
    note: Texts = Field(default_factory=dict)
