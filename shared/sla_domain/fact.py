"""Facts: what slad publishes about a clock or an incident. On the wire `io.slad.<family>.<kind>.v1`.

A fact is a frame (`Fact`: whose it is, its key, its instant) around a body that says what became true. The bodies are a
closed union, `FactBody`: match on it and end with `assert_never`. How a body is written as JSON is known to
`sla_platform.wire.fact_body` alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, assert_never

from sla_domain.clock import ClockId, ClockState
from sla_domain.event import IncidentId
from sla_domain.incident import ContractPeriod
from sla_domain.sentence import Sentence


class FactKind(StrEnum):
    """The kind of a fact (what is published about a clock or incident), sent as `io.slad.<kind>.v1`."""

    CLOCK_STARTED = "clock.started"
    CLOCK_PAUSED = "clock.paused"
    CLOCK_RESUMED = "clock.resumed"
    CLOCK_RETARGETED = "clock.retargeted"
    """A clock has another target, due instant or priority."""
    CLOCK_WARNED = "clock.warned"
    CLOCK_BREACHED = "clock.breached"
    CLOCK_MET = "clock.met"
    CLOCK_MISSED = "clock.missed"
    CLOCK_CANCELLED = "clock.cancelled"
    CLOCK_AMENDED = "clock.amended"
    """A published verdict or breach is corrected, a clock became exempt, or an ended clock no longer exists."""
    PROMISE_MADE = "promise.made"
    """The first due instants are promised to the customer."""
    PROMISE_MOVED = "promise.moved"
    """A promised due instant changed."""
    PROMISE_NONE = "promise.none"
    """The incident has no clock, as its plan states no allowed times."""
    CONTRACT_CHANGED = "contract.changed"
    """The incident is under another contract or customer."""
    PHASE_CHANGED = "phase.changed"
    PRIORITY_CORRECTED = "priority.corrected"
    """A priority was corrected, and the customer is notified."""
    ESCALATION_MADE = "escalation.made"
    """Somebody escalated the incident by hand."""
    RATING_GIVEN = "rating.given"
    """The customer rated the service."""
    DOWNGRADE_PROPOSED = "downgrade.proposed"
    """A lower priority waits for the customer's agreement."""
    DOWNGRADE_SETTLED = "downgrade.settled"
    """A lower priority waits for the customer's agreement no more."""


class MoveCause(StrEnum):
    """Why a promised due instant moved."""

    AGREED = "agreed"
    """Another date was agreed on (clause B5)."""
    PRIORITY = "priority"
    """Another priority applies (clauses E7 to E9)."""
    REOPENED = "reopened"
    """The incident was over and is open again."""
    WAITED_FOR_CUSTOMER = "waited_for_customer"
    """It waited for the customer, and goes on (clause H11)."""
    WAITED = "waited"
    """It waited for somebody else, and goes on."""


