"""What is over is forgotten by age, everything open stays, and a late word does not bring an incident back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from tests.integration.board.bench import BoardBench
from tests.unit.board.envelopes import NOW, Ticket, minutes, notice

from sla_board import retention, tables
from sla_board.shown.hours import HoursAt
from sla_board.shown.incident import read_incident
from sla_board.shown.not_shown import Attempts
from sla_domain.event import EventKind, WaitingOn
from sla_platform.errors import StoreBusy
from sla_platform.retention import Removed

GONE = timedelta(days=415)  # past the retention of 400 days and the two weeks after ingest and notifier


async def house(board: BoardBench, after: timedelta = GONE) -> Removed:
    """One round of house-keeping so long after the beginning of the story."""
    board.time.pass_(NOW + after - board.time.now())
    return await board.service.forgetting.once(between=0)


_KEPT = ("board_inbox", "board_cursor", "board_forgotten", "board_listed_count", "board_counted")


async def left(board: BoardBench) -> dict[str, int]:
    counts = {}
    async with board.store.reading() as connection:
        for table in tables.metadata.sorted_tables:
            if table.name not in _KEPT:
                query = select(func.count()).select_from(table)
                counts[table.name.removeprefix("board_")] = (await connection.execute(query)).scalar_one()
    return {name: count for name, count in counts.items() if count}


def ended(name: str = "jira-acme:ACME-1") -> list[object]:
    ticket = Ticket(name)
    return [
        ticket.event(at=NOW - minutes(60)),
        ticket.started(NOW - minutes(60)),
        ticket.alert("opened", NOW - minutes(5)),
        ticket.delivery("sent", NOW - minutes(3)),
        ticket.met(NOW),
        ticket.event(EventKind.RESOLVED, NOW),
    ]


async def test_an_incident_that_ended_long_ago_goes_with_everything_that_was_said_of_it(board: BoardBench) -> None:
    await board.tell(*ended())
    assert board.service.breakdowns is not None
    await board.service.breakdowns.catch_up()
    before = await left(board)
    assert await house(board, timedelta(days=413)) == {}
    assert await left(board) == before
    removed = await house(board)
    assert removed == {f"board_{name}": count for name, count in before.items()}
    assert before == {
        "event": 4, "incident": 1, "clock": 1, "request": 1, "delivery": 1, "alert": 1, "listed": 1, "listed_clock": 1,
        "breakdown": 1,
    }  # fmt: skip
    assert await left(board) == {}
    assert board.metric("slad_board_rows_removed_total", table="board_event") == 4


async def test_what_is_still_open_stays(board: BoardBench) -> None:
    running, waiting = Ticket("jira:open"), Ticket("jira:waiting")
    closed_with_a_running_clock = Ticket("jira:odd")
    await board.tell(running.event(at=NOW), running.started(NOW))
    await board.tell(waiting.event(at=NOW), waiting.event(EventKind.WAITING, NOW))
    await board.tell(
        closed_with_a_running_clock.event(at=NOW),
        closed_with_a_running_clock.started(NOW),
        closed_with_a_running_clock.event(EventKind.CLOSED, NOW),
    )
    before = await left(board)
    assert await house(board, timedelta(days=3_000)) == {}
    assert await left(board) == before


async def test_an_old_incident_that_was_imported_lately_stays(board: BoardBench) -> None:
    old, heard = Ticket("jira:old"), {"received_at": NOW + timedelta(days=300)}
    await board.tell(old.event(at=NOW, **heard), old.event(EventKind.RESOLVED, NOW + minutes(1), **heard))
    assert await house(board) == {}
    assert (await house(board, GONE + timedelta(days=300)))["board_incident"] == 1


async def test_a_late_word_does_not_bring_a_forgotten_incident_back(board: BoardBench) -> None:
    await board.tell(*ended())
    await house(board)
    ticket = Ticket("jira-acme:ACME-1")
    await board.tell(ticket.event(EventKind.CUSTOMER_REPLIED, board.time.now()), ticket.event(EventKind.OPENED, NOW))
    async with board.store.reading() as connection:
        assert await read_incident(connection, "jira-acme:ACME-1", None, HoursAt(board.time.now()), Attempts()) is None
    assert board.metric("slad_board_events_late_total") == 1
    assert await house(board) == {}
    assert await house(board, 3 * GONE) == {"board_event": 2, "board_unfolded": 1}
    assert await left(board) == {}


async def test_one_that_is_reopened_is_shown_from_its_reopening(board: BoardBench) -> None:
    await board.tell(*ended())
    await house(board)
    ticket, again = Ticket("jira-acme:ACME-1"), board.time.now()
    await board.tell(ticket.event(EventKind.UPDATED, again - minutes(1), attributes={"priority": "old"}))
    await board.tell(ticket.event(EventKind.REOPENED, again))
    async with board.store.reading() as connection:
        row = (await connection.execute(select(tables.incident))).one()
    assert (row.phase, row.priority, row.changed_at) == ("open", "", again)


async def test_a_notice_goes_when_nobody_is_asked_any_more(board: BoardBench) -> None:
    await board.tell(notice("fix-1"), notice("fix-2"), notice("fix-3"))
    one, two = Ticket("", metric="first"), Ticket("", metric="second")  # an alert each
    await board.tell(
        one.alert("opened", NOW, notice="fix-1"),
        one.alert("acknowledged", NOW + minutes(1), notice="fix-1", by="anna"),
        one.delivery("sent", NOW, notice="fix-1", delivery="d-1"),
        two.alert("opened", NOW, notice="fix-2"),
    )
    removed = await house(board)
    assert removed == {"board_notice": 2, "board_alert": 2, "board_delivery": 1}
    assert await left(board) == {"notice": 1, "alert": 1}


async def test_a_house_keeping_that_is_interrupted_in_the_middle_goes_on(
    board: BoardBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for number in range(5):
        await board.tell(*ended(f"jira:{number}"))
    really, calls = retention.tombstone.insert_tombstones, 0

    async def insert_once(*arguments: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise StoreBusy
        await really(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(retention.tombstone, "insert_tombstones", insert_once)
    with pytest.raises(StoreBusy):
        await house(board)
    assert (await left(board))["incident"] == 3
    assert (await left(board))["event"] == 12
    assert (await house(board))["board_incident"] == 3
    assert await left(board) == {}


async def test_applied_ids_go_a_few_at_a_time(board: BoardBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "CLAIMS", 2)
    await board.tell(*ended())
    board.time.pass_(timedelta(days=31))
    assert [rows async for rows in retention.AppliedIds(board.store, board.time).old()] == [2, 2, 2]


async def test_the_phase_goes_by_the_rule_of_the_fold_and_the_timer_has_the_last_word(board: BoardBench) -> None:
    resolved_then_waiting, answered = Ticket("jira:over"), Ticket("jira:answered")
    mended, open_after_all = Ticket("jira:mended"), Ticket("jira:snapshot")
    await board.tell(
        resolved_then_waiting.event(at=NOW),
        resolved_then_waiting.event(EventKind.RESOLVED, NOW),
        resolved_then_waiting.event(EventKind.WAITING, NOW + minutes(1), waiting_on=WaitingOn.CUSTOMER),
        answered.event(at=NOW),
        answered.event(EventKind.WAITING, NOW, waiting_on=WaitingOn.CUSTOMER),
        answered.event(EventKind.CUSTOMER_REPLIED, NOW + minutes(1)),
        mended.event(at=NOW),
        open_after_all.event(at=NOW),
        open_after_all.event(EventKind.CLOSED, NOW),
        mended.phase("closed", NOW + minutes(1)),
        open_after_all.phase("open", NOW + minutes(1)),
    )
    assert await phases(board) == {
        "jira:over": "resolved", "jira:answered": "open", "jira:mended": "closed", "jira:snapshot": "open",
    }  # fmt: skip
    # An event that says nothing of the phase, and an older word of the timer, leave what it said last.
    await board.tell(mended.event(EventKind.ASSIGNED, NOW + minutes(2)), mended.phase("open", NOW, events=1))
    assert (await phases(board))["jira:mended"] == "closed"
    await house(board)
    assert await phases(board) == {"jira:answered": "open", "jira:snapshot": "open"}
    assert (await left(board))["phase"] == 1


async def phases(board: BoardBench) -> dict[str, str]:
    async with board.store.reading() as connection:
        query = select(tables.incident.c.id, tables.incident.c.phase)
        return {row.id: row.phase for row in (await connection.execute(query)).all()}
