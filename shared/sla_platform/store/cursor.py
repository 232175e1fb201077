"""The position of each embedded consumer in each log: `<service>_cursor`, owned by the consuming service."""

from __future__ import annotations

import structlog
from sqlalchemy import Column, MetaData, String, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_platform.store.dialect import upsert
from sla_platform.store.log import Cursor

_log = structlog.get_logger(__name__)


def cursor_table(metadata: MetaData, service: str) -> Table:
    """Return the table `<service>_cursor`: how far the service has read in each event log."""
    return Table(
        f"{service}_cursor",
        metadata,
        Column("log", String(64), primary_key=True),
        Column("cursor", String(64), nullable=False),
    )


async def load(connection: AsyncConnection, table: Table, log: str) -> Cursor:
    """Return how far an event log has been read.

    The result is the beginning of the log if nothing is stored, or if the stored text cannot be read. Events that are
    then read again do no harm, as readers recognise them by their ids.

    Args:
        table: The table of the stored positions (see `cursor_table`).
        log: The name of the event log.
    """
    found: str | None = (
        await connection.execute(select(table.c.cursor).where(table.c.log == log))
    ).scalar_one_or_none()
    try:
        return Cursor.parse(found) if found else Cursor()
    except ValueError:
        _log.error("cursor.unreadable", table=table.name, log=log, cursor=str(found)[:64])
        return Cursor()


async def save(connection: AsyncConnection, table: Table, log: str, cursor: Cursor) -> None:
    """Store how far an event log has been read.

    The earlier value is replaced.

    Args:
        table: The table of the stored positions (see `cursor_table`).
        log: The name of the event log.
    """
    await connection.execute(upsert(connection, table), [{"log": log, "cursor": str(cursor)}])
