"""Which news of contracts people were notified of, in the database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_notifier import tables
from sla_platform.store.dialect import insert_new

KEPT = timedelta(days=800)  # no news applies for longer than a contract year
_t = tables.contract_told.c


async def claim(
    connection: AsyncConnection, contract: str, keys: Iterable[str], now: datetime
) -> tuple[frozenset[str], frozenset[str]]:
    """Record news of a contract as handled by this caller, so that people are not notified of the same news twice.

    News are, for example, booked extra hours or a low allowance. Returns a pair: the keys recorded before, and the keys
    recorded by this call. Notify people only of news whose keys are in the second set. Records of this contract older
    than `KEPT` are deleted; no news applies for so long.

    Args:
        contract: The id of the contract.
        keys: The keys of the news (`sla_notifier.alert.contract_news`).
        now: The present instant, stored with the new keys.
    """
    await connection.execute(delete(tables.contract_told).where(_t.contract == contract, _t.at < now - KEPT))
    known = select(_t.key).where(_t.contract == contract)
    before = frozenset((await connection.execute(known)).scalars())
    rows = [{"contract": contract, "key": key, "at": now} for key in dict.fromkeys(keys) if key not in before]
    if not rows:
        return before, frozenset()
    statement: Any = insert_new(connection, tables.contract_told).returning(_t.key)
    return before, frozenset((await connection.execute(statement, rows)).scalars())
