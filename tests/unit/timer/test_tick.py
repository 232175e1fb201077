"""The rhythm of the tick, with a database that is played: its clock, its answers and how long they take."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy.exc import ProgrammingError

from sla_platform.errors import StoreBusy
from sla_platform.settings import Settings
from sla_platform.timesource import SystemTime
from sla_timer.metrics import TimerMetrics
from sla_timer.tick import loop
from sla_timer.tick.loop import BEHIND, TickLoop
from sla_timer.tick.port import ClaimBounds, Fired
from sla_timer.tick.progress import ProgressLook

NINE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
LIMIT = 500
FIRST = 100  # of a tick's first batch


class World(SystemTime):
    """Steady seconds, a database clock beside them, and an application clock that nobody should ask."""

    def __init__(self) -> None:
        super().__init__(lambda: NINE + timedelta(seconds=self.monotonic - 1000.0) + self.skew, lambda: self.monotonic)
        self.monotonic = 1000.0
        self.shift = timedelta()  # of the database's clock
        self.skew = timedelta()  # of this process' clock
        self.answer_takes = 0.0  # seconds between the database's look at its clock and the answer's arrival
        self.slowest: datetime | None = None
        self.due = True

    def database(self) -> datetime:
        return NINE + timedelta(seconds=self.monotonic - 1000.0) + self.shift

    async def sleep(self, seconds: float) -> None:
        self.monotonic += seconds

    async def publish(self, _since: datetime | None = None) -> ProgressLook:
        now = self.database()
        self.monotonic += self.answer_takes
        return ProgressLook(now, self.slowest if self.slowest is not None else now, self.due)


class Played:
    """Firing that notes what it was asked and answers from a script."""

    lanes = 2

    def __init__(self) -> None:
        self.asked: list[ClaimBounds] = []
        self.answers: deque[list[Fired] | Exception] = deque()

    async def fire(self, bounds: ClaimBounds) -> list[Fired]:
        self.asked.append(bounds)
        answer = self.answers.popleft() if self.answers else []
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def partitions(self) -> list[int]:
        return [0]

    async def quarantine(self, bounds: ClaimBounds, partition: int, error: str) -> None:
        raise AssertionError("nothing is unfit here")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    played = World()
    monkeypatch.setattr(loop.time, "monotonic", lambda: played.monotonic)
    return played


@pytest.fixture
def firing() -> Played:
    return Played()


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def tick(world: World, firing: Played, registry: CollectorRegistry) -> TickLoop:
    metrics = TimerMetrics(registry)
    return TickLoop(firing, world, world, Settings(claim_limit=LIMIT), metrics, lambda: None)  # type: ignore[arg-type]


def herd(count: int) -> list[Fired]:
    return [Fired(NINE, "breach", False, True)] * count


async def test_the_database_decides_what_time_it_is(tick: TickLoop, world: World, firing: Played) -> None:
    for skew in (timedelta(minutes=5), timedelta(minutes=-5)):
        world.skew = skew
        await tick.once()
        assert firing.asked[-1].now == world.database()


async def test_a_tick_with_nothing_due_does_not_claim(tick: TickLoop, world: World, firing: Played) -> None:
    world.due = False
    await tick.once()
    assert firing.asked == []
    world.due = True
    await tick.once()
    assert len(firing.asked) == 1


async def test_a_clock_that_leaps_is_not_asked_what_is_due(tick: TickLoop, world: World, firing: Played) -> None:
    world.due = False
    await tick.once()
    world.shift = -HOUR  # what it says is due is not what is due by the instant that is believed
    await tick.once()
    assert len(firing.asked) == 1


async def test_a_leap_of_the_database_clock_fires_nothing_early(
    tick: TickLoop, world: World, firing: Played, registry: CollectorRegistry
) -> None:
    await tick.once()
    world.shift = HOUR
    for _ in range(100):
        world.monotonic += 0.025
        await tick.once()
        assert firing.asked[-1].now == world.database() - HOUR
    jumps = registry.get_sample_value("slad_timer_clock_jumps_total", {"reading": "leapt_forward"})
    assert jumps == 100
    world.monotonic += 30
    await tick.once()
    assert firing.asked[-1].now == world.database()


async def test_a_database_clock_that_goes_back_holds_nothing_up_and_is_followed_when_it_stays(
    tick: TickLoop, world: World, firing: Played, registry: CollectorRegistry
) -> None:
    await tick.once()
    world.shift = -HOUR
    for _ in range(100):
        world.monotonic += 0.025
        await tick.once()
        assert firing.asked[-1].now == world.database() + HOUR
    assert registry.get_sample_value("slad_timer_clock_jumps_total", {"reading": "went_back"}) == 100
    world.monotonic += 30
    await tick.once()
    assert firing.asked[-1].now == world.database()


async def test_who_was_away_takes_no_backlog_for_silence(tick: TickLoop, world: World, firing: Played) -> None:
    """A start, a sleep of the process and a clock set right: the readers were away as long, and first catch up."""
    patience = timedelta(seconds=600)
    world.slowest = NINE - HOUR  # at a start: how far the partitions had been read when the services stopped
    await tick.once()
    assert firing.asked[-1].patience >= HOUR
    for _ in range(599):
        world.monotonic += 1
        await tick.once()
    assert firing.asked[-1].patience >= HOUR
    world.monotonic += 1
    await tick.once()
    assert firing.asked[-1].patience == patience, "what is silent for that long is silent"
    world.monotonic += 8 * 3600  # asleep
    await tick.once()
    assert firing.asked[-1].patience >= 8 * HOUR


async def test_an_answer_that_came_late_is_no_leap(
    tick: TickLoop, world: World, firing: Played, registry: CollectorRegistry
) -> None:
    """A process stopped between the database's look at its clock and the answer must not hold firing afterwards."""
    await tick.once()
    world.answer_takes = 120.0
    await tick.once()
    world.answer_takes = 0.0
    for _ in range(3):
        world.monotonic += 0.025
        await tick.once()
        assert firing.asked[-1].now == world.database()
    for reading in ("leapt_forward", "went_back"):
        assert registry.get_sample_value("slad_timer_clock_jumps_total", {"reading": reading}) is None


