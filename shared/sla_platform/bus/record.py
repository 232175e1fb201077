"""An event as a Kafka record and back: CloudEvents 1.0, binary mode (attributes in `ce_*` headers, data as the value).

Between the events lie watermarks: the relay's word that everything accepted up to an instant lies before them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from sla_platform.envelope import Envelope, Topic
from sla_platform.errors import BadEnvelope

Headers = Sequence[tuple[str, bytes | None]]

WATERMARK_TYPE = "io.slad.watermark.v1"
_WATERMARK = WATERMARK_TYPE.encode()
_WATERMARK_HEADERS: Headers = (("ce_type", _WATERMARK),)
_SPEC_VERSION = "1.0"


@dataclass(frozen=True, slots=True)
class Watermark:
    """A record on Kafka that marks an instant: all events accepted up to `through` come before it in its partition.

    The relay, which copies an event log to Kafka, writes watermarks. From a watermark a reader of the partition knows
    up to which instant it has received every event.
    """

    through: datetime
    """The instant up to which all accepted events precede the watermark in its partition."""


@dataclass(frozen=True, slots=True)
class OutgoingRecord:
    """A record to send to Kafka."""

    topic: str
    """The name of the topic on Kafka, such as `slad-incidents`."""
    partition: int
    key: bytes | None
    value: bytes
    headers: Headers
    at_ms: int | None = None
    """The record's timestamp in milliseconds since 1970 UTC. None means the time of sending, by the machine's clock."""


def event_record(envelope: Envelope, topic: str, partition: int) -> OutgoingRecord:
    """Return an event as a Kafka record.

    The event's CloudEvents attributes become headers `ce_*`. Empty attributes are left out. The event's data become the
    record's value.

    Args:
        topic: The name of the topic on Kafka.
        partition: The number of the partition.
    """
    attributes = _attributes(envelope, envelope.time.astimezone(UTC).isoformat())
    attributes["content-type"] = "application/json"
    # An attribute of CloudEvents is absent or not empty.
    headers = tuple((name, value.encode()) for name, value in attributes.items() if value)
    return OutgoingRecord(topic, partition, envelope.key.encode(), envelope.data, headers)


def headers_of(envelope: Envelope) -> Headers:
    """Return the CloudEvents attributes of an event as headers `ce_*`, without empty ones.

    Quarantined events are kept with these headers. This function never raises.
    """
    try:
        time = envelope.time.astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        time = envelope.time.isoformat()
    return tuple(
        (name, value.encode("utf-8", "replace")) for name, value in _attributes(envelope, time).items() if value
    )


def _attributes(envelope: Envelope, time: str) -> dict[str, str]:
    return {
        "ce_specversion": _SPEC_VERSION,
        "ce_id": envelope.id,
        "ce_type": envelope.type,
        "ce_source": envelope.source,
        "ce_subject": envelope.subject,
        "ce_time": time,
        "ce_partitionkey": envelope.key,
    }


def watermark_record(through: datetime, topic: str, partition: int) -> OutgoingRecord:
    """Return a watermark as a Kafka record.

    Args:
        through: The instant up to which all accepted events precede the watermark in its partition.
        topic: The name of the topic on Kafka.
        partition: The number of the partition.
    """
    value = orjson.dumps({"through": through.astimezone(UTC).isoformat()})
    return OutgoingRecord(topic, partition, None, value, _WATERMARK_HEADERS)


def says_watermark(headers: Headers) -> bool:
    """Return whether a Kafka record says by its headers that it is a watermark, without reading the rest of it."""
    return any(name == "ce_type" and content == _WATERMARK for name, content in headers)


def read_record(topic: Topic, key: bytes | None, value: bytes | None, headers: Headers) -> Envelope | Watermark:
    """Return the event or watermark (see `Watermark`) that a Kafka record holds.

    Args:
        topic: The topic from which the record was read.
        key, value, headers: The parts of the record.

    Raises:
        BadEnvelope: The record holds no valid event or watermark.
    """
    try:
        given = {name: content.decode() for name, content in headers if content is not None}
        if value is None:
            raise BadEnvelope("a record without a value is no event")
        if given.get("ce_type") == WATERMARK_TYPE:
            return Watermark(_instant(orjson.loads(value)["through"]))
        if given["ce_specversion"] != _SPEC_VERSION:
            raise BadEnvelope(f"CloudEvents {given['ce_specversion']} is not {_SPEC_VERSION}")
        return Envelope(
            topic=topic,
            id=given["ce_id"],
            type=given["ce_type"],
            source=given["ce_source"],
            subject=given.get("ce_subject", ""),
            key=given.get("ce_partitionkey") or (key or b"").decode(),
            time=_instant(given["ce_time"]),
            data=value,
        )
    except KeyError as error:
        raise BadEnvelope(f"the record has no {error.args[0]}") from error
    except (ValueError, TypeError, OverflowError, AttributeError, RecursionError) as error:
        # Broken UTF-8, JSON and instants, an instant that its offset takes out of the calendar, a name that is none.
        raise BadEnvelope(f"the record cannot be read: {error}") from error


def _instant(written: str) -> datetime:
    instant = datetime.fromisoformat(written)
    if instant.tzinfo is None:
        raise BadEnvelope(f"the instant {written} has no offset")
    return instant.astimezone(UTC)
