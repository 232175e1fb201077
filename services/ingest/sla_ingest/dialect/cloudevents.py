"""CloudEvents 1.0 over HTTP: structured, binary and batched, down to an envelope whose attributes are right.

The attribute rules are the CloudEvents library's; what it leaves open (types of extensions, 32-bit integers, null,
percent-encoding that is not UTF-8, RFC 3339 alone) is settled here. A type that is not slad's is parked, a missing
`time` is replaced by the receipt, and source + id make the delivery unique.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from typing import Any
from urllib.parse import unquote_to_bytes

import orjson
from cloudevents.core.exceptions import CloudEventValidationError
from cloudevents.core.v1.event import CloudEvent

from sla_catalogue.source import Authentication, AuthenticationKind, Dialect, Source, SourceId
from sla_domain.event import LINKING, EventKind, TimeQuality
from sla_ingest.dialect.adapter import OpenedDelivery, media_type
from sla_ingest.dialect.batch import gather_parts
from sla_ingest.dialect.canonical import event_draft, kind_of
from sla_ingest.dialect.instant import BadInstant, OutOfReach, parse_instant
from sla_ingest.dialect.json_text import malformed, parse_json
from sla_ingest.dialect.port import (
    MAX_DELIVERY_ID,
    OWN_HEADERS,
    ClaimedTime,
    Delivery,
    DoesNotFit,
    Outcome,
    Parked,
    ParkedBecause,
    Translation,
    Worked,
    digest_id,
    incident_id,
    number_events,
)
from sla_ingest.dialect.read import clean_text, identifier_text
from sla_ingest.dialect.work import read_work, says_work

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
_FAMILY = "application/cloudevents"
_JSON = re.compile(r"(application|text)/([\w.-]+\+)?json", re.ASCII)
_CORE = frozenset({"id", "source", "specversion", "type", "datacontenttype", "dataschema", "subject", "time"})
_BODY = frozenset({"data", "data_base64"})
# A source without words of its own, for senders that the catalogue does not describe.
UNDESCRIBED = Source(
    id=SourceId("events"),
    dialect=Dialect.CLOUDEVENTS,
    authentication=Authentication(kind=AuthenticationKind.NONE),
)
_STEP = timedelta(microseconds=1)
_PLACEHOLDER_TIME = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudEventEnvelope:
    """A CloudEvent whose attributes are valid; its content is not checked yet."""

    id: str
    """Unique among the events of the source."""
    source: str
    """The sender, as a URI."""
    type: str
    """The event's type, such as `io.slad.incident.opened.v1`."""
    subject: str
    """The incident's id at the sender; "" when absent."""
    time: datetime | None
    """The event's time. None when absent."""
    content_type: str
    """The media type of the content."""
    data: Any
    """The content as a JSON value."""
    encoded: bytes | None
    """The content as bytes, if the event was binary or had `data_base64`. Otherwise None."""

    @property
    def delivery(self) -> str:
        """Return the delivery id, made from the event's `source` and `id`: `https://desk.example#42`.

        Source and id together are unique. If the delivery id would be longer than 160 characters, it is a digest
        (checksum) of both.
        """
        plain = f"{self.source}#{self.id.replace('#', '%23')}"
        return plain if len(plain) <= MAX_DELIVERY_ID else digest_id(self.source, self.id)


class CloudEventsDialect:
    """The adapter for CloudEvents: structured, binary and batched deliveries, which name their own source."""

    serves_events = True
    """The deliveries may be posted to `/v1/events`."""
    answers_rules = True
    """An event that breaks a rule of the plan is refused."""
    id_in_headers = False
    """A binary event has its id in a header, but signed deliveries cannot be binary."""

    def bad_media_type(self, delivery: Delivery, *, signed: bool) -> str | None:
        """Return None if the delivery's Content-Type is accepted, else the accepted types as text for status 415.

        The two JSON formats of CloudEvents are always accepted. Other types are accepted if the event's attributes are
        in headers such as `ce-type`, but not if `signed`.

        Args:
            signed: Whether the sender's proof is a signature over the body. The signature does not cover headers, which
                might be forged.
        """
        headers = {**delivery.hints, **delivery.headers}
        kind = media_type(headers)
        if kind in (STRUCTURED, BATCH):
            return None
        if signed:
            return (
                f"{STRUCTURED}, {BATCH}. The signature covers the body alone: "
                "send the event in it, attributes in ce- headers are not signed"
            )
        binary = not kind.startswith(_FAMILY) and ("ce-specversion" in headers or "ce-type" in headers)
        return None if binary else f"{STRUCTURED}, {BATCH}, any with ce- headers"

    def by_body(self, delivery: Delivery) -> Delivery:
        """Return a copy of the delivery with the Content-Type that its body shows.

        A JSON array is a batch, anything else is a single event.
        """
        body = delivery.body.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
        kind = BATCH if body.startswith(b"[") else STRUCTURED
        return replace(delivery, headers={**delivery.headers, "content-type": kind})

    def parts(self, delivery: Delivery, source: Source | None) -> list[Delivery] | None:
        """Return the events of a batch as deliveries of one structured event each, in their order.

        Returns None for a delivery that is not a batch.

        Raises:
            DoesNotFit: The batch itself cannot be read.
        """
        return split(delivery) if media_type(delivery.headers).startswith(f"{_FAMILY}-batch") else None

    def open(self, delivery: Delivery) -> OpenedDelivery:
        """Return an event's sender (named by its `source`), and a function that translates the event.

        Raises:
            DoesNotFit: An attribute of the event, such as its `id` or `time`, is not valid.
        """
        envelope = read(delivery)
        return OpenedDelivery(partial(_translated, envelope, delivery), assumed_source(envelope.source))


