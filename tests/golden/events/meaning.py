"""What slad understands of a record, as plain values that can be frozen in a file."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, assert_never

import orjson

from sla_domain.event import Snapshot
from sla_platform.bus.record import Watermark, read_record
from sla_platform.envelope import Envelope, Topic
from sla_platform.wire import (
    decode_clock_fact,
    decode_delivery_fact,
    decode_event,
    decode_notice,
    decode_objective_fact,
    decode_report_fact,
)
from sla_platform.wire.contract import decode_change
from sla_platform.wire.report import REPORT_TYPE

Record = dict[str, Any]


def meaning(record: Record) -> dict[str, Any]:
    """Read a record as a consumer does. Raises BadEnvelope."""
    topic = Topic(record["topic"].rpartition("-")[2])
    key = None if record["key"] is None else record["key"].encode()
    headers = [(name, value.encode()) for name, value in record["headers"]]
    read = read_record(topic, key, record["value"].encode(), headers)
    if isinstance(read, Watermark):
        return {"through": read.through.isoformat()}
    envelope = {name: getattr(read, name) for name in ("id", "type", "source", "subject", "key", "time")}
    return plain({"envelope": envelope, "data": _data(read)})


def _data(envelope: Envelope) -> dict[str, Any]:
    match envelope.topic:
        case Topic.INCIDENTS:
            event = decode_event(envelope)
            found = {field.name: getattr(event, field.name) for field in fields(event)}
            return found | {"attributes": dict(event.attributes), "snapshot": _snapshot(event.snapshot)}
        case Topic.CLOCKS:
            return decode_clock_fact(envelope).model_dump(mode="json")
        case Topic.NOTICES:
            return decode_notice(envelope).model_dump(mode="json")
        case Topic.DELIVERIES:
            return decode_delivery_fact(envelope).model_dump(mode="json")
        case Topic.OBJECTIVES if envelope.type == REPORT_TYPE:
            return decode_report_fact(envelope).model_dump(mode="json")
        case Topic.OBJECTIVES:
            return decode_objective_fact(envelope).model_dump(mode="json")
        case Topic.CONTRACTS:
            return decode_change(envelope).model_dump(mode="json")
        case _:
            assert_never(envelope.topic)


def _snapshot(snapshot: Snapshot | None) -> dict[str, Any] | None:
    if snapshot is None:
        return None
    found = {field.name: getattr(snapshot, field.name) for field in fields(snapshot)}
    return found | {"attributes": dict(snapshot.attributes)}


def plain(value: dict[str, Any]) -> dict[str, Any]:
    read: dict[str, Any] = orjson.loads(orjson.dumps(value))
    return read
