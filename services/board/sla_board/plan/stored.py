"""What the board has stored about a contract and its support plan shows: its record, and which reports are next."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board import tables
from sla_board.plan.model import StoredOfPlan
from sla_board.schedule.stored import next_reports_of
from sla_platform.wire.contract import read_record


async def read_stored(connection: AsyncConnection, contract: str) -> StoredOfPlan:
    """Return the stored entries of a contract's ledgers (accounts of allowances), and its next reports.

    A support plan shows both.

    Args:
        contract: Id of the contract.
    """
    table = tables.contract_records.contract
    found = (await connection.execute(select(table.c.record).where(table.c.id == contract))).scalar_one_or_none()
    record = None if found is None else read_record(found)
    return StoredOfPlan(record, await next_reports_of(connection, contract))
