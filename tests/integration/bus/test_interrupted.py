"""How careful a reader is after runs that were interrupted, and what that costs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import MetaData, Table

from sla_platform.bus.interrupted import DEATHS, FIRST_ALONE, InterruptedRuns, LaneCare
from sla_platform.store.cursor import RunMark, cursor_table, load, run_marks, save
from sla_platform.store.engine import Store
from sla_platform.store.log import Cursor
from sla_platform.store.schema import create_all

METADATA = MetaData()
CURSORS: Table = cursor_table(METADATA, "timer")
LANE = "ingest_log"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = Store(f"sqlite:///{tmp_path}/slad.db")
    await create_all(opened, [METADATA])
    yield opened
    await opened.close()


async def begun(store: Store) -> LaneCare:
    """As a process that starts."""
    return (await InterruptedRuns(store, CURSORS, asyncio.Lock()).begin([LANE]))[LANE]


async def mark(store: Store) -> RunMark:
    async with store.reading() as connection:
        return (await run_marks(connection, CURSORS, [LANE]))[LANE]


async def hold(care: LaneCare, position: int) -> None:
    async with care.alone(position):
        pass
    await care.note_alone()


async def test_nobody_is_careful_before_a_run_was_interrupted(store: Store) -> None:
    care = await begun(store)
    assert not care.careful
    assert not care.unsettled


async def test_after_one_interrupted_run_the_first_events_go_alone_after_several_all(store: Store) -> None:
    await begun(store)
    care = await begun(store)
    for position in range(FIRST_ALONE):
        assert care.careful
        await hold(care, position)
    assert not care.careful
    assert await mark(store) == RunMark(1)  # whatever ends it now, it was none of these
    care = await begun(store)
    for position in range(3 * FIRST_ALONE):
        await hold(care, position)
    assert care.careful


async def test_what_was_held_twice_when_a_run_ended_is_unfit_and_nothing_else(store: Store) -> None:
    await begun(store)
    for _ in range(DEATHS):
        care = await begun(store)
        assert not care.unfit(7)
        await hold(care, 7)
    care = await begun(store)
    assert care.unfit(7)
    assert not care.unfit(8)
    await hold(care, 8)
    assert await mark(store) == RunMark(3, 8)


async def test_the_count_of_an_event_begins_anew_when_the_next_is_held(store: Store) -> None:
    """A process that is killed again and again, wherever it is, gets on and quarantines nothing."""
    await begun(store)
    for position in range(20):
        care = await begun(store)
        assert not care.unfit(position)
        await hold(care, position)
        await hold(care, position + 1)
    assert (await mark(store)).deaths == 0


async def test_once_the_first_batch_is_handled_a_run_is_as_any_other(store: Store) -> None:
    await begun(store)
    care = await begun(store)
    await hold(care, 1)
    await care.settle()
    assert not care.careful
    assert await mark(store) == RunMark()


async def test_marks_and_positions_leave_each_other_alone(store: Store) -> None:
    async with store.transaction() as connection:
        await save(connection, CURSORS, LANE, Cursor(0, 42))
    await begun(store)
    await begun(store)
    async with store.transaction() as connection:
        await save(connection, CURSORS, LANE, Cursor(0, 43))
    assert (await mark(store)).starts == 1
    await InterruptedRuns(store, CURSORS, asyncio.Lock()).end([LANE])
    async with store.reading() as connection:
        assert await load(connection, CURSORS, LANE) == Cursor(0, 43)
        assert await run_marks(connection, CURSORS, [LANE]) == {}


async def test_one_event_of_a_process_is_held_at_a_time(store: Store) -> None:
    runs = InterruptedRuns(store, CURSORS, asyncio.Lock())
    first, second = (await runs.begin(["one", "two"])).values()
    inside, most = 0, 0

    async def handled(care: LaneCare) -> None:
        nonlocal inside, most
        for position in range(5):
            async with care.alone(position):
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0)
                inside -= 1

    await asyncio.gather(handled(first), handled(second))
    assert most == 1
