"""The deliveries of each hour, counted once: what tells a sender's rhythm without reading every delivery again.

An hour is counted when it is over. Its row follows from the inbox alone, so any instance may count it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_ingest.heard.hour import HISTORY, HOUR, HeardHour, hour_begun
from sla_ingest.tables import heard, inbox
from sla_platform.store.dialect import insert_new
from sla_platform.store.engine import Store
from sla_platform.store.instant import hour_number

SETTLED = timedelta(minutes=5)  # a delivery is stored with its instant of receipt this much later, at most
AT_ONCE = timedelta(hours=6)  # of deliveries in one statement
_MICROSECOND = timedelta(microseconds=1)


async def count_hours(store: Store, source: str, now: datetime) -> None:
    """Count the deliveries of each hour that is over and was not counted, and store the counts.

    Counts older than `HISTORY` (28 days) are deleted. From the counts slad learns how long a source is usually silent.

    Args:
        source: The source's id.

    Raises:
        StoreBusy: The database fails. Hours that were counted before stay counted.
    """
    async with store.reading() as connection:
        at = await _uncounted_from(connection, source, now)
    while at < (until := min(at + AT_ONCE, _over(now))):
        async with store.reading() as connection:
            rows = await _counted(connection, source, at, until)
        if rows:
            async with store.giving_way().transaction() as connection:
                await connection.execute(insert_new(connection, heard), [{"source": source, **row} for row in rows])
                await connection.execute(
                    delete(heard).where(heard.c.source == source, heard.c.hour < hour_begun(now) - HISTORY)
                )
        at = until


async def heard_hours(connection: AsyncConnection, source: str, now: datetime) -> list[HeardHour]:
    """Return the hours of the last 28 days that are over and in which the source sent something, the earliest first."""
    since = await _uncounted_from(connection, source, now)
    kept = select(heard).where(heard.c.source == source, heard.c.hour >= hour_begun(now) - HISTORY)
    rows = [row._asdict() for row in await connection.execute(kept.order_by(heard.c.hour))]
    if since < (until := _over(now)):
        rows += await _counted(connection, source, since, until)
    return [
        HeardHour(
            begun=row["hour"],
            outcomes={outcome: row[outcome] for outcome in _OUTCOMES if row[outcome]},
            first=row["first_at"],
            last=row["last_at"],
            longest=timedelta(seconds=row["longest_seconds"]),
        )
        for row in rows
    ]


async def outcomes_since(
    connection: AsyncConnection, source: str, hours: Sequence[HeardHour], since: datetime, now: datetime
) -> Counter[str]:
    """Return how many deliveries a source sent after `since`, by outcome.

    Args:
        hours: The hours of the source that are over, as `heard_hours` returns them.
        since: At most 28 days before `now`.
    """
    whole, over = hour_begun(since) + HOUR, _over(now)
    found = Counter[str]()
    for hour in hours:
        if whole <= hour.begun < over:
            found.update(hour.outcomes)
    # The parts of an hour at either end, of which there are no counts.
    for after, before in ((since, min(whole, now)), (max(whole, over), now)):
        if after < before:
            found += await _outcomes(connection, source, after, before, last=before == now)
    return found


async def note_replay(connection: AsyncConnection, source: str, received_at: datetime, before: str, after: str) -> None:
    """Correct the counts of an hour after a replay has changed a delivery's outcome.

    A replay is the repeated translation of a stored delivery.

    Args:
        received_at: When the delivery was received.
        before: The outcome that was counted.
        after: The delivery's outcome now.
    """
    change = {heard.c[before]: heard.c[before] - 1, heard.c[after]: heard.c[after] + 1}
    if before != after:
        await connection.execute(
            update(heard).where(heard.c.source == source, heard.c.hour == hour_begun(received_at)).values(change)
        )


_OUTCOMES = ("accepted", "ignored", "parked", "refused", "replayed")


def _over(now: datetime) -> datetime:
    """The end of the last hour of which no delivery is to come."""
    return hour_begun(now - SETTLED)


async def _uncounted_from(connection: AsyncConnection, source: str, now: datetime) -> datetime:
    """The beginning of the first hour that may hold deliveries that were not counted."""
    begun = hour_begun(now) - HISTORY
    newest = (
        await connection.execute(select(func.max(heard.c.hour)).where(heard.c.source == source))
    ).scalar_one_or_none()
    since = begun if newest is None else max(begun, newest + HOUR)
    first = (
        select(inbox.c.received_at)
        .where(inbox.c.source == source, inbox.c.received_at >= since)
        .order_by(inbox.c.received_at)
        .limit(1)
    )
    uncounted = (await connection.execute(first)).scalar_one_or_none()
    return _over(now) if uncounted is None else hour_begun(uncounted)


async def _counted(connection: AsyncConnection, source: str, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """The rows of the hours of [since, until) in which the source sent something, the earliest first."""
    number = hour_number(connection, "received_at")
    before = func.lag(inbox.c.received_at).over(partition_by=number, order_by=inbox.c.received_at)
    one = (
        select(inbox.c.received_at, inbox.c.outcome, number.label("number"), before.label("before"))
        .where(inbox.c.source == source, inbox.c.received_at >= since, inbox.c.received_at < until)
        .subquery()
    )
    columns: list[ColumnElement[Any]] = [
        func.min(one.c.received_at).label("first_at"),
        func.max(one.c.received_at).label("last_at"),
        func.max(literal_column("received_at - before")).label("longest"),
        *(func.count().filter(one.c.outcome == outcome).label(outcome) for outcome in _OUTCOMES),
    ]
    statement = select(*columns).group_by(one.c.number).order_by(one.c.number)
    rows = [row._asdict() for row in await connection.execute(statement)]
    for row in rows:
        row["hour"] = hour_begun(row["first_at"])
        row["longest_seconds"] = _seconds(row.pop("longest"))
    return rows


def _seconds(value: timedelta | int | None) -> float:
    """A difference of instants: an interval on PostgreSQL, microseconds on SQLite, None of a single instant."""
    if value is None:
        return 0.0
    return (value if isinstance(value, timedelta) else value * _MICROSECOND).total_seconds()


async def _outcomes(
    connection: AsyncConnection, source: str, since: datetime, until: datetime, *, last: bool
) -> Counter[str]:
    """Of (since, until), or of (since, until] if it is the last part."""
    end = inbox.c.received_at <= until if last else inbox.c.received_at < until
    counted = (
        select(inbox.c.outcome, func.count())
        .where(inbox.c.source == source, inbox.c.received_at >= since, end)
        .group_by(inbox.c.outcome)
    )
    return Counter({row[0]: row[1] for row in await connection.execute(counted)})
