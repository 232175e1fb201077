"""The bell wakes who waits for it, and waiting ends when it is to end."""

from __future__ import annotations

import asyncio

from sla_platform.bus import WakeSignal, signalled_within


async def test_a_ring_is_heard_and_silence_too() -> None:
    bell = WakeSignal()
    with bell.listen() as signalled:
        assert not await signalled_within(signalled, 0.001)
        bell.wake()
        assert await signalled_within(signalled, 10)
        assert await signalled_within(signalled, None)


async def test_a_cancellation_that_comes_with_the_ring_is_not_lost() -> None:
    """As when a service is stopped while it is busy: its loops must end, whatever rings at that moment."""
    bell, waiting = WakeSignal(), asyncio.Event()

    async def forever() -> None:
        with bell.listen() as signalled:
            while True:
                signalled.clear()
                waiting.set()
                await signalled_within(signalled, 10)

    loop = asyncio.create_task(forever())
    await waiting.wait()
    for _ in range(3):
        await asyncio.sleep(0)  # until it waits
    bell.wake()
    loop.cancel()
    ended, _ = await asyncio.wait({loop}, timeout=1)
    assert ended
    assert loop.cancelled()