def _translated(envelope: CloudEventEnvelope, delivery: Delivery, source: Source) -> Translation:
    id_ = delivery.id or envelope.delivery
    try:
        return Translation(id_, _outcome(envelope, delivery, source, id_))
    except DoesNotFit as unfit:
        return Translation(id_, unfit.refused)


def split(delivery: Delivery) -> list[Delivery]:
    """Return the events of a batch as structured deliveries of one event each, in the order of the batch.

    Each delivery's time of receipt is a microsecond after that of the delivery before. The last delivery has the time
    of receipt of the batch. So events with the same time keep their order.

    Raises:
        DoesNotFit: The batch itself cannot be read, or is too large.
    """
    value = parse_json(delivery.body, delivery.max_depth)
    if not isinstance(value, list):
        raise malformed("a batch is a JSON array of events")
    own = {name: said for name, said in delivery.headers.items() if name.startswith(OWN_HEADERS)}
    headers = {**own, "content-type": STRUCTURED}
    parts = (
        Delivery(
            body=orjson.dumps(one),
            headers=headers,
            received_at=delivery.received_at - _STEP * after,
            max_depth=delivery.max_depth,
        )
        for after, one in zip(range(len(value) - 1, -1, -1), value, strict=True)
    )
    return gather_parts(delivery, parts, len(value))


@lru_cache(maxsize=1024)
def assumed_source(written: str) -> Source:
    """Return a source with default settings for the `source` of a CloudEvent (`written`).

    The catalogue is not consulted. The source's name is `source_name(written)`. Its times are in UTC, and it has no
    tables that translate values.
    """
    return undescribed_source(source_name(written))


def undescribed_source(name: str) -> Source:
    """Return a CloudEvents source with default settings, which needs no entry in the catalogue.

    The source has no authentication of its own, times in UTC, and no tables that translate values.

    Args:
        name: The source's id. The ids of its incidents begin with it, such as `<name>:INC-1`.
    """
    return replace(UNDESCRIBED, id=SourceId(name))


def source_name(written: str) -> str:
    """Return a short name for the `source` of a CloudEvent: `desk.example` for `https://desk.example`.

    A name that had to be rewritten, or cut to 50 characters, ends with a checksum, so that two sources never share a
    name: `desk.example-eu-7a7df68e` for `//desk.example/eu`.

    Args:
        written: A URI, with or without its scheme.
    """
    rest = written.split("://", 1)[-1].strip("/")
    name = re.sub(r"[^A-Za-z0-9._~]+", "-", rest).strip("-")
    if name == rest and 0 < len(name) <= 60:
        return name
    return f"{name[:50]}-{hashlib.sha256(written.encode()).hexdigest()[:8]}".lstrip("-")


# -- the envelope -----------------------------------------------------------------------------------------


def read(delivery: Delivery) -> CloudEventEnvelope:
    """Return the CloudEvent of a structured or binary delivery, with its attributes checked.

    Raises:
        DoesNotFit: Status 400 if the delivery is not a CloudEvent; 422 if its `time` is not in the years 1970 to 2200.
    """
    if media_type(delivery.headers).startswith(_FAMILY):
        return _structured(delivery)
    return _binary(delivery)


def _structured(delivery: Delivery) -> CloudEventEnvelope:
    value = parse_json(delivery.body, delivery.max_depth)
    if not isinstance(value, dict):
        raise malformed("a CloudEvent is a JSON object")
    # A null attribute is an absent one (JSON event format, 3.1).
    attributes = {name: what for name, what in value.items() if what is not None and name not in _BODY}
    data, coded = value.get("data"), value.get("data_base64")
    if data is not None and coded is not None:
        raise malformed("an event has either data or data_base64")
    return _envelope(attributes, data, None if coded is None else _decoded(coded))


