"""On SQLite the machine's clock fires the timers: a leap of it breaks no promise, one that stays none falsely."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from tests.build.leaping import HOUR, LEAP_SECONDS, LEAPS, LeapingTime
from tests.conformance.test_firing import NINE, facts, seed
from tests.integration.timer.test_canary import Canary
from tests.integration.timer.test_late import ticking

from sla_platform.clockguard import CONFIRM_SECONDS
from sla_platform.store.engine import Store
from sla_platform.store.schema import create_all
from sla_timer import tables
from sla_timer.apply import ownership
from sla_timer.tick.adapters import firing_of, progress_of
from sla_timer.tick.progress import Progress

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Store, LeapingTime, Progress, int]:
    store = Store(f"sqlite:///{tmp_path}/timer.db")
    await create_all(store, [tables.metadata])
    async with store.transaction() as connection:
        epoch = (await ownership.take_partitions(connection, [0], "test"))[0]
    return store, LeapingTime(NINE, monkeypatch), progress_of(store), epoch


Played = tuple[Store, LeapingTime, Progress, int]


@pytest.mark.parametrize("leap", LEAPS, ids=str)
async def test_six_seconds_of_a_leap_break_no_promise_and_hold_up_none(played: Played, leap: timedelta) -> None:
    store, time, progress, epoch = played
    due = NINE + timedelta(seconds=LEAP_SECONDS)
    await seed(store, ("warn-50", due - timedelta(seconds=3)), ("breach", due + 30 * MINUTE), due=due + 30 * MINUTE)
    tick = ticking(store, time, progress)
    for second in range(20):
        time.leap(leap if second < LEAP_SECONDS else timedelta())
        await time.sleep(1)
        progress.note(0, epoch, time.now())
        await tick.once()
    assert [(fact["kind"], fact["time"]) for fact in await facts(store)] == [
        ("clock.warned", due - timedelta(seconds=3)),
    ]
    await store.close()


async def test_an_hour_that_stays_fires_what_is_due_and_takes_no_backlog_for_silence(played: Played) -> None:
    """The tick believes the new hour a moment before the reader has said how far it has read by it."""
    store, time, progress, epoch = played
    await seed(store, ("breach", NINE + 30 * MINUTE), due=NINE + 30 * MINUTE)
    tick = ticking(store, time, progress)
    progress.note(0, epoch, NINE)
    time.leap(HOUR)
    for _ in range(round(CONFIRM_SECONDS) + 1):
        await time.sleep(1)
        await tick.once()
    assert time.now() == time.true + HOUR
    assert await facts(store) == [], "nobody knows yet whether it was answered in time"
    progress.note(0, epoch, time.now())
    await tick.once()
    (breach,) = await facts(store)
    assert (breach["kind"], breach["provisional"]) == ("clock.breached", False)
    await store.close()


async def test_the_canary_goes_on_after_a_clock_that_was_ahead_was_set_right(played: Played) -> None:
    store, time, progress, epoch = played
    canary, tick = Canary(store, firing_of(store, progress), time), ticking(store, time, progress)

    async def minute() -> None:
        await canary.once()
        await time.sleep(61)
        progress.note(0, epoch, time.now())
        await tick.once()

    await minute()
    time.leap(-HOUR)
    await time.sleep(CONFIRM_SECONDS)
    before = len(await facts(store))
    await minute()
    assert len(await facts(store)) == before + 1
    await store.close()
