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
    """Whether the contract's plan covers the incident's product.

    The value is the reason in words. Source: clauses H4 and I9 (docs/clauses.md).
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
        """Return the scope in the form used in conditions of targets: `in`, `out` or `excluded`.

        It is the value of the attribute `scope`.
        """
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
    """Why an entitlement (one of the contract's plans) does not apply to an incident."""

    BEGINS = "begins"
    """Not in force yet."""
    ENDED = "ended"
    """No longer in force."""
    TYPE = "type"
    """Not for this type of request."""
    PRODUCT = "product"
    """The product is not included."""
    EXCLUDED = "excluded"
    """The product is excluded."""
    UNAVAILABLE = "unavailable"
    """The plan is not sold for the product."""
    LATER = "later"
    """An entitlement listed earlier applies."""


@dataclass(frozen=True, slots=True)
class PassedOver:
    """An entitlement (one of the contract's plans) that does not apply to an incident, and why."""

    entitlement: str
    """Id of the entitlement."""
    reason: PassedReason
    detail: str
    """For BEGINS and ENDED, the day. For TYPE, the type of the request. For LATER, the id of the entitlement that
    applies. Otherwise, the product."""


class PriorityWhy(StrEnum):
    """Why a priority applied to an incident.

    The value is the reason in words.
    """

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
    """The kinds of remarks: something odd about an incident that people should see, never an error."""

    MAPPING = "mapping"
    """Something of the ticket could not be translated."""
    NO_OPENING = "no_opening"
    BEFORE_OPENING = "before_opening"
    """Something is dated before the opening, or before a clock began."""
    OPENED_AGAIN = "opened_again"
    """The incident was opened after its end, or another ticket took its name."""
    FUTURE_TIME = "future_time"
    """An event is dated in the future."""
    UNKNOWN_PRIORITY = "unknown_priority"
    MISSING_DESCRIPTION = "missing_description"
    DOWNGRADE_PENDING = "downgrade_pending"
    NOTHING_TO_AGREE = "nothing_to_agree"
    """A lower priority was agreed that nobody proposed."""
    DOWNGRADE_NOT_AGREED = "downgrade_not_agreed"
    """Staff agreed to a lower priority without the customer."""
    AGREED_DATE_REFUSED = "agreed_date_refused"
    """An agreed due date has no effect."""
    DEFAULT_CONTRACT = "default_contract"
    NOBODY_TO_TELL = "nobody_to_tell"
    """The contract names no people."""
    OUT_OF_SCOPE = "out_of_scope"
    CHANNEL_NOT_ENTITLED = "channel_not_entitled"
    """The plan does not include the channel."""
    CHANNEL_OUT_OF_HOURS = "channel_out_of_hours"
    REQUEST_NOT_COVERED = "request_not_covered"
    """The plan does not cover this type of request."""
    VENDOR_NOT_LISTED = "vendor_not_listed"
    """The incident waits on a vendor without a valid contract."""
    NOT_THE_CONTACT = "not_the_contact"
    """The reporter is not the customer's only permitted contact."""
    URGENT_CHANNEL = "urgent_channel"
    """The top priority should come through another channel."""
    SPEAKER_UNKNOWN = "speaker_unknown"
    """It is not known for which side an author commented."""
    UNSPECIFIED_TARGET = "unspecified_target"
    NO_COVERAGE = "no_coverage"
    """A target names hours that the plan lacks."""
    UNREACHABLE_TARGET = "unreachable_target"
    """A target is due beyond the calendar's years."""
    AGREED_WITHOUT_CLOCK = "agreed_without_clock"
    """A due date was agreed for which no clock is open."""
    TAKEN_AWAY = "taken_away"
    """The ticket no longer states a value that it had."""
    RECONCILED = "reconciled"
    """The ticket's snapshot shows something that no event reported."""
    LEFT_OUT = "left_out"
    """There were too many remarks to keep."""
    MERGED_IN = "merged_in"
    """Another incident was merged into this one."""
    LINKED = "linked"
    """Another system's ticket is the same incident."""
    STANDS_IN = "stands_in"
    """Only events of merged incidents are known, and they open the incident."""
    OVERFULL = "overfull"
    """There are so many events that some are ignored."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something odd about an incident that people should see, as a sentence."""

    kind: RemarkKind
    text: str
    event: EventId = NO_EVENT
    """The event that the remark is about. NO_EVENT if the remark is about the incident as a whole."""


@dataclass(frozen=True, slots=True)
class PriorityPeriod:
    """A span `[start, end)` in which one priority applied to the incident."""

    priority: str
    """Id of the priority."""
    start: datetime
    end: datetime | None
    """When the priority ceased to apply. None for the current priority."""
    by: str
    """Who set the priority."""
    why: PriorityWhy
    """The rule by which the priority applied."""
    reason: str = ""
    """The reason in the sender's own words."""
    event: EventId = NO_EVENT
    """The event that set the priority."""


@dataclass(frozen=True, slots=True)
class ContractPeriod:
    """A span of time in which an incident was under one contract and one customer.

    The span ends at the `start` of the next period.
    """

    contract: ContractId
    customer: str
    """The name that the ticket states."""
    start: datetime
    event: EventId
    """The first event of the period."""
    named: bool
    """Whether the contract is the customer's own. False means that it is the default contract."""


@dataclass(frozen=True, slots=True)
class PendingDowngrade:
    """A lower priority that waits for the customer's agreement.

    Source: clause E9 (docs/clauses.md).
    """

    old: str
    """Id of the priority that applies until the customer agrees."""
    new: str
    """Id of the lower priority."""
    at: datetime
    """When the lower priority was proposed."""
    by: str
    """Who proposed the lower priority."""
    reason: str
    """The reason in words."""
    event: EventId
    """The event by which the lower priority was proposed."""
    known_since: datetime | None = None
    """When slad received that event. None if not recorded."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A correction of the customer's priority by somebody else, of which the customer is notified (clause E8)."""

    old: str
    """Id of the priority before."""
    new: str
    """Id of the priority now."""
    at: datetime
    """When the priority was corrected."""
    by: str
    """Who corrected the priority."""
    reason: str
    """The reason in words."""
    event: EventId
    """The event by which the priority was corrected."""
    known_since: datetime | None = None
    """When slad received that event. None if not recorded."""


@dataclass(frozen=True, slots=True)
class HolderSpan:
    """A span `[start, end)` in which the incident had one assignee, group and support line.

    The spans leave no gap, so they sum to the incident's elapsed time (clause B9, docs/clauses.md).
    """

    assignee: str
    """The assignee. "" means nobody."""
    group: str
    """The group. "" means none."""
    line: str
    """The support line. "" means none."""
    start: datetime
    end: datetime | None
    """When the span ended. None for the current span."""


@dataclass(frozen=True, slots=True)
class WaitSpan:
    """A span `[start, end)` in which the incident waited on somebody.

    Source: clause H11 (docs/clauses.md).
    """

    on: WaitingOn
    """Whom the incident waited on."""
    start: datetime
    end: datetime | None
    """When the wait ended. None while the incident waits."""
    reason: str
    """The reason in words."""
    event: EventId
    defect: str = ""


@dataclass(frozen=True, slots=True)
class EndedSpan:
    """A span `[start, end)` in which the incident was over (resolved, closed, cancelled, merged) before a reopening."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Escalation:
    """An escalation made by hand (clauses B7 and B9, docs/clauses.md)."""

    at: datetime
    by: str
    """Who escalated."""
    to: str
    """To whom the incident was escalated. "" if not stated."""
    reason: str
    """The reason in words."""
    event: EventId
    """The event that states the escalation."""
    actor: Actor = Actor.UNKNOWN
    """Whether the customer or staff escalated."""
    known_since: datetime | None = None
    """When slad received that event. None if not recorded."""


@dataclass(frozen=True, slots=True)
class Rating:
    """The customer's rating of the service (clause B7, docs/clauses.md)."""

    score: int | None
    """The score as the sender gives it. None means no score."""
    at: datetime
    """When the rating was given."""
    by: str
    """Who gave the rating."""
    comment: str
    event: EventId
    """The event by which the rating was given."""
    known_since: datetime | None = None
    """When slad received that event. None if not recorded."""


@dataclass(frozen=True, slots=True)
class Exemption:
    """An exemption of metrics: their clocks are left out of attainment (the share of targets met)."""

    metrics: tuple[str, ...]
    """Ids of the metrics. Empty means every metric of the incident."""
    at: datetime
    """When the metrics were exempted."""
    by: str
    """Who exempted the metrics."""
    reason: str
    """The reason in words."""
    event: EventId
    """The event by which the metrics were exempted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """An incident as computed from its events so far, with a reason beside each decision."""

    id: IncidentId
    phase: Phase
    attributes: Mapping[str, str]
    """Name -> newest value, as the sender states it."""
    match: ContractMatch
    """The contract, and why it applies."""
    plan: PlanId
    """The plan whose targets apply."""
    scope: Scope
    """Whether the contract covers the product."""
    opened_at: datetime
    opened_quality: TimeQuality
    """How reliable the time of the opening is."""
    opened_by: Actor
    changed_at: datetime
    """The instant of the last event."""
    ended_at: datetime | None
    """Since when the incident is resolved, closed, cancelled or merged. None if it has not ended."""
    priority: str
    """Id of the current priority."""
    priorities: tuple[PriorityPeriod, ...]
    """All priorities, each with when it applied."""
    periods: tuple[ContractPeriod, ...]
    """The incident's contracts and customers, each with when it applied."""
    quality: TimeQuality
    """The least reliable quality of all events' times."""
    pending_downgrade: PendingDowngrade | None
    """A lower priority that waits for the customer's agreement. None if there is none."""
    corrections: tuple[Correction, ...]
    """Corrected priorities of which the customer is notified."""
    holders: tuple[HolderSpan, ...]
    """Who had the incident, and when."""
    waits: tuple[WaitSpan, ...]
    """Whom the incident waited on, and when."""
    escalations: tuple[Escalation, ...]
    ratings: tuple[Rating, ...]
    exemptions: tuple[Exemption, ...]
    merged_into: IncidentId | None
    """The incident into which this one was merged. None if it was not merged."""
    imported_through: datetime | None
    """When the last event of an import was received. Nobody is notified of what became true up to then. None if the
    incident was not imported."""
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
        """Return the wall-clock time from the incident's opening to its end.

        The result is at least 0.

        Args:
            at: The instant up to which to measure if the incident has not ended.
        """
        return max((self.ended_at or at) - self.opened_at, timedelta())
