"""What the board derives from stored events can be computed anew, and is the same to the last digit."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update
from tests.integration.board.bench import BoardBench
from tests.integration.board.test_projection import a_day, projections, rows
from tests.unit.board.envelopes import NOW, Ticket

from sla_board import tables
from sla_board.projection.rebuild import Rebuild
from sla_domain.event import EventKind

ONE, TWO = "jira-acme:ACME-1", "jira-acme:ACME-2"
VOLATILE = {"board_unfolded", "board_counted"}  # marks for the parts that compute breakdowns and watch objectives


async def rebuilt(board: BoardBench, *, dry_run: bool = False) -> list[str]:
    parts = [part async for part in Rebuild(board.store, board.service.projector).run(dry_run=dry_run)]
    return [name for part in parts for name in part.differing]


async def everything(board: BoardBench) -> dict[str, object]:
    return {name: found for name, found in (await projections(board)).items() if name not in VOLATILE}


async def test_rebuilding_what_is_right_changes_nothing(board: BoardBench) -> None:
    await board.tell(*a_day())
    before = await everything(board)
    assert await rebuilt(board) == []
    assert await everything(board) == before


async def test_rows_that_are_wrong_or_missing_are_found_and_mended(board: BoardBench) -> None:
    await board.tell(*a_day())
    before = await everything(board)
    async with board.store.transaction() as connection:
        wrong = {"state": "missed", "breached_at": NOW}
        await connection.execute(update(tables.clock).where(tables.clock.c.incident == ONE).values(wrong))
        await connection.execute(tables.request.delete().where(tables.request.c.incident == TWO))
    spoilt = await everything(board)
    assert await rebuilt(board, dry_run=True) == [ONE, TWO]
    assert await everything(board) == spoilt
    assert await rebuilt(board) == [ONE, TWO]
    mended = await everything(board)
    assert mended == before


async def test_what_comes_while_a_rebuild_is_under_way_is_not_lost(board: BoardBench) -> None:
    ticket = Ticket(ONE)
    await board.tell(ticket.event(at=NOW - timedelta(hours=1)), ticket.started())
    parts = Rebuild(board.store, board.service.projector).run()
    await anext(parts)
    await board.tell(ticket.met(NOW), ticket.event(EventKind.RESOLVED, NOW))
    assert [part async for part in parts] == []
    (clock,) = await rows(board, tables.clock)
    assert clock["state"] == "met"
    assert await rebuilt(board) == []
