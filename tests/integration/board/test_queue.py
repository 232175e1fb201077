"""Which clocks the board shows, in which order, and how it counts them: SQL against the plain rules."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.integration.board.bench import BoardBench, hours
from tests.unit.board.envelopes import NOW, Ticket, minutes

from sla_board.shown.bucket import Bucket, bucket_of, end_of_day
from sla_board.shown.filter import BoardFilter, ClockCondition, QueueOrder
from sla_board.shown.hours import CalendarsByName, HoursAt
from sla_board.shown.place import BadPlace
from sla_board.shown.queue import Queue, read_queue
from sla_board.shown.row import row_of
from sla_domain.hours import WALL
from sla_domain.urgency import score

EVERYTHING = BoardFilter()


def at(board: BoardBench) -> HoursAt:
    return HoursAt(board.time.now(), CalendarsByName(lambda: board.rulebook))


async def look(board: BoardBench, shown: BoardFilter = EVERYTHING) -> Queue:
    async with board.store.reading() as connection:
        return await read_queue(connection, shown, at(board))


def names(queue: Queue) -> list[str]:
    return [row.incident for row in queue.rows]


async def a_mixed_day(board: BoardBench) -> list[Ticket]:
    """Eighty tickets of all kinds: severities, plans, zones, running, warned, breached, paused, stopped."""
    chance = random.Random(11)
    tickets = []
    told: list[Any] = []
    for number in range(80):
        ticket = Ticket(
            f"jira-acme:T-{number:02}",
            left=chance.choice([-2000, -90, -1, 3, 14, 16, 59, 61, 300, 700, 1500, 5000]) + chance.random(),
            severity=chance.randint(1, 4),
            plan_rank=chance.randint(1, 3),
            contract="acme" if chance.random() < 0.5 else "umbrella",
            zone=chance.choice(["Europe/Warsaw", "Asia/Taipei", "America/New_York", "Mars/Olympus"]),
            hours=chance.choice([WALL, "", "gone@1234", *(hours(name) for name in ("office", "evening"))]),
        )
        tickets.append(ticket)
        told.append(ticket.started())
        if ticket.due_at <= NOW and chance.random() < 0.8:
            told.append(ticket.breached())
        elif chance.random() < 0.3:
            told.append(ticket.warned())
        if chance.random() < 0.2:
            told.append(ticket.paused(NOW))
        if chance.random() < 0.1:
            told.append(ticket.met(NOW + minutes(1)))
    await board.tell(*told)
    return tickets


async def test_the_queue_is_in_the_order_of_the_domains_score(board: BoardBench) -> None:
    tickets = {ticket.incident: ticket for ticket in await a_mixed_day(board)}
    board.time.pass_(timedelta(minutes=7))
    now = board.time.now()
    queue = await look(board)

    def urgency(row: Any) -> float:
        ticket = tickets[row.incident]
        return score(ticket.severity, ticket.plan_rank, None if row.due_at is None else row.due_at - now)

    scores = [urgency(row) for row in queue.rows]
    assert len(scores) > 25
    assert scores == pytest.approx(sorted(scores, reverse=True), rel=1e-3)
    assert [row_of(row, queue.hours).urgency(now) for row in queue.rows] == pytest.approx(scores, rel=1e-3, abs=2e-3)


async def test_severity_plan_and_time_weigh_against_each_other(board: BoardBench) -> None:
    """A hundred and fifty clocks close to each other: an error of a few percent in any part changes the order."""
    chance = random.Random(5)
    tickets = {}
    for number in range(150):
        left = chance.choice([chance.uniform(-3000, 0), chance.uniform(0, 15), chance.uniform(0, 300)])
        ticket = Ticket(f"a:{number}", left, severity=chance.randint(1, 4), plan_rank=chance.randint(1, 3))
        tickets[ticket.incident] = ticket
    await board.tell(*(ticket.started() for ticket in tickets.values()))
    found = [tickets[row.incident] for row in (await look(board)).rows]
    scores = [score(ticket.severity, ticket.plan_rank, ticket.due_at - NOW) for ticket in found]
    assert scores == pytest.approx(sorted(scores, reverse=True), rel=1e-5)


async def test_buckets_are_counted_in_sql_as_rows_are_sorted_into_them(board: BoardBench) -> None:
    await a_mixed_day(board)
    queue = await look(board)
    counted = {bucket: sum(row_of(row, queue.hours).bucket is bucket for row in queue.rows) for bucket in Bucket}
    assert queue.buckets == counted
    assert all(counted.values()), counted
    for bucket in Bucket:
        alone = await look(board, replace(EVERYTHING, buckets=(bucket,)))
        assert {row_of(row, alone.hours).bucket for row in alone.rows} == {bucket}
        assert len(alone.rows) == counted[bucket]
        assert alone.buckets == counted, "choosing a bucket must not empty the counters"


async def test_buckets_are_the_same_in_sql_at_the_edges(board: BoardBench) -> None:
    """Due now, at the end of a bucket or of the day, and a microsecond to either side, in open and closed hours."""
    micro = 1 / 60_000_000
    told, wanted = [], {}
    for zone in ("Europe/Warsaw", "Asia/Taipei"):
        midnight = (end_of_day(NOW, zone) - NOW) / timedelta(minutes=1)
        for name in (WALL, hours("office"), hours("evening")):
            seen = at(board).look("acme", name)
            for left in [edge + beside for edge in (0, 15, 60, midnight) for beside in (-micro, 0, micro)]:
                ticket = Ticket(f"a:{len(told)}", left, zone=zone, hours=name)
                told.append(ticket.started())
                wanted[ticket.incident] = bucket_of(
                    now=NOW, breached=False, paused=False, due_at=ticket.due_at, zone=zone, open_=seen.around.open,
                    soon=seen.reach.soon, hour=seen.reach.hour,
                )  # fmt: skip
    await board.tell(*told)
    for bucket in Bucket:
        alone = await look(board, replace(EVERYTHING, buckets=(bucket,)))
        assert {row.incident for row in alone.rows} == {name for name, one in wanted.items() if one is bucket}
    assert set(wanted.values()) == {Bucket.SOON, Bucket.HOUR, Bucket.TODAY, Bucket.LATER, Bucket.OUTSIDE}


async def test_conditions_select_what_the_state_column_says(board: BoardBench) -> None:
    await a_mixed_day(board)
    seen = 0
    for condition in ClockCondition:
        found = await look(board, replace(EVERYTHING, conditions=(condition,)))
        assert {row_of(row, found.hours).condition for row in found.rows} == {condition}
        seen += len(found.rows)
    assert seen == (await look(board)).total


@pytest.mark.parametrize(
    "order", [QueueOrder.DUE, QueueOrder.PRIORITY, QueueOrder.CONTRACT, QueueOrder.INCIDENT, QueueOrder.STATE]
)
async def test_a_turned_order_is_the_order_turned(board: BoardBench, order: QueueOrder) -> None:
    await a_mixed_day(board)
    up = await look(board, replace(EVERYTHING, order=order))
    down = await look(board, replace(EVERYTHING, order=order, descending=True))

    def column(queue: Queue) -> list[Any]:
        match order:
            case QueueOrder.STATE:
                return [row_of(row, queue.hours).bucket for row in queue.rows]
            case QueueOrder.DUE:
                return [row.due_at for row in queue.rows if row.due_at]
            case _:
                return [getattr(row, order.value) for row in queue.rows]

    assert column(up) == sorted(column(up))
    assert column(down) == sorted(column(up), reverse=True)


async def test_a_search_finds_text_in_any_case_and_script_and_takes_wildcards_literally(board: BoardBench) -> None:
    await board.tell(
        Ticket("a:1", title="База данных НЕ отвечает").started(),
        Ticket("a:2", title="100% of disks full").started(),
        Ticket("a:3", title="1000 disks fine").started(),
        Ticket("a:4", title="under_score").started(),
        Ticket("a:5", title="underXscore", customer="Żabka").started(),
    )
    for typed, expected in (
        ("база ДАННЫХ", ["a:1"]),
        ("100%", ["a:2"]),
        ("r_s", ["a:4"]),
        ("ŻABKA", ["a:5"]),
        ("A:3", ["a:3"]),
        ("\\", []),
        ("'; DROP TABLE board_clock; --", []),
    ):
        assert names(await look(board, replace(EVERYTHING, text=typed))) == expected, typed


async def test_the_incidents_newest_title_is_shown_and_found(board: BoardBench) -> None:
    ticket = Ticket("a:1", title="Old words")
    await board.tell(ticket.started())
    ticket.context["title"] = "New words"
    await board.tell(ticket.event())
    queue = await look(board, replace(EVERYTHING, text="new WORDS"))
    [row] = queue.rows
    assert row_of(row, queue.hours).title == "New words"


async def test_a_key_of_one_contract_neither_sees_nor_counts_another(board: BoardBench) -> None:
    await board.tell(Ticket("a:1").started(), Ticket("b:1", contract="umbrella").started())
    queue = await look(board, replace(EVERYTHING, only_contract="acme", contracts=("umbrella",)))
    assert (names(queue), queue.open_clocks, queue.contracts, queue.total) == ([], 1, ("acme",), 0)
    assert names(await look(board, replace(EVERYTHING, only_contract="acme"))) == ["a:1"]


async def test_a_stopped_clock_leaves_the_queue(board: BoardBench) -> None:
    ticket = Ticket()
    await board.tell(ticket.started())
    assert len((await look(board)).rows) == 1
    await board.tell(ticket.met())
    queue = await look(board)
    assert (queue.rows, queue.open_clocks, queue.total) == ([], 0, 0)


async def test_only_so_many_rows_are_shown_and_all_are_counted(board: BoardBench) -> None:
    await board.tell(*(Ticket(f"a:{n}").started() for n in range(30)))
    queue = await look(board, replace(EVERYTHING, limit=10))
    assert (len(queue.rows), queue.total) == (10, 30)


async def test_a_breached_row_says_who_has_it(board: BoardBench) -> None:
    ticket = Ticket(left=-10)
    await board.tell(ticket.started(), ticket.breached())

    async def answer() -> str:
        queue = await look(board)
        return row_of(queue.rows[0], queue.hours, queue.alerts.get(str(queue.rows[0].id))).answer

    assert await answer() == ""
    await board.tell(ticket.alert("opened", NOW - minutes(10)))
    assert await answer() == "not acknowledged"
    await board.tell(ticket.alert("escalated", NOW - minutes(5), reason="level 2"))
    assert await answer() == "not acknowledged, level 2"
    await board.tell(ticket.alert("acknowledged", NOW, by="anna"))
    assert await answer() == "acknowledged by anna"
    await board.tell(ticket.alert("opened", NOW + minutes(9), episode=2))
    assert await answer() == "not acknowledged", "an alert that opens again is asked about again"


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("order", list(QueueOrder))
async def test_pages_are_the_whole_list_in_every_order_while_time_passes(
    board: BoardBench, order: QueueOrder, descending: bool
) -> None:
    await a_mixed_day(board)
    shown = replace(EVERYTHING, order=order, descending=descending)
    whole = [str(row.id) for row in (await look(board, shown)).rows]
    assert len(whole) > 25
    paged: list[str] = []
    page = replace(shown, limit=7)
    while True:
        queue = await look(board, page)
        paged += [str(row.id) for row in queue.rows]
        if queue.after is None:
            break
        assert len(queue.rows) == 7
        page = replace(page, cursor=str(queue.after))
        board.time.pass_(timedelta(minutes=20))  # urgency changes, the pages of this list do not
    assert paged == whole


async def test_a_cursor_of_another_order_is_refused(small_board: BoardBench) -> None:
    await a_mixed_day(small_board)
    queue = await look(small_board, replace(EVERYTHING, limit=5))
    for written, order in ((str(queue.after), QueueOrder.DUE), ("urgency_", QueueOrder.URGENCY), ("x", QueueOrder.DUE)):
        with pytest.raises(BadPlace):
            await look(small_board, replace(EVERYTHING, order=order, cursor=written))
