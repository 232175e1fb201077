"""What every adapter of the tick does: due rows become facts once, in order, never early, never past what was applied.

One suite for both databases. What the statements write is compared with the codecs in
`tests/integration/timer/test_tick_and_codec.py`.
"""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import select, update

from sla_platform.store.engine import Store
from sla_timer import tables
from sla_timer.apply import ownership
from sla_timer.tick.adapters import firing_of, progress_of
from sla_timer.tick.port import ClaimBounds
from sla_timer.tick.progress import Progress

NINE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PATIENCE = timedelta(minutes=10)


async def seed(store: Store, *marks: tuple[str, datetime], state: str = "running", due: datetime = NINE) -> UUID:
    """A clock with its pending marks as timer rows."""
    clock = uuid4()
    async with store.transaction() as connection:
        incident = {
            "id": f"demo:{clock}", "partition": 0, "catalogue": "v", "contract": "acme", "plan": "p", "customer": "c",
            "priority": "P1", "phase": "open", "opened_at": NINE, "changed_at": NINE, "told": "",
        }  # fmt: skip
        await connection.execute(tables.incident.insert(), [incident])
        row = {
            "id": clock, "incident": f"demo:{clock}", "partition": 0, "contract": "acme", "metric": "resolution",
            "cycle": 1, "priority": "P1", "catalogue": "v",
            "state": state, "generation": 0, "started_at": NINE, "due_at": due,
            "context": {"incident": f"demo:{clock}", "metric": "resolution"} if not store.sqlite
            else json.dumps({"incident": f"demo:{clock}", "metric": "resolution"}),
        }  # fmt: skip
        await connection.execute(tables.clock.insert(), [row])
        timers = [
            {"clock_id": clock, "kind": kind, "generation": 0, "partition": 0, "fire_at": at} for kind, at in marks
        ]
        await connection.execute(tables.timer.insert(), timers)
    return clock


async def caught_up(store: Store, through: datetime) -> Progress:
    progress = progress_of(store)
    async with store.transaction() as connection:
        epoch = (await ownership.take_partitions(connection, [0], "test"))[0]
    progress.note(0, epoch, through)
    await progress.publish()
    return progress


async def facts(store: Store) -> list[dict[str, object]]:
    async with store.reading() as connection:
        rows = (await connection.execute(select(tables.log).order_by(tables.log.c.position))).all()
    return [json.loads(row.data) | {"id": row.id, "time": row.time, "type": row.type} for row in rows]


def bounds(now: datetime, limit: int = 100, since: datetime | None = None) -> ClaimBounds:
    return ClaimBounds(now, since, PATIENCE, limit)


async def test_a_due_breach_is_told_once_with_its_due_instant(store: Store) -> None:
    clock = await seed(store, ("breach", NINE))
    firing = firing_of(store, await caught_up(store, NINE + MINUTE))
    fired = await firing.fire(bounds(NINE + timedelta(milliseconds=7)))
    assert [(one.kind, one.fire_at, one.live, one.provisional) for one in fired] == [("breach", NINE, True, False)]
    (told,) = await facts(store)
    assert told["id"] == f"{clock}/0/breach"
    assert told["type"] == "io.slad.clock.breached.v1"
    assert told["time"] == NINE
    assert datetime.fromisoformat(str(told["at"])) == NINE
    assert datetime.fromisoformat(str(told["fired_at"])) == NINE + timedelta(milliseconds=7)
    assert told["metric"] == "resolution"
    assert await firing.fire(bounds(NINE + MINUTE)) == []
    async with store.reading() as connection:
        row = (await connection.execute(select(tables.clock))).one()
    assert row.told.split() == ["0/breach"]
    assert row.breached_at == NINE


async def test_nothing_fires_early(store: Store) -> None:
    await seed(store, ("breach", NINE))
    firing = firing_of(store, await caught_up(store, NINE + MINUTE))
    assert await firing.fire(bounds(NINE - timedelta(microseconds=1))) == []
    assert len(await firing.fire(bounds(NINE))) == 1


async def test_nothing_fires_past_what_has_been_applied(store: Store) -> None:
    await seed(store, ("breach", NINE))
    firing = firing_of(store, await caught_up(store, NINE - MINUTE))
    assert await firing.fire(bounds(NINE + MINUTE)) == []


