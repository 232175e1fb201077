"""The durable record of scheduled reports: of each schedule of a contract the next period, and when it is due.

A row is written when the schedule is first seen, for the period of that instant: what ended before is not sent. It
moves to the next period in the transaction that freezes the report and publishes it; so none is sent twice, and none
is forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board import tables
from sla_board.schedule.upcoming import NextReport
from sla_platform.store.dialect import insert_new

_row = tables.report_schedule.c


async def next_reports(connection: AsyncConnection) -> dict[tuple[str, str], NextReport]:
    """Return the next report of every stored schedule: (contract id, schedule id) -> report."""
    rows = (await connection.execute(select(tables.report_schedule))).all()
    return {(row.contract, row.schedule): _of(row) for row in rows}


async def next_reports_of(connection: AsyncConnection, contract: str) -> dict[str, NextReport]:
    """Return the next report of each stored schedule of one contract (id): schedule id -> report."""
    rows = (await connection.execute(select(tables.report_schedule).where(_row.contract == contract))).all()
    return {row.schedule: _of(row) for row in rows}


async def due_reports(connection: AsyncConnection, now: datetime, limit: int) -> list[NextReport]:
    """Return at most `limit` reports that are due at `now`, the longest overdue first."""
    query = select(tables.report_schedule).where(_row.due_at <= now).order_by(_row.due_at, _row.contract, _row.schedule)
    return [_of(row) for row in (await connection.execute(query.limit(limit))).all()]


async def still_next(connection: AsyncConnection, report: NextReport) -> bool:
    """Return whether a report is still stored as the next one of its schedule.

    The result is False once another process has published the report and stored the one after it.
    """
    query = select(_row.period).where(_row.contract == report.contract, _row.schedule == report.schedule)
    return (await connection.execute(query)).scalar_one_or_none() == report.period


async def enter(connection: AsyncConnection, reports: Sequence[NextReport]) -> None:
    """Store new schedules, each with its first report. A schedule that is stored already stays unchanged."""
    if reports:
        await connection.execute(insert_new(connection, tables.report_schedule), [_values(one) for one in reports])


async def move(connection: AsyncConnection, report: NextReport) -> None:
    """Store the next report of a schedule, in place of the one stored before.

    This is done after the report before was published, or if the next report has a new due instant.

    Args:
        report: The next report. It names its schedule.
    """
    mine = (_row.contract == report.contract, _row.schedule == report.schedule)
    await connection.execute(
        update(tables.report_schedule).where(*mine).values(period=report.period, due_at=report.due_at)
    )


async def forget(connection: AsyncConnection, keys: Sequence[tuple[str, str]]) -> None:
    """Delete stored schedules that the catalogue no longer has.

    Args:
        keys: Pairs (contract id, schedule id).
    """
    if keys:
        await connection.execute(
            delete(tables.report_schedule).where(tuple_(_row.contract, _row.schedule).in_(list(keys)))
        )


def _of(row: Any) -> NextReport:
    return NextReport(contract=row.contract, schedule=row.schedule, period=row.period, due_at=row.due_at)


def _values(one: NextReport) -> dict[str, Any]:
    return {"contract": one.contract, "schedule": one.schedule, "period": one.period, "due_at": one.due_at}
