"""A service's copy of the contracts' records keeps its word on both databases, whoever writes and in whatever order."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import MetaData, select
from sqlalchemy.ext.asyncio import AsyncConnection
from tests.build.record import record_of, version

from sla_platform.contracts.copies import lock_writers, refresh, write_records
from sla_platform.contracts.shelf import RecordShelf
from sla_platform.contracts.table import ContractTables
from sla_platform.store.engine import Store
from sla_platform.wire.contract import RecordData, record_data

NOV = datetime(2026, 11, 1, tzinfo=UTC)
_COPY = MetaData()
TABLES = ContractTables.of(_COPY, "notifier")


def record(contract: str, revision: int) -> RecordData:
    """The record of a contract after so many versions."""
    changes = [
        version(number, NOV.replace(hour=number), {"customers": [f"{contract} {number}"]})
        for number in range(1, revision + 1)
    ]
    return record_data(record_of(contract, NOV, *changes))


@pytest.fixture
async def copies(store: Store) -> Store:
    async with store.transaction() as connection:
        await connection.run_sync(_COPY.create_all)
    return store


async def write(store: Store, *records: RecordData) -> list[str]:
    async with store.transaction() as connection:
        return sorted(await write_records(connection, TABLES, records))


async def read(store: Store, shelf: RecordShelf) -> list[str]:
    async with store.reading() as connection:
        return await refresh(connection, TABLES, shelf)


async def stored(store: Store) -> dict[str, int]:
    async with store.reading() as connection:
        rows = await connection.execute(select(TABLES.contract.c.id, TABLES.contract.c.revision))
        return {row.id: row.revision for row in rows}


async def test_the_newest_record_stays_in_whatever_order_they_come(copies: Store) -> None:
    assert await write(copies, record("a", 2), record("b", 1)) == ["a", "b"]
    assert await write(copies, record("a", 1), record("a", 2), record("b", 2)) == ["b"]
    assert await write(copies, record("a", 3), record("a", 1)) == ["a"]
    assert await write(copies, record("a", 3), record("b", 2)) == []
    assert await stored(copies) == {"a": 3, "b": 2}


async def test_one_batch_with_several_records_of_a_contract_keeps_the_newest(copies: Store) -> None:
    assert await write(copies, record("a", 3), record("a", 2), record("a", 1)) == ["a"]
    assert await stored(copies) == {"a": 3}


async def test_a_look_that_began_earlier_and_ends_later_takes_nothing_back(copies: Store) -> None:
    shelf = RecordShelf()
    assert await read(copies, shelf) == []  # the first look of all is one at a time
    await write(copies, record("a", 1))
    async with copies.reading() as early, copies.reading() as late:
        rows = (await early.execute(select(TABLES.contract))).all()

        class Slow:
            """A connection whose answer arrives after another look has ended."""

            async def execute(self, query: Any) -> Any:
                await write(copies, record("a", 2))
                await refresh(late, TABLES, shelf)
                return SimpleNamespace(all=lambda: rows)

        await refresh(cast("AsyncConnection", Slow()), TABLES, shelf)
    assert shelf.revision("a") == 2


async def test_a_shelf_reads_what_is_new_and_nothing_twice(copies: Store) -> None:
    shelf = RecordShelf()
    await write(copies, record("a", 1), record("b", 1))
    assert sorted(await read(copies, shelf)) == ["a", "b"]
    assert await read(copies, shelf) == []
    await write(copies, record("a", 2), record("b", 1))
    assert await read(copies, shelf) == ["a"]
    assert (shelf.revision("a"), shelf.revision("b")) == (2, 1)
    assert shelf.contracts_of("A 2") == ("a",)


async def test_writers_at_once_leave_no_record_that_a_shelf_overlooks(copies: Store) -> None:
    """A number that is committed after a greater one would be overlooked by whoever has read the greater."""
    shelf, seen = RecordShelf(), dict[str, int]()
    done = asyncio.Event()

    async def writer(revisions: range) -> None:
        for revision in revisions:
            await write(copies, *(record(f"c{number}", revision) for number in range(3)))

    async def reader() -> None:
        while not done.is_set():
            for name in await read(copies, shelf):
                assert shelf.revision(name) > seen.get(name, 0), "no step back, and nothing twice"
                seen[name] = shelf.revision(name)
            await asyncio.sleep(0)

    reading = asyncio.create_task(reader())
    await asyncio.gather(writer(range(1, 9)), writer(range(4, 13)), writer(range(2, 11, 2)))
    done.set()
    await reading
    await read(copies, shelf)
    assert {name: shelf.revision(name) for name in shelf} == {"c0": 12, "c1": 12, "c2": 12}
    assert await stored(copies) == {"c0": 12, "c1": 12, "c2": 12}


async def test_services_that_start_at_once_read_the_records_once(
    copies: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All but one copy what it has read, and each has all of them."""
    await write(copies, *(record(f"c{number}", 2) for number in range(20)))
    shelves = [RecordShelf(copies) for _ in range(4)]
    copied: list[bool] = []
    copy = RecordShelf.copy
    monkeypatch.setattr(RecordShelf, "copy", lambda *given: copied.append(copy(*given)) or copied[-1])
    async with AsyncExitStack() as stack:
        connections = [await stack.enter_async_context(copies.reading()) for _ in shelves]
        looks = (refresh(connection, TABLES, shelf) for connection, shelf in zip(connections, shelves, strict=True))
        found = await asyncio.gather(*looks)
    assert [sorted(each) for each in found] == [sorted(f"c{number}" for number in range(20))] * 4
    in_store = await stored(copies)
    assert [{name: shelf.revision(name) for name in shelf} for shelf in shelves] == [in_store] * 4
    assert copied == [True] * 3
    await write(copies, record("c3", 3))
    assert [await read(copies, shelf) for shelf in shelves] == [["c3"]] * 4


async def test_whoever_holds_the_lock_decides_alone(copies: Store) -> None:
    """Read, decide, write: without the lock two of them would read the same revision."""

    async def further() -> None:
        async with copies.transaction() as connection:
            await lock_writers(connection, TABLES)
            query = select(TABLES.contract.c.revision).where(TABLES.contract.c.id == "a")
            revision = (await connection.execute(query)).scalar_one_or_none() or 0
            await asyncio.sleep(0)
            assert await write_records(connection, TABLES, [record("a", revision + 1)]) == ["a"]

    await asyncio.gather(*(further() for _ in range(8)))
    assert await stored(copies) == {"a": 8}


async def test_what_is_rolled_back_leaves_nothing(copies: Store) -> None:
    async def fails() -> None:
        async with copies.transaction() as connection:
            await write_records(connection, TABLES, [record("a", 1)])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fails()
    assert await stored(copies) == {}
    shelf = RecordShelf()
    assert await write(copies, record("a", 1)) == ["a"]
    assert await read(copies, shelf) == ["a"]