async def test_a_partition_behind_for_too_long_fires_flagged_provisional(store: Store) -> None:
    await seed(store, ("breach", NINE))
    firing = firing_of(store, await caught_up(store, NINE - MINUTE))
    (fired,) = await firing.fire(bounds(NINE + PATIENCE))
    assert fired.provisional
    assert (await facts(store))[0]["provisional"] is True


async def test_a_warning_noticed_after_its_breach_is_overtaken(store: Store) -> None:
    await seed(store, ("warn-75", NINE - MINUTE), ("breach", NINE))
    firing = firing_of(store, await caught_up(store, NINE + MINUTE))
    assert len(await firing.fire(bounds(NINE + MINUTE))) == 2
    warned, breached = await facts(store)
    assert (warned["kind"], warned["threshold"], warned["overtaken"]) == ("clock.warned", "warn-75", True)
    assert (breached["kind"], breached["overtaken"]) == ("clock.breached", False)


async def test_a_timer_of_a_clock_that_no_longer_runs_tells_nothing(store: Store) -> None:
    await seed(store, ("breach", NINE), state="paused")
    firing = firing_of(store, await caught_up(store, NINE + MINUTE))
    (fired,) = await firing.fire(bounds(NINE + MINUTE))
    assert not fired.live
    assert await facts(store) == []


async def test_a_herd_is_fired_oldest_first_in_batches(store: Store) -> None:
    for second in (3, 1, 2):
        await seed(store, ("breach", NINE + timedelta(seconds=second)))
    firing = firing_of(store, await caught_up(store, NINE + MINUTE))
    first = await firing.fire(bounds(NINE + MINUTE, limit=2))
    second_batch = await firing.fire(bounds(NINE + MINUTE, limit=2))
    assert sorted(one.fire_at.second for one in first) == [1, 2]
    assert [one.fire_at.second for one in second_batch] == [3]


async def test_two_instances_firing_at_once_tell_each_breach_once(store: Store) -> None:
    for _ in range(40):
        await seed(store, ("breach", NINE))
    progress = await caught_up(store, NINE + MINUTE)

    async def drain() -> int:
        count = 0
        while batch := await firing_of(store, progress).fire(bounds(NINE + MINUTE, limit=7)):
            count += len(batch)
        return count

    assert sum(await asyncio.gather(drain(), drain(), drain())) == 40
    told = [fact["id"] for fact in await facts(store)]
    assert len(told) == len(set(told)) == 40


async def test_a_row_that_cannot_be_fired_is_quarantined_alone(store: Store) -> None:
    """The one that a claim of one would take next; what comes after it fires as ever."""
    await seed(store, ("breach", NINE))
    await seed(store, ("breach", NINE + MINUTE))
    firing = firing_of(store, await caught_up(store, NINE + MINUTE))
    assert await firing.quarantine(bounds(NINE + MINUTE), 0, "odd context")
    assert [one.fire_at for one in await firing.fire(bounds(NINE + MINUTE))] == [NINE + MINUTE]
    async with store.reading() as connection:
        (kept,) = (await connection.execute(select(tables.quarantine))).all()
    assert (kept.part, kept.error, kept.state, kept.count) == ("tick", "odd context", "quarantined", 1)
    assert not await firing.quarantine(bounds(NINE + MINUTE), 0, "nothing is left")


async def test_a_timer_of_a_late_event_waits_until_what_was_accepted_with_it_is_applied(store: Store) -> None:
    await seed(store, ("breach", NINE))
    async with store.transaction() as connection:
        await connection.execute(update(tables.timer).values(ripe_at=NINE + 2 * MINUTE))
    firing = firing_of(store, await caught_up(store, NINE + MINUTE))
    assert await firing.fire(bounds(NINE + MINUTE)) == []
    firing = firing_of(store, await caught_up(store, NINE + 2 * MINUTE))
    assert [one.fire_at for one in await firing.fire(bounds(NINE + 2 * MINUTE))] == [NINE]


async def test_there_is_always_a_partition_and_a_lane(store: Store) -> None:
    firing = firing_of(store, await caught_up(store, NINE))
    assert await firing.partitions() == [0]
    assert firing.lanes >= 1
