"""Event logs on SQLite: rows are committed in the order of their positions, as writers queue."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_platform.store.log_port import FIELDS


class SqliteLog:
    """The parts of SQL statements about event logs in the form for SQLite."""

    after = "position > :position AND :txid >= 0"
    settled = "1"
    order = "position"
    raw = ", ".join(f"CAST({name} AS BLOB) AS {name}" for name in FIELDS)
    keeps_anything = True

    async def delete(self, connection: AsyncConnection, table: str, positions: Sequence[int]) -> None:
        """Delete the rows at these positions, which are bound as one JSON list."""
        statement = f"DELETE FROM {table} WHERE position IN (SELECT value FROM json_each(:positions))"  # noqa: S608
        await connection.execute(text(statement), {"positions": json.dumps(list(positions))})
