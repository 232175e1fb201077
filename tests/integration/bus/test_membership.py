"""Several instances of one group: who owns what, and how partitions change hands."""

from __future__ import annotations

import asyncio
import itertools
import time
from dataclasses import dataclass

import pytest
from sqlalchemy import MetaData
from tests.conformance.bus_rig import Recorder, Rig, background, event, in_order

from sla_platform.bus import Batch, signalled_within
from sla_platform.bus.interrupted import InterruptedRuns
from sla_platform.bus.kafka import BrokerIdentity, KafkaAccess, KafkaSource, Subscription
from sla_platform.bus.port import QuarantinedRecord
from sla_platform.bus.topics import TopicNames
from sla_platform.envelope import Topic
from sla_platform.store.cursor import cursor_table

_ALL = frozenset(range(6))
_turn = itertools.count()


@dataclass
class Dated(Recorder):
    """A recorder whose entries can be ordered against those of another."""

    def __post_init__(self) -> None:
        self.turns: list[tuple[int, str, frozenset[int] | Batch]] = []

    def _note(self, what: str, detail: frozenset[int] | Batch) -> None:
        self.turns.append((next(_turn), what, detail))
        super()._note(what, detail)

    @property
    def owned(self) -> frozenset[int]:
        owned: frozenset[int] = frozenset()
        for _, what, detail in self.turns:
            if not isinstance(detail, Batch):
                owned = owned | detail if what == "assigned" else owned - detail
        return owned


async def test_two_members_share_the_partitions_and_never_own_one_both(rig: Rig) -> None:
    one, two = Dated(), Dated()
    keys = [f"github:{number}" for number in range(40)]
    async with rig.relays(rig.feeds("one")), rig.reading(one, feeds=rig.feeds("one")):
        await one.until(lambda _: one.owned == _ALL)
        await rig.append([event(key, 0) for key in keys])
        async with rig.reading(two, feeds=rig.feeds("two")):
            await two.until(lambda _: len(two.owned) == 3)
            await one.until(lambda _: len(one.owned) == 3)
            await rig.append([event(key, 1) for key in keys])
            await _all_seen((one, two), [f"{key}/{number}" for key in keys for number in (0, 1)])
            assert one.owned | two.owned == _ALL
            assert one.owned & two.owned == frozenset()

    _never_both(one, two)
    assert in_order(_ids_by_turn([one, two])) == {key: [0, 1] for key in keys}


async def test_a_restart_under_the_same_name_disturbs_nobody(rig: Rig) -> None:
    """Static membership: the group waits a while for the one who left."""
    one, two, two_again = Dated(), Dated(), Dated()
    async with rig.relays(rig.feeds("one")), rig.reading(one, feeds=rig.feeds("one")):
        async with rig.reading(two, feeds=rig.feeds("two")):
            await two.until(lambda _: len(two.owned) == 3)
            await one.until(lambda _: len(one.owned) == 3)
            owned, revocations = one.owned, [what for _, what, _ in one.turns].count("revoked")
            had = next(detail for _, what, detail in reversed(two.turns) if what == "assigned")
        async with rig.reading(two_again, feeds=rig.feeds("two")):
            await two_again.until(lambda _: len(two_again.owned) == 3)
        assert two_again.turns[0][2] == had
        assert one.owned == owned
        assert [what for _, what, _ in one.turns].count("revoked") == revocations


async def test_the_partitions_of_one_who_does_not_come_back_are_taken_over(rig: Rig) -> None:
    one, two = Dated(), Dated()
    keys = [f"github:{number}" for number in range(40)]
    async with rig.relays(rig.feeds("one")), rig.reading(one, feeds=rig.feeds("one")):
        async with rig.reading(two, feeds=rig.feeds("two")):
            await two.until(lambda _: len(two.owned) == 3)
        await rig.append([event(key, 0) for key in keys])
        await one.until(lambda _: one.owned == _ALL, seconds=20)  # the session of 8 seconds has run out
        await _all_seen((one, two), [f"{key}/0" for key in keys])
    _never_both(one, two)


async def test_a_running_unit_is_finished_before_its_partition_is_given_away(rig: Rig) -> None:
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def slow(batch: Batch) -> None:
        if batch.envelopes and not go_on.is_set():
            entered.set()
            await go_on.wait()

    one, two = Dated(slow), Dated()
    keys = [f"github:{number}" for number in range(40)]
    await rig.append([event(key, 0) for key in keys])
    async with rig.relays(rig.feeds("one")), rig.reading(one, feeds=rig.feeds("one")):
        assert await signalled_within(entered, 20)
        async with rig.reading(two, feeds=rig.feeds("two")):
            await asyncio.sleep(1.0)  # the other has asked to join by now, and has to wait
            assert two.owned == frozenset()
            go_on.set()
            await _all_seen((one, two), [f"{key}/0" for key in keys])
    _never_both(one, two)
    ids = one.ids + two.ids
    assert sorted(ids) == sorted(f"{key}/0" for key in keys)  # finished and committed: nothing came twice


