"""The audit log in a database: written with its act or not at all, by many at once, and tampered with by SQL."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import MetaData, delete, select, update

from sla_platform.audit.act import Act, ActName, ActorKind, AuditActor, Command
from sla_platform.audit.chain import GENESIS, ChainBreak, first_break, row_hash
from sla_platform.audit.store import AuditFilter, append, head_of, newest, next_place, oldest_first
from sla_platform.audit.tables import audit_tables
from sla_platform.store.engine import Store
from sla_platform.store.schema import create_all

NINE = datetime(2026, 3, 2, 9, 0, 0, 123_456, tzinfo=UTC)
METADATA = MetaData()
LOG = audit_tables(METADATA, "notifier")
ANNA = Command(AuditActor(ActorKind.PERSON, "anna"), "it is mine")


def act(object_: str, name: ActName = ActName.ALERT_ACKNOWLEDGED, **more: Any) -> Act:
    return Act(**{"name": name, "command": ANNA, "object": object_, "contract": "acme"} | more)


@pytest.fixture
async def log(store: Store) -> Store:
    await create_all(store, [METADATA])
    return store


async def write(store: Store, *acts: Act, at: datetime = NINE) -> None:
    async with store.transaction() as connection:
        await append(connection, LOG, acts, at)


async def checked(store: Store, checkpoints: dict[int, str] | None = None) -> ChainBreak | None:
    async with store.reading() as connection:
        head = await head_of(connection, LOG)
    return first_break([row async for row in oldest_first(store, LOG, AuditFilter())], head, checkpoints)


async def run(store: Store, *statements: Any) -> None:
    async with store.transaction() as connection:
        for statement in statements:
            await connection.execute(statement)


async def test_an_act_that_is_rolled_back_leaves_no_row(log: Store) -> None:
    await write(log, act("alert-1"))
    with pytest.raises(ZeroDivisionError):
        await _failing(log)
    await write(log, act("alert-3"))
    rows = [row async for row in oldest_first(log, LOG, AuditFilter())]
    assert [(row.seq, row.object) for row in rows] == [(1, "alert-1"), (2, "alert-3")]
    assert await checked(log) is None


async def test_no_acts_are_no_row_and_no_head(log: Store) -> None:
    await write(log)
    async with log.reading() as connection:
        assert (await connection.execute(select(LOG.head))).all() == []
        assert (await head_of(connection, LOG)).seq == 0
    assert await checked(log) is None


async def test_many_writers_at_once_make_one_chain(log: Store) -> None:
    """From the first row on, over two processes' pools."""
    other = Store(log.url.render_as_string(hide_password=False))

    async def several(store: Store, who: str) -> None:
        for number in range(8):
            async with store.transaction() as connection:
                place = await next_place(connection, LOG)
                await append(connection, LOG, [act(f"{place}"), act(f"{who}/{number}")], NINE)

    await asyncio.gather(*(several(store, f"{store is log}/{n}") for store in (log, other) for n in range(4)))
    await other.close()
    rows = [row async for row in oldest_first(log, LOG, AuditFilter())]
    assert [row.seq for row in rows] == list(range(1, 129))
    assert [row.object for row in rows[::2]] == [str(row.seq) for row in rows[::2]], "nobody took another's place"
    assert await checked(log) is None


async def test_what_is_kept_is_what_was_hashed_whatever_it_says(log: Store) -> None:
    odd = Command(AuditActor(ActorKind.KEY, "k" * 300), "why\0 \ud800 é" + "…" * 600)
    details = {"when": NINE, "set": frozenset({"b", "a"}), "text": 'Zażółć "x"\n', "none": None, "n": 2**53}
    async with log.transaction() as connection:
        written = await append(
            connection, LOG, [act("o" * 400, command=odd, contract="c" * 200, details=details)], NINE
        )
    read = [row async for row in oldest_first(log, LOG, AuditFilter())]
    assert read == list(written)
    assert read[0].hash == row_hash(read[0])
    assert read[0].at == NINE
    assert (len(read[0].actor), len(read[0].object), len(read[0].contract), len(read[0].reason)) == (200, 300, 120, 500)
    assert await checked(log) is None


