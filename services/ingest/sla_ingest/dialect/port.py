"""The values between intake and dialects: a delivery in; canonical events, or the reason for none, out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from types import MappingProxyType

from sla_catalogue.source import Source, SourceId
from sla_domain.bounds import CUSTOMER, OWN_ID, PRIORITY, shorten
from sla_domain.event import (
    NOTHING,
    Actor,
    AgreedTarget,
    EventId,
    EventKind,
    IncidentEvent,
    IncidentId,
    Snapshot,
    TimeQuality,
    WaitingOn,
)

MAX_DELIVERY_ID = 160
_MAX_EVENT_ID = 120
COLUMNS: Mapping[str, int] = MappingProxyType({"customer": CUSTOMER, "priority": PRIORITY})
"""The longest value of each attribute that is a column of its own."""
OWN_HEADERS = "slad-"  # what slad notes beside a delivery; a sender's headers of that name are dropped on receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The body and headers of a sender's request, or of one event in a batch."""

    body: bytes
    headers: Mapping[str, str]
    """The headers that the source's proof covers, by name in lower case."""
    received_at: datetime
    hints: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    """The other headers. They can be forged, so they are used only to reject or park a delivery."""
    id: str = ""
    """The delivery's id if slad has given it an id, else empty."""
    max_depth: int = 64
    """The greatest depth of nested JSON."""


class CodedReason(Enum):
    """The base class for enums of reasons that are shown and counted.

    A member's value is the text for people. `code` is its name in metrics and database rows.
    """

    @property
    def code(self) -> str:
        """Return the reason's code: the member's name in lower case."""
        return self.name.lower()


class IgnoredBecause(CodedReason):
    """Why a delivery that was understood gives no event; the value is the reason in words."""

    PING = "a test delivery: the connection works"
    UNRELATED = "this kind of delivery says nothing about an incident"
    PULL_REQUEST = "pull requests are not incidents"
    COMMENT_CHANGED = "an edited or deleted comment moves no clock"
    INTERNAL_COMMENT = "the customer does not see an internal comment, so it is no response"
    BOT_COMMENT = "a bot never counts as a response"
    NOTHING_RELEVANT = "nothing that a clock depends on has changed"


class ParkedBecause(CodedReason):
    """Why a delivery was parked: stored without effect, until a person has looked at it and replays it.

    The value is the reason in words.
    """

    UNKNOWN_TYPE = "slad does not know this type of event"
    UNKNOWN_ACTION = "slad does not know this action"
    NO_INCIDENT = "the delivery does not say which incident it concerns"
    NO_TIME = "the delivery takes an incident away and does not say when"
    CONTRADICTED = "a header that nobody signed names another kind of event than the body is"
    ID_REUSED = "another body was delivered under the same id before"
    MALFORMED = "one event of the batch cannot be read"
    OTHER_CONTRACT = "the incident is under another contract than the key's"
    TOO_MANY_NAMES = "too many incidents would become one, or be merged into one another"
    NO_ENTRY = "no entry under when in the source's map applies"
    MAP_FAILED = "the source's map fails on this delivery"
    NO_LEDGER = "no ledger counts this work"


_REASONS: Mapping[str, str] = {reason.code: reason.value for kind in (ParkedBecause, IgnoredBecause) for reason in kind}


def reason_text(code: str) -> str:
    """Return in words why a delivery was ignored or parked (stored, but not understood), from the reason's code.

    The result is "" for an unknown code.
    """
    return _REASONS.get(code, "")


class IngestRemark(CodedReason):
    """Something odd about an event that is nevertheless accepted; shown in the response and counted.

    The value is the remark in words.
    """

    NO_TIME = "the delivery states no usable time: the time of receipt stands in for it"
    LOCAL_TIME = "the stated local time came twice or never: which instant is meant is not certain"
    FUTURE_TIME = "the stated time lies in the future: the time of receipt stands in for it"
    UNMAPPED_STATUS = "the source's table has no such status: it pauses and stops nothing"
    STATUS_BY_CATEGORY = "neither statuses of the source nor the usual names have this status: its category decides"
    STATUS_BEFORE = "statuses of the source do not have the status before: it may have been a wait or an end"
    UNMAPPED_RESOLUTION = "resolutions of the source do not have this one: it counts as resolved"
    UNMAPPED_PRIORITY = "priorities of the source do not have this one: its name goes on as it is"
    PRIORITY_BY_NUMBER = "priorities of the source do not have this one: Jira's own number of it decides"
    SPEAKER_UNKNOWN = (
        "nobody says on which side this person is: the word neither answers the customer nor waits for an answer"
    )
    STAFF_ASSUMED = "nobody says on which side this person is: taken for staff"
    REPORTER_UNKNOWN = "the reporter is not known yet: the comment counts as a response unless it is theirs"
    SHORTENED = "a long text was shortened; the whole stays in the inbox"
    FIELD_IGNORED = "the field has no use in an event of this kind"
    NO_PROMISE = "no due instant can be told"
    OTHER_CONTRACT = "the incident is under another contract by now: its promise is not told here"
    MANY_EVENTS = "the incident has very many events: its due instants stand in GET /v1/incidents, not in this answer"
    ID_REUSED = "another body was delivered under the same id before: this one is parked"
    TRUNCATED = "the sender left alerts out of its notification: an end among them is never told"
    OVER_ALLOWANCE = "the work is over the allowance: the ledger pays what it has, and shows the rest"


