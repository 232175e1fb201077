"""Instants in the store: the present one, rounded as the store rounds it, and the hour of a column's."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, literal_column, text
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_platform.store.dialect import is_postgres
from sla_platform.timesource import TimeSource

_NOW = text("SELECT clock_timestamp()")


async def store_now(connection: AsyncConnection, time_source: TimeSource) -> datetime:
    """Return the present instant by the database's clock, which all machines share.

    After a leap of that clock, the new time is not accepted at first, and time continues as before. On SQLite, the
    result is the instant of the time source. The same applies if the time source is `authoritative` (an artificial
    time, as in tests).

    Call this before reading rows: the read then includes everything that was committed up to this instant.
    """
    if time_source.authoritative or not is_postgres(connection):
        return time_source.now()
    # Before the question, not after the answer: a process stopped in between would take its own absence for a leap.
    asked = time_source.steady()
    now: datetime = (await connection.execute(_NOW)).scalar_one()
    return time_source.judge_store_clock(now.astimezone(UTC), asked)[0]


def hour_number(connection: AsyncConnection, column: str) -> ColumnElement[int]:
    """Return the SQL expression for the number of the hour, since 1970, in which an instant lies.

    The expression binds no value, so that it is the same wherever a statement repeats it, as in `GROUP BY`.

    Args:
        column: The name of a column of type `Instant`.
    """
    if is_postgres(connection):
        return literal_column(f"CAST(floor(extract(epoch FROM {column}) / 3600) AS bigint)")
    return literal_column(f"{column} / 3600000000")
