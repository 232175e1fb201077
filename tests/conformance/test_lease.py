"""What every lock of a lease does: one holder at a time, and the next one when the first has ended.

One suite for the locks of both databases (`sla_platform.bus.lease_locks`).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from sla_platform.bus import lease
from sla_platform.bus.lease import while_held
from sla_platform.bus.lease_locks import lock_for
from sla_platform.errors import Retryable
from sla_platform.store.engine import Store

NAME = "some_log"


async def test_one_holder_at_a_time(store: Store) -> None:
    first, second = lock_for(store, NAME), lock_for(store, NAME)
    assert await first.take()
    assert not await second.take()
    await first.confirm()
    await first.give_back()
    assert await second.take()
    assert not await first.take()
    await second.give_back()
    await first.give_back()


async def test_its_holder_keeps_it_when_it_takes_it_again(store: Store) -> None:
    lock, other = lock_for(store, NAME), lock_for(store, NAME)
    assert await lock.take()
    assert await lock.take()
    assert not await other.take()
    await lock.give_back()
    assert await other.take(), "taken twice and given back once, it is free"
    await other.give_back()


async def test_locks_of_other_names_do_not_concern_it(store: Store) -> None:
    one, other = lock_for(store, NAME), lock_for(store, "another_log")
    assert await one.take()
    assert await other.take()
    await one.give_back()
    await other.confirm()
    await other.give_back()


async def test_giving_back_what_is_not_held_does_nothing(store: Store) -> None:
    holder, other = lock_for(store, NAME), lock_for(store, NAME)
    await other.give_back()
    assert await holder.take()
    assert not await other.take()
    await other.give_back()
    assert not await other.take(), "the holder's lock is not given back by somebody else"
    await other.give_back()
    await holder.give_back()


@dataclass
class Worker:
    """Work under a lease, and what became of its lease, in order."""

    story: list[str] = field(default_factory=list)
    started: asyncio.Event = field(default_factory=asyncio.Event)
    lost: asyncio.Event = field(default_factory=asyncio.Event)

    async def work(self) -> None:
        self.story.append("works")
        self.started.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.story.append("stops")

    def held(self, ours: bool) -> None:
        self.story.append("held" if ours else "not held")
        if not ours:
            self.lost.set()


async def test_the_next_one_works_when_the_holder_has_ended(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "CONFIRM_SECONDS", 0.02)
    first, second = Worker(), Worker()
    holder = asyncio.create_task(while_held(lock_for(store, NAME), first.work, first.held))
    async with asyncio.timeout(20):
        await first.started.wait()
    waiting = asyncio.create_task(while_held(lock_for(store, NAME), second.work, second.held))
    refused = lock_for(store, NAME)
    assert not await refused.take()
    await refused.give_back()
    assert not second.started.is_set()
    holder.cancel()
    async with asyncio.timeout(20):
        await second.started.wait()
    waiting.cancel()
    await asyncio.gather(holder, waiting, return_exceptions=True)
    assert first.story == ["held", "works", "stops", "not held"]
    assert second.story[-4:] == ["held", "works", "stops", "not held"]


async def test_work_stops_when_the_lock_cannot_be_confirmed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "CONFIRM_SECONDS", 0.02)
    worker, lock = Worker(), lock_for(store, NAME)

    async def unanswered() -> None:
        raise Retryable("no answer")

    monkeypatch.setattr(lock, "confirm", unanswered)
    running = asyncio.create_task(while_held(lock, worker.work, worker.held))
    async with asyncio.timeout(20):
        await worker.lost.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert worker.story[:4] == ["held", "works", "stops", "not held"]
