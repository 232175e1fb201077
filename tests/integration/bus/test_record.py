"""An event as a Kafka record, and records that are no events."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conformance.bus_rig import event

from sla_platform.bus import partition_of
from sla_platform.bus.record import Watermark, event_record, read_record, watermark_record
from sla_platform.envelope import Envelope, Topic
from sla_platform.errors import BadEnvelope

_TEXT = st.text(min_size=1, max_size=40).filter(lambda written: "\x00" not in written)
_INSTANTS = st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy wants naive bounds


@given(
    st.builds(
        Envelope,
        topic=st.sampled_from(Topic),
        id=_TEXT,
        type=_TEXT.filter(lambda kind: kind != "io.slad.watermark.v1"),
        source=_TEXT,
        subject=st.text(max_size=20),
        key=_TEXT,
        time=_INSTANTS,
        data=st.binary(max_size=60),
    )
)
def test_what_is_read_is_what_was_written(envelope: Envelope) -> None:
    record = event_record(envelope, "slad-x", 3)
    assert read_record(envelope.topic, record.key, record.value, record.headers) == envelope


def test_an_event_is_a_cloudevent_in_binary_mode() -> None:
    record = event_record(event("github:1", 2, data=b'{"a":1}'), "slad-incidents", 4)
    assert (record.topic, record.partition, record.key, record.value) == (
        "slad-incidents", 4, b"github:1", b'{"a":1}',
    )  # fmt: skip
    assert dict(record.headers) == {
        "ce_specversion": b"1.0",
        "ce_id": b"github:1/2",
        "ce_type": b"io.slad.incident.updated.v1",
        "ce_source": b"/slad/ingest",
        "ce_subject": b"github:1",
        "ce_time": b"2026-11-02T09:00:02+00:00",
        "ce_partitionkey": b"github:1",
        "content-type": b"application/json",
    }


def test_a_watermark_has_no_key_and_says_through() -> None:
    through = datetime(2026, 11, 2, 9, 0, 0, 40_000, tzinfo=UTC)
    record = watermark_record(through, "slad-incidents", 1)
    assert record.key is None
    assert record.value == b'{"through":"2026-11-02T09:00:00.040000+00:00"}'
    assert read_record(Topic.INCIDENTS, record.key, record.value, record.headers) == Watermark(through)


_GOOD = dict(event_record(event("github:1", 2), "slad-incidents", 0).headers)


@pytest.mark.parametrize(
    ("headers", "value", "complaint"),
    [
        ({}, b"{}", "no ce_specversion"),
        (_GOOD | {"ce_specversion": b"0.3"}, b"{}", "CloudEvents 0.3"),
        ({name: value for name, value in _GOOD.items() if name != "ce_id"}, b"{}", "no ce_id"),
        (_GOOD | {"ce_time": b"yesterday"}, b"{}", "yesterday"),
        (_GOOD | {"ce_time": b"2026-11-02T09:00:00"}, b"{}", "no offset"),
        (_GOOD | {"ce_source": b"\xff\xfe"}, b"{}", "utf-8"),
        (_GOOD, None, "without a value"),
        (_GOOD | {"ce_time": b"0001-01-01T00:00:00+14:00"}, b"{}", "cannot be read"),
        (_GOOD | {"ce_time": b"9999-12-31T23:59:59-14:00"}, b"{}", "cannot be read"),
        (_GOOD | {"ce_id": None}, b"{}", "no ce_id"),
        ({"ce_type": b"io.slad.watermark.v1"}, b"not json", "cannot be read"),
        ({"ce_type": b"io.slad.watermark.v1"}, b'{"through": "0001-01-01T00:00:00+14:00"}', "cannot be read"),
        ({"ce_type": b"io.slad.watermark.v1"}, b"[" * 100_000, "cannot be read"),
        ({"ce_type": b"io.slad.watermark.v1"}, b"{}", "no through"),
        ({"ce_type": b"io.slad.watermark.v1"}, b'{"through": 7}', "cannot be read"),
    ],
)
def test_what_is_no_event_says_why(headers: dict[str, bytes | None], value: bytes | None, complaint: str) -> None:
    with pytest.raises(BadEnvelope, match=complaint):
        read_record(Topic.INCIDENTS, b"github:1", value, tuple(headers.items()))


def test_an_attribute_of_a_later_release_is_passed_over() -> None:
    headers = tuple((_GOOD | {"ce_dataschema": b"x", "traceparent": b"00-1"}).items())
    read = read_record(Topic.INCIDENTS, b"github:1", b"{}", headers)
    assert isinstance(read, Envelope)


@pytest.mark.parametrize(
    ("key", "partition"), [("github:1", 9), ("github:2", 11), ("jira:PROJ-17", 4), ("snow:INC0000045", 10), ("ü", 1)]
)
def test_the_partition_of_a_key_never_changes(key: str, partition: int) -> None:
    """CRC-32 of the key modulo 12; a change would scatter the incidents of every running installation."""
    assert partition_of(key, 12) == partition


def test_keys_spread_evenly() -> None:
    counts = [0] * 12
    for number in range(12_000):
        counts[partition_of(f"github:{number}", 12)] += 1
    assert 850 < min(counts) <= max(counts) < 1150
