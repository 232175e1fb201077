"""People who answer: some pages are acknowledged by their link, as soon as they come."""

from __future__ import annotations

import asyncio
import random
from urllib.parse import urlsplit

from tests.chaos.receivers import Heard
from tests.chaos.watch import wall
from tests.chaos.world import World
from tests.kill.wire import Wire

SHARE = 0.3
_FORM = {"content-type": "application/x-www-form-urlencoded"}


async def acknowledgements(world: World) -> None:
    """Press the button of some pages until the answer is taken."""
    asked: asyncio.Queue[Heard] = asyncio.Queue()
    world.receivers.on_page = asked.put_nowait
    async with asyncio.TaskGroup() as answers:
        while True:
            heard = await asked.get()
            if random.Random(f"{world.seed}/{heard.thread}").random() < SHARE and heard.told.get("level") == 1:
                answers.create_task(_answer(world, heard))


async def _answer(world: World, heard: Heard) -> None:
    path = urlsplit(str(heard.told["acknowledge_url"])).path
    while True:
        wire = Wire(_FORM, 6.0)
        reply = await wire.post(f"{world.fleet.url('notifier')}{path}", b"")
        wire.close()
        if reply.status not in (0, 429, 503):
            break
        await asyncio.sleep(0.3)
    world.done["acknowledgements"] += 1
    if reply.status == 200:
        world.acknowledged.setdefault(heard.thread, wall())
    else:
        world.broken.append(f"an acknowledgement was answered {reply.status}: {reply.body[:200]!r}")