_NO_LINES: Mapping[str, datetime] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A published breach that is no longer true, because of a late event or a newer catalogue version."""

    key: str
    """The key of the fact that published the breach."""
    due_at: datetime | None = None
    """The published due instant. None if not known."""


@dataclass(frozen=True, slots=True)
class MovedBreach:
    """A published breach whose due instant has changed since it was published."""

    old_at: datetime
    """The due instant that was published."""
    new_at: datetime
    """The due instant that was really passed."""


@dataclass(frozen=True, slots=True)
class Started:
    """Body of a published fact: a clock started.

    It is the first fact of every clock.
    """

    kind: ClassVar[FactKind] = FactKind.CLOCK_STARTED


@dataclass(frozen=True, slots=True)
class Paused:
    """Body of a published fact: a clock is paused."""

    kind: ClassVar[FactKind] = FactKind.CLOCK_PAUSED
    why: str = ""
    """The reason in words."""
    waiting_on: str = ""
    """Whom the incident waits on: `customer`, `vendor` or `other`. "" if the clock is paused for another reason."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """Body of a published fact: a clock runs again, after a pause or after its end."""

    kind: ClassVar[FactKind] = FactKind.CLOCK_RESUMED
    old_due_at: datetime | None = None
    """The due instant published last. None if there was none."""
    new_due_at: datetime | None = None
    """The due instant from now on. None if there is none."""


@dataclass(frozen=True, slots=True)
class Retargeted:
    """Body of a published fact: the target, due instant or priority of a clock changed."""

    kind: ClassVar[FactKind] = FactKind.CLOCK_RETARGETED
    old_due_at: datetime | None = None
    """The due instant before. None means no due instant."""
    new_due_at: datetime | None = None
    """The due instant now. None means no due instant."""
    priority: str = ""
    """Id of the priority now."""
    old_priority: str = ""
    """Id of the priority before, given only if nothing else changed. Then `old_due_at`, `new_due_at` and
    `old_generation` are None."""
    old_generation: int | None = None
    """The number, from 0, of the target before."""
    agreed_by: str = ""
    """Who agreed to the due instant. "" means nobody."""
    broken_since: datetime | None = None
    """The new due instant, if its breach was published earlier."""
    catalogue: str = ""
    """The catalogue version whose coming into force caused the change. "" if an event caused it."""


@dataclass(frozen=True, slots=True)
class Warned:
    """Body of a published fact: a clock reached a warning threshold before its due instant."""

    kind: ClassVar[FactKind] = FactKind.CLOCK_WARNED
    threshold: str = ""
    """`warn-75` (percent of the allowed time) or `warn-3600s` (seconds before the due instant)."""
    overtaken: bool = False
    """Whether the warning was noticed only after the breach, after the clock's end or after a change of target. Nobody
    is notified of such a warning."""


@dataclass(frozen=True, slots=True)
class Breached:
    """Body of a published fact: a clock ran past its due instant."""

    kind: ClassVar[FactKind] = FactKind.CLOCK_BREACHED


@dataclass(frozen=True, slots=True)
class _Verdict:
    """The fields of a fact that a clock stopped."""

    quality: str = ""
    """How reliable the times of the incident's events are."""
    why: str = ""
    """The reason of the stop in words."""
    consumed: timedelta | None = None
    """Counted time. None in facts of older releases."""
    stopped_while_paused: bool = False
    """Whether the clock was paused when it stopped. A resume may have been forgotten."""
    exempt: str = ""
    """Why the clock is left out of attainment (share of targets met). "" if it is not left out."""


@dataclass(frozen=True, slots=True)
class Met(_Verdict):
    """Body of a published fact: a clock stopped at or before its due instant."""

    kind: ClassVar[FactKind] = FactKind.CLOCK_MET


@dataclass(frozen=True, slots=True)
class Missed(_Verdict):
    """Body of a published fact: a clock stopped after its due instant.

    The breach is published before this fact.
    """

    kind: ClassVar[FactKind] = FactKind.CLOCK_MISSED


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Body of a published fact: a clock ended without a verdict, neither met nor missed."""

    kind: ClassVar[FactKind] = FactKind.CLOCK_CANCELLED
    why: str = ""
    """The reason in words."""
    withdrawn: bool = False
    """Whether the target is no longer promised, although the incident continues."""


@dataclass(frozen=True, slots=True)
class Gone:
    """Body of a published fact: an incident was computed again and lacks a published clock.

    For example, a late event leaves a metric with fewer clocks.
    """

    old_state: ClockState
    """The state published last."""
    why: str = ""
    """The reason in words."""
    withdrawn: bool = False
    """Whether the catalogue version of the target cannot be read. The reason is then not known, and no breach is taken
    back."""
    takes_back: tuple[TakenBack, ...] = ()
    """Published breaches that are no longer true."""
    catalogue: str = ""
    """The catalogue version whose coming into force caused the change. "" if an event caused the change, or if the
    clock was open."""

    @property
    def kind(self) -> FactKind:
        """Return the kind of the fact: `clock.cancelled` if the clock was open, else `clock.amended`."""
        return FactKind.CLOCK_CANCELLED if self.old_state.open else FactKind.CLOCK_AMENDED


@dataclass(frozen=True, slots=True)
class Amended:
    """Body of a published fact: a published verdict (met, missed) or breach of a clock was wrong and is corrected."""

    kind: ClassVar[FactKind] = FactKind.CLOCK_AMENDED
    takes_back: tuple[TakenBack, ...] = ()
    """Published breaches that are no longer true."""
    old_state: ClockState | None = None
    """The clock's state before. Given only if the verdict changed."""
    new_state: ClockState | None = None
    """The clock's state now."""
    why: str = ""
    """The reason in words. Given only if the verdict changed, or if the clock is cancelled now."""
    old_due_at: datetime | None = None
    """The due instant before. Given only if the verdict changed."""
    new_due_at: datetime | None = None
    """The due instant now. Given only if the verdict changed."""
    moved: MovedBreach | None = None
    """A published breach that is true at another due instant. A fact with `moved` has no `takes_back`."""
    catalogue: str = ""
    """The catalogue version whose coming into force caused the change. "" if a late event caused it."""


