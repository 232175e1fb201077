"""What slad writes now is byte for byte what it wrote: a frozen record that is read and written again is the same."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, assert_never

import pytest

from sla_platform.bus.record import Watermark, event_record, read_record, watermark_record
from sla_platform.envelope import Envelope, Topic
from sla_platform.wire import (
    decode_clock_fact,
    decode_delivery_fact,
    decode_event,
    decode_notice,
    decode_objective_fact,
    decode_report_fact,
    encode_clock_fact,
    encode_delivery_fact,
    encode_event,
    encode_notice,
    encode_objective_fact,
    encode_report_fact,
)
from sla_platform.wire.contract import decode_change, encode_change
from sla_platform.wire.report import REPORT_TYPE

HERE = Path(__file__).parent
WRITTEN_OTHERWISE = {
    "clock.breached.v1.json": "written by a statement of PostgreSQL: tests/integration/timer/test_tick_and_codec.py",
    "clock.warned.v1.json": "written by a statement of PostgreSQL: tests/integration/timer/test_tick_and_codec.py",
}
"""Records whose value no code of Python wrote, each with where it is compared."""
FILES = sorted(HERE.glob("*/*.json"))


def again(envelope: Envelope) -> Envelope:
    """The event, decoded and encoded."""
    match envelope.topic:
        case Topic.INCIDENTS:
            return encode_event(decode_event(envelope))
        case Topic.CLOCKS:
            fact = decode_clock_fact(envelope)
            return encode_clock_fact(fact, envelope.id.partition("/")[2])
        case Topic.NOTICES:
            return encode_notice(decode_notice(envelope))
        case Topic.DELIVERIES:
            return encode_delivery_fact(decode_delivery_fact(envelope), envelope.id)
        case Topic.OBJECTIVES if envelope.type == REPORT_TYPE:
            return encode_report_fact(decode_report_fact(envelope))
        case Topic.OBJECTIVES:
            return encode_objective_fact(decode_objective_fact(envelope))
        case Topic.CONTRACTS:
            made = SimpleNamespace(revision=int(envelope.id.rpartition("/")[2]), at=envelope.time)
            return encode_change(made, SimpleNamespace(id=envelope.key), decode_change(envelope))  # type: ignore[arg-type]
        case _:
            assert_never(envelope.topic)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_record_is_written_as_it_was(file: Path) -> None:
    record: dict[str, Any] = json.loads(file.read_text())
    key = None if record["key"] is None else record["key"].encode()
    headers = tuple((name, value.encode()) for name, value in record["headers"])
    read = read_record(Topic(record["topic"].rpartition("-")[2]), key, record["value"].encode(), headers)
    if isinstance(read, Watermark):
        written = watermark_record(read.through, record["topic"], 0)
    else:
        written = event_record(again(read), record["topic"], 0)
    assert (written.key, written.headers) == (key, headers)
    assert (written.value == record["value"].encode()) is (file.name not in WRITTEN_OTHERWISE)
