"""How objectives stand is published once, ended periods are closed, and late events amend their figures (clause E4)."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import event, func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from tests.integration.board.bench import HOURS, BoardBench
from tests.integration.board.test_attainment import WITHIN, attainment, client, met, missed, promising, told
from tests.unit.board.envelopes import NOW, Ticket, minutes

from sla_board import tables
from sla_board.attainment import watch
from sla_board.attainment.watch import CLOSED_AFTER
from sla_board.projection.mark import CountedMark, CountedNews, write_marks
from sla_domain.objective import Objective, ObjectiveNews
from sla_platform.envelope import Envelope
from sla_platform.wire import ObjectiveFact, decode_objective_fact

__all__ = ["client"]  # a fixture
TOLD = replace(WITHIN, tell=("csm",))
DECEMBER = datetime(2026, 12, 1, tzinfo=UTC)


async def said(board: BoardBench) -> list[ObjectiveFact]:
    """What the board has published so far, in its order."""
    async with board.store.reading() as connection:
        rows = (await connection.execute(select(tables.log).order_by(tables.log.c.position))).all()
    return [
        decode_objective_fact(Envelope.of_row(topic=row.topic, id=row.id, type=row.type, key=row.key, time=row.time,
                                              data=row.data))
        for row in rows
    ]  # fmt: skip


async def looked(board: BoardBench, *objectives: Objective) -> list[tuple[ObjectiveNews, int, int]]:
    board.rulebook = promising(*(objectives or (TOLD,)))
    while await board.service.objectives.look():
        pass
    return [(fact.kind, fact.met, fact.missed) for fact in await said(board)]


async def test_an_objective_is_told_at_risk_exhausted_and_recovered_once_each(board: BoardBench) -> None:
    await board.tell(*told([met(n) for n in range(19)]))
    assert await looked(board) == []
    await board.tell(*missed(1))
    assert await looked(board) == []  # 2 of 20 may be missed, one is: half
    await board.tell(*missed(2), *met(20))
    at_risk = (ObjectiveNews.AT_RISK, 20, 2)
    assert await looked(board) == [at_risk]
    assert await looked(board) == [at_risk]
    await board.tell(*missed(3))
    exhausted = (ObjectiveNews.EXHAUSTED, 20, 3)
    assert await looked(board) == [at_risk, exhausted]
    await board.tell(*missed(4))
    assert await looked(board) == [at_risk, exhausted]
    await board.tell(*told([met(n) for n in range(30, 100)]))
    assert await looked(board) == [at_risk, exhausted, (ObjectiveNews.RECOVERED, 90, 4)]
    first = (await said(board))[0]
    assert (first.contract, first.objective, first.period, first.tell) == ("acme", "within-sla", "2026-11", ("csm",))
    assert (first.share, first.misses_allowed, first.misses_left, first.number) == ("90.9", 2, 0, 1)


async def test_contracts_without_objectives_share_one_transaction(board: BoardBench) -> None:
    """In an installation of many contracts each would hold up the only place to write, to count nothing."""
    board.rulebook = HOURS
    await board.tell(*told([missed(n, contract=f"c{n % 7}") for n in range(21)]), *missed(99, contract="acme"))
    commits: list[None] = []
    event.listen(board.store.engine.sync_engine, "commit", lambda _: commits.append(None))
    assert await board.service.objectives.look() == 8
    assert len(commits) == 1
    assert await board.service.objectives.look() == 0
    assert await said(board) == []


async def test_marks_of_the_time_of_a_look_are_kept_for_the_next(
    board: BoardBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    board.rulebook = HOURS
    await board.tell(*missed(1))
    removed = watch.remove_marks_through

    async def after_another(connection: AsyncConnection, contracts: Collection[str], position: int) -> None:
        await write_marks(connection, [CountedMark("acme", "a:late", NOW, CountedNews.LIVE)])
        await removed(connection, contracts, position)

    monkeypatch.setattr(watch, "remove_marks_through", after_another)
    assert await board.service.objectives.look() == 1
    monkeypatch.undo()
    assert await board.service.objectives.look() == 1
    assert await board.service.objectives.look() == 0


async def test_what_was_told_is_not_told_again_after_a_crash(
    board: BoardBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The transaction is the whole: either everything of it is there, or the same is done again."""
    await board.tell(*missed(1))
    with monkeypatch.context() as patch:

        async def fails(*_: Any) -> None:
            raise asyncio.CancelledError

        patch.setattr("sla_board.attainment.watch.remove_marks", fails)
        board.rulebook = promising(TOLD)
        with pytest.raises(asyncio.CancelledError):
            await board.service.objectives.look()
    assert await said(board) == []
    assert await looked(board) == [(ObjectiveNews.EXHAUSTED, 0, 1)]
    assert await looked(board) == [(ObjectiveNews.EXHAUSTED, 0, 1)]


