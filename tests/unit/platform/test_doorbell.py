"""The bell wakes who waits for it, and waiting ends when it is to end."""

from __future__ import annotations

import asyncio

from sla_platform.bus import Doorbell, rung_within


async def test_a_ring_is_heard_and_silence_too() -> None:
    bell = Doorbell()
    with bell.listen() as rung:
        assert not await rung_within(rung, 0.001)
        bell.ring()
        assert await rung_within(rung, 10)
        assert await rung_within(rung, None)


async def test_a_cancellation_that_comes_with_the_ring_is_not_lost() -> None:
    """As when a service is stopped while it is busy: its loops must end, whatever rings at that moment."""
    bell, waiting = Doorbell(), asyncio.Event()

    async def forever() -> None:
        with bell.listen() as rung:
            while True:
                rung.clear()
                waiting.set()
                await rung_within(rung, 10)

    loop = asyncio.create_task(forever())
    await waiting.wait()
    for _ in range(3):
        await asyncio.sleep(0)  # until it waits
    bell.ring()
    loop.cancel()
    ended, _ = await asyncio.wait({loop}, timeout=1)
    assert ended
    assert loop.cancelled()
