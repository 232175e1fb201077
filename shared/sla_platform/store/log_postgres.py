"""Event logs on PostgreSQL: a row may be committed after rows with greater positions."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_platform.store.log_port import FIELDS


class PostgresLog:
    """The parts of SQL statements about event logs in the form for PostgreSQL."""

    after = "(txid, position) > (:txid, :position)"
    # Below the oldest running transaction nothing can change any more; above it a smaller id may still be committed.
    settled = "txid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
    order = "txid, position"
    raw = ", ".join(f"convert_to(CAST({name} AS text), 'UTF8') AS {name}" for name in FIELDS)
    keeps_anything = False

    async def delete(self, connection: AsyncConnection, table: str, positions: Sequence[int]) -> None:
        """Delete the rows at these positions, without waiting for the disk.

        If the delete is lost in a crash, the only effect is that the events are sent again.
        """
        await connection.execute(text("SET LOCAL synchronous_commit = off"))
        statement = f"DELETE FROM {table} WHERE position = ANY(CAST(:positions AS bigint[]))"  # noqa: S608
        await connection.execute(text(statement), {"positions": list(positions)})
