"""What the fold makes of an incident's events: one frozen value, with the reason beside every decision.

Open spans (`end` is None) reach to whatever instant the reader asks about; the fold itself has no clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sla_domain.clock import Clock
from sla_domain.contract import Contract, ContractId
from sla_domain.event import NO_EVENT, Actor, EventId, IncidentId, TimeQuality, WaitingOn
from sla_domain.phase import Phase as Phase
from sla_domain.plan import PlanId
from sla_domain.rulebook import ContractMatch, MatchReason


class Scope(StrEnum):
    """Whether the contract's plan covers the incident's product; the value is the reason in words.

    Source: clauses H4 and I9 (docs/clauses.md).
    """

    EVERY_PRODUCT = "the contract covers every product"
    IN_SCOPE = "the product is in the contract's scope"
    NO_PRODUCT = "the incident names no product: treated as in scope"
    OUT_OF_SCOPE = "the product is out of the contract's scope: the base plan's targets apply"
    EXCLUDED = "the product is excluded from the contract: the base plan's targets apply"
    UNAVAILABLE = "the plan is not available for the product: the base plan's targets apply"
    NOT_ENTITLED = "no entitlement of the contract covers the incident: the base plan's targets apply"
    OUT_OF_SCOPE_NO_BASE = "the product is out of scope and the contract has no base plan: the plan's own rows apply"
    EXCLUDED_NO_BASE = "the product is excluded and the contract has no base plan: the plan's own rows apply"
    UNAVAILABLE_NO_BASE = "the plan is not available for the product, and there is no base plan: its own rows apply"
    NOT_ENTITLED_NO_BASE = "no entitlement covers the incident, and there is no base plan: the plan's own rows apply"

    @property
    def word(self) -> str:
        """Return the value of the attribute `scope` in conditions of targets: `in`, `out` or `excluded`."""
        match self:
            case Scope.EVERY_PRODUCT | Scope.IN_SCOPE | Scope.NO_PRODUCT:
                return "in"
            case Scope.OUT_OF_SCOPE | Scope.OUT_OF_SCOPE_NO_BASE | Scope.NOT_ENTITLED | Scope.NOT_ENTITLED_NO_BASE:
                return "out"
            case Scope.EXCLUDED | Scope.EXCLUDED_NO_BASE | Scope.UNAVAILABLE | Scope.UNAVAILABLE_NO_BASE:
                return "excluded"

    @property
    def base_applies(self) -> bool:
        """Return whether the targets of the contract's base plan apply instead of those of its plan.

        The base plan is for products that the plan does not cover.
        """
        return self in (Scope.OUT_OF_SCOPE, Scope.EXCLUDED, Scope.UNAVAILABLE, Scope.NOT_ENTITLED)


class PassedReason(StrEnum):
    """Why an entitlement (plan with its own scope) does not apply to an incident.

    `BEGINS`: not in force yet.
    `ENDED`: no longer in force.
    `TYPE`: not for this type of request.
    `PRODUCT`: the product is not included.
    `EXCLUDED`: the product is excluded.
    `UNAVAILABLE`: the plan is not sold for the product.
    `LATER`: an entitlement listed earlier applies.
    """

    BEGINS = "begins"
    ENDED = "ended"
    TYPE = "type"
    PRODUCT = "product"
    EXCLUDED = "excluded"
    UNAVAILABLE = "unavailable"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class PassedOver:
    """An entitlement of the contract that does not apply to an incident, and why.

    `entitlement`: id of the entitlement.
    `detail`: for BEGINS and ENDED the day; for TYPE the type of the request; for LATER the id of the entitlement that
    applies; else the product.
    """

    entitlement: str
    reason: PassedReason
    detail: str


class PriorityWhy(StrEnum):
    """Why a priority applied to an incident; the value is the reason in words."""

    STATED = "as stated when it was opened"
    DEFAULT = "the incident states none: the plan's default"
    UNKNOWN = "the stated priority is not one of the plan's: the plan's default"
    NO_DESCRIPTION = "the request came without a description (E6)"
    DESCRIBED = "the description arrived (E6)"
    RAISED = "raised (E7)"
    LOWERED = "lowered"
    AGREED = "lowered by agreement with the customer (E9)"
    CORRECTED = "corrected: the stated one did not match reality (E8)"
    CONTRACT = "the contract in force changed"
    TAKEN_AWAY = "the stated priority was taken away: the plan's default"


class RemarkKind(StrEnum):
    """The kinds of remarks: something odd about an incident that people should see, never an error.

    `MAPPING`: something of the ticket could not be translated.
    `BEFORE_OPENING`: something is dated before the opening, or before a clock began.
    `OPENED_AGAIN`: the incident was opened after its end, or another ticket took its name.
    `FUTURE_TIME`: an event is dated in the future.
    `NOTHING_TO_AGREE`: a lower priority was agreed that nobody proposed.
    `DOWNGRADE_NOT_AGREED`: staff agreed to a lower priority without the customer.
    `AGREED_DATE_REFUSED`: an agreed due date has no effect.
    `AGREED_WITHOUT_CLOCK`: a due date was agreed for which no clock is open.
    `NOBODY_TO_TELL`: the contract names no people.
    `CHANNEL_NOT_ENTITLED`: the plan does not include the channel.
    `URGENT_CHANNEL`: the top priority should come through another channel.
    `SPEAKER_UNKNOWN`: it is not known for which side an author commented.
    `VENDOR_NOT_LISTED`: the incident waits on a vendor without a valid contract.
    `NOT_THE_CONTACT`: the reporter is not the customer's only permitted contact.
    `NO_COVERAGE`: a target names hours that the plan lacks.
    `UNREACHABLE_TARGET`: a target is due beyond the calendar's years.
    `TAKEN_AWAY`: the ticket no longer states a value that it had.
    `RECONCILED`: the ticket's snapshot shows something that no event reported.
    `LEFT_OUT`: there were too many remarks to keep.
    `MERGED_IN`: another incident was merged into this one.
    `STANDS_IN`: only events of merged incidents are known; they open the incident.
    `OVERFULL`: there are so many events that some are ignored.
    """

    MAPPING = "mapping"
    NO_OPENING = "no_opening"
    BEFORE_OPENING = "before_opening"
    OPENED_AGAIN = "opened_again"
    FUTURE_TIME = "future_time"
    UNKNOWN_PRIORITY = "unknown_priority"
    MISSING_DESCRIPTION = "missing_description"
    DOWNGRADE_PENDING = "downgrade_pending"
    NOTHING_TO_AGREE = "nothing_to_agree"
    DOWNGRADE_NOT_AGREED = "downgrade_not_agreed"  # staff claim it, without naming who of the customer agreed
    AGREED_DATE_REFUSED = "agreed_date_refused"  # against a rule: it has no effect
    DEFAULT_CONTRACT = "default_contract"
    NOBODY_TO_TELL = "nobody_to_tell"
    OUT_OF_SCOPE = "out_of_scope"
    CHANNEL_NOT_ENTITLED = "channel_not_entitled"
    CHANNEL_OUT_OF_HOURS = "channel_out_of_hours"
    REQUEST_NOT_COVERED = "request_not_covered"  # a type of request that the plan does not cover
    VENDOR_NOT_LISTED = "vendor_not_listed"  # waits on a vendor with whom the customer has no valid contract
    NOT_THE_CONTACT = "not_the_contact"  # reported by another than the one contact of the customer
    URGENT_CHANNEL = "urgent_channel"
    SPEAKER_UNKNOWN = "speaker_unknown"  # a comment of somebody whose side is not known
    UNSPECIFIED_TARGET = "unspecified_target"
    NO_COVERAGE = "no_coverage"
    UNREACHABLE_TARGET = "unreachable_target"
    AGREED_WITHOUT_CLOCK = "agreed_without_clock"
    TAKEN_AWAY = "taken_away"  # a value that the ticket had, and has no more
    RECONCILED = "reconciled"  # a snapshot shows the ticket otherwise than its events
    LEFT_OUT = "left_out"  # there is more to remark than is shown
    MERGED_IN = "merged_in"
    STANDS_IN = "stands_in"
    OVERFULL = "overfull"  # so many events that some of the latest do not count


@dataclass(frozen=True, slots=True)
class Remark:
    """Something odd about an incident that people should see, as a sentence.

    `event`: the event that the remark is about; NO_EVENT: the incident as a whole.
    """

    kind: RemarkKind
    text: str
    event: EventId = NO_EVENT


@dataclass(frozen=True, slots=True)
class PriorityPeriod:
    """A span `[start, end)` in which one priority applied to the incident.

    `priority`: id of the priority.
    `end`: None for the current priority.
    `by`: who set the priority.
    `why`: the rule by which the priority applied.
    `reason`: the sender's own words.
    `event`: the event that set the priority.
    """

    priority: str
    start: datetime
    end: datetime | None
    by: str
    why: PriorityWhy
    reason: str = ""
    event: EventId = NO_EVENT


@dataclass(frozen=True, slots=True)
class ContractPeriod:
    """A span of time in which an incident was under one contract and one customer.

    The span ends at the `start` of the next period.
    `customer`: the name that the ticket states.
    `event`: the first event of the period.
    `named`: True: the contract is the customer's own. False: it is the default contract.
    """

    contract: ContractId
    customer: str
    start: datetime
    event: EventId  # the first that belongs to it, in the order of the fold
    named: bool


@dataclass(frozen=True, slots=True)
class PendingDowngrade:
    """A lower priority that waits for the customer's agreement.

    `old`: id of the priority that applies until then.
    `new`: id of the lower priority.
    `at`, `by`, `event`: when, by whom and with which event it was proposed.
    `reason`: in words.
    Source: clause E9 (docs/clauses.md).
    """

    old: str
    new: str
    at: datetime
    by: str
    reason: str
    event: EventId


@dataclass(frozen=True, slots=True)
class Correction:
    """A corrected priority of which the customer is notified (clause E8).

    Somebody other than the customer made the correction, and staff had not set the old priority.
    `old`, `new`: ids of priorities.
    `at`, `by`, `event`: when, by whom and with which event the priority was corrected.
    `reason`: in words.
    """

    old: str
    new: str
    at: datetime
    by: str
    reason: str
    event: EventId


@dataclass(frozen=True, slots=True)
class HolderSpan:
    """A span `[start, end)` in which one assignee, group and support line (`line`) held the incident.

    "" means nobody. `end` is None for the current span. The spans leave no gap, so they sum to the incident's elapsed
    time (clause B9, docs/clauses.md).
    """

    assignee: str
    group: str
    line: str
    start: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True)
class WaitSpan:
    """A span `[start, end)` in which the incident waited on somebody (`on`).

    `event`: the event that began the wait. `reason`: in words. `defect`: the defect that the incident named then, ""
    for none; another one begins a span of its own. Source: clauses H11 and E15 (docs/clauses.md).
    """

    on: WaitingOn
    start: datetime
    end: datetime | None
    reason: str
    event: EventId
    defect: str = ""


@dataclass(frozen=True, slots=True)
class EndedSpan:
    """A span `[start, end)` in which the incident was over (resolved, closed, cancelled, merged) before a reopening."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Escalation:
    """An escalation made by hand (clauses B7 and B9, docs/clauses.md).

    `by`: who escalated.
    `to`: to whom; "" if not stated.
    `reason`: in words.
    `event`: the event that states the escalation.
    """

    at: datetime
    by: str
    to: str
    reason: str
    event: EventId


