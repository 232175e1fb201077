"""Records are stamped by the guarded instant: a broker refuses stamps far ahead and drops those far behind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import MetaData
from tests.build.leaping import LEAPS, LeapingTime

from sla_platform.bus import Quarantine
from sla_platform.bus.kafka.publisher import Publisher
from sla_platform.bus.metrics import BusMetrics
from sla_platform.bus.record import OutgoingRecord
from sla_platform.bus.relay import Relay, RelayRoute
from sla_platform.bus.topics import TopicNames
from sla_platform.bus.wake_signal import WakeSignal
from sla_platform.envelope import Envelope, Topic
from sla_platform.store import log as logs
from sla_platform.store.engine import Store
from sla_platform.store.quarantine import quarantine_table
from sla_platform.store.schema import create_all

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Noted:
    """Takes everything."""

    def __init__(self) -> None:
        self.records: list[OutgoingRecord] = []

    async def publish(self, records: Sequence[OutgoingRecord]) -> frozenset[int]:
        self.records += records
        return frozenset()

    async def post(self, records: Sequence[OutgoingRecord]) -> bool:
        self.records += records
        return True


@pytest.mark.parametrize("leap", LEAPS, ids=str)
async def test_events_and_watermarks_bear_the_guarded_instant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, leap: timedelta
) -> None:
    metadata = MetaData()
    log = logs.log_table(metadata, "ingest")
    quarantine = quarantine_table(metadata, "ingest")
    store, publisher, time = Store(f"sqlite:///{tmp_path}/log.db"), Noted(), LeapingTime(NOON, monkeypatch)
    await create_all(store, [metadata])
    event = Envelope(topic=Topic.INCIDENTS, id="1", type="io.slad.incident.opened.v1", source="/x", subject="a:1",
                     key="a:1", time=NOON, data=b"{}")  # fmt: skip
    async with store.transaction() as connection:
        await logs.append(connection, log, [event])
    route = RelayRoute(log, (Topic.INCIDENTS,), frozenset({Topic.INCIDENTS}), TopicNames("slad"), 2)
    kept = Quarantine("ingest", store, quarantine, time, BusMetrics())
    relay = Relay(store, route, cast(Publisher, publisher), time, WakeSignal(), kept)
    time.leap(leap)
    await relay._round()
    assert len(publisher.records) == 3, "the event, and the watermark of each partition"
    assert {record.at_ms for record in publisher.records} == {int(NOON.timestamp() * 1000)}
    await store.close()
