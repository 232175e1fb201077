"""The event log: paged by cursor without losing late commits, drained by position, trimmed behind all readers."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import MetaData, func, select
from tests.conformance.bus_rig import Recorder, Rig, event

from sla_platform.bus import Feeds
from sla_platform.bus.retention import trim
from sla_platform.envelope import Topic
from sla_platform.settings import Settings
from sla_platform.store import cursor as cursors
from sla_platform.store import log as logs
from sla_platform.store.cursor import cursor_table
from sla_platform.store.engine import Store
from sla_platform.store.log import Cursor, log_table
from sla_platform.timesource import SystemTime
from sla_platform.turn import LoopYielder

LOG = log_table(MetaData(), "ingest")
INCIDENTS = (Topic.INCIDENTS,)
NOW = SystemTime().now


@pytest.fixture
async def rig(store: Store) -> Rig:
    settings = Settings(store_url=store.url.render_as_string(hide_password=False))
    rig = Rig(store, settings, "embedded")
    await rig.set_up()
    return rig


async def _look(store: Store, cursor: Cursor = Cursor(), limit: int = 100) -> logs.LogPage:
    async with store.reading() as connection:
        return await logs.read(connection, LOG, INCIDENTS, cursor, limit)


async def _read(store: Store, cursor: Cursor = Cursor(), limit: int = 100) -> logs.LogPage:
    """What a reader gets that looks again: the transactions of other tests on the server hold events back too."""
    async with asyncio.timeout(30):
        while True:
            page = await _look(store, cursor, limit)
            if page.complete or len(page.envelopes) == limit:
                return page
            await asyncio.sleep(0.05)


async def test_others_have_their_turn_between_the_rows_of_a_page(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[None] = []

    class Counted(LoopYielder):
        async def yield_if_due(self) -> None:
            turns.append(None)
            await super().yield_if_due()

    monkeypatch.setattr(logs, "LoopYielder", Counted)
    await rig.append([event("hot", number) for number in range(30)])
    assert len((await _read(rig.store)).envelopes) == len(turns) == 30


async def test_pages_follow_each_other_without_gap_or_repetition(rig: Rig) -> None:
    await rig.append([event("github:1", number) for number in range(25)])
    seen: list[str] = []
    cursor, complete = Cursor(), False
    while not complete:
        page = await _read(rig.store, cursor, limit=10)
        seen += [envelope.id for envelope in page.envelopes]
        cursor, complete = page.cursor, page.complete
    assert seen == [f"github:1/{number}" for number in range(25)]
    assert Cursor.parse(str(cursor)) == cursor


async def test_an_id_that_is_there_is_passed_over(rig: Rig) -> None:
    await rig.append([event("github:1", 0)])
    await rig.append([event("github:1", 0), event("github:1", 1)])
    assert [envelope.id for envelope in (await _read(rig.store)).envelopes] == ["github:1/0", "github:1/1"]


@pytest.mark.parametrize("store", ["postgres"], indirect=True)
async def test_what_commits_behind_a_running_transaction_is_held_back(rig: Rig) -> None:
    """Else a reader's cursor would pass the slow one, and its events would be lost."""
    async with rig.store.transaction() as slow:
        await logs.append(slow, LOG, [event("github:slow", 0)])
        await rig.append([event("github:fast", 0)])
        held = await _look(rig.store)
        assert (held.envelopes, held.cursor, held.complete) == ((), Cursor(), False)
    page = await _read(rig.store)
    assert [envelope.id for envelope in page.envelopes] == ["github:slow/0", "github:fast/0"]
    assert page.complete


@pytest.mark.parametrize("store", ["postgres"], indirect=True)
async def test_through_waits_for_what_is_held_back(rig: Rig) -> None:
    """The fast event is accepted, its sender has been answered: no timer may fire as if it had not come."""
    recorder = Recorder()
    async with rig.reading(recorder):
        await recorder.until(lambda seen: seen.through(0))
        async with rig.store.transaction() as slow:
            await logs.append(slow, LOG, [event("github:slow", 0)])
            await rig.append([event("github:fast", 0)])
            accepted = NOW()
            offered = len(recorder.offered)
            with pytest.raises(TimeoutError):
                await recorder.until(lambda seen: seen.ids, seconds=0.5)
            assert all(batch.through is None or batch.through <= accepted for batch in recorder.offered[offered:])
        await recorder.until(lambda seen: (seen.through(0) or accepted) > accepted)
        assert recorder.ids == ["github:slow/0", "github:fast/0"]


