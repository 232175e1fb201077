"""What holds on every bus and store (sla_platform.bus.port): order, repetition, `through`, and who owns what."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from tests.conformance.bus_rig import Recorder, Rig, background, event, in_order

from sla_platform.bus import Batch, QuarantinedRecord, partition_of, signalled_within
from sla_platform.bus.quarantine import envelope_of
from sla_platform.envelope import Topic
from sla_platform.errors import Fenced, Permanent, StoreBusy
from sla_platform.rows import ATTEMPTS
from sla_platform.timesource import SystemTime

TABLES = "bus"  # the quarantine of the rig has other columns than a service's own
NOW = SystemTime().now
_DATA_ERRORS = (ValueError, OverflowError, TypeError, KeyError, RecursionError, UnicodeError)
only_kafka = pytest.mark.parametrize("rig", ["kafka-sqlite", "kafka-postgres"], indirect=True)


async def test_events_of_a_key_arrive_in_the_order_in_which_they_were_accepted(rig: Rig) -> None:
    keys = [f"github:{number}" for number in range(20)]
    recorder, feeds = Recorder(), rig.feeds()
    async with rig.relays(feeds), rig.reading(recorder, feeds=feeds):
        for transaction in range(30):  # 30 x 20 x 2 = 1200 events: several batches, several looks
            numbers = (2 * transaction, 2 * transaction + 1)
            await rig.append([event(key, number) for number in numbers for key in keys], feeds)
        await recorder.until_seen(f"{key}/{number}" for key in keys for number in range(60))

    assert in_order(recorder.ids) == {key: list(range(60)) for key in keys}
    assert max(Counter(recorder.ids).values()) == 1  # nothing failed, so nothing came twice


async def test_a_batch_holds_one_partition_and_at_most_500_events(rig: Rig) -> None:
    recorder, feeds = Recorder(), rig.feeds()
    await rig.append([event(f"jira:{number}", 0) for number in range(1700)])
    async with rig.relays(feeds), rig.reading(recorder, feeds=feeds):
        await recorder.until_seen(f"jira:{number}/0" for number in range(1700))

    assert max(len(batch.envelopes) for batch in recorder.batches) <= 500
    for batch in recorder.batches:
        for envelope in batch.envelopes:
            assert batch.partition == (partition_of(envelope.key, len(rig.partitions)) if rig.kafka else 0)


async def test_an_envelope_arrives_as_it_was_written(rig: Rig) -> None:
    recorder, feeds = Recorder(), rig.feeds()
    written = event("snow:Störung 7", 3, data='{"titel":"Übergröße","leer":""}'.encode())
    await rig.append([written])
    async with rig.relays(feeds), rig.reading(recorder, feeds=feeds):
        await recorder.until_seen([written.id])

    assert recorder.envelopes == [written]


async def test_a_batch_that_failed_comes_again_as_it_was(rig: Rig) -> None:
    failures = 0

    async def twice_busy(batch: Batch) -> None:
        nonlocal failures
        if batch.envelopes and failures < 2:
            failures += 1
            raise StoreBusy

    recorder, feeds = Recorder(twice_busy), rig.feeds()
    await rig.append([event("github:1", number) for number in range(10)])
    async with rig.relays(feeds), rig.reading(recorder, feeds=feeds):
        await recorder.until_seen(f"github:1/{number}" for number in range(10))

    tried = [batch.envelopes for batch in recorder.offered if batch.envelopes]
    assert failures == 2
    assert tried[0] == tried[1] == tried[2]
    assert recorder.ids == [f"github:1/{number}" for number in range(10)]


@only_kafka  # the embedded bus has one partition
async def test_a_partition_that_fails_does_not_stop_the_others(rig: Rig) -> None:
    stuck_key = "github:stuck"
    stuck = partition_of(stuck_key, len(rig.partitions))
    other_key = next(f"github:{n}" for n in range(100) if partition_of(f"github:{n}", len(rig.partitions)) != stuck)

    async def always_busy(batch: Batch) -> None:
        if batch.partition == stuck and batch.envelopes:
            raise StoreBusy

    recorder, feeds = Recorder(always_busy), rig.feeds()
    async with rig.relays(feeds), rig.reading(recorder, feeds=feeds):
        await rig.append([event(stuck_key, 0)], feeds)
        await recorder.until(lambda _: any(batch.partition == stuck and batch.envelopes for batch in recorder.offered))
        await rig.append([event(other_key, number) for number in range(5)], feeds)
        await recorder.until_seen(f"{other_key}/{number}" for number in range(5))

    assert f"{stuck_key}/0" not in recorder.ids


async def test_through_moves_on_while_nothing_happens(rig: Rig) -> None:
    recorder, feeds = Recorder(), rig.feeds()
    async with rig.relays(feeds), rig.reading(recorder, feeds=feeds):
        await recorder.until(lambda seen: all(seen.through(partition) for partition in rig.partitions))
        later = NOW() + timedelta(milliseconds=200)
        await recorder.until(lambda seen: all((seen.through(p) or later) > later for p in rig.partitions), seconds=5)

    assert recorder.envelopes == []


async def test_everything_accepted_up_to_through_is_in_this_batch_or_an_earlier_one(rig: Rig) -> None:
    """Several writers commit as fast as they can; for each event the instant after its commit is known."""
    accepted: dict[str, datetime] = {}
    recorder, feeds = Recorder(), rig.feeds()

    async def write(key: str) -> None:
        for number in range(40):
            await rig.append([event(key, number)], feeds)
            accepted[f"{key}/{number}"] = NOW()
            await asyncio.sleep(0.003 * (number % 3))

    keys = [f"github:{number}" for number in range(6)]
    async with rig.relays(feeds), rig.reading(recorder, feeds=feeds):
        await asyncio.gather(*(write(key) for key in keys))
        last = max(accepted.values())
        await recorder.until(lambda seen: all((seen.through(p) or last) > last for p in rig.partitions))

    said = 0
    for partition in rig.partitions:
        seen: set[str] = set()
        mine = {
            id_: at
            for id_, at in accepted.items()
            if not rig.kafka or partition_of(id_.rpartition("/")[0], len(rig.partitions)) == partition
        }
        for batch in (batch for batch in recorder.batches if batch.partition == partition):
            seen |= {envelope.id for envelope in batch.envelopes}
            if batch.through is not None:
                said += 1
                assert {id_ for id_, at in mine.items() if at <= batch.through} <= seen
    assert said > 3 * len(rig.partitions)


async def test_a_reader_goes_on_where_it_stopped(rig: Rig) -> None:
    first, second, feeds = Recorder(), Recorder(), rig.feeds()
    async with rig.relays(feeds):
        await rig.append([event("github:1", number) for number in range(5)], feeds)
        async with rig.reading(first, feeds=feeds):
            await first.until_seen(f"github:1/{number}" for number in range(5))
        await rig.append([event("github:1", number) for number in range(5, 8)], feeds)
        async with rig.reading(second, feeds=feeds):
            await second.until_seen(f"github:1/{number}" for number in range(5, 8))

    assert first.ids == [f"github:1/{number}" for number in range(5)]
    assert second.ids == [f"github:1/{number}" for number in range(5, 8)]


async def test_a_new_group_reads_from_the_beginning_and_for_itself(rig: Rig) -> None:
    timer, board, feeds = Recorder(), Recorder(), rig.feeds()
    wanted = [f"github:1/{number}" for number in range(5)]
    async with rig.relays(feeds):
        await rig.append([event("github:1", number) for number in range(5)], feeds)
        async with rig.reading(timer, "timer", feeds=feeds):
            await timer.until_seen(wanted)
        async with rig.reading(board, "board", feeds=feeds):
            await board.until_seen(wanted)

    assert timer.ids == board.ids == wanted


async def test_a_reader_gets_the_topics_it_asked_for_from_every_log(rig: Rig) -> None:
    recorder, feeds = Recorder(), rig.feeds()
    topics = {
        Topic.INCIDENTS: event("i", 0),
        Topic.CLOCKS: event("c", 0, Topic.CLOCKS),
        Topic.NOTICES: event("n", 0, Topic.NOTICES),
        Topic.DELIVERIES: event("d", 0, Topic.DELIVERIES),
    }
    await rig.append(topics.values())
    async with (
        rig.relays(feeds, "ingest", "timer", "notifier"),
        rig.reading(recorder, "notifier", (Topic.CLOCKS, Topic.NOTICES), feeds=feeds),
    ):
        await recorder.until_seen(["c/0", "n/0"])
        # What was not asked for was there all the time: a reader of everything sees it.
        everything = Recorder()
        async with rig.reading(everything, "board", tuple(Topic), feeds=feeds):
            await everything.until_seen(["i/0", "c/0", "n/0", "d/0"])

    assert sorted(recorder.ids) == ["c/0", "n/0"]
    assert {envelope.topic: envelope for envelope in everything.envelopes} == topics


async def test_a_partition_is_assigned_before_its_first_batch_and_revoked_after_its_last(rig: Rig) -> None:
    recorder, feeds = Recorder(), rig.feeds()
    async with rig.relays(feeds), rig.reading(recorder, feeds=feeds):
        await rig.append([event(f"github:{number}", 0) for number in range(30)], feeds)
        await recorder.until_seen(f"github:{number}/0" for number in range(30))

    assert _owned_throughout(recorder) == set()


async def test_a_fenced_partition_is_let_go_and_taken_anew(rig: Rig) -> None:
    fenced = False

    async def fence_once(batch: Batch) -> None:
        nonlocal fenced
        if batch.envelopes and not fenced:
            fenced = True
            raise Fenced

    recorder, feeds = Recorder(fence_once), rig.feeds()
    number = partition_of("github:1", len(rig.partitions))
    await rig.append([event("github:1", 0)])
    async with rig.relays(feeds), rig.reading(recorder, feeds=feeds):
        await recorder.until_seen(["github:1/0"])

    _owned_throughout(recorder)
    mine = [what for what, detail in recorder.story if not isinstance(detail, Batch) and number in detail]
    assert mine == ["assigned", "revoked", "assigned", "revoked"]


async def test_what_can_never_be_handled_is_put_aside_alone(rig: Rig) -> None:
    keep_quarantined: list[QuarantinedRecord] = []

    async def no_sevens(batch: Batch) -> None:
        if any(envelope.id.endswith("/7") for envelope in batch.envelopes):
            raise Permanent("seven cannot be read")

    async def keep(letter: QuarantinedRecord) -> None:
        keep_quarantined.append(letter)

    recorder, feeds = Recorder(no_sevens), rig.feeds()
    await rig.append([event("github:1", number) for number in range(10)])
    async with rig.relays(feeds), rig.reading(recorder, feeds=feeds, keep_quarantined=keep):
        await recorder.until_seen(f"github:1/{number}" for number in range(10) if number != 7)
        after = NOW()
        await recorder.until(lambda seen: all((seen.through(p) or after) > after for p in rig.partitions))

    assert in_order(recorder.ids) == {"github:1": [0, 1, 2, 3, 4, 5, 6, 8, 9]}
    [letter] = keep_quarantined
    assert (letter.group, letter.value, str(letter.error)) == ("timer", b"{}", "seven cannot be read")


async def test_a_data_error_costs_one_event_and_none_of_its_neighbours(rig: Rig) -> None:
    unfit = dict(zip((3, 4, 7, 9, 12, 13), _DATA_ERRORS, strict=True))

    async def refuse(batch: Batch) -> None:
        for envelope in batch.envelopes:
            if error := unfit.get(int(envelope.id.rpartition("/")[2])):
                raise error("cannot be")

    numbers = range(15)
    recorder, feeds = Recorder(refuse), rig.feeds()
    await rig.append([event("github:1", number, data=b'{"n": %d}' % number) for number in numbers])
    async with rig.relays(feeds), rig.reading(recorder, feeds=feeds):
        await recorder.until_seen(f"github:1/{number}" for number in numbers if number not in unfit)
        after = NOW()
        await recorder.until(lambda seen: all((seen.through(p) or after) > after for p in rig.partitions))

    assert in_order(recorder.ids) == {"github:1": [number for number in numbers if number not in unfit]}
    quarantine = feeds.quarantine("timer")
    kept = [await quarantine.find(one.id) for one in await quarantine.page("", 0, 10)]
    assert [envelope_of(one) for one in kept] == [event("github:1", n, data=b'{"n": %d}' % n) for n in unfit]
    assert [(one.part, one.data) for one in kept] == [("consume", b'{"n": %d}' % number) for number in unfit]
    assert all(error.__name__ in one.error for error, one in zip(unfit.values(), kept, strict=True))


async def test_an_unknown_error_is_tried_three_times_and_then_costs_its_event_alone(rig: Rig) -> None:
    async def bug(batch: Batch) -> None:
        if any(envelope.id.endswith("/2") for envelope in batch.envelopes):
            raise AttributeError("a bug")

    recorder, feeds = Recorder(bug), rig.feeds()
    await rig.append([event("github:1", number) for number in range(4)])
    async with rig.relays(feeds), rig.reading(recorder, feeds=feeds):
        await recorder.until_seen(f"github:1/{number}" for number in (0, 1, 3))

    alone = [batch for batch in recorder.offered if [one.id for one in batch.envelopes] == ["github:1/2"]]
    assert len(alone) == ATTEMPTS == 3
    (kept,) = await feeds.quarantine("timer").page("", 0, 10)
    assert (kept.event, kept.error) == ("github:1/2", "AttributeError: a bug")


async def test_what_the_surroundings_do_is_tried_again_and_never_put_aside(rig: Rig) -> None:
    failing = [OSError(24, "Too many open files"), MemoryError(), FileNotFoundError("a template"), StoreBusy()]

    async def one_after_the_other(batch: Batch) -> None:
        if batch.envelopes and failing:
            raise failing.pop()

    recorder, feeds = Recorder(one_after_the_other), rig.feeds()
    await rig.append([event("github:1", number) for number in range(3)])
    async with rig.relays(feeds), rig.reading(recorder, feeds=feeds):
        await recorder.until_seen(f"github:1/{number}" for number in range(3))

    assert not failing
    assert recorder.ids == ["github:1/0", "github:1/1", "github:1/2"]
    assert await feeds.quarantine("timer").page("", 0, 10) == []


# What a log may hold that is no event: rows of another release, of another writer, or of a bug.
_SPOIL = {
    "sqlite": ["time = -99999999999999999", "time = 'noon'", "data = CAST(x'7b22ff227d' AS TEXT)"],
    "postgres": ["time = '4713-01-01 BC'", "time = '-infinity'", "time = '20000-01-01'"],
}
# SQLite keeps bytes in a column of texts; one such column among right ones makes the row no event either.
_BYTES = ("subject", "key", "type")


@pytest.mark.parametrize("rig", ["embedded-sqlite", "kafka-sqlite"], indirect=True)
async def test_bytes_in_a_column_of_texts_cost_their_row_alone(rig: Rig) -> None:
    recorder, feeds = Recorder(), rig.feeds()
    await rig.append([event("github:1", n, data=b'{"n": %d}' % n) for n in range(6)])
    async with rig.store.transaction() as connection:
        for number, column in enumerate(_BYTES, start=1):
            await connection.exec_driver_sql(f"UPDATE ingest_log SET {column} = x'ff61' WHERE id = 'github:1/{number}'")
    async with rig.relays(feeds), rig.reading(recorder, feeds=feeds):
        await recorder.until_seen(f"github:1/{n}" for n in (0, 4, 5))

    quarantine = feeds.quarantine("ingest" if rig.kafka else "timer")
    kept = [await quarantine.find(one.id) for one in await quarantine.page("", 0, 10)]
    assert [one.data for one in kept] == [b'{"n": 1}', b'{"n": 2}', b'{"n": 3}']


async def test_rows_of_the_log_that_are_no_events_are_put_aside_with_their_raw_bytes(rig: Rig) -> None:
    spoilt = dict(zip((1, 2, 4), _SPOIL["sqlite" if rig.store.sqlite else "postgres"], strict=True))
    recorder, feeds = Recorder(), rig.feeds()
    await rig.append([event("github:1", n, data=b'{"n": %d}' % n) for n in range(6)])
    async with rig.store.transaction() as connection:
        for number, change in spoilt.items():
            await connection.exec_driver_sql(f"UPDATE ingest_log SET {change} WHERE id = 'github:1/{number}'")
    async with rig.relays(feeds), rig.reading(recorder, feeds=feeds):
        await recorder.until_seen(f"github:1/{n}" for n in (0, 3, 5))
        after = NOW()
        await recorder.until(lambda seen: all((seen.through(p) or after) > after for p in rig.partitions))

    assert in_order(recorder.ids) == {"github:1": [0, 3, 5]}
    # Embedded the reader meets the rows, on Kafka the relay does: nothing of them ever comes onto the topic.
    quarantine = feeds.quarantine("ingest" if rig.kafka else "timer")
    kept = [await quarantine.find(one.id) for one in await quarantine.page("", 0, 10)]
    part = "relay" if rig.kafka else "consume"
    assert [(one.event, one.part) for one in kept] == [(f"github:1/{number}", part) for number in spoilt]
    assert [one.data for one in kept] == [b'{"n": 1}', b'{"n": 2}', b'{"\xff"}' if rig.store.sqlite else b'{"n": 4}']


async def test_a_bug_without_an_event_ends_the_reader_instead_of_being_hidden(rig: Rig) -> None:
    async def bug(batch: Batch) -> None:
        if not batch.envelopes:
            raise ZeroDivisionError

    recorder, feeds = Recorder(bug), rig.feeds()
    async with rig.relays(feeds):
        with pytest.raises(ZeroDivisionError):
            async with asyncio.timeout(30):
                await rig.source(feeds, "timer").run(recorder)

    assert recorder.story[-1][0] == "revoked"


async def test_a_reader_that_starts_anew_after_a_failure_loses_nothing(rig: Rig) -> None:
    """Cancelled in the middle of a unit: the unit comes again, with everything after it."""
    entered = asyncio.Event()

    async def never_ends(batch: Batch) -> None:
        if batch.envelopes:
            entered.set()
            await asyncio.Event().wait()

    hanging, recorder, feeds = Recorder(never_ends), Recorder(), rig.feeds()
    await rig.append([event("github:1", number) for number in range(3)])
    async with rig.relays(feeds):
        async with rig.reading(hanging, feeds=feeds):
            assert await signalled_within(entered, 30)
        assert hanging.ids == []
        async with rig.reading(recorder, feeds=feeds):
            await recorder.until_seen(f"github:1/{number}" for number in range(3))

    assert recorder.ids == ["github:1/0", "github:1/1", "github:1/2"]


async def test_lag_and_health_tell_the_truth(rig: Rig) -> None:
    refusing = True

    async def refuse(batch: Batch) -> None:
        if batch.envelopes and refusing:
            raise StoreBusy

    recorder, feeds = Recorder(refuse), rig.feeds(watchdog=1.0)
    async with rig.relays(feeds), rig.reading(recorder, feeds=feeds) as source:
        await recorder.until(lambda seen: all(seen.through(p) for p in rig.partitions))
        await _becomes(lambda: source.healthy)
        await rig.append([event("github:1", number) for number in range(3)], feeds)
        await _becomes(lambda: not source.healthy and source.lag >= 3)
        refusing = False
        await recorder.until_seen(f"github:1/{number}" for number in range(3))
        await _becomes(lambda: source.healthy and source.lag <= 3 * rig.kafka)  # on Kafka watermarks count as well


@only_kafka  # the embedded bus needs no relay
async def test_two_relays_at_once_keep_the_order(rig: Rig) -> None:
    recorder, feeds, other = Recorder(), rig.feeds("one"), rig.feeds("two")
    keys = [f"github:{number}" for number in range(10)]
    # Without the lease both work: what the lease normally prevents must be harmless.
    relays = [feeds.relay("ingest"), other.relay("ingest")]
    assert relays[0]
    assert relays[1]
    async with (
        background(relays[0]._drain()),
        background(relays[1]._drain()),
        rig.reading(recorder, feeds=feeds),
    ):
        for number in range(40):
            await rig.append([event(key, number) for key in keys], feeds if number % 2 else other)
        await recorder.until_seen(f"{key}/{number}" for key in keys for number in range(40))
    for relay in relays:
        await relay._publisher.close()

    assert in_order(recorder.ids) == {key: list(range(40)) for key in keys}


def _owned_throughout(recorder: Recorder) -> set[int]:
    """Replay who owned what; returns what is owned at the end."""
    owned: set[int] = set()
    for what, detail in recorder.story:
        if isinstance(detail, Batch):
            assert detail.partition in owned
        elif what == "assigned":
            assert not owned & detail
            owned |= detail
        else:
            assert detail <= owned
            owned -= detail
    return owned


async def _becomes(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while not condition():
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.02)