@dataclass(frozen=True, slots=True)
class Rating:
    """The customer's rating of the service (clause B7, docs/clauses.md).

    `score`: as the sender gives it; None: no score.
    `at`, `by`, `event`: when, by whom and with which event the rating was given.
    """

    score: int | None
    at: datetime
    by: str
    comment: str
    event: EventId


@dataclass(frozen=True, slots=True)
class Exemption:
    """An exemption of metrics: their clocks are left out of attainment (the share of targets met).

    `metrics`: ids; empty: every metric of the incident.
    `at`, `by`, `event`: when, by whom and with which event they were exempted.
    `reason`: in words.
    """

    metrics: tuple[str, ...]
    at: datetime
    by: str
    reason: str
    event: EventId


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """An incident as computed from its events so far, with a reason beside each decision.

    `attributes`: name -> last value, as the sender states it. `match`: the contract, and why it applies; `entitlement`:
    id of the contract's entitlement that applies, "" for a contract with one plan. `plan`: the plan whose targets
    apply. `scope`: whether the contract covers the product. `opened_quality`: how reliable the time of the opening is;
    `quality`: the least reliable of all events. `changed_at`: the latest instant of any event. `ended_at`: since when
    it is resolved, closed, cancelled or merged, None if it is not. `priority`: the id in force; `priorities`: which was
    in force when; `pending_downgrade`: a lower one that waits for the customer's agreement, None if none does;
    `corrections`: changes of which the customer is notified. `periods`: under which contract and customer it was since
    when. `holders`, `waits`: who held it, and on whom it waited. `ended_spans`: when it was over, before it was
    reopened. `merged_into`: the incident as which it goes on, None if not merged. `imported_through`: when the last
    event of its import was received, None if it was not imported; nobody is notified of what came true by then.
    """

    id: IncidentId
    phase: Phase
    attributes: Mapping[str, str]  # the last value of each, as the sender states it
    match: ContractMatch
    plan: PlanId  # whose rows apply: the base plan when the product is out of scope
    scope: Scope
    opened_at: datetime
    opened_quality: TimeQuality
    opened_by: Actor
    changed_at: datetime  # the latest instant of any event
    ended_at: datetime | None  # since when it is resolved, closed, cancelled or merged
    priority: str
    priorities: tuple[PriorityPeriod, ...]
    periods: tuple[ContractPeriod, ...]  # at least one; another at each change of contract or customer
    quality: TimeQuality  # the worst of all events
    pending_downgrade: PendingDowngrade | None
    corrections: tuple[Correction, ...]
    holders: tuple[HolderSpan, ...]
    waits: tuple[WaitSpan, ...]
    escalations: tuple[Escalation, ...]
    ratings: tuple[Rating, ...]
    exemptions: tuple[Exemption, ...]
    merged_into: IncidentId | None
    imported_through: datetime | None  # an import brought it: what came true up to then is history
    remarks: tuple[Remark, ...]
    clocks: tuple[Clock, ...]
    entitlement: str = ""  # the id of the one that applies, of a contract with several
    ended_spans: tuple[EndedSpan, ...] = ()  # of ends that a reopening undid

    @property
    def contract(self) -> Contract:
        """Return the contract that applies to the incident."""
        return self.match.contract

    @property
    def match_reason(self) -> MatchReason:
        """Return why the incident is under this contract."""
        return self.match.reason

    def elapsed(self, at: datetime) -> timedelta:
        """Return the wall-clock time from the incident's opening to its end; at least 0.

        For an incident that has not ended, the time is measured to `at`.
        """
        return max((self.ended_at or at) - self.opened_at, timedelta())