ROWS = LOG.rows
ROW_3, ROW_4 = ROWS.c.seq == 3, ROWS.c.seq == 4
TAMPERED = {
    "changed": ([update(ROWS).where(ROW_3).values(actor="key:somebody")], 3),
    "a digest changed": ([update(ROWS).where(ROW_3).values(after="0" * 64)], 3),
    "moved in time": ([update(ROWS).where(ROW_3).values(at=NINE - timedelta(microseconds=1))], 3),
    "deleted": ([delete(ROWS).where(ROW_3)], 4),
    "the first deleted": ([delete(ROWS).where(ROWS.c.seq == 1)], 2),
    "swapped": (
        [update(ROWS).where(ROW_3).values(seq=99), update(ROWS).where(ROW_4).values(seq=3),
         update(ROWS).where(ROWS.c.seq == 99).values(seq=4)], 3,
    ),
    "the tail cut": ([delete(ROWS).where(ROWS.c.seq > 4)], 5),
    "emptied": ([delete(ROWS)], 1),
    "emptied with its head": ([delete(ROWS), delete(LOG.head)], None),
    "the head put back": ([update(LOG.head).values(seq=4, hash="0" * 64)], 6),
    "the head gone": ([delete(LOG.head)], 6),
}  # fmt: skip


@pytest.mark.parametrize("how", TAMPERED)
async def test_what_sql_does_to_it_is_found(log: Store, how: str) -> None:
    for number in range(1, 7):
        await write(log, act(f"alert-{number}"), at=NINE + number * timedelta(minutes=1))
    async with log.reading() as connection:
        kept = await head_of(connection, LOG)
    statements, seq = TAMPERED[how]
    await run(log, *statements)
    found = await checked(log)
    assert (None if found is None else found.seq) == seq, found
    with_checkpoint = await checked(log, {kept.seq: kept.hash})
    assert with_checkpoint is not None, "a head that was kept elsewhere tells all of these"


async def test_an_inserted_row_is_found(log: Store) -> None:
    for number in range(1, 4):
        await write(log, act(f"alert-{number}"))
    rows = [row async for row in oldest_first(log, LOG, AuditFilter())]
    forged = {name: getattr(rows[2], name) for name in rows[2].__dataclass_fields__ if name != "service"}
    await run(log, ROWS.insert().values(**forged | {"seq": 4, "object": "never done", "previous": rows[2].hash}))
    found = await checked(log)
    assert found is not None
    assert (found.seq, "was changed" in found.why) == (4, True)


@pytest.mark.parametrize("how", [how for how, (_, seq) in TAMPERED.items() if seq is not None])
async def test_acts_go_on_and_what_was_done_to_the_log_stays_seen(log: Store, how: str) -> None:
    """Nobody who is paged is refused because of it, and no later act closes the gap."""
    for number in range(1, 7):
        await write(log, act(f"alert-{number}"))
    await run(log, *TAMPERED[how][0])
    await write(log, act("alert-7"), act("alert-8"))
    assert await checked(log) is not None
    async with log.reading() as connection:
        seen = await newest(connection, LOG, AuditFilter(), 0, 2)
    assert [row.object for row in seen] == ["alert-8", "alert-7"]


async def test_acts_are_found_by_who_what_which_and_when(log: Store) -> None:
    hour = timedelta(hours=1)
    bot = Command(AuditActor(ActorKind.KEY, "bot"))
    await write(log, act("a", contract="acme"), at=NINE)
    await write(log, act("b", contract="beta", command=bot), at=NINE + hour)
    await write(log, act("a", ActName.DELIVERY_RETRIED, contract="acme", command=bot), at=NINE + 2 * hour)

    async def found(**asked: Any) -> list[int]:
        async with log.reading() as connection:
            return [row.seq for row in await newest(connection, LOG, AuditFilter(**asked), 0, 10)]

    assert await found() == [3, 2, 1]
    assert await found(actor="key:bot") == [3, 2]
    assert await found(act="delivery.retried") == [3]
    assert await found(object="a") == [3, 1]
    assert await found(contract="beta") == [2]
    assert await found(contract="") == [], "the key of no contract sees nothing by accident"
    assert await found(since=NINE + hour, until=NINE + 2 * hour) == [2]
    async with log.reading() as connection:
        assert [row.seq for row in await newest(connection, LOG, AuditFilter(), 3, 1)] == [2]
    assert [row.seq async for row in oldest_first(log, LOG, AuditFilter(object="a"))] == [1, 3]
    assert GENESIS not in {row.hash for row in await _all(log)}


async def _failing(store: Store) -> None:
    async with store.transaction() as connection:
        await append(connection, LOG, [act("alert-2")], NINE)
        raise ZeroDivisionError


async def _all(store: Store) -> list[Any]:
    return [row async for row in oldest_first(store, LOG, AuditFilter())]