@dataclass(frozen=True, slots=True)
class Exempted:
    """Body of a published fact: a clock is left out of attainment (the share of targets met).

    The fact is sent as `clock.amended`.
    """

    kind: ClassVar[FactKind] = FactKind.CLOCK_AMENDED
    exempt: str
    """The reason."""
    exempt_by: str = ""
    """Who exempted the clock."""
    catalogue: str = ""
    """The catalogue version whose coming into force caused the change. "" if an event caused it."""


@dataclass(frozen=True, slots=True)
class PromiseMade:
    """Body of a published fact: the first due instants of an incident are promised."""

    kind: ClassVar[FactKind] = FactKind.PROMISE_MADE
    lines: Mapping[str, datetime]
    """Metric id -> due instant (UTC)."""
    zone: str = ""
    """The customer's time zone, in which the instants are shown."""


@dataclass(frozen=True, slots=True)
class PromiseMoved:
    """Body of a published fact: a promised due instant changed."""

    kind: ClassVar[FactKind] = FactKind.PROMISE_MOVED
    lines: Mapping[str, datetime]
    """Metric id -> due instant (UTC), of all running clocks."""
    zone: str = ""
    """The customer's time zone."""
    moved: tuple[str, ...] = ()
    """The metrics whose due instant changed."""
    catalogue: str = ""
    """The catalogue version whose coming into force caused the change. "" if an event caused it."""
    old: Mapping[str, datetime] = field(default_factory=lambda: _NO_LINES)
    """Metric id -> due instant (UTC) that was promised before, of the moved ones. A new clock has none."""
    because: MoveCause | None = None
    """Why it moved, so far as an event says so. None for another reason, and in facts before 0.3."""


@dataclass(frozen=True, slots=True)
class PromiseNone:
    """Body of a published fact: an incident has no clock, as its plan states no allowed times for it."""

    kind: ClassVar[FactKind] = FactKind.PROMISE_NONE
    why: str = ""
    """Which numbers are missing, in words."""


@dataclass(frozen=True, slots=True)
class ContractChanged:
    """Body of a published fact: an incident came under another contract or customer."""

    kind: ClassVar[FactKind] = FactKind.CONTRACT_CHANGED
    periods: tuple[ContractPeriod, ...] = ()
    """The incident's contracts, each with the instant since when. The oldest period is first. At most the newest 200
    are given."""


@dataclass(frozen=True, slots=True)
class PhaseChanged:
    """Body of a published fact: the phase of an incident changed.

    The fact is published only if the event that changed the phase causes no other fact. Every fact states the phase, so
    another fact would show the change already.
    """

    kind: ClassVar[FactKind] = FactKind.PHASE_CHANGED


@dataclass(frozen=True, slots=True)
class PriorityCorrected:
    """Body of a published fact: somebody other than the customer corrected the priority (clause E8, docs/clauses.md).

    The customer is notified. The fact is not published if staff had set the priority that is corrected.
    """

    kind: ClassVar[FactKind] = FactKind.PRIORITY_CORRECTED
    old: str = ""
    """Id of the priority before."""
    new: str = ""
    """Id of the priority now."""
    by: str = ""
    """Who corrected the priority."""
    reason: str = ""
    """The reason in words."""


@dataclass(frozen=True, slots=True)
class EscalationMade:
    """Body of a published fact: somebody escalated an incident by hand (clauses B7 and B9, docs/clauses.md)."""

    kind: ClassVar[FactKind] = FactKind.ESCALATION_MADE
    by: str = ""
    """Who escalated."""
    actor: str = ""
    """Whether the customer escalated: `customer`, `staff`, `bot` or `unknown`."""
    to: str = ""
    """To whom the incident was escalated. "" if not stated."""
    reason: str = ""
    """The reason in words."""