def _binary(delivery: Delivery) -> CloudEventEnvelope:
    attributes: dict[str, Any] = {}
    for name, value in delivery.headers.items():
        if name.startswith("ce-"):
            attributes[name.removeprefix("ce-")] = _header(name, value)
    if "datacontenttype" in attributes:
        raise malformed("in binary mode Content-Type says the type of the data, ce-datacontenttype is not allowed")
    if content_type := delivery.headers.get("content-type", ""):
        attributes["datacontenttype"] = content_type
    return _envelope(attributes, None, delivery.body or None)


def _header(name: str, value: str) -> str:
    """Percent-encoded UTF-8, also where encoding was needless (HTTP binding, 3.1.3.2)."""
    try:
        return unquote_to_bytes(value.strip().strip('"')).decode("utf-8")
    except UnicodeDecodeError:
        raise malformed(f"the header {name} is not percent-encoded UTF-8") from None


def _envelope(attributes: dict[str, Any], data: Any, encoded: bytes | None) -> CloudEventEnvelope:
    for name, value in attributes.items():
        if name not in _CORE:
            _check_extension(name, value)
    time = _time(attributes)
    # The library invents an id, a version and a time where they are absent: give it what it must not invent.
    required = {name: attributes.get(name) for name in ("id", "source", "type", "specversion")}
    try:
        CloudEvent({**attributes, **required, "time": time or _PLACEHOLDER_TIME})
    except CloudEventValidationError as error:
        what = "; ".join(str(problem) for problems in error.errors.values() for problem in problems[:1])
        raise malformed(f"no CloudEvent 1.0: {clean_text(what)}") from None
    identity = identifier_text(attributes["id"])
    if not identity or not identifier_text(attributes["source"]):
        raise malformed("id and source hold no control characters")
    return CloudEventEnvelope(
        id=identity,
        source=identifier_text(attributes["source"]),
        type=attributes["type"],
        subject=attributes.get("subject", ""),
        time=time,
        content_type=attributes.get("datacontenttype", ""),
        data=data,
        encoded=encoded,
    )


def _check_extension(name: str, value: Any) -> None:
    """Extensions are booleans, texts and 32-bit integers (specification, type system); names are the library's."""
    if isinstance(value, bool | str):
        return
    if not isinstance(value, int):
        raise malformed(f"the extension {clean_text(name, 60)} is neither a text, a boolean nor an integer")
    if not -(2**31) <= value < 2**31:
        raise malformed(f"the extension {clean_text(name, 60)} is an integer beyond 32 bits")


def _time(attributes: Mapping[str, Any]) -> datetime | None:
    value = attributes.get("time")
    if value is None:
        return None
    if not isinstance(value, str) or not re.search(r"(?:[Zz]|[+-]\d\d:\d\d)$", value.strip()):
        raise malformed("time is an RFC 3339 instant with its offset, such as 2026-02-03T04:05:06Z")
    try:
        return parse_instant(value)
    except OutOfReach as error:
        raise DoesNotFit(str(error), "/time") from None
    except BadInstant as error:
        raise malformed(str(error)) from None


def _decoded(value: Any) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise malformed("data_base64 is not base64") from None


# -- the content ------------------------------------------------------------------------------------------


def _outcome(envelope: CloudEventEnvelope, delivery: Delivery, source: Source, id_: str) -> Outcome:
    kind, worked = kind_of(envelope.type), says_work(envelope.type)
    if kind is None and not worked:
        return Parked(ParkedBecause.UNKNOWN_TYPE, clean_text(envelope.type, 100))
    data = _object(envelope, delivery.max_depth)
    own = identifier_text(envelope.subject) or identifier_text(data.get("incident"))
    if not own:
        raise DoesNotFit("the subject is the id of the incident", "/subject")
    incident = incident_id(source.id, own.removeprefix(f"{source.id}:"), "/subject")
    if kind is None:
        return Worked(read_work(data, incident, envelope.time or delivery.received_at, source))
    stamp = ClaimedTime(at=envelope.time, quality=TimeQuality.EXACT)
    what = event_draft(kind, data, stamp, source)
    if kind is EventKind.MERGED and what.merged_into == incident:
        raise DoesNotFit("an incident cannot be merged into itself", "/data/merged_into")
    if kind in (EventKind.RENAMED, *LINKING) and what.known_as == incident:
        raise DoesNotFit("known_as is another name than the subject", "/data/known_as")
    return number_events(delivery, source, incident, id_, [what])


def _object(envelope: CloudEventEnvelope, max_depth: int) -> Mapping[str, Any]:
    if envelope.data is None and envelope.encoded is None:
        return {}
    kind = envelope.content_type.partition(";")[0].strip().lower()
    if kind and not _JSON.fullmatch(kind):
        raise DoesNotFit("the data of an incident event is JSON", "/datacontenttype")
    data = envelope.data if envelope.encoded is None else parse_json(envelope.encoded, max_depth)
    if not isinstance(data, dict):
        raise DoesNotFit("the data of an incident event is an object", "/data")
    return data
