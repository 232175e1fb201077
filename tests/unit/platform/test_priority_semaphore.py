"""Whose turn it is for a place among the connections of a database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from sla_platform.store import connections
from sla_platform.store.connections import PrioritySemaphore

pytestmark = pytest.mark.asyncio


class Queue:
    """Users of one place, who note their names when they have it, and keep it until all others wait."""

    def __init__(self) -> None:
        self.places, self.served = PrioritySemaphore(1), list[str]()
        self.users = list[asyncio.Task[None]]()

    async def wait(self, name: str, *, gives_way: bool = False) -> asyncio.Task[None]:
        """Let a user wait for the place; it has been put into the queue at the return."""

        async def use() -> None:
            await self.places.take(gives_way=gives_way)
            self.served.append(name)
            self.places.give_back()

        user = asyncio.create_task(use())
        self.users.append(user)
        await asyncio.sleep(0)
        return user


async def _served(prepare: Callable[[Queue], Awaitable[None]]) -> list[str]:
    queue = Queue()
    await queue.places.take(gives_way=False)
    await prepare(queue)
    queue.places.give_back()
    await asyncio.gather(*queue.users, return_exceptions=True)
    async with asyncio.timeout(30):  # how long is not judged: a place that is lost is never had
        await queue.places.take(gives_way=False)
    return queue.served


async def test_who_gives_way_waits_behind_those_who_do_not() -> None:
    async def prepare(queue: Queue) -> None:
        await queue.wait("board", gives_way=True)
        await queue.wait("sender")
        await queue.wait("timer")

    assert await _served(prepare) == ["sender", "timer", "board"]


async def test_nobody_gives_way_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "GIVES_WAY_SECONDS", 0.0)

    async def prepare(queue: Queue) -> None:
        await queue.wait("sender")
        await queue.wait("board", gives_way=True)

    assert await _served(prepare) == ["board", "sender"]


@pytest.mark.parametrize("gives_way", [False, True])
async def test_a_place_that_comes_as_its_user_leaves_goes_to_the_next(gives_way: bool) -> None:
    async def prepare(queue: Queue) -> None:
        leaving = await queue.wait("leaving", gives_way=gives_way)
        await queue.wait("next", gives_way=True)
        queue.places.give_back()
        leaving.cancel()  # in the moment in which it was given the place
        await asyncio.sleep(0)
        await queue.places.take(gives_way=False)

    assert await _served(prepare) == ["next"]


@pytest.mark.parametrize("gives_way", [False, True])
async def test_who_leaves_the_queue_is_passed_over(gives_way: bool) -> None:
    async def prepare(queue: Queue) -> None:
        leaving = await queue.wait("leaving", gives_way=gives_way)
        await queue.wait("next", gives_way=gives_way)
        leaving.cancel()
        await asyncio.sleep(0)

    assert await _served(prepare) == ["next"]


async def test_a_newcomer_does_not_overtake_who_waits() -> None:
    queue = Queue()
    await queue.places.take(gives_way=False)
    await queue.wait("first")
    queue.places.give_back()
    await queue.wait("second")
    await asyncio.gather(*queue.users)
    assert queue.served == ["first", "second"]


async def test_a_wait_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "PATIENCE", 0.0)
    places = PrioritySemaphore(1)
    await places.take(gives_way=False)
    with pytest.raises(TimeoutError):
        await places.take(gives_way=True)
    places.give_back()
    await places.take(gives_way=True)


async def test_somebody_waits_from_the_first_to_the_last() -> None:
    queue = Queue()
    assert not queue.places.contended
    await queue.places.take(gives_way=False)
    assert not queue.places.contended, "it is taken, and nobody waits"
    await queue.wait("board", gives_way=True)
    gone = await queue.wait("timer")
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    assert queue.places.contended
    queue.places.give_back()
    await asyncio.gather(*queue.users, return_exceptions=True)
    assert not queue.places.contended
