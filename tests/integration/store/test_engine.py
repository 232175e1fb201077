"""What is special to one database, and that whatever passes by itself comes out of a store as StoreBusy.

What both databases do alike: `tests/conformance/test_store.py`.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, select, text
from sqlalchemy import exc as sqlalchemy_errors

from sla_platform.errors import BadSettings, StoreBusy
from sla_platform.local import PostgresServer
from sla_platform.store import connections, postgres
from sla_platform.store.engine import Store
from sla_platform.store.schema import create_all

_metadata = MetaData()
_number = Table("number", _metadata, Column("n", Integer, primary_key=True))


async def _numbers(store: Store) -> list[int]:
    async with store.reading() as connection:
        return list((await connection.execute(select(_number.c.n).order_by(_number.c.n))).scalars())


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
async def test_looking_cannot_write_on_sqlite(store: Store) -> None:
    await create_all(store, [_metadata])
    with pytest.raises(StoreBusy, match="readonly"):
        async with store.reading() as connection:
            await connection.execute(_number.insert(), [{"n": 1}])


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
async def test_what_sqlite_has_committed_survives_a_power_cut(store: Store) -> None:
    async with store.transaction() as connection:
        mode = (await connection.execute(text("PRAGMA journal_mode"))).scalar_one()
        synchronous = (await connection.execute(text("PRAGMA synchronous"))).scalar_one()
        foreign_keys = (await connection.execute(text("PRAGMA foreign_keys"))).scalar_one()
    assert (mode, synchronous, foreign_keys) == ("wal", 2, 1)  # 2: FULL, a sync at every commit


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
async def test_what_is_derived_does_not_wait_for_the_disk_and_what_follows_does(store: Store) -> None:
    synchronous = []
    for user in (store.deriving(), store.deriving(), store, store.giving_way().deriving(), store.deriving(), store):
        async with user.transaction() as connection:
            synchronous.append((await connection.execute(text("PRAGMA synchronous"))).scalar_one())
    assert synchronous == [1, 1, 2, 1, 1, 2]  # 1: NORMAL, a sync at checkpoints; 2: FULL, at every commit


async def test_what_is_derived_is_seen_at_once_and_survives_the_store(store: Store) -> None:
    await create_all(store, [_metadata])
    async with store.deriving().transaction() as connection:
        await connection.execute(_number.insert(), [{"n": 1}])
    assert await _numbers(store) == [1]
    another = Store(store.url.render_as_string(hide_password=False))
    assert await _numbers(another) == [1]
    await another.close()


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
async def test_readers_do_not_wait_for_the_writer(store: Store) -> None:
    await create_all(store, [_metadata])
    async with store.transaction() as connection, asyncio.timeout(5):
        await connection.execute(_number.insert(), [{"n": 1}])
        assert await _numbers(store) == []
    assert await _numbers(store) == [1]


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&cache=shared&uri=true"]
)
def test_a_store_in_memory_is_refused(url: str) -> None:
    with pytest.raises(BadSettings, match="must survive the process"):
        Store(url)


async def test_another_process_that_holds_sqlite_makes_us_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **options: connect(*args, **(options | {"timeout": 0.1})))
    store = Store(f"sqlite:///{tmp_path}/slad.db")
    await create_all(store, [_metadata])
    other = connect(tmp_path / "slad.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy, match="locked"):
        async with store.transaction():
            pytest.fail("the lock is not ours")
    other.execute("ROLLBACK")
    other.close()
    async with store.transaction() as connection:
        await connection.execute(_number.insert(), [{"n": 1}])
    await store.close()


async def test_a_full_disk_makes_us_busy(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/slad.db")
    await create_all(store, [_metadata])
    async with store.transaction() as connection:
        await connection.execute(text("PRAGMA max_page_count = 4"))
    with pytest.raises(StoreBusy, match="full"):
        async with store.transaction() as connection:
            await connection.execute(_number.insert(), [{"n": n} for n in range(10_000)])
    assert await _numbers(store) == []
    await store.close()


async def test_a_file_that_is_gone_takes_nothing_that_would_be_gone_with_it(tmp_path: Path) -> None:
    """SQLite writes on into a file that was deleted, or that another one has replaced."""
    path, aside = tmp_path / "slad.db", tmp_path / "aside.db"
    store = Store(f"sqlite:///{path}")
    await create_all(store, [_metadata])
    for change, said in (
        (lambda: path.rename(aside), "was deleted"),
        (lambda: shutil.copy(aside, path), "was replaced by another file"),
    ):
        change()
        with pytest.raises(StoreBusy, match=said):
            async with store.transaction() as connection:
                await connection.execute(_number.insert(), [{"n": 1}])
        with pytest.raises(StoreBusy, match=said):
            await _numbers(store)
        assert said in (await store.write_refusal() or "")
    aside.replace(path)
    async with store.transaction() as connection:
        await connection.execute(_number.insert(), [{"n": 2}])
    assert (await _numbers(store), await store.write_refusal()) == ([2], None)
    await store.close()


@pytest.mark.server_timers
@pytest.mark.parametrize("store", ["postgres"], indirect=True)
async def test_the_victim_of_a_deadlock_is_busy(store: Store) -> None:
    await create_all(store, [_metadata])
    async with store.transaction() as connection:
        await connection.execute(_number.insert(), [{"n": 1}, {"n": 2}])
    both = asyncio.Barrier(2)

    async def lock(first: int, second: int) -> None:
        async with store.transaction() as connection:
            for n in (first, second):
                await connection.execute(select(_number).where(_number.c.n == n).with_for_update())
                if n == first:
                    await both.wait()

    outcomes = await asyncio.gather(lock(1, 2), lock(2, 1), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes if outcome is not None] == [StoreBusy]


@pytest.mark.kill
async def test_a_server_that_dies_and_comes_back(own_postgres: PostgresServer) -> None:
    """Under way, while away, and afterwards without anybody doing anything."""
    store = Store(own_postgres.url())
    await create_all(store, [_metadata])

    async def cut_off() -> None:
        async with store.transaction() as connection:
            await connection.execute(_number.insert(), [{"n": 1}])
            await asyncio.to_thread(own_postgres.kill)
            await connection.execute(_number.insert(), [{"n": 2}])

    with pytest.raises(StoreBusy):
        await cut_off()
    for _ in range(3):
        with pytest.raises(StoreBusy):
            await _numbers(store)
    await asyncio.to_thread(own_postgres.start)
    assert await _numbers(store) == []
    await asyncio.to_thread(own_postgres.restart, "immediate")
    seen: list[int] | None = None
    for _ in range(20):  # every pooled connection has to find out for itself
        try:
            seen = await _numbers(store)
            break
        except StoreBusy:
            continue
    assert seen == []
    await store.close()


async def test_no_free_connection_in_time_is_busy(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "UNDER_LOAD", 0)
    monkeypatch.setattr(connections, "PATIENCE", 0.1)
    store = Store(postgres_url, pool=1)
    async with store.transaction():
        with pytest.raises(StoreBusy, match="in use"):
            async with store.reading():
                pytest.fail("there is but one")
    await store.close()


async def test_a_wrong_password_or_database_is_no_outage(own_postgres: PostgresServer) -> None:
    store = Store(own_postgres.url("nowhere"))
    with pytest.raises(Exception, match="nowhere") as raised:
        async with store.reading():
            pytest.fail("there is no such database")
    assert not isinstance(raised.value, StoreBusy)
    await store.close()


async def test_a_read_that_failed_leaves_no_old_view_behind(tmp_path: Path) -> None:
    """A text that is no UTF-8 breaks a read off in its middle; the error is kept, and others write meanwhile."""
    store, kept = Store(f"sqlite:///{tmp_path / 'slad.db'}"), list[Exception]()
    async with store.transaction() as connection:
        await connection.exec_driver_sql("CREATE TABLE said (id INTEGER PRIMARY KEY, text TEXT)")
        await connection.exec_driver_sql("INSERT INTO said VALUES (1, 'a'), (2, CAST(x'7b22ff227d' AS TEXT))")
    for _ in range(4):  # of each connection that reads
        with pytest.raises(sqlalchemy_errors.OperationalError) as broken:
            async with store.reading() as connection:
                await connection.exec_driver_sql("SELECT id, text FROM said")
        kept.append(broken.value)
    async with store.transaction() as connection:
        await connection.exec_driver_sql("INSERT INTO said VALUES (3, 'c')")
    for _ in range(4):
        async with store.reading() as connection:
            assert (await connection.exec_driver_sql("SELECT count(*) FROM said")).scalar() == 3
    await store.close()
