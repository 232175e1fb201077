"""A part that its surroundings hinder runs again; one whose end nobody asked for otherwise is a failure."""

from __future__ import annotations

import asyncio
import errno
import sqlite3
from collections.abc import Awaitable, Callable

import pytest

from sla_platform.errors import BadSettings, Retryable, StoreBusy
from sla_platform.runtime import Part, Service, run_services

Run = Callable[[], Awaitable[None]]


async def fails() -> None:
    raise AttributeError("a bug")


async def is_set_up_wrongly() -> None:
    raise BadSettings("SLAD_BUS_URL names no broker")


async def is_cancelled_by_a_library() -> None:
    """As aiokafka does: it awaits a task that it has cancelled itself."""
    inner = asyncio.create_task(asyncio.sleep(60))
    inner.cancel()
    await inner


@pytest.mark.parametrize("run", [fails, is_set_up_wrongly, is_cancelled_by_a_library])
async def test_a_part_that_ends_by_itself_brings_the_process_down(run: Run) -> None:
    async with run_services([Service("timer", [Part("consume", run)])]) as failed, asyncio.timeout(5):
        await failed.wait()


def cannot_open() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("unable to open database file")
    error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
    return error


@pytest.mark.parametrize(
    "trouble",
    [
        OSError(errno.EMFILE, "Too many open files"),
        MemoryError(),
        RuntimeError("can't start new thread"),
        StoreBusy("the database is away"),
        cannot_open(),
        ExceptionGroup("tasks", [MemoryError(), OSError(errno.ENOSPC, "No space left on device")]),
    ],
    ids=repr,
)
async def test_a_part_that_its_surroundings_hinder_is_run_again(trouble: Exception) -> None:
    runs, goes_on = 0, asyncio.Event()

    async def run() -> None:
        nonlocal runs
        runs += 1
        if runs < 3:
            raise trouble
        goes_on.set()
        await asyncio.Event().wait()

    async with run_services([Service("timer", [Part("tick", run)])]) as failed, asyncio.timeout(5):
        await goes_on.wait()
        assert not failed.is_set()


async def test_a_part_that_is_asked_to_end_is_no_failure() -> None:
    begun, waiting = asyncio.Event(), asyncio.Event()

    async def runs() -> None:
        begun.set()
        await waiting.wait()

    async with run_services([Service("timer", [Part("consume", runs)])]) as failed:
        await begun.wait()
    assert not failed.is_set()


async def test_no_part_runs_before_its_service_is_prepared_and_no_start_waits_for_a_store_that_is_away() -> None:
    happened: list[str] = []
    ran = asyncio.Event()

    async def prepare() -> None:
        happened.append("asked")
        if happened.count("asked") == 1:
            raise Retryable("the store is away")
        happened.append("prepared")

    async def run() -> None:
        happened.append("ran")
        ran.set()

    other = Service("board", [Part("consume", asyncio.Event().wait)])  # type: ignore[list-item]
    async with run_services([Service("timer", [Part("consume", run)], prepare=prepare), other]) as failed:
        assert happened == ["asked"]
        async with asyncio.timeout(5):
            await ran.wait()
    assert happened == ["asked", "asked", "prepared", "ran"]
    assert not failed.is_set()


async def test_a_service_that_cannot_be_prepared_at_all_brings_the_process_down() -> None:
    async with run_services([Service("timer", prepare=fails)]) as failed, asyncio.timeout(5):
        await failed.wait()
