"""A part whose end nobody asked for is a failure, whatever it looks like."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from sla_platform.errors import Retryable
from sla_platform.runtime import Part, Service, run_services

Run = Callable[[], Awaitable[None]]


async def fails() -> None:
    raise OSError("the disk is gone")


async def is_cancelled_by_a_library() -> None:
    """As aiokafka does: it awaits a task that it has cancelled itself."""
    inner = asyncio.create_task(asyncio.sleep(60))
    inner.cancel()
    await inner


@pytest.mark.parametrize("run", [fails, is_cancelled_by_a_library])
async def test_a_part_that_ends_by_itself_brings_the_process_down(run: Run) -> None:
    async with run_services([Service("timer", [Part("consume", run)])]) as failed, asyncio.timeout(5):
        await failed.wait()


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
