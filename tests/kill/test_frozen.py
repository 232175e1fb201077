"""One of two timers is frozen (SIGSTOP, a paused virtual machine) under load and wakes up as if nothing had happened.

Its partitions go to the other one meanwhile; when it wakes up its epoch is over, so what it still holds does nothing.
In every run `tests/integration/timer/test_crash.py` freezes a ticking process for a moment.
"""

from __future__ import annotations

import asyncio
import os
import signal

import pytest
from tests.e2e.fleet import Fleet
from tests.kill.ring import Start, Upheld

from sla_platform.local import KafkaBroker

FULL_SECONDS = float(os.environ.get("SLAD_FROZEN_SECONDS", "120"))
HANDED_OVER_SECONDS = 30.0  # until the group has given its partitions to the other, on a machine that is busy


@pytest.mark.kill
@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_a_timer_that_sleeps_for_two_minutes_holds_nothing_back_and_does_no_harm(
    kafka_broker: KafkaBroker,
    postgres_url: str,
    production_ring: Start,
    upheld: Upheld,
) -> None:
    ring = await production_ring(postgres_url, kafka_broker)

    async def frozen(fleet: Fleet) -> None:
        sleeper = fleet.of("timer")[1].process
        assert sleeper is not None
        await asyncio.sleep(3)
        sleeper.send_signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(FULL_SECONDS)
        finally:
            sleeper.send_signal(signal.SIGCONT)
        await asyncio.sleep(10)

    verdict = await ring.drill(
        f"one of two timers frozen for {FULL_SECONDS:.0f} s",
        frozen,
        latest_seconds=HANDED_OVER_SECONDS,
        events_per_second=50.0,
    )
    upheld(verdict)
    assert set(verdict.answers) == {"202"}
