"""Reports that are sent by themselves: on time, once, across crashes and restarts, not before they may be frozen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from sqlalchemy import select
from tests.integration.board.vendors import VendorBoard, vendor_board

from sla_board import report_watch, tables
from sla_board.report_watch import ReportWatch
from sla_board.schedule.stored import next_reports
from sla_domain.contract import ContractId
from sla_domain.objective import PeriodKind
from sla_domain.report_schedule import ReportKind, ReportSchedule
from sla_platform.envelope import Envelope, Topic
from sla_platform.wire import ReportFact, decode_report_fact

EXPRESS = ContractId("express-24x7")
MONTHLY = ReportSchedule(
    id="monthly", kind=ReportKind.SERVICE_REPORT, period=PeriodKind.MONTH, working_days=2, at=time(9, 30),
    coverage="", tell=("manager",),
)  # fmt: skip
SECOND = timedelta(seconds=1)
# December of 2026 has ended on a Thursday: 1 January is the first working day by Monday to Friday, the 4th the second.
DUE = datetime(2027, 1, 4, 6, 30, tzinfo=UTC)  # 09:30 in Moscow


@pytest.fixture
async def board(store_url: str) -> AsyncIterator[VendorBoard]:
    async with vendor_board(store_url) as made:
        yield await scheduled(made)


@pytest.fixture
async def small(tmp_path: Path) -> AsyncIterator[VendorBoard]:
    async with vendor_board(f"sqlite:///{tmp_path}/board.db") as made:
        yield await scheduled(made)


async def scheduled(board: VendorBoard, *schedules: ReportSchedule) -> VendorBoard:
    """In the middle of December, with the reports that the contract has; the other contracts have none."""
    rulebook = board.catalogue.rulebook
    others = {id_: replace(contract, reports=()) for id_, contract in rulebook.contracts.items()}
    contract = replace(rulebook.contracts[EXPRESS], reports=schedules or (MONTHLY,))
    contracts = MappingProxyType({**others, EXPRESS: contract})
    version = f"{board.catalogue.version}+"
    board.catalogue = replace(board.catalogue, rulebook=replace(rulebook, contracts=contracts), version=version)
    board.time.pass_(datetime(2026, 12, 15, 12, 0, tzinfo=UTC) - board.time.now())
    return board


def watch_of(board: VendorBoard) -> ReportWatch:
    assert board.service.reports is not None
    return board.service.reports


async def published(board: VendorBoard) -> list[ReportFact]:
    async with board.store.reading() as connection:
        rows = (await connection.execute(select(tables.log).order_by(tables.log.c.position))).all()
    return [
        decode_report_fact(
            Envelope(
                topic=Topic.OBJECTIVES, id=row.id, type=row.type, source=row.source, subject=row.subject, key=row.key,
                time=row.time, data=row.data.encode() if isinstance(row.data, str) else row.data,
            )
        )
        for row in rows
        if row.type == "io.slad.report.ready.v1"
    ]  # fmt: skip


async def on_record(board: VendorBoard) -> list[tuple[str, datetime]]:
    async with board.store.reading() as connection:
        return [(one.period, one.due_at) for one in (await next_reports(connection)).values()]


async def until(board: VendorBoard, at: datetime) -> int:
    board.time.pass_(at - board.time.now())
    return await watch_of(board).look()


async def test_a_report_is_frozen_and_published_once_when_it_is_due(board: VendorBoard) -> None:
    await board.quarter(EXPRESS, 20)
    assert await watch_of(board).look() == 0
    assert await on_record(board) == [("2026-12", DUE)], "what ended before the schedule was seen is not sent"
    assert await until(board, DUE - SECOND) == 0
    assert await until(board, DUE) == 1
    assert await until(board, DUE + timedelta(days=1)) == 0
    (fact,) = await published(board)
    stored = (await board.client.get(f"/v1/reports/{EXPRESS}?period=2026-12")).json()
    assert (fact.period, fact.revision, fact.digest) == ("2026-12", 1, stored["frozen"]["digest"])
    assert stored["frozen"]["frozen_by"] == "service:board"
    assert fact.tell == ("manager",)
    russian, english = fact.pages
    assert (russian.language, english.language) == ("ru", "en")
    assert "Отчёт о качестве услуг" in russian.html
    assert 'href="https://sla.example/incidents' in russian.html
    assert (await on_record(board))[0][0] == "2027-01"


async def test_a_report_that_people_froze_before_is_the_one_that_is_sent(small: VendorBoard) -> None:
    await small.quarter(EXPRESS, 10)
    await watch_of(small).look()
    small.time.pass_(datetime(2027, 1, 1, 12, 0, tzinfo=UTC) - small.time.now())
    body = {"period": "2026-12", "reason": "asked for at once"}
    frozen = await small.client.post(f"/v1/reports/{EXPRESS}/freeze", json=body)
    assert frozen.status_code == 201
    assert await until(small, DUE) == 1
    (fact,) = await published(small)
    assert (fact.revision, fact.digest) == (1, frozen.json()["digest"])


class Killed(BaseException):
    """As kill -9 would end the process, between two statements."""


async def test_a_crash_at_any_step_neither_loses_nor_repeats_it(
    board: VendorBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    await watch_of(board).look()
    board.time.pass_(DUE - board.time.now())
    for step in ("freeze", "frozen_report", "append", "move"):

        async def killed(*_: Any, **__: Any) -> None:
            raise Killed

        with monkeypatch.context() as patched:
            patched.setattr(report_watch, step, killed)
            with pytest.raises(Killed):
                await watch_of(board).look()
        assert await published(board) == [], step
        assert (await board.client.get(f"/v1/reports/{EXPRESS}/frozen")).json() == {"reports": []}, step
    assert await watch_of(board).look() == 1
    assert len(await published(board)) == 1
    board.service.reports = None
    again = ReportWatch(
        board.store,
        board.time,
        lambda: board.catalogue,
        None,
        None,
        "",
        lambda: None,  # type: ignore[arg-type]
        board.quarantine,
    )
    assert await again.look() == 0, "a process that starts later finds it done"


async def test_one_that_fails_is_tried_again_and_stops_no_other(
    small: VendorBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scheduled(small, MONTHLY, replace(MONTHLY, id="second"))
    await watch_of(small).look()
    whole = ReportWatch._make

    async def some(self: ReportWatch, due: Any, *rest: Any) -> int:
        if due.schedule == "monthly":
            raise RuntimeError("of its own")
        return await whole(self, due, *rest)

    monkeypatch.setattr(ReportWatch, "_make", some)
    assert await until(small, DUE) == 1
    assert [one.schedule for one in await published(small)] == ["second"]
    monkeypatch.setattr(ReportWatch, "_make", whole)
    assert await until(small, DUE + timedelta(minutes=59)) == 0
    assert await until(small, DUE + timedelta(hours=1)) == 1
    assert [one.revision for one in await published(small)] == [1, 1], "both send the same frozen report"


async def test_it_waits_for_the_reasons_that_the_plan_requires(small: VendorBoard) -> None:
    await small.quarter(EXPRESS, 60)
    rulebook = small.catalogue.rulebook
    plan = rulebook.plans[rulebook.contracts[EXPRESS].plan]
    strict = replace(plan, breach_reasons=replace(plan.breach_reasons, required_before_freeze=True))
    asking = replace(rulebook, plans=MappingProxyType({**rulebook.plans, plan.id: strict}))
    small.catalogue = replace(small.catalogue, rulebook=asking)
    await watch_of(small).look()
    assert await until(small, DUE) == 0
    assert await published(small) == []
    small.catalogue = replace(small.catalogue, rulebook=rulebook)
    assert await until(small, DUE + timedelta(hours=2)) == 1


async def test_a_schedule_that_is_gone_leaves_no_record(small: VendorBoard) -> None:
    await watch_of(small).look()
    await scheduled(small, replace(MONTHLY, id="other", period=PeriodKind.QUARTER))
    await watch_of(small).look()
    assert [period for period, _ in await on_record(small)] == ["2026-Q4"]
