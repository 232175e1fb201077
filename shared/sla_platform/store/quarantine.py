"""What could not be processed further: `<service>_quarantine`, one table in every service, as it came and why.

An entry is known by what it holds, so the same row that comes again (a crash before the cursor was saved, a second
copy on the topic) is counted on its entry. Writing one must never fail by what the row says: every text is made fit
for its column first, and the raw bytes are kept as bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    delete,
    func,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_platform.store.dialect import insert
from sla_platform.store.types import BigId, Instant

LONGEST_ERROR = 2_000
LONGEST_NAME = 300


class QuarantineState(StrEnum):
    """The state of a row in the quarantine: it waits for a replay, or was replayed."""

    QUARANTINED = "quarantined"
    """The row waits."""
    REPLAYED = "replayed"
    """The row was processed successfully in the end."""


def quarantine_table(metadata: MetaData, service: str, *own: Column[Any]) -> Table:
    """Return the table `<service>_quarantine` of the rows that the service could not process.

    Args:
        own: Further nullable columns of this service.
    """
    return Table(
        f"{service}_quarantine",
        metadata,
        Column("id", BigId, primary_key=True, autoincrement=True),
        Column("digest", String(100), nullable=False),
        Column("part", String(20), nullable=False),  # which loop could not process it
        Column("position", String(LONGEST_NAME), nullable=False),  # where it lay
        Column("partition", SmallInteger, nullable=False),
        Column("topic", String(32), nullable=False),
        Column("key", String(LONGEST_NAME), nullable=False),
        Column("event", String(LONGEST_NAME), nullable=False),  # its own id
        Column("type", String(100), nullable=False),
        Column("headers", Text, nullable=False),  # JSON: attributes by name
        Column("data", LargeBinary, nullable=False),
        Column("error", Text, nullable=False),
        Column("count", Integer, nullable=False),
        Column("first_at", Instant, nullable=False),
        Column("last_at", Instant, nullable=False),
        Column("state", String(12), nullable=False),
        *own,
        Index(f"uq_{service}_quarantine_digest", "digest", unique=True),
        Index(f"ix_{service}_quarantine_state", "state", "id"),
        Index(f"ix_{service}_quarantine_key", "key"),
        sqlite_autoincrement=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineRow:
    """A row (event, timer or delivery) that could not be processed."""

    part: str
    """The part of the service that could not process the row, such as `consume`."""
    position: str
    """Where the row was in the input of that part, as text."""
    partition: int = 0
    """The number of the event's partition on the bus. 0 if not known."""
    topic: str = ""
    """The event's topic on the bus. "" if not known."""
    key: str = ""
    """The event's partition key on the bus. "" if not known."""
    event: str = ""
    """The event's id. "" if not known."""
    type: str = ""
    """The event's type. "" if not known."""
    headers: Mapping[str, str]
    """The event's attributes."""
    data: bytes
    """The row's raw bytes."""

    @property
    def digest(self) -> str:
        """Return a hash by which the quarantine recognises a row that it has stored before, even at another position.

        The hash covers the part of the service, the topic, the key, the event's id and type, and the data.
        """
        hashed = hashlib.sha256()
        for piece in (self.part, self.topic, self.key, self.event, self.type):
            hashed.update(piece.encode("utf-8", "surrogatepass") + b"\0")
        hashed.update(self.data)
        return hashed.hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineEntry(QuarantineRow):
    """A row in the quarantine (one that could not be processed), with its id."""

    id: int
    error: str
    count: int
    """How often the row failed, replays included."""
    first_at: datetime
    """When the row first failed."""
    last_at: datetime
    """When the row last failed."""
    state: QuarantineState
    size: int
    """The size of the data in bytes."""
    own: Mapping[str, Any]
    """The values of the service's own columns, by name."""


async def raw_row(
    connection: AsyncConnection, part: str, column: Column[Any], id_: str, keys: Sequence[str], type_: str
) -> QuarantineRow:
    """Return a row of a table as it lies there, for the quarantine. Nothing in it is read as anything.

    If there is no row with this id, the data are an empty object.

    Args:
        part: The part of the service that could not process the row, such as `send`.
        column: The column of the table that holds the row's id.
        keys: The columns whose first text that is not empty is the key of the quarantined row.
        type_: The column that holds its type.
    """
    query = text(f"SELECT * FROM {column.table.name} WHERE {column.name} = :id")  # noqa: S608 - the names of a table
    found = (await connection.execute(query, {"id": id_})).mappings().one_or_none()
    lying = {} if found is None else dict(found)
    return QuarantineRow(
        part=part,
        position=f"{column.table.name}/{id_}",
        key=next((key for name in keys if (key := str(lying.get(name, "")))), ""),
        event=id_,
        type=str(lying.get(type_, "")),
        headers={},
        data=orjson.dumps(lying, default=str),
    )


