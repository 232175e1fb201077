"""How far an embedded reader has come: stored now and then, at its end, and never more than was handled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import MetaData, Table, event
from tests.conformance.bus_rig import Recorder
from tests.conformance.bus_rig import event as incident_event

from sla_platform.bus import Batch, Feeds, WakeSignal, positions
from sla_platform.bus.embedded import EmbeddedSource, LogFeed
from sla_platform.bus.positions import ReadPositions
from sla_platform.envelope import Topic
from sla_platform.settings import Settings
from sla_platform.store import cursor as cursors
from sla_platform.store import log as logs
from sla_platform.store.cursor import cursor_table
from sla_platform.store.engine import Store
from sla_platform.store.log import Cursor, log_table
from sla_platform.store.schema import create_all
from sla_platform.timesource import SystemTime

METADATA = MetaData()
LOG: Table = log_table(METADATA, "ingest")
CURSORS: Table = cursor_table(METADATA, "timer")
BATCHES, EACH = 12, 3


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = Store(f"sqlite:///{tmp_path}/slad.db")
    await create_all(opened, [METADATA])
    async with opened.transaction() as connection:
        await logs.append(connection, LOG, [incident_event("hot", number) for number in range(BATCHES * EACH)])
    yield opened
    await opened.close()


async def stored(store: Store) -> Cursor:
    async with store.reading() as connection:
        return await cursors.load(connection, CURSORS, LOG.name)


def source(store: Store) -> EmbeddedSource:
    feed = LogFeed(LOG, (Topic.INCIDENTS,), WakeSignal())
    return EmbeddedSource(store, "timer", [feed], CURSORS, SystemTime(), batch=EACH)


async def read_all(reading: asyncio.Task[None], recorder: Recorder) -> None:
    await recorder.until(lambda seen: len(seen.envelopes) == BATCHES * EACH)
    await ended(reading)


async def ended(reading: asyncio.Task[None]) -> None:
    reading.cancel()
    with suppress(asyncio.CancelledError):
        await reading


async def test_batches_that_follow_each_other_cost_no_transaction_each(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(positions, "SAVE_SECONDS", 3600.0)
    commits: list[None] = []
    event.listen(store.engine.sync_engine, "commit", lambda _: commits.append(None))
    recorder = Recorder()
    reading = asyncio.create_task(source(store).run(recorder))
    await recorder.until(lambda seen: len(seen.envelopes) == BATCHES * EACH)
    assert len(commits) == 1  # the mark of its run
    await read_all(reading, recorder)
    assert len(commits) == 3  # at its end it stores how far it has come, and takes the mark away
    assert (await stored(store)).position == BATCHES * EACH


async def test_what_was_handled_is_stored_although_the_next_batch_fails(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is stopped goes on behind the last batch that was handled, not behind the one that it was given."""
    monkeypatch.setattr(positions, "SAVE_SECONDS", 3600.0)
    stuck = asyncio.Event()

    async def third_hangs(batch: Batch) -> None:
        if len(recorder.offered) == 3:
            stuck.set()
            await asyncio.Event().wait()

    recorder = Recorder(script=third_hangs)
    reading = asyncio.create_task(source(store).run(recorder))
    await stuck.wait()
    await ended(reading)
    assert (await stored(store)).position == 2 * EACH
    again, left = Recorder(), [f"hot/{number}" for number in range(2 * EACH, BATCHES * EACH)]
    reading = asyncio.create_task(source(store).run(again))
    await again.until_seen(left)
    await ended(reading)
    assert again.ids == left


async def test_a_reader_that_is_killed_reads_again_what_it_had_not_stored(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of its end is run: what a new one finds is what was stored before."""
    monkeypatch.setattr(positions, "SAVE_SECONDS", 3600.0)
    first = Recorder()
    killed = asyncio.create_task(source(store).run(first))
    await first.until(lambda seen: len(seen.envelopes) == BATCHES * EACH)
    assert await stored(store) == Cursor()
    again = Recorder()
    await read_all(asyncio.create_task(source(store).run(again)), again)
    assert again.ids == first.ids
    await read_all(killed, first)


async def test_who_asks_for_small_batches_gets_them(store: Store) -> None:
    """On SQLite a batch is one transaction, and everybody else waits for its end."""
    feeds = Feeds(Settings(store_url=store.url.render_as_string()), store, SystemTime())
    recorder = Recorder()
    reading = asyncio.create_task(feeds.source("timer", (Topic.INCIDENTS,), CURSORS, batch=5).run(recorder))
    await read_all(reading, recorder)
    assert [len(batch.envelopes) for batch in recorder.batches if batch.envelopes] == [5, 5, 5, 5, 5, 5, 5, 1]


async def test_it_is_stored_while_the_reader_goes_on(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(positions, "SAVE_SECONDS", 0.0)
    recorder = Recorder()
    reading = asyncio.create_task(source(store).run(recorder))
    async with asyncio.timeout(30):
        while (await stored(store)).position < BATCHES * EACH:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
    await read_all(reading, recorder)


async def test_a_position_that_somebody_else_has_stored_counts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(positions, "LOAD_SECONDS", 0.0)
    known = ReadPositions(store, CURSORS, SystemTime())
    async with store.reading() as connection:
        assert await known.load(connection, LOG.name) == Cursor()
    known.note(LOG.name, Cursor(0, 6))
    await known.save()
    known.note(LOG.name, Cursor(0, 9))
    async with store.reading() as connection:
        assert (await known.load(connection, LOG.name)).position == 9  # what is stored is its own, and older
    async with store.transaction() as connection:
        await cursors.save(connection, CURSORS, LOG.name, Cursor(0, 2))
    async with store.reading() as connection:
        assert (await known.load(connection, LOG.name)).position == 2
