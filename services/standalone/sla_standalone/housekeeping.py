"""Housekeeping: periodic duties run by APScheduler; no deadline depends on them (docs/architecture.md)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.job import Job
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from sla_platform.runtime import Part

_log = structlog.get_logger(__name__)
Duty = Callable[[], Awaitable[None]]


def housekeeping(duties: Mapping[str, tuple[float, Duty]]) -> Part:
    """Return a long-running task, named `housekeeping`, that calls the given functions periodically.

    If calls of a function were missed, it is called once for all of them, however late. A function is not called again
    while it is still running.

    Args:
        duties: Maps a name to a pair: the interval in seconds, and an async function without arguments.
    """

    async def run() -> None:
        scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        for name, (seconds, duty) in duties.items():
            scheduler.add_job(duty, "interval", seconds=seconds, id=name)
        scheduler.start()
        try:
            while True:
                await asyncio.sleep(min(seconds for seconds, _ in duties.values()))
                run_postponed_jobs(scheduler)
        finally:
            scheduler.shutdown(wait=False)

    return Part("housekeeping", run)


def run_postponed_jobs(scheduler: AsyncIOScheduler) -> None:
    """Reschedule to now each job whose next run is further ahead than its interval.

    This happens when the system's clock was too far ahead, and is then set back: runs that were planned before are now
    in the far future.
    """
    now = datetime.now(UTC)  # noqa: TID251 - what APScheduler counts by
    for job in scheduler.get_jobs():
        if _put_off(job, now):
            _log.warning("housekeeping.brought_back", job=job.id, next_run=job.next_run_time.isoformat())
            job.modify(next_run_time=now)


def _put_off(job: Job, now: datetime) -> bool:
    interval: timedelta = job.trigger.interval
    return job.next_run_time is not None and job.next_run_time - now > interval + timedelta(seconds=1)
