"""One delivery on its way into the inbox: the row that is stored and the answer to its sender."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, assert_never

import orjson

from sla_catalogue.source import SourceId
from sla_domain.event import IncidentId
from sla_ingest.dialect.port import (
    OWN_HEADERS,
    Accepted,
    Delivery,
    Ignored,
    IngestRemark,
    Parked,
    ParkedBecause,
    Refused,
    RemarkNote,
    TranslatedEvent,
    Translation,
    Work,
    Worked,
)

# Never kept: what proves a sender (besides the source's own proof header, which is removed on receipt), and what says
# nothing about the delivery.
_PROOFS = ("signature", "token", "secret", "authorization", "password", "cookie", "api-key", "apikey")
_NOISE = frozenset({"host", "connection", "content-length", "accept", "accept-encoding", "transfer-encoding", "te"})
CONTRACT_HEADER = f"{OWN_HEADERS}contract"  # the contract of the key by which the delivery came


class DeliveryResult(StrEnum):
    """The result of a delivery: the column `outcome` of the inbox, the table of all deliveries."""

    ACCEPTED = "accepted"
    """The delivery gave events or work."""
    IGNORED = "ignored"
    """The delivery was understood, and gives no events."""
    PARKED = "parked"
    """The delivery was stored without effect, to be replayed."""
    REFUSED = "refused"
    """The delivery got an HTTP error."""
    REPLAYED = "replayed"
    """A replay has stored the delivery again under another delivery id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxEntry:
    """A row of the inbox: a delivery, its result, and the events or the work that it gave."""

    source: SourceId
    delivery: str
    """The delivery's id within its source."""
    digest: str
    """A checksum of the delivery's content."""
    received_at: datetime
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    result: DeliveryResult
    reason: str = ""
    """Why the delivery gave no event, as a code."""
    text: str = ""
    """Why the delivery gave no event, in words."""
    detail: str = ""
    """A detail of the reason, such as the unknown type."""
    events: tuple[TranslatedEvent, ...] = ()
    work: Work | None = None
    observed: TranslatedEvent | None = None
    """An event with the ticket's state, from an ignored delivery."""
    remarks: tuple[RemarkNote, ...] = ()
    """Remarks on the whole delivery."""
    by_body: bool = False
    """Whether the sender's id is not proven. If so, deliveries with equal bodies are the same."""
    promises: bool = True
    """Whether the response holds due instants."""
    by_rule: bool = False
    """Whether to refuse the delivery if it breaks a rule of the plan."""
    refused: Refused | None = None
    """The HTTP error for the sender. None if the delivery is not refused."""
    counted_as: str = ""
    """The source's name in metrics. It is never a name that a sender has chosen."""
    id: str = field(init=False)
    """The row's id, made from source and delivery id."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", row_id(self.source, self.delivery))


@dataclass(frozen=True, slots=True)
class Receipt:
    """The response to one delivery, and the delivery itself (`entry`)."""

    entry: InboxEntry
    answer: bytes
    """The body of the response, as JSON."""
    duplicate: bool = False
    """Whether the delivery was stored before. If so, `answer` is its first response."""
    kept_from: frozenset[IncidentId] = frozenset()
    """Incidents that get no copies of the delivery's events. The events' incident was merged into these incidents, but
    they are under another contract than the sender's key."""
    noticed: tuple[str, ...] = ()
    """Codes of the remarks on an incident that the delivery opened, for the metrics."""


def ledger_entry_id(entry: InboxEntry) -> str:
    """Return the id of the entry in a ledger (account of an allowance) for a delivery that reports work.

    A repeated delivery gives the same id, so that the work is counted once.
    """
    return f"event:{entry.id}"