@pytest.mark.parametrize("store", ["postgres"], indirect=True)
async def test_a_running_transaction_alone_holds_nothing_back(rig: Rig) -> None:
    """Nothing of it is accepted yet, so time goes on."""
    recorder = Recorder()
    async with rig.reading(recorder), rig.store.transaction() as slow:
        await logs.append(slow, LOG, [event("github:slow", 0)])
        started = NOW()
        await recorder.until(lambda seen: (seen.through(0) or started) > started)
    assert recorder.ids == []


async def test_draining_takes_the_oldest_but_for_held_keys(rig: Rig) -> None:
    await rig.append([event(key, number) for number in range(3) for key in ("a", "b")])
    async with rig.store.reading() as connection:
        entries, _ = await logs.oldest(connection, LOG, 3, without={"b"})
    assert [entry.envelope.id for entry in entries] == ["a/0", "a/1", "a/2"]
    async with rig.store.transaction() as connection:
        await logs.remove(connection, LOG, [entries[0].position, entries[2].position])
        await logs.remove(connection, LOG, [])
    assert [envelope.id for envelope in (await _read(rig.store)).envelopes] == ["b/0", "a/1", "b/1", "b/2"]


async def test_unread_events_are_counted_up_to_a_cap(rig: Rig) -> None:
    await rig.append([event("a", number) for number in range(30)])
    page = await _read(rig.store, limit=10)
    async with rig.store.reading() as connection:
        assert await logs.waiting(connection, LOG, INCIDENTS, page.cursor, 1000) == 20
        assert await logs.waiting(connection, LOG, INCIDENTS, page.cursor, 7) == 7
        assert await logs.waiting(connection, LOG, (Topic.NOTICES,), page.cursor, 7) == 0


async def test_house_keeping_removes_what_all_readers_have_passed(rig: Rig) -> None:
    await rig.append([event("i", number) for number in range(10)] + [event("n", 0, Topic.NOTICES)])
    page = await _read(rig.store, limit=6)
    readers = {Topic.INCIDENTS: ("timer", "board"), Topic.NOTICES: ("notifier", "board")}
    await _reached(rig, "timer", (await _read(rig.store)).cursor)
    assert await trim(rig.store, LOG, readers) == 0  # the board has read nothing
    await _reached(rig, "board", page.cursor)
    assert await trim(rig.store, LOG, readers) == 6  # the slowest decides
    assert await _ids(rig) == ["i/6", "i/7", "i/8", "i/9", "n/0"]
    assert await trim(rig.store, LOG, readers) == 0


async def test_a_reader_notices_nothing_of_house_keeping(rig: Rig) -> None:
    feeds = Feeds(rig.settings, rig.store, SystemTime())
    timer, board, notifier = Recorder(), Recorder(), Recorder()
    async with (
        rig.reading(timer, "timer", feeds=feeds),
        rig.reading(board, "board", feeds=feeds),
        rig.reading(notifier, "notifier", feeds=feeds),
    ):
        for number in range(20):
            await rig.append([event("github:1", number)], feeds)
            await feeds.trim()
        for recorder in (timer, board, notifier):
            await recorder.until_seen(f"github:1/{number}" for number in range(20))
    assert await feeds.trim() >= 0
    assert timer.ids == board.ids == notifier.ids == [f"github:1/{number}" for number in range(20)]
    assert await _ids(rig) == []
    await rig.append([event("github:1", 20)])
    again = Recorder()
    async with rig.reading(again, "timer", feeds=feeds):
        await again.until_seen(["github:1/20"])
    assert again.ids == ["github:1/20"]


async def _reached(rig: Rig, reader: str, cursor: Cursor) -> None:
    async with rig.store.transaction() as connection:
        await cursors.save(connection, cursor_table(MetaData(), reader), LOG.name, cursor)


async def _ids(rig: Rig) -> list[str]:
    async with rig.store.reading() as connection:
        count = (await connection.execute(select(func.count()).select_from(LOG))).scalar_one()
        ids = list((await connection.execute(select(LOG.c.id).order_by(LOG.c.position))).scalars())
    assert len(ids) == count
    return ids
