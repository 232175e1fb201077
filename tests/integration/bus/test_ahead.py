"""The embedded bus while events come faster than they are read: `through` moves on, and says nothing false."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import MetaData
from tests.conformance.bus_rig import Recorder, event

from sla_platform.bus import Batch, WakeSignal
from sla_platform.bus.embedded import EmbeddedSource, LogFeed
from sla_platform.envelope import Topic
from sla_platform.store import log as logs
from sla_platform.store.cursor import cursor_table
from sla_platform.store.engine import Store
from sla_platform.store.log import log_table
from sla_platform.store.schema import create_all
from sla_platform.timesource import SystemTime

NOW = SystemTime().now
ROUNDS, READ, MORE = 30, 5, 7


async def test_through_moves_on_while_the_log_grows_faster_than_it_is_read(tmp_path: Path) -> None:
    """Under a flood no timer of anybody fired, for no look found the end of the log."""
    metadata = MetaData()
    log, cursors = log_table(metadata, "ingest"), cursor_table(metadata, "timer")
    store = Store(f"sqlite:///{tmp_path}/slad.db")
    await create_all(store, [metadata])
    accepted: dict[str, datetime] = {}
    ahead: list[bool] = []
    done = asyncio.Event()

    async def accept(many: int) -> None:
        events = [event("flood", len(accepted) + number) for number in range(many)]
        async with store.transaction() as connection:
            await logs.append(connection, log, events)
        accepted.update((one.id, NOW()) for one in events)

    async def grow(batch: Batch) -> None:
        """With each batch that is handled more is accepted than was in it."""
        ahead.append(len(recorder.batches) < ROUNDS)
        if ahead[-1]:
            await accept(MORE)
        elif not batch.envelopes:
            done.set()

    recorder = Recorder(script=grow)
    source = EmbeddedSource(
        store, "timer", [LogFeed(log, (Topic.INCIDENTS,), WakeSignal())], cursors, SystemTime(), batch=READ
    )
    await accept(3 * READ)
    reading = asyncio.create_task(source.run(recorder))
    async with asyncio.timeout(30):
        await done.wait()
    reading.cancel()
    with suppress(asyncio.CancelledError):
        await reading
    await store.close()

    seen: set[str] = set()
    throughs: list[datetime] = []
    for batch in recorder.batches:
        seen |= {one.id for one in batch.envelopes}
        if batch.through is not None:
            throughs.append(batch.through)
            assert {id_ for id_, at in accepted.items() if at <= batch.through} <= seen
    assert throughs == sorted(throughs)
    assert seen == accepted.keys()
    during = [
        batch.through for batch, growing in zip(recorder.batches, ahead, strict=False) if growing and batch.through
    ]
    assert len(during) >= 5