def row_id(source: str, delivery: str) -> str:
    """Return the id of a delivery's row in the inbox: 32 hexadecimal digits, made from source and delivery id."""
    return hashlib.sha256(f"{source}\x00{delivery}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of a delivery that are stored with it, each value cut to 1,000 characters.

    Headers whose name suggests a proof of the sender (such as `authorization`) are left out. So are headers that say
    nothing about the delivery (such as `host`).
    """
    return {
        name: value[:1_000]
        for name, value in headers.items()
        if name not in _NOISE and not any(word in name for word in _PROOFS)
    }


def entry_of(
    source: SourceId,
    delivery: Delivery,
    translation: Translation,
    *,
    promises: bool = True,
    by_body: bool = False,
    counted_as: str = "",
) -> InboxEntry:
    """Return the inbox row of a translated delivery, without storing it.

    The row has the sender's delivery id, with two exceptions: a refused delivery, and a delivery whose body contradicts
    an unsigned header. The id of these is made from their digest (checksum). So a good delivery can still come under
    the sender's id.

    Args:
        translation: The result of translating the delivery.
        promises: Whether the response shall state the incident's due instants.
        by_body: Whether the sender's delivery id is not proven, for example by a signature. If so, deliveries with
            equal bodies are the same delivery.
        counted_as: The source's name in metrics. "" means `source`.
    """
    headers = kept_headers({**delivery.hints, **delivery.headers})
    digest = _digest(delivery.body, kept_headers(delivery.headers))
    outcome = translation.outcome
    given: dict[str, Any] = {"delivery": translation.delivery}
    match outcome:
        case Accepted(events):
            given |= {"result": DeliveryResult.ACCEPTED, "events": events}
        case Ignored(reason, detail, observed):
            given |= {"result": DeliveryResult.IGNORED, "reason": reason.code, "text": reason.value, "detail": detail}
            given["observed"] = observed
        case Worked(work):
            given |= {"result": DeliveryResult.ACCEPTED, "work": work}
        case Parked(reason, detail):
            given |= {"result": DeliveryResult.PARKED, "reason": reason.code, "text": reason.value, "detail": detail}
            if reason is ParkedBecause.CONTRADICTED:
                given["delivery"] = f"contradicted:{digest[:40]}"
        case Refused():
            given |= {"result": DeliveryResult.REFUSED, "reason": str(outcome.status), "text": outcome.title}
            given |= {"detail": outcome.detail, "refused": outcome, "delivery": f"refused:{digest[:40]}"}
        case _:
            assert_never(outcome)
    return InboxEntry(
        source=source,
        digest=digest,
        received_at=delivery.received_at,
        headers=headers,
        body=delivery.body,
        promises=promises,
        by_body=by_body,
        counted_as=counted_as or source,
        **given,
    )


def accept_for_snapshot(entry: InboxEntry) -> InboxEntry:
    """Return a copy of an ignored entry that is accepted because it shows a new state of the ticket.

    The event in `observed`, which carries the state, becomes the copy's only event. `observed` must not be None.
    `reason` still says why the delivery gives no other event.
    """
    assert entry.observed is not None
    return replace(entry, result=DeliveryResult.ACCEPTED, events=(entry.observed,), observed=None)


def park_entry(entry: InboxEntry, reason: ParkedBecause, detail: str) -> InboxEntry:
    """Return a copy of the entry that is parked (stored without effect), without events, work and remarks.

    The copy's delivery id is the entry's, cut to 140 characters, followed by `~` and 16 digits of the digest
    (checksum). So another delivery can still use the original id.

    Args:
        reason: Why the entry is parked.
        detail: More about the reason.
    """
    return replace(
        entry,
        delivery=f"{entry.delivery[:140]}~{entry.digest[:16]}",
        result=DeliveryResult.PARKED,
        reason=reason.code,
        text=reason.value,
        detail=detail,
        events=(),
        work=None,
        observed=None,
        remarks=(),
    )


def refuse_entry(entry: InboxEntry, refused: Refused) -> InboxEntry:
    """Return a copy of the entry that is refused with the error `refused`, without events, work and remarks.

    The copy's delivery id is made from the digest (checksum), so that a good delivery can still come under the sender's
    id.
    """
    return replace(
        entry,
        delivery=f"refused:{entry.digest[:40]}",
        result=DeliveryResult.REFUSED,
        reason=str(refused.status),
        text=refused.title,
        detail=refused.detail,
        events=(),
        work=None,
        remarks=(),
        refused=refused,
    )


def _digest(body: bytes, headers: Mapping[str, str]) -> str:
    """Of everything proven that carries meaning: in CloudEvents' binary mode the attributes are headers."""
    digest = hashlib.sha256(body)
    for name in sorted(headers):
        if name.startswith("ce-"):
            digest.update(f"\x00{name}\x00{headers[name]}".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


# -- answers ----------------------------------------------------------------------------------------------


def answer_of(entry: InboxEntry, promise: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the JSON object of the response to an accepted, ignored or parked (not understood) delivery (status 202).

    It has the delivery's ids, outcome, reason, events and remarks.

    Args:
        promise: The due instants, as `sla_ingest.promise.promise` returns them. If None, they are left out.
    """
    answer: dict[str, Any] = {"id": entry.id, "delivery": entry.delivery, "outcome": entry.result.value}
    if entry.reason:
        answer["reason"] = {"code": entry.reason, "text": entry.text, "detail": entry.detail}
    answer["events"] = [
        {
            "id": one.event.id,
            "incident": one.event.incident,
            "kind": one.event.kind.value,
            "occurred_at": one.event.occurred_at.isoformat(),
            "quality": one.event.quality.value,
            "outcome": entry.result.value,
            "remarks": [noted.as_json() for noted in one.remarks],
        }
        for one in entry.events
    ]
    if entry.work is not None:
        answer["work"] = {
            "incident": entry.work.incident,
            "contract": entry.work.contract,
            "allowance": entry.work.allowance,
            "entry": ledger_entry_id(entry),
            "from": entry.work.start.isoformat(),
            "until": entry.work.end.isoformat(),
        }
    if entry.remarks:
        answer["remarks"] = [noted.as_json() for noted in entry.remarks]
    if promise is not None:
        answer["promise"] = promise
    return answer


def answer_to_reuse(answer: bytes, detail: str) -> bytes:
    """Return a copy of a response, with the remark that another body came under the same delivery id.

    Args:
        answer: The first response to a delivery with this id, as JSON. The copy is JSON, too.
        detail: The delivery id.
    """
    told = orjson.loads(answer)
    told.setdefault("remarks", []).append(RemarkNote(IngestRemark.ID_REUSED, detail).as_json())
    return orjson.dumps(told)