async def test_a_unit_that_takes_too_long_is_abandoned_and_comes_again_elsewhere(rig: Rig) -> None:
    entered = asyncio.Event()

    async def hangs(batch: Batch) -> None:
        if batch.envelopes:
            entered.set()
            await asyncio.Event().wait()

    one, two = Dated(hangs), Dated()
    keys = [f"github:{number}" for number in range(40)]
    await rig.append([event(key, 0) for key in keys])
    async with rig.relays(rig.feeds("relay")), background(_impatient(rig, "one").run(one)) as hanging:
        assert await signalled_within(entered, 20)
        async with rig.reading(two, feeds=rig.feeds("two")):
            await two.until(lambda _: len(two.owned) == 3)
            hanging.cancel()
            await two.until(lambda _: two.owned == _ALL, seconds=20)
            await two.until_seen(f"{key}/0" for key in keys)
    assert one.ids == []
    _never_both(one, two)


async def test_a_third_member_finds_its_place_while_events_flow(rig: Rig) -> None:
    members = [Dated(), Dated(), Dated()]
    keys = [f"github:{number}" for number in range(30)]
    done = asyncio.Event()
    written = 0

    async def write() -> None:
        nonlocal written
        while not done.is_set():
            await rig.append([event(key, written) for key in keys])
            written += 1
            await asyncio.sleep(0.02)

    async with (
        rig.relays(rig.feeds("relay")),
        background(write()) as writing,
        rig.reading(members[0], feeds=rig.feeds("zero")),
        rig.reading(members[1], feeds=rig.feeds("one")),
    ):
        await members[0].until(lambda _: len(members[0].owned) == 3)
        async with rig.reading(members[2], feeds=rig.feeds("two")):
            await members[2].until(lambda _: len(members[2].owned) == 2)
            done.set()
            await writing
            await _all_seen(members, [f"{key}/{number}" for key in keys for number in range(written)])
    for one, two in itertools.combinations(members, 2):
        _never_both(one, two)
    assert in_order(_ids_by_turn(members)) == {key: list(range(written)) for key in keys}


@pytest.mark.parametrize(("at_once", "most"), [(1, 1), (3, 3)])
async def test_as_many_partitions_are_handled_at_once_as_the_service_asks_for(
    rig: Rig, at_once: int, most: int
) -> None:
    running: list[int] = []
    highest = 0

    async def together(batch: Batch) -> None:
        nonlocal highest
        if not batch.envelopes:
            return
        assert batch.partition not in running
        running.append(batch.partition)
        highest = max(highest, len(running))
        for _ in range(50):  # long enough for every other unit of the round to begin
            await asyncio.sleep(0)
        running.remove(batch.partition)

    recorder, feeds = Recorder(together), rig.feeds()
    keys = [f"github:{number}" for number in range(60)]
    await rig.append([event(key, 0) for key in keys])
    async with rig.relays(feeds), background(rig.source(feeds, "timer", at_once=at_once).run(recorder)):
        await recorder.until_seen(f"{key}/0" for key in keys)
        await rig.append([event(key, 1) for key in keys], feeds)
        await recorder.until_seen(f"{key}/1" for key in keys)
    assert highest == most


def _impatient(rig: Rig, instance: str) -> KafkaSource:
    names = TopicNames(rig.settings.bus_prefix)

    async def keep_quarantined(letter: QuarantinedRecord) -> None:
        pytest.fail(f"nothing is unreadable here: {letter}")

    runs = InterruptedRuns(rig.store, cursor_table(MetaData(), "timer"), asyncio.Lock())
    reading = Subscription(
        "timer", {names.of(Topic.INCIDENTS): Topic.INCIDENTS}, True, keep_quarantined, runs, 1, 0.5, 60.0
    )
    broker = BrokerIdentity(
        KafkaAccess.of(rig.settings), f"{rig.settings.bus_prefix}-timer", f"timer-{instance}", 4 * 1024 * 1024
    )
    return KafkaSource(broker, reading)


async def _all_seen(recorders: tuple[Dated, ...] | list[Dated], ids: list[str], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while missing := set(ids) - {id_ for recorder in recorders for id_ in recorder.ids}:
        assert time.monotonic() < deadline, f"{len(missing)} never came, such as {sorted(missing)[:3]}"
        await asyncio.sleep(0.02)


def _ids_by_turn(members: list[Dated]) -> list[str]:
    turns = sorted((turn for member in members for turn in member.turns), key=lambda turn: turn[0])
    return [envelope.id for _, _, detail in turns if isinstance(detail, Batch) for envelope in detail.envelopes]


def _never_both(one: Dated, two: Dated) -> None:
    owned: dict[int, frozenset[int]] = {1: frozenset(), 2: frozenset()}
    turns = [(turn, 1, what, detail) for turn, what, detail in one.turns]
    turns += [(turn, 2, what, detail) for turn, what, detail in two.turns]
    for _, who, what, detail in sorted(turns, key=lambda turn: turn[0]):
        if isinstance(detail, Batch):
            assert detail.partition in owned[who]
            continue
        owned[who] = owned[who] | detail if what == "assigned" else owned[who] - detail
        assert not owned[1] & owned[2]