async def test_the_first_pass_and_one_every_few_seconds_look_at_everything(
    tick: TickLoop, world: World, firing: Played
) -> None:
    for _ in range(410):  # a little over ten seconds
        await tick.once()
        world.monotonic += 0.025
    swept = [number for number, bounds in enumerate(firing.asked) if bounds.since is None]
    assert swept[0] == 0
    assert len(swept) == 3
    bounded = firing.asked[1]
    assert bounded.since == firing.asked[0].now - BEHIND


async def test_the_lower_bound_stays_below_the_slowest_partition(tick: TickLoop, world: World, firing: Played) -> None:
    world.slowest = NINE - HOUR
    await tick.once()
    await tick.once()
    assert firing.asked[-1].since == NINE - HOUR - BEHIND


async def test_a_full_batch_is_followed_by_another_at_once(tick: TickLoop, firing: Played) -> None:
    firing.answers.extend([herd(FIRST), herd(LIMIT), herd(0), herd(3), herd(0)])
    assert await tick.once() == FIRST + LIMIT + 3
    assert len(firing.asked) == 5


async def test_a_herd_is_fired_in_larger_batches_and_in_several_lanes(tick: TickLoop, firing: Played) -> None:
    firing.answers.extend([herd(FIRST), herd(LIMIT), herd(LIMIT)])
    await tick.once()
    first, *herds = [(bounds.limit, bounds.lane, bounds.lanes) for bounds in firing.asked]
    assert first == (FIRST, 0, 1)
    assert herds == [(LIMIT, 0, 2), (LIMIT, 1, 2)] * 2


async def test_a_lane_that_fails_does_not_cut_the_other_short(tick: TickLoop, firing: Played) -> None:
    firing.answers.extend([herd(FIRST), StoreBusy("away"), herd(LIMIT)])
    with pytest.raises(StoreBusy):
        await tick.once()
    assert [bounds.lane for bounds in firing.asked] == [0, 0, 1]


async def test_a_database_that_is_away_sets_nothing_aside(tick: TickLoop, firing: Played) -> None:
    firing.answers.append(StoreBusy("away"))
    with pytest.raises(StoreBusy):
        await tick.once()
    firing.answers.append(herd(1))
    assert await tick.once() == 1
    assert firing.asked[-1].since is None  # what was swept in vain is swept again


async def test_a_refused_batch_is_taken_row_by_row(tick: TickLoop, firing: Played) -> None:
    firing.answers.extend([ProgrammingError("fire", {}, Exception("refused")), herd(1), herd(1)])
    assert await tick.once() == 2
    assert [bounds.limit for bounds in firing.asked] == [FIRST, 1, 1, 1]
    assert {bounds.only for bounds in firing.asked[1:]} == {0}
