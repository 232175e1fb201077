"""The position of each embedded consumer in each log: `<service>_cursor`, owned by the consuming service.

Beside the position stands the mark of the run under way, also on Kafka, where the broker keeps the position
(`sla_platform.bus.interrupted`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_platform.store.dialect import upsert
from sla_platform.store.log import Cursor

_log = structlog.get_logger(__name__)


_MARK = frozenset({"starts", "held", "deaths"})


@dataclass(frozen=True, slots=True)
class RunMark:
    """A note in the database that a run of an event reader has begun, by which the next process recognises a crash.

    The reader removes the note when it ends by itself. If the process dies, the note stays. The next run then handles
    events one by one, to find the event that makes the process die.
    """

    starts: int = 0
    """How many runs in a row were interrupted before this one."""
    held: int | None = None
    """The position of the event that was handled alone last. None if there was none."""
    deaths: int = 0
    """How often a run was interrupted while it was handling this event."""

    def begun_again(self) -> RunMark:
        """Return the mark to store when a run begins and finds this mark, which an interrupted run has left."""
        return RunMark(self.starts + 1, self.held, self.deaths + 1 if self.held is not None else 0)


def cursor_table(metadata: MetaData, service: str) -> Table:
    """Return the table `<service>_cursor`: how far the service has read in each event log, and the marks of its runs.

    A mark (`RunMark`) is a note that a run of the reader has begun. Its columns are `starts`, which is NULL while no
    run is under way, `held` and `deaths`.
    """
    return Table(
        f"{service}_cursor",
        metadata,
        Column("log", String(64), primary_key=True),
        Column("cursor", String(64), nullable=False),
        Column("starts", Integer),
        Column("held", BigInteger),
        Column("deaths", Integer, nullable=False, server_default="0"),
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
    await connection.execute(upsert(connection, table, keep=_MARK), [{"log": log, "cursor": str(cursor)}])


async def run_marks(connection: AsyncConnection, table: Table, lanes: Sequence[str]) -> dict[str, RunMark]:
    """Return the marks of runs that are under way or were interrupted, as lane -> mark.

    A lane is an event log, or a partition of a topic. A mark (`RunMark`) is a note that a run of its reader has begun.

    Args:
        table: The table of the stored positions (see `cursor_table`).
        lanes: The names of the lanes to look for.
    """
    query = select(table).where(table.c.log.in_(lanes), table.c.starts.is_not(None))
    return {row.log: RunMark(row.starts, row.held, row.deaths) for row in await connection.execute(query)}


async def save_run_marks(connection: AsyncConnection, table: Table, marks: Mapping[str, RunMark]) -> None:
    """Store the marks of lanes (event logs, or partitions of topics), each of which says that a run has begun.

    The stored positions are not changed.

    Args:
        table: The table of the stored positions (see `cursor_table`).
        marks: Name of a lane -> mark.
    """
    rows = [
        {"log": lane, "cursor": "", "starts": mark.starts, "held": mark.held, "deaths": mark.deaths}
        for lane, mark in sorted(marks.items())
    ]
    if rows:
        await connection.execute(upsert(connection, table, keep=frozenset({"cursor"})), rows)


async def remove_run_marks(connection: AsyncConnection, table: Table, lanes: Sequence[str]) -> None:
    """Remove the marks of lanes (event logs, or partitions of topics) whose run has ended without a crash.

    Args:
        table: The table of the stored positions (see `cursor_table`).
        lanes: The names of the lanes.
    """
    await connection.execute(update(table).where(table.c.log.in_(lanes)).values(starts=None, held=None, deaths=0))