async def test_imported_history_is_counted_and_not_told(board: BoardBench, client: httpx2.AsyncClient) -> None:
    ticket = Ticket("a:old", left=-60)
    await board.tell(ticket.event(at=NOW - minutes(90)), ticket.started(history=True), ticket.breached(history=True))
    assert await looked(board) == []
    assert (await attainment(client))["objectives"][0]["standing"] == "exhausted"
    await board.tell(*missed(1))
    assert await looked(board) == []  # it stands as it stood
    await board.tell(*told([met(n) for n in range(40)]))
    assert [kind for kind, _, _ in await looked(board)] == [ObjectiveNews.RECOVERED]


async def test_a_period_that_has_ended_is_closed_and_a_late_event_amends_it_visibly(
    board: BoardBench, client: httpx2.AsyncClient
) -> None:
    await board.tell(*told([met(n) for n in range(9)]))
    await looked(board)
    board.time.pass_(DECEMBER - NOW + CLOSED_AFTER)
    await looked(board)
    november = (await attainment(client, period="2026-11"))["objectives"][0]
    assert (november["provisional"], november["counts"]["share_percent"]) == (False, 100.0)
    assert [(one["met"], one["missed"], one["incident"]) for one in november["amendments"]] == [(9, 0, "")]
    board.time.pass_(timedelta(days=2))
    await board.tell(*missed(1))
    await looked(board)
    november = (await attainment(client, period="2026-11"))["objectives"][0]
    assert november["counts"]["share_percent"] == 90.0
    assert [(one["share_percent"], one["incident"]) for one in november["amendments"]] == [
        (100.0, ""), (90.0, "a:missed-1"),
    ]  # fmt: skip
    page = await client.get("/attainment", params={"contract": "acme", "period": "2026-11"})
    assert "Amended: was 100 %, is 90 % since 2026-12-03" in " ".join(page.text.split())
    assert '<a href="/incidents/a:missed-1"><bdi>a:missed-1</bdi></a>' in page.text
    assert await looked(board) == []  # nothing is told of a period that is over


async def test_an_objective_that_is_missed_at_the_end_is_told_when_the_period_is_closed(board: BoardBench) -> None:
    """The month before promised more requests than came, so that a miss seemed to be allowed."""
    october = datetime(2026, 10, 10, 12, tzinfo=UTC)
    await board.tell(*told([met(n, october) for n in range(20)]), *missed(1), *met(50))
    assert await looked(board) == []
    board.time.pass_(DECEMBER - NOW + CLOSED_AFTER)
    assert await looked(board) == [(ObjectiveNews.EXHAUSTED, 1, 1)]


async def test_an_objective_that_is_agreed_no_more_is_left_alone(board: BoardBench) -> None:
    await board.tell(*met(1))
    await looked(board)
    board.rulebook = promising()
    board.time.pass_(DECEMBER - NOW + CLOSED_AFTER)
    while await board.service.objectives.look():
        pass
    async with board.store.reading() as connection:
        rows = (await connection.execute(select(tables.objective))).all()
    assert [(row.closed_at is not None, row.sealed) for row in rows] == [(True, True)]


async def test_figures_of_closed_periods_outlive_their_incidents(board: BoardBench, client: httpx2.AsyncClient) -> None:
    await board.tell(*told([met(n) for n in range(8)]), *missed(1))
    await looked(board)
    board.time.pass_(DECEMBER - NOW + CLOSED_AFTER)
    await looked(board)
    board.time.pass_(timedelta(days=500))
    await board.service.forgetting.once(between=0)
    found = (await attainment(client, period="2026-11"))["objectives"][0]
    assert (found["counts"]["met"]["count"], found["counts"]["missed"]["count"]) == (8, 1)


async def test_marks_are_gone_when_they_were_worked_on(board: BoardBench) -> None:
    await board.tell(*met(1), *met(2, contract="umbrella"))
    await looked(board)
    async with board.store.reading() as connection:
        left = (await connection.execute(select(func.count()).select_from(tables.counted))).scalar_one()
    assert left == 0