async def put(
    connection: AsyncConnection, table: Table, row: QuarantineRow, error: str, now: datetime, **own: Any
) -> None:
    """Store a row that could not be processed in the quarantine `table`, in the caller's transaction.

    If the same row (equal in part, topic, key, event id, type and data) is already stored, its count rises by 1, and it
    waits again with the new error and position. Texts are cut to fit their columns.

    Args:
        error: Why the row failed.
        now: When the row failed.
        own: Values of the service's own columns, by name.
    """
    values = {
        "digest": row.digest,
        "part": fit_column(row.part, 20),
        "position": fit_column(row.position),
        "partition": row.partition,
        "topic": fit_column(row.topic, 32),
        "key": fit_column(row.key),
        "event": fit_column(row.event),
        "type": fit_column(row.type, 100),
        "headers": orjson.dumps(
            {fit_column(name): fit_column(value, None) for name, value in row.headers.items()}
        ).decode(),
        "data": row.data,
        "error": fit_column(error, LONGEST_ERROR),
        "count": 1,
        "first_at": now,
        "last_at": now,
        "state": QuarantineState.QUARANTINED.value,
        **own,
    }
    statement = insert(connection, table).values(values)
    again = {
        "count": table.c.count + 1,
        "position": values["position"],
        "partition": values["partition"],
        "error": values["error"],
        "last_at": now,
        "state": QuarantineState.QUARANTINED.value,
        **own,
    }
    await connection.execute(statement.on_conflict_do_update(index_elements=["digest"], set_=again))


async def page(
    connection: AsyncConnection, table: Table, state: str, after: int, limit: int
) -> Sequence[QuarantineEntry]:
    """Return a page of the entries of the quarantine `table` (rows that could not be processed), the oldest first.

    The returned entries have no raw bytes (`data` is empty).

    Args:
        state: `quarantined` or `replayed` for only such entries. "" for all.
        after: The id of the last entry of the previous page. 0 for the first page.
        limit: The greatest number of entries to return.
    """
    columns = [column for column in table.c if column.name != "data"]
    query = select(*columns, func.length(table.c.data).label("size")).where(table.c.id > after)
    if state:
        query = query.where(table.c.state == state)
    rows = (await connection.execute(query.order_by(table.c.id).limit(limit))).mappings().all()
    return [_entry(row | {"data": b""}) for row in map(dict, rows)]


async def find(connection: AsyncConnection, table: Table, id_: int) -> QuarantineEntry | None:
    """Return the entry with this id in the quarantine `table`, with its data, or None if there is no such entry."""
    query = select(table, func.length(table.c.data).label("size")).where(table.c.id == id_)
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else _entry(dict(row))


async def mark_replayed(connection: AsyncConnection, table: Table, entry: QuarantineEntry, now: datetime) -> None:
    """Mark an entry of the quarantine `table` as replayed at `now`.

    Nothing is done if the same row has failed again since `entry` was read (its `count` differs).
    """
    done = {"state": QuarantineState.REPLAYED.value, "last_at": now}
    await connection.execute(update(table).where(table.c.id == entry.id, table.c.count == entry.count).values(done))


async def count_failure(connection: AsyncConnection, table: Table, id_: int, error: str, now: datetime) -> None:
    """Store that an entry of the quarantine `table` failed again when it was replayed.

    The entry's count of failures rises by 1.

    Args:
        error: The text of the new error.
        now: When the replay failed.
    """
    changed = {"error": fit_column(error, LONGEST_ERROR), "last_at": now, "count": table.c.count + 1}
    await connection.execute(update(table).where(table.c.id == id_).values(changed))


async def count_waiting(connection: AsyncConnection, table: Table) -> dict[str, int]:
    """Return the numbers of rows that wait in the quarantine `table`, as part of the service -> number.

    The part is the one that could not process the row. Parts without waiting rows are left out.
    """
    waiting = table.c.state == QuarantineState.QUARANTINED.value
    query = select(table.c.part, func.count()).where(waiting).group_by(table.c.part)
    return {row[0]: row[1] for row in (await connection.execute(query)).all()}


async def forget_replayed(connection: AsyncConnection, table: Table, horizon: datetime, limit: int) -> int:
    """Delete entries that were replayed before the instant `horizon`, and return how many.

    Entries that still wait are kept.

    Args:
        limit: The greatest number of entries to delete.
    """
    old = select(table.c.id).where(table.c.state == QuarantineState.REPLAYED.value, table.c.last_at < horizon)
    return (
        await connection.execute(delete(table).where(table.c.id.in_(old.order_by(table.c.id).limit(limit))))
    ).rowcount


def waiting_entry_exists(table: Table, *which: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the SQL condition that the quarantine `table` holds a waiting entry that matches.

    An entry waits until it is replayed.

    Args:
        which: Conditions on columns of `table`, all of which the entry must fulfil. They may refer to columns of the
            outer query.
    """
    return select(text("1")).where(table.c.state == QuarantineState.QUARANTINED.value, *which).exists()


def fit_column(written: str, longest: int | None = LONGEST_NAME) -> str:
    """Return a text in a form that fits a column of the database.

    NUL characters and lone surrogates are replaced.

    Args:
        longest: The number of characters to which the text is cut. None means that it is not cut.
    """
    whole = written.replace("\0", "�").encode("utf-8", "replace").decode()
    return whole if longest is None else whole[:longest]


def _entry(row: dict[str, Any]) -> QuarantineEntry:
    names = set(QuarantineEntry.__dataclass_fields__)
    own = {name: value for name, value in row.items() if name not in names and name != "digest"}
    values = {name: value for name, value in row.items() if name in names}
    values |= {
        "headers": orjson.loads(row["headers"]),
        "data": bytes(row["data"]),
        "state": QuarantineState(row["state"]),
        "own": own,
    }
    return QuarantineEntry(**values)