@dataclass(frozen=True, slots=True)
class RatingGiven:
    """Body of a published fact: the customer rated the service (clause B7, docs/clauses.md)."""

    kind: ClassVar[FactKind] = FactKind.RATING_GIVEN
    score: int | None = None
    """The score as the sender gives it. None means no score."""
    by: str = ""
    """Who gave the rating."""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class DowngradeProposed:
    """Body of a published fact: a lower priority waits for the customer's agreement (clause E9, docs/clauses.md)."""

    kind: ClassVar[FactKind] = FactKind.DOWNGRADE_PROPOSED
    old: str = ""
    """Id of the priority that applies until the customer agrees."""
    new: str = ""
    """Id of the lower priority."""
    by: str = ""
    """Who proposed the lower priority."""
    reason: str = ""
    """The reason in words."""


@dataclass(frozen=True, slots=True)
class DowngradeSettled:
    """Body of a published fact: a proposed lower priority no longer waits for the customer's agreement (clause E9).

    It was agreed or declined, another priority applies or is proposed, or the incident is over. The fact's `priority`
    says which priority is in force.
    """

    kind: ClassVar[FactKind] = FactKind.DOWNGRADE_SETTLED
    proposal: str = ""
    """The key of the fact that published the proposal."""


ClockFactBody = (
    Started | Paused | Resumed | Retargeted | Warned | Breached | Met | Missed | Cancelled | Gone | Amended | Exempted
)
"""What can become true of one clock."""

IncidentFactBody = (
    PromiseMade
    | PromiseMoved
    | PromiseNone
    | ContractChanged
    | PhaseChanged
    | PriorityCorrected
    | EscalationMade
    | RatingGiven
    | DowngradeProposed
    | DowngradeSettled
)
"""What can become true of an incident as a whole."""

FactBody = ClockFactBody | IncidentFactBody
"""Every body there is."""

NO_SUCH_CLOCK = Sentence.NO_SUCH_CLOCK.value  # why of a `Gone` that late events have caused
STARTED, BREACHED, PHASE_CHANGED = Started(), Breached(), PhaseChanged()  # bodies without fields, made once


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that became true of a clock or an incident, to be published as one event."""

    body: FactBody
    incident: IncidentId
    key: str
    """A key that is unique among the facts of the clock, or of the incident if `clock` is None. The event id is made of
    the key, so that a repeated publication is recognised."""
    at: datetime
    """When the fact became true (UTC). For a breach, `at` is the due instant."""
    clock: ClockId | None = None
    metric: str = ""
    """The clock's metric."""
    cycle: int = 0
    """The clock's number, from 0, among the incident's clocks of this metric."""
    generation: int = 0
    """The number of the clock's target, from 0."""
    due_at: datetime | None = None
    """The clock's due instant."""
    history: bool = False
    """Whether the fact was imported, or was already over when slad received the events. Nobody is notified of such a
    fact."""

    @property
    def kind(self) -> FactKind:
        """Return the kind of the fact, such as `clock.paused`.

        The fact is sent as an event of type `io.slad.<kind>.v1`.
        """
        return self.body.kind


def reason_of(body: FactBody) -> str:
    """Return in words why a fact (published event) became true, or "" if its body gives no reason."""
    match body:
        case Paused() | Met() | Missed() | Cancelled() | Gone() | Amended() | PromiseNone():
            return body.why
        case Started() | Resumed() | Retargeted() | Warned() | Breached() | Exempted():
            return ""
        case PromiseMade() | PromiseMoved() | ContractChanged() | PhaseChanged() | PriorityCorrected():
            return ""
        case EscalationMade() | RatingGiven() | DowngradeProposed() | DowngradeSettled():
            return ""
        case _:
            assert_never(body)


def caused_by_catalogue(body: FactBody, version: str) -> FactBody:
    """Return a fact's body with the catalogue version that caused the fact.

    The version is set in the body's field `catalogue`. A body without this field is returned unchanged. So is the body
    `Gone` (the clock no longer exists) of a clock that was open.

    Args:
        version: The catalogue version.
    """
    match body:
        case Retargeted() | Amended() | Exempted() | PromiseMoved():
            return replace(body, catalogue=version)
        case Gone():
            return replace(body, catalogue=version) if body.kind is FactKind.CLOCK_AMENDED else body
        case Started() | Paused() | Resumed() | Warned() | Breached() | Met() | Missed() | Cancelled():
            return body
        case PromiseMade() | PromiseNone() | ContractChanged() | PhaseChanged() | PriorityCorrected():
            return body
        case EscalationMade() | RatingGiven() | DowngradeProposed() | DowngradeSettled():
            return body
        case _:
            assert_never(body)
