"""Projecting: each event once, topics in any order, nothing newer overwritten by something older."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Table, select, update
from tests.commanded import OPS
from tests.integration.board.bench import BoardBench, bench
from tests.unit.board.envelopes import NOW, Ticket, minutes, notice

from sla_board import tables
from sla_board.service import forget_old_claims
from sla_domain.event import EventKind
from sla_platform.bus import Batch
from sla_platform.errors import Retryable, StoreBusy
from sla_platform.wire.clock import CANARY


async def rows(board: BoardBench, table: Table) -> list[dict[str, Any]]:
    async with board.store.reading() as connection:
        found = (await connection.execute(select(table))).mappings().all()
    hidden = {"position", "applied_at", "mark"}
    return sorted(
        ({key: value for key, value in row.items() if key not in hidden} for row in found), key=lambda row: str(row)
    )


async def projections(board: BoardBench) -> dict[str, list[dict[str, Any]]]:
    """Without the marks that something was counted: the watch of objectives deletes them when it has looked."""
    lasting = [table for table in tables.metadata.sorted_tables if table is not tables.counted]
    return {table.name: await rows(board, table) for table in lasting}


def a_day() -> list[Any]:
    """Two incidents from their opening to their end, with everything that is said about them."""
    one, two = Ticket("jira-acme:ACME-1", left=30), Ticket("jira-acme:ACME-2", left=-5, metric="first_response")
    return [
        one.event(at=NOW - minutes(200)),
        one.started(),
        one.event(EventKind.WAITING, NOW - minutes(60)),
        one.paused(NOW - minutes(60)),
        one.event(EventKind.RESUMED, NOW - minutes(20)),
        one.resumed(NOW - minutes(20), left=70),
        one.warned(NOW + minutes(10)),
        one.met(NOW + minutes(20)),
        one.event(EventKind.RESOLVED, NOW + minutes(20)),
        two.event(at=NOW - minutes(100)),
        two.started(NOW - minutes(100)),
        two.breached(),
        two.alert("opened", NOW - minutes(5)),
        two.delivery("queued", NOW - minutes(5)),
        two.delivery("sending", NOW - minutes(5)),
        two.delivery("retrying", NOW - minutes(4), attempts=1, error="421 later"),
        two.delivery("sent", NOW - minutes(3), attempts=2),
        two.alert("acknowledged", NOW - minutes(2), by="anna"),
        notice(),
    ]


async def test_topics_in_any_order_and_every_event_twice_end_in_the_same_projections(board: BoardBench) -> None:
    told = a_day()
    await board.tell(*told)
    expected = await projections(board)
    for table in reversed(tables.metadata.sorted_tables):
        async with board.store.transaction() as connection:
            await connection.execute(table.delete())
    chance = random.Random(7)
    twice = told + told
    chance.shuffle(twice)
    while twice:
        batch, twice = twice[:4], twice[4:]
        await board.tell(*batch)
    assert await projections(board) == expected
    assert board.metric("slad_board_events_repeated_total") == len(told)


async def test_a_clock_is_shown_before_its_incident_has_been_heard_of(board: BoardBench) -> None:
    ticket = Ticket(title="Printer on fire")
    await board.tell(ticket.started())
    assert (await rows(board, tables.incident)) == []
    [clock] = await rows(board, tables.clock)
    assert (clock["title"], clock["state"], clock["due_at"]) == ("Printer on fire", "running", NOW + minutes(60))


async def test_a_delivery_fact_that_comes_late_does_not_undo_a_newer_one(board: BoardBench) -> None:
    ticket = Ticket()
    await board.tell(ticket.delivery("sent", NOW, attempts=2))
    await board.tell(ticket.delivery("retrying", NOW - minutes(1), attempts=1, error="421"))
    await board.tell(ticket.delivery("queued", NOW, attempts=0))
    [delivery] = await rows(board, tables.delivery)
    assert (delivery["state"], delivery["attempts"], delivery["error"]) == ("sent", 2, "")


async def test_an_event_nobody_can_read_is_counted_and_holds_nothing_up(board: BoardBench) -> None:
    ticket = Ticket()
    broken = replace(ticket.started(), id="broken", data=b'{"kind": "clock.exploded"}')
    await board.tell(broken, ticket.started())
    await board.tell(broken)
    assert len(await rows(board, tables.clock)) == 1
    assert board.metric("slad_board_events_unreadable_total", topic="clocks") == 2
    (kept,) = await board.quarantine.page("quarantined", 0, 10)
    assert (kept.event, kept.count) == ("broken", 2)
    assert (await board.quarantine.find(kept.id)).data == broken.data


async def test_two_boards_that_are_given_the_same_events_at_once_apply_them_once(store_url: str) -> None:
    """As in a rebalance of the group: the old owner has not noticed yet."""
    told = a_day()
    async with bench(store_url) as one, bench(store_url) as other:
        chance = random.Random(3)
        for _ in range(5):
            mixed = chance.sample(told, len(told))
            await asyncio.gather(_until_taken(one, told), _until_taken(other, mixed))
        applied = [sum(b.metric("slad_board_events_applied_total", topic=t) for t in _TOPICS) for b in (one, other)]
        assert sum(applied) == len(told)
        assert len(await rows(one, tables.event)) == sum(1 for e in told if e.topic in ("incidents", "clocks"))


_TOPICS = ("incidents", "clocks", "deliveries", "notices")


async def _until_taken(board: BoardBench, told: list[Any]) -> None:
    """A bus gives a batch again that was refused as Retryable."""
    for _ in range(20):
        try:
            return await board.tell(*told)
        except StoreBusy:
            await asyncio.sleep(0.05)
    raise AssertionError("never taken")


async def test_a_batch_that_failed_half_way_leaves_nothing_and_is_taken_the_next_time(board: BoardBench) -> None:
    async with board.store.transaction() as connection:
        await connection.run_sync(tables.clock.drop)
    with pytest.raises(Retryable):
        await board.tell(Ticket().started())
    assert await rows(board, tables.inbox) == []
    async with board.store.transaction() as connection:
        await connection.run_sync(tables.clock.create)
    await board.tell(Ticket().started())
    assert len(await rows(board, tables.clock)) == 1


async def test_slads_own_minute_clock_is_nobodys_incident(board: BoardBench) -> None:
    await board.tell(Ticket(CANARY, metric="canary").started(), Ticket("a:1").started())
    assert [row["incident"] for row in await rows(board, tables.clock)] == ["a:1"]
    assert len(await rows(board, tables.inbox)) == 1


async def test_an_empty_batch_touches_nothing(board: BoardBench) -> None:
    await board.service.projector.handle(Batch(0, (), NOW))
    assert board.service.projector.applied_at is None


async def test_claims_are_forgotten_when_no_bus_can_send_the_event_again(board: BoardBench) -> None:
    await board.tell(Ticket().started())
    await forget_old_claims(board.store, board.time)
    assert len(await rows(board, tables.inbox)) == 1
    board.time.pass_(minutes(31 * 24 * 60))
    await forget_old_claims(board.store, board.time)
    assert await rows(board, tables.inbox) == []


@pytest.mark.parametrize("store_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
async def test_texts_that_no_column_takes_cost_their_events_alone(board: BoardBench) -> None:
    """As the door of an earlier release let them in; SQLite takes any length."""
    good, wide, nul = Ticket(), Ticket("jira-acme:WIDE-1"), Ticket("jira-acme:NUL-1")
    await board.tell(
        good.started(),
        replace(wide.started(), data=wide.started().data.replace(b'"P1"', b'"' + b"P" * 61 + b'"')),
        good.alert("acknowledged", NOW, by="x" * 120 + " (key read)"),
        replace(nul.started(), data=nul.started().data.replace(b"Acme", b"A\\u0000cme")),
        good.delivery("sent", NOW),
    )
    assert [row["incident"] for row in await rows(board, tables.clock)] == [good.incident]
    assert len(await rows(board, tables.delivery)) == 1
    kept = await board.quarantine.page("quarantined", 0, 10)
    assert len(kept) == 3
    assert {row.part for row in kept} == {"consume"}
    async with board.store.transaction() as connection:
        mended = update(tables.quarantine).where(tables.quarantine.c.id == kept[0].id)
        await connection.execute(mended.values(data=wide.started().data))
    assert (await board.quarantine.replay(kept[0].id, OPS)).state == "replayed"
    assert len(await rows(board, tables.clock)) == 2
