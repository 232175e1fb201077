"""House-keeping goes on at its interval, whatever the wall clock does meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from sla_standalone.housekeeping import run_postponed_jobs


async def test_a_job_that_an_hour_ahead_has_put_off_is_run_now() -> None:
    async def duty() -> None:
        """Nothing."""

    scheduler = AsyncIOScheduler(timezone="UTC")
    now = datetime.now(UTC)  # noqa: TID251 - APScheduler goes by it
    put_off = scheduler.add_job(duty, "interval", seconds=2, id="put off", next_run_time=now + timedelta(hours=1))
    usual = scheduler.add_job(duty, "interval", seconds=60, id="usual", next_run_time=now + timedelta(seconds=60))
    scheduler.start(paused=True)
    try:
        run_postponed_jobs(scheduler)
        assert put_off.next_run_time - now < timedelta(seconds=2)
        assert usual.next_run_time == now + timedelta(seconds=60)
    finally:
        scheduler.shutdown(wait=False)
