"""What an event log does on every database: appended once, read in order, counted, deleted, and never stuck.

One suite for the adapters of `sla_platform.store.log_port`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from sqlalchemy import MetaData, text

from sla_platform.envelope import Envelope, Topic
from sla_platform.store import log as logs
from sla_platform.store.engine import Store
from sla_platform.store.log import Cursor, LogPage, log_table
from sla_platform.store.log_postgres import PostgresLog
from sla_platform.store.log_sqlite import SqliteLog
from sla_platform.store.schema import create_all

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BEGIN = Cursor()
_metadata = MetaData()
LOG = log_table(_metadata, "conformance")


def event(name: str, topic: Topic = Topic.CLOCKS, key: str = "github:7") -> Envelope:
    return Envelope(
        topic=topic, id=name, type="io.slad.clock.started.v1", source="/slad/timer", subject=key, key=key, time=NOON,
        data=b'{"a": "\xc4\x85"}',
    )  # fmt: skip


@pytest.fixture
async def filled(store: Store) -> Store:
    """A log with e0 to e4 on the topic of clocks, and n0 of notices between them."""
    await create_all(store, [_metadata])
    async with store.transaction() as connection:
        await logs.append(connection, LOG, [event("e0"), event("e1"), event("n0", Topic.NOTICES, "notice")])
    async with store.transaction() as connection:
        await logs.append(connection, LOG, [event("e2"), event("e3", key="github:8"), event("e4")])
    return store


async def read(store: Store, cursor: Cursor = BEGIN, limit: int = 10, *topics: Topic) -> LogPage:
    """Read a page once all that is committed can be read: any transaction on the server of PostgreSQL holds it back."""
    async with asyncio.timeout(30):
        while await held_back(store):  # noqa: ASYNC110 - no event tells when others end
            await asyncio.sleep(0.01)
    return await read_now(store, cursor, limit, *topics)


async def read_now(store: Store, cursor: Cursor = BEGIN, limit: int = 10, *topics: Topic) -> LogPage:
    async with store.reading() as connection:
        return await logs.read(connection, LOG, topics or (Topic.CLOCKS,), cursor, limit)


async def held_back(store: Store) -> int:
    sql = SqliteLog() if store.sqlite else PostgresLog()
    async with store.reading() as connection:
        found = await connection.execute(text(f"SELECT count(*) FROM {LOG.name} WHERE NOT ({sql.settled})"))
        return int(found.scalar_one())


def names(envelopes: Sequence[Envelope]) -> list[str]:
    return [each.id for each in envelopes]


async def test_it_is_read_page_by_page_in_the_order_of_appending(filled: Store) -> None:
    first = await read(filled, BEGIN, 3)
    assert (names(first.envelopes), first.complete) == (["e0", "e1", "e2"], False)
    rest = await read(filled, Cursor.parse(str(first.cursor)), 3)
    assert (names(rest.envelopes), rest.complete) == (["e3", "e4"], True)
    assert rest.cursor > first.cursor
    nothing = await read(filled, rest.cursor, 3)
    assert nothing == LogPage((), rest.cursor, complete=True)
    both = await read(filled, BEGIN, 10, Topic.CLOCKS, Topic.NOTICES)
    assert names(both.envelopes) == ["e0", "e1", "n0", "e2", "e3", "e4"]
    assert both.envelopes[0] == event("e0")


async def test_what_is_there_already_is_not_appended_again(filled: Store) -> None:
    async with filled.transaction() as connection:
        await logs.append(connection, LOG, [event("e1"), event("e5")])
        await logs.append(connection, LOG, [])
    assert names((await read(filled)).envelopes) == ["e0", "e1", "e2", "e3", "e4", "e5"]


async def test_what_is_rolled_back_is_not_in_it(filled: Store) -> None:
    async def fails() -> None:
        async with filled.transaction() as connection:
            await logs.append(connection, LOG, [event("e5")])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fails()
    assert "e5" not in names((await read(filled)).envelopes)


async def test_a_reader_never_passes_over_what_is_committed_later(filled: Store) -> None:
    """However two writers overlap, who reads on from the cursor of each page has read every event in the end."""
    began, goes_on = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with filled.transaction() as connection:
            await logs.append(connection, LOG, [event("slow")])
            began.set()
            await goes_on.wait()

    async def quick() -> None:
        await began.wait()
        async with filled.transaction() as connection:
            await logs.append(connection, LOG, [event("quick")])

    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        group.create_task(slow())
        after = group.create_task(quick())
        await began.wait()
        await asyncio.wait({after}, timeout=0.2)
        meanwhile = await read_now(filled)
        goes_on.set()
    found = [*names(meanwhile.envelopes), *names((await read(filled, meanwhile.cursor)).envelopes)]
    assert sorted(found) == sorted(["e0", "e1", "e2", "e3", "e4", "slow", "quick"])
    assert "slow" not in names(meanwhile.envelopes)
    assert "quick" not in names(meanwhile.envelopes)


async def test_what_is_unread_is_counted_up_to_a_bound(filled: Store) -> None:
    page = await read(filled, BEGIN, 2)
    async with filled.reading() as connection:
        assert await logs.waiting(connection, LOG, (Topic.CLOCKS,), page.cursor, 100) == 3
        assert await logs.waiting(connection, LOG, (Topic.CLOCKS, Topic.NOTICES), BEGIN, 100) == 6
        assert await logs.waiting(connection, LOG, (Topic.CLOCKS,), BEGIN, 2) == 2


async def test_the_oldest_are_found_without_some_keys_and_deleted_by_position(filled: Store) -> None:
    async with filled.reading() as connection:
        entries, unreadable = await logs.oldest(connection, LOG, 3, without={"github:8", "notice"})
    assert ([each.envelope.id for each in entries], unreadable) == (["e0", "e1", "e2"], ())
    async with filled.transaction() as connection:
        await logs.remove(connection, LOG, [entries[0].position, entries[2].position, 1_000_000])
        await logs.remove(connection, LOG, [])
    assert names((await read(filled)).envelopes) == ["e1", "e3", "e4"]


async def test_a_row_that_is_no_event_is_set_apart_and_the_others_are_read(filled: Store) -> None:
    await wrong_row(filled, "topic", "'nowhere'")


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
async def test_a_row_that_the_driver_cannot_read_is_set_apart_where_a_database_keeps_such_rows(filled: Store) -> None:
    await wrong_row(filled, "time", "'soon'")


async def wrong_row(store: Store, column: str, value: str) -> None:
    async with store.transaction() as connection:
        await connection.execute(text(f"UPDATE {LOG.name} SET {column} = {value} WHERE id = 'e2'"))
    async with store.reading() as connection:
        entries, unreadable = await logs.oldest(connection, LOG, 10)
    assert [each.envelope.id for each in entries] == ["e0", "e1", "n0", "e3", "e4"]
    assert [(each.fields["id"], each.fields["data"]) for each in unreadable] == [(b"e2", event("e2").data)]
