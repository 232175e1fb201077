"""House-keeping ticks by APScheduler: nothing here holds a deadline (DESIGN §2.5)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from sla_platform.runtime import Part

Duty = Callable[[], Awaitable[None]]


def housekeeping(duties: Mapping[str, tuple[float, Duty]]) -> Part:
    """`duties`: name -> (every so many seconds, what to do). A missed run is run late, once; never twice at a time."""

    async def run() -> None:
        scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        for name, (seconds, duty) in duties.items():
            scheduler.add_job(duty, "interval", seconds=seconds, id=name)
        scheduler.start()
        try:
            await asyncio.Event().wait()
        finally:
            scheduler.shutdown(wait=False)

    return Part("housekeeping", run)
