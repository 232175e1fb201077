"""The clocks leap while a report and an objective fall due: nothing is frozen, mailed or closed early, and all in time.

On PostgreSQL the machine's own clock may even be wrong from its start: the database's decides.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest
from sqlalchemy import select, text
from tests.build.leaping import LEAP_SECONDS, LEAPS, LeapingTime
from tests.integration.board.bench import BoardBench, HandTime
from tests.integration.board.test_attainment import WITHIN, met, promising, told
from tests.integration.board.test_report_schedules import DUE, EXPRESS, MONTHLY, published
from tests.integration.board.vendors import VendorBoard, vendor_board
from tests.real.tables import opened_with_tables
from tests.unit.board.envelopes import NOW

from sla_board import tables
from sla_board.attainment.watch import CLOSED_AFTER
from sla_platform.store import instant
from sla_platform.timesource import SystemTime

MINUTE = timedelta(minutes=1)
NOVEMBER_ENDS = datetime(2026, 11, 30, 23, tzinfo=UTC)  # in Warsaw
ALL_LEAPS = [*LEAPS, timedelta(days=2), timedelta(days=-40)]


def scheduled(board: VendorBoard) -> VendorBoard:
    rulebook = board.catalogue.rulebook
    contract = replace(rulebook.contracts[EXPRESS], reports=(MONTHLY,))
    contracts = MappingProxyType({**rulebook.contracts, EXPRESS: contract})
    board.catalogue = replace(board.catalogue, rulebook=replace(rulebook, contracts=contracts), version="scheduled")
    return board


async def looked(board: VendorBoard) -> int:
    assert board.service.reports is not None
    return await board.service.reports.look()


@pytest.mark.parametrize("leap", ALL_LEAPS, ids=str)
async def test_no_report_is_made_for_a_leap_and_it_comes_when_it_is_due(
    store_url: str, monkeypatch: pytest.MonkeyPatch, leap: timedelta
) -> None:
    time = LeapingTime(DUE - timedelta(days=20), monkeypatch)
    async with vendor_board(store_url, clock=time) as opened:
        board = scheduled(opened)
        assert await looked(board) == 0
        time.go(DUE - MINUTE)
        assert await looked(board) == 0
        time.leap(leap)
        for _ in range(LEAP_SECONDS // 2):
            await time.sleep(2)
            assert await looked(board) == 0
        time.leap(timedelta())
        assert await looked(board) == 0
        time.go(DUE)
        assert await looked(board) == 1
        (fact,) = await published(board)
        assert (fact.period, fact.revision) == ("2026-12", 1)


@pytest.fixture
async def closing(store_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[BoardBench, LeapingTime]]:
    """A minute before November is closed."""
    time = LeapingTime(NOW, monkeypatch)
    store = await opened_with_tables(store_url, tables.metadata)
    board = BoardBench(store, HandTime(), clock=time)
    board.rulebook = promising(replace(WITHIN, tell=("csm",)))
    await board.tell(*told([met(number) for number in range(9)]))
    assert await closed(board) == []
    time.go(NOVEMBER_ENDS + CLOSED_AFTER - MINUTE)
    yield board, time
    await store.close()


async def closed(board: BoardBench) -> list[str]:
    while await board.service.objectives.look():
        pass
    async with board.store.reading() as connection:
        rows = (await connection.execute(select(tables.objective))).all()
    return [row.period for row in rows if row.closed_at is not None]


@pytest.mark.parametrize("leap", ALL_LEAPS, ids=str)
async def test_no_period_is_closed_for_a_leap_and_it_is_when_it_has_ended(
    closing: tuple[BoardBench, LeapingTime], leap: timedelta
) -> None:
    board, time = closing
    assert await closed(board) == []
    time.leap(leap)
    for _ in range(LEAP_SECONDS // 2):
        await time.sleep(2)
        assert await closed(board) == []
    time.leap(timedelta())
    assert await closed(board) == []
    time.go(NOVEMBER_ENDS + CLOSED_AFTER)
    assert await closed(board) == ["2026-11"]


@pytest.mark.postgres
async def test_a_machine_whose_clock_is_wrong_from_its_start_makes_nothing_early(
    emptied_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By 60 days, so that no leap is seen; the database says that it is the middle of December."""
    monkeypatch.setattr(instant, "_NOW", text("SELECT CAST('2026-12-15T12:00:00Z' AS timestamptz)"))
    wrong = SystemTime(lambda: datetime(2027, 2, 13, 12, 0, tzinfo=UTC), lambda: 0.0)
    async with vendor_board(emptied_postgres_url, clock=wrong) as opened:
        board = scheduled(opened)
        assert [await looked(board) for _ in range(2)] == [0, 0]
        assert await published(board) == []
    store = await opened_with_tables(emptied_postgres_url, tables.metadata)
    bench = BoardBench(store, HandTime(), clock=wrong)
    bench.rulebook = promising(replace(WITHIN, tell=("csm",)))
    await bench.tell(*told([met(number, datetime(2026, 12, 10, 12, tzinfo=UTC)) for number in range(9)]))
    assert await closed(bench) == []
    await store.close()
