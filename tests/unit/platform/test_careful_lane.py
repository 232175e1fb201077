"""Which records of a partition go without care after an interrupted run: what was handled before, and watermarks."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime

import pytest
from aiokafka import ConsumerRecord, TopicPartition
from tests.conformance.bus_rig import event

from sla_platform.bus.handing import StallDetector
from sla_platform.bus.interrupted import LaneCare
from sla_platform.bus.kafka.lane import PartitionLane
from sla_platform.bus.record import event_record, watermark_record
from sla_platform.envelope import Topic
from sla_platform.store.cursor import RunMark


def fetched(*kinds: str) -> deque[ConsumerRecord]:
    records = deque()
    for offset, kind in enumerate(kinds, start=10):
        made = (
            event_record(event("hot", offset), "slad-incidents", 3)
            if kind == "event"
            else watermark_record(datetime(2026, 11, 2, tzinfo=UTC), "slad-incidents", 3)
        )
        records.append(
            ConsumerRecord("slad-incidents", 3, offset, 0, 0, made.key, made.value, None, 0, 0, tuple(made.headers))
        )
    return records


@pytest.mark.parametrize(
    ("held", "kinds", "harmless"),
    [
        (None, ("event", "event"), 0),
        (None, ("mark", "mark", "event", "mark"), 2),
        (12, ("event", "event", "event"), 2),
        (12, ("mark", "event", "event"), 2),
        (10, ("event", "event"), 0),
        (7, ("mark", "event"), 1),
    ],
)
def test_watermarks_and_what_was_handled_need_no_care(held: int | None, kinds: tuple[str, ...], harmless: int) -> None:
    lane = PartitionLane(TopicPartition("slad-incidents", 3), Topic.INCIDENTS, StallDetector(60))
    lane.care = LaneCare(None, lane.name, RunMark(1, held))  # type: ignore[arg-type]  # nothing is stored here
    lane.hand = fetched(*kinds)
    assert lane.harmless() == harmless
    unit = lane.next_unit(harmless or 1)
    assert unit.records == (harmless or 1)
