"""What a process makes of a clock that leaps: one instant for everything that acts, and a word to people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs
from tests.build.leaping import HOUR, LEAP_SECONDS, LEAPS, LeapingTime

from sla_platform.clockguard import CONFIRM_SECONDS, ClockReading
from sla_platform.clockmemory import ClockMemory
from sla_platform.clockwatch import ClockWatch
from sla_platform.errors import BadSettings
from sla_platform.timesource import GuardedClock, ShiftedWallClock, SystemTime, parse_time_source

NINE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HELD = {"clock": "machine"}


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> LeapingTime:
    return LeapingTime(NINE, monkeypatch)


@pytest.mark.parametrize("leap", LEAPS, ids=str)
async def test_six_seconds_of_a_leap_are_six_seconds(time: LeapingTime, leap: timedelta) -> None:
    time.leap(leap)
    for second in range(1, LEAP_SECONDS + 1):
        await time.sleep(1)
        assert time.now() == NINE + timedelta(seconds=second)
        assert time.judge_store_clock(time.true + leap, time.steady())[0] in (time.true, time.true + leap)
    time.leap(timedelta())
    assert time.read() == (time.true, ClockReading.STEADY)


@pytest.mark.parametrize("leap", LEAPS, ids=str)
async def test_a_leap_that_stays_is_believed(time: LeapingTime, leap: timedelta) -> None:
    time.leap(leap)
    await time.sleep(CONFIRM_SECONDS - 1)
    assert time.now() == time.true
    await time.sleep(1)
    assert time.read()[0] == time.true + leap


async def test_the_machine_and_the_store_are_judged_apart(time: LeapingTime) -> None:
    assert time.judge_store_clock(NINE - timedelta(minutes=5), time.steady()) == (
        NINE - timedelta(minutes=5),
        ClockReading.STEADY,
    )
    time.leap(HOUR)
    assert time.judge_store_clock(NINE - timedelta(minutes=5), time.steady())[1] is ClockReading.STEADY
    assert [*time.held()] == [GuardedClock.MACHINE]


async def test_a_machine_that_slept_has_not_leapt(time: LeapingTime) -> None:
    """Its sleep counts among the seconds that nobody can set."""
    await time.sleep(8 * 3600)
    assert time.read() == (NINE + 8 * HOUR, ClockReading.STEADY)


async def test_people_are_told_once_and_told_when_it_is_over(time: LeapingTime) -> None:
    registry = CollectorRegistry()
    watch = ClockWatch(time, registry)
    assert await watch.remark() is None
    with capture_logs() as said:
        time.leap(-HOUR)
        await time.sleep(1)
        remark = await watch.remark()
        assert remark is not None
        assert remark.startswith("machine: the clock went back")
        assert registry.get_sample_value("slad_clock_held", HELD) == 1
        time.leap(timedelta())
    assert await watch.remark() is None
    assert registry.get_sample_value("slad_clock_held", HELD) == 0
    assert registry.get_sample_value("slad_clock_leaps_total", HELD | {"reading": "went_back"}) == 1
    assert [(line["event"], line["log_level"]) for line in said] == [
        ("clock.reading", "error"), ("clock.reading", "warning"),
    ]  # fmt: skip


def test_drills_may_make_the_clock_of_a_process_leap(tmp_path: Path) -> None:
    file = tmp_path / "shift"
    ShiftedWallClock.shift(file, 0)
    source = parse_time_source(f"shifted:{file}")
    assert isinstance(source, SystemTime)
    before = source.now()
    ShiftedWallClock.shift(file, 3600)
    assert source.now() - before < timedelta(minutes=1)
    assert source.held() == {GuardedClock.MACHINE: ClockReading.LEAPT_FORWARD}
    with pytest.raises(BadSettings, match="shifted:<file>"):
        parse_time_source("shifted:")


@pytest.mark.parametrize("leap", LEAPS, ids=str)
async def test_a_process_that_starts_in_a_leap_goes_on_from_what_was_believed_before(
    time: LeapingTime, tmp_path: Path, leap: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "slad.db.clock"
    time.judge_store_clock(NINE, time.steady())
    ClockMemory(kept, "this boot").note(time)
    later = LeapingTime(NINE, monkeypatch)
    ClockMemory(kept, "this boot").recall(later)
    later.true, later.off = NINE + timedelta(minutes=3), leap
    assert later.now() == NINE + timedelta(minutes=3)
    assert later.judge_store_clock(later.true + leap, later.steady())[0] == later.true
    assert set(later.held()) == set(GuardedClock)
    await later.sleep(CONFIRM_SECONDS)
    assert later.now() == later.true + leap, "a clock that was set right while nothing ran is believed as ever"


@pytest.mark.parametrize(
    "kept",
    [
        "", "{}", "[1]", "x" * 9_000,
        *(
            f'{{"boot": "this boot", "clocks": {{"machine": {reading}}}}}'
            for reading in (
                '["soon", 1]', '["9999-12-31T23:59:59+00:00", 0]', '["0001-01-01T00:00:00+14:00", 0]',
                '["2026-03-02T09:00:00+00:00", -1e18]', '["2026-03-02T09:00:00+00:00", "inf"]',
            )
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_read_or_is_of_another_boot_means_nothing(time: LeapingTime, tmp_path: Path, kept: str) -> None:
    file = tmp_path / "clock"
    memory = ClockMemory(file, "this boot")
    memory.recall(time)
    file.write_text(kept)
    memory.recall(time)
    ClockMemory(file, "another boot").note(time)
    memory.recall(time)
    (tmp_path / "link").symlink_to(file)
    ClockMemory(tmp_path / "link", "another boot").recall(time)
    assert time.read() == (NINE, ClockReading.STEADY)


def test_where_nothing_can_be_written_things_go_on(time: LeapingTime, tmp_path: Path) -> None:
    memory = ClockMemory(tmp_path / "no folder" / "clock", "this boot")
    with capture_logs() as said:
        memory.note(time)
        memory.note(time)
    assert [line["event"] for line in said] == ["clock.not_kept"]