@dataclass(frozen=True, slots=True)
class RemarkNote:
    """A remark on an event, with a detail."""

    remark: IngestRemark
    detail: str = ""
    """For example, the value that was not understood. "" without a detail."""

    def __str__(self) -> str:
        return f"{self.remark.value}: {self.detail}" if self.detail else self.remark.value

    def as_json(self) -> dict[str, str]:
        """Return the remark as in responses: `code`, `text` and, unless it is empty, `detail`."""
        return {"code": self.remark.code, "text": self.remark.value} | ({"detail": self.detail} if self.detail else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslatedEvent:
    """An event and the remarks on it, before the event is stored."""

    event: IncidentEvent
    remarks: tuple[RemarkNote, ...] = ()
    unless_reporter: str = ""
    """The account of an author who may be the incident's reporter. If the author is the reporter, the event is a
    customer's reply. "" if this is not in question."""
    not_before_told: bool = False
    """The event happened at its stated time or at an unknown later time. If a clock was breached in between, the event
    is placed after the last breach before its receipt."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The outcome of a delivery that gives events of an incident."""

    events: tuple[TranslatedEvent, ...]


@dataclass(frozen=True, slots=True)
class Ignored:
    """The outcome of a delivery that was understood and gives no event."""

    reason: IgnoredBecause
    detail: str = ""
    """More about the reason, such as the kind of the delivery. "" without a detail."""
    observed: TranslatedEvent | None = None
    """An event with the state of the ticket that the delivery shows. None if the delivery shows no state. The event is
    stored if the incident is unknown, or known in another state."""


@dataclass(frozen=True, slots=True)
class Parked:
    """The outcome of a delivery that was not understood: stored, to be replayed by a person."""

    reason: ParkedBecause
    detail: str = ""
    """More about the reason, such as the unknown type. "" without a detail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The outcome of a delivery that is answered with an HTTP error (problem+json)."""

    status: int
    """400 if the body cannot be read, 422 if the body does not fit, 403 if the key forbids it."""
    title: str
    detail: str
    pointer: str = ""
    """JSON pointer (RFC 6901) to the fault. "" if not known."""
    position: int | None = None
    """Byte offset of the fault."""
    line: int | None = None
    """The line of the fault, from 1. None if not known."""
    column: int | None = None
    """The column of the fault, from 1. None if not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Time that somebody worked on an incident, from `start` up to `end`.

    The time is counted in a ledger (account of an allowance) of the contract.
    """

    incident: IncidentId
    start: datetime
    end: datetime
    who: str
    """The person's name."""
    allowance: str = ""
    """The id of the allowance that pays. "" means the contract's only allowance of hours."""
    customer: str = ""
    """The customer's name, used to find the contract if the incident is unknown. "" if not stated."""
    reason: str = ""
    """What the work was, in words."""
    contract: str = ""
    """The incident's contract. "" until the contract is known."""


@dataclass(frozen=True, slots=True)
class Worked:
    """The outcome of a delivery that reports how long somebody worked.

    Such a delivery gives no event, and changes no clock (measurement of a target).
    """

    work: Work


Outcome = Accepted | Ignored | Parked | Refused | Worked


@dataclass(frozen=True, slots=True)
class Translation:
    """The result of translating a delivery."""

    delivery: str
    """The delivery's id within its source: the sender's id, or else a digest (checksum) of what makes the delivery
    unique."""
    outcome: Outcome
    """What the delivery means."""


class DoesNotFit(Exception):
    """Raised when a delivery cannot be read, or its content is not valid.

    The attribute `refused` has all arguments as a Refused.

    Args:
        detail: What is wrong, for people.
        pointer: JSON pointer to the fault. "" for none.
        status, title: Status and title of the HTTP error for the sender.
    """

    def __init__(
        self, detail: str, pointer: str = "", *, status: int = 422, title: str = "The input does not fit"
    ) -> None:
        super().__init__(detail)
        self.refused = Refused(status=status, title=title, detail=detail, pointer=pointer)


# -- from what happened to events -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedTime:
    """The time that a sender gives for an event."""

    at: datetime | None
    """The stated time. None if the sender states no time, or a time that cannot be read."""
    quality: TimeQuality
    """How reliable the time is."""
    version: int = 0
    """The sender's own number of the change, which sorts events of the same instant. 0 if the sender gives no number.
    """
    remarks: tuple[RemarkNote, ...] = ()
    """What is odd about the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDraft:
    """An event of an incident without id, incident and time of receipt, which `number_events` adds."""

    kind: EventKind
    stamp: ClaimedTime
    """The time that the sender states."""
    actor: Actor = Actor.UNKNOWN
    """The author's side."""
    actor_name: str = ""
    """The author's name."""
    attributes: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    """What the event changes of the incident, as a mapping from name to value."""
    waiting_on: WaitingOn | None = None
    """For a wait, for whom the ticket waits."""
    agreed: AgreedTarget | None = None
    """A due instant on which both sides agreed."""
    merged_into: IncidentId | None = None
    """For MERGED, the other incident."""
    known_as: IncidentId | None = None
    """For RENAMED, another id of the incident, from the same source."""
    metrics: tuple[str, ...] = ()
    """The metrics that an exemption is for. Empty means all metrics."""
    score: int | None = None
    """The customer's rating."""
    reason: str = ""
    remarks: tuple[RemarkNote, ...] = ()
    """What is odd about the event."""
    unless_reporter: str = ""
    """The account of an author who may be the incident's reporter. If the author is the reporter, the event is a
    customer's reply. "" if this is not in question."""
    not_before_told: bool = False
    """The event happened at its stated time or later."""
    snapshot: Snapshot | None = None
    """The ticket's state."""
    history: bool = False
    """Whether the event was imported long afterwards. Nobody is notified of such an event."""


def incident_id(source: SourceId, own: str, pointer: str = "") -> IncidentId:
    """Return the id of an incident, made from its source and its id at the sender: `desk:INC-1`.

    Args:
        own: The id at the sender.
        pointer: The JSON pointer to `own`, for the error.

    Raises:
        DoesNotFit: `own` is longer than 200 characters.
    """
    if len(own) > OWN_ID:
        raise DoesNotFit(f"an incident id has at most {OWN_ID} characters, this one has {len(own)}", pointer)
    return IncidentId(f"{source}:{own}")


def event_id(source: SourceId, delivery: str, number: int) -> EventId:
    """Return the id of an event: `<source>/<delivery>/<number>`. It is always the same for the same delivery.

    If the id would be longer than 120 characters, a digest (checksum) replaces `<source>/<delivery>`.

    Args:
        number: The event's place in the delivery, from 0.
    """
    plain = f"{source}/{delivery}/{number}"
    if len(plain) <= _MAX_EVENT_ID:
        return EventId(plain)
    return EventId(f"sha256-{hashlib.sha256(f'{source}/{delivery}'.encode()).hexdigest()}/{number}")


def fitting_id(written: str) -> str:
    """Return a sender's delivery id (`written`) unchanged if it has at most 160 characters.

    Otherwise return a digest (checksum) of it.
    """
    return written if len(written) <= MAX_DELIVERY_ID else digest_id(written)


def digest_id(*parts: object) -> str:
    """Return a delivery id for a sender that gives none: a digest (checksum) of `parts`.

    Args:
        parts: The values that make the delivery unique. Equal parts give equal ids.
    """
    text = "\x00".join(str(part) for part in parts)
    return f"sha256-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:40]}"


def body_id(delivery: Delivery) -> str:
    """Return a delivery id made only from the delivery's body.

    It is `sha256-` and the first 40 hexadecimal digits of the body's SHA-256.
    """
    return f"sha256-{hashlib.sha256(delivery.body).hexdigest()[:40]}"


def number_events(
    delivery: Delivery,
    source: Source,
    incident: IncidentId,
    id_: str,
    happenings: Sequence[EventDraft],
    snapshot: Snapshot | None = None,
) -> Accepted:
    """Return the events of one delivery, with ids and times, made from drafts.

    Args:
        source: The settings of the sender.
        incident: The events' incident.
        id_: The delivery's id. An event's id is made from it and the event's number, from 0.
        happenings: The drafts. A draft without a time gets the delivery's time of receipt.
        snapshot: The ticket's state, which the last event carries. None means that no event carries a state.
    """
    if snapshot is not None and happenings:
        happenings = (*happenings[:-1], replace(happenings[-1], snapshot=snapshot))
    return Accepted(tuple(_event(delivery, source, incident, id_, n, what) for n, what in enumerate(happenings)))


def ignore_with_snapshot(
    delivery: Delivery,
    source: Source,
    incident: IncidentId,
    id_: str,
    outcome: Ignored,
    snapshot: Snapshot | None,
    remarks: tuple[RemarkNote, ...] = (),
) -> Ignored:
    """Return a copy of an ignored outcome, with the ticket's state added.

    In the copy, `observed` is an event of `incident` that has this state.

    Args:
        source: The settings of the sender.
        incident: The ticket's incident.
        id_: The delivery's id.
        outcome: The ignored outcome.
        snapshot: The ticket's state. If None, `outcome` itself is returned.
        remarks: Remarks on values of the ticket that slad does not know, such as a status. The event carries them.
    """
    if snapshot is None:
        return outcome
    # Of a delivery without a time the ticket is shown as of its receipt, which is nobody's claim.
    stated = None if snapshot.at == delivery.received_at else snapshot.at
    at = ClaimedTime(at=stated, quality=TimeQuality.OBJECT_UPDATED, version=snapshot.version)
    look = EventDraft(kind=EventKind.OBSERVED, stamp=at, snapshot=snapshot, remarks=remarks)
    return replace(outcome, observed=_event(delivery, source, incident, id_, 0, look))


def number_or_ignore(
    delivery: Delivery,
    source: Source,
    incident: IncidentId,
    id_: str,
    found: Sequence[EventDraft] | Ignored,
    snapshot: Snapshot | None,
    remarks: tuple[RemarkNote, ...] = (),
) -> Accepted | Ignored:
    """Return the outcome of a delivery that was understood: events, or the reason why there are none.

    The ticket's state is part of the outcome.

    Args:
        source: The settings of the sender.
        incident: The ticket's incident.
        id_: The delivery's id.
        found: The drafts of the events, or why there are none.
        snapshot: The ticket's state. None means that the delivery shows none.
        remarks: Remarks on values of the ticket that slad does not know, such as a status. They are used if `found` is
            Ignored.
    """
    if isinstance(found, Ignored):
        return ignore_with_snapshot(delivery, source, incident, id_, found, snapshot, remarks)
    return number_events(delivery, source, incident, id_, found, snapshot)


def _event(
    delivery: Delivery, source: Source, incident: IncidentId, id_: str, number: int, what: EventDraft
) -> TranslatedEvent:
    stated = what.stamp.at is not None
    attributes, cut = _fitted(what.attributes)
    snapshot, cut_there = _fitted_snapshot(what.snapshot, delivery.received_at)
    cut = tuple(dict.fromkeys((*cut, *cut_there)))
    remarks = (*what.stamp.remarks, *(() if stated else (RemarkNote(IngestRemark.NO_TIME),)), *what.remarks, *cut)
    return TranslatedEvent(
        event=IncidentEvent(
            id=event_id(source.id, id_, number),
            incident=incident,
            kind=what.kind,
            occurred_at=what.stamp.at or delivery.received_at,
            received_at=delivery.received_at,
            source=source.id,
            quality=what.stamp.quality if stated else TimeQuality.RECEIPT,
            version=what.stamp.version,
            actor=what.actor,
            actor_name=what.actor_name,
            attributes=attributes,
            waiting_on=what.waiting_on,
            agreed=what.agreed,
            merged_into=what.merged_into,
            known_as=what.known_as,
            metrics=what.metrics,
            score=what.score,
            reason=what.reason,
            snapshot=snapshot,
            history=what.history,
        ),
        remarks=remarks,
        unless_reporter=what.unless_reporter,
        not_before_told=what.not_before_told,
    )


def _fitted(attributes: Mapping[str, str]) -> tuple[Mapping[str, str], tuple[RemarkNote, ...]]:
    """Attributes that end in columns, shortened to them: a word that is too long must not cost the event."""
    long = [name for name, longest in COLUMNS.items() if len(attributes.get(name, "")) > longest]
    if not long:
        return attributes, ()
    cut = {name: shorten(attributes[name], COLUMNS[name]) for name in long}
    return {**attributes, **cut}, tuple(RemarkNote(IngestRemark.SHORTENED, name) for name in long)


def _fitted_snapshot(
    snapshot: Snapshot | None, received_at: datetime
) -> tuple[Snapshot | None, tuple[RemarkNote, ...]]:
    """Limit the snapshot to the receipt: a sender's clock may be ahead."""
    if snapshot is None:
        return None, ()
    attributes, cut = _fitted(snapshot.attributes)
    return replace(snapshot, at=min(snapshot.at, received_at), attributes=attributes), cut
