"""The event log every service keeps in its own database: its outbox, and on the embedded profile the bus itself.

Appending happens inside the transaction that changes state. Readers page through it by a cursor; the relay drains it
to Kafka. Where a sequence alone would lose late commits (PostgreSQL), the cursor is (transaction id, position) and
readers stop below the oldest transaction still running: what lies below can no longer change.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import BigInteger, Column, Index, MetaData, String, Table, Text, UniqueConstraint, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement

from sla_platform.envelope import Envelope, Topic
from sla_platform.errors import BadEnvelope
from sla_platform.fault import Fault, as_retryable, error_text, fault_of
from sla_platform.store.dialect import insert_new, is_postgres
from sla_platform.store.engine import Store
from sla_platform.store.log_port import FIELDS, LogSql
from sla_platform.store.log_postgres import PostgresLog
from sla_platform.store.log_sqlite import SqliteLog
from sla_platform.store.quarantine import QuarantineRow
from sla_platform.store.types import EARLIEST, LATEST, BigId, Instant, from_micros
from sla_platform.turn import LoopYielder

_log = structlog.get_logger(__name__)

# What PostgreSQL fills txid with by itself; SQLite, whose writers queue, does without.
POSTGRES_TXID_DEFAULT = "(pg_current_xact_id()::text::bigint)"


class TransactionId(FunctionElement[int]):
    """An SQL expression for the id of the present transaction: 0 on SQLite.

    It is the default of the column `txid` of event logs.
    """

    type = BigInteger()
    inherit_cache = True


@compiles(TransactionId)
def _no_transaction(_element: TransactionId, _compiler: Any, **_options: Any) -> str:
    return "0"


@compiles(TransactionId, "postgresql")
def _own_transaction(_element: TransactionId, _compiler: Any, **_options: Any) -> str:
    return POSTGRES_TXID_DEFAULT


def log_table(metadata: MetaData, service: str) -> Table:
    """Return the table `<service>_log` of the events that a service publishes.

    Readers read events in the order of `txid` (the transaction's id) and `position`. Never change the order of the
    columns: PostgreSQL must fill in `txid` before `position`.
    """
    return Table(
        f"{service}_log",
        metadata,
        Column("txid", BigInteger, nullable=False, server_default=TransactionId()),
        Column("position", BigId, primary_key=True, autoincrement=True),
        Column("topic", String(32), nullable=False),
        Column("id", String(200), nullable=False),
        Column("type", String(100), nullable=False),
        Column("source", String(100), nullable=False),
        Column("subject", String(300), nullable=False),
        Column("key", String(300), nullable=False),
        Column("time", Instant, nullable=False),
        Column("data", Text, nullable=False),
        UniqueConstraint("id", name=f"uq_{service}_log_id"),
        # The order readers page in on PostgreSQL; on SQLite it is the position alone.
        Index(f"ix_{service}_log_order", "txid", "position").ddl_if(dialect="postgresql"),
        sqlite_autoincrement=True,
        info={"postgresql_with": {"autovacuum_vacuum_scale_factor": 0.01, "autovacuum_vacuum_cost_delay": 0}},
    )


def row_of(envelope: Envelope) -> dict[str, Any]:
    """Return an event as a row of an event log, column -> value.

    The columns `txid` and `position` are left out: the database fills them in.
    """
    return {
        "topic": envelope.topic.value,
        "id": envelope.id,
        "type": envelope.type,
        "source": envelope.source,
        "subject": envelope.subject,
        "key": envelope.key,
        "time": envelope.time,
        "data": envelope.data.decode(),
    }


async def append(connection: AsyncConnection, log: Table, envelopes: Iterable[Envelope]) -> None:
    """Insert events into an event log, in the caller's transaction.

    Events whose id is already in the log are skipped.
    """
    rows = [row_of(envelope) for envelope in envelopes]
    if rows:
        await connection.execute(insert_new(connection, log), rows)


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """How far a reader has read an event log. A cursor further on compares greater.

    Both fields are 0 at the beginning of the log. A cursor is stored as the text `str(cursor)`, such as `0:42`, which
    `parse` reads.
    """

    txid: int = 0
    """The id of the transaction that wrote the last event read. 0 on SQLite."""
    position: int = 0
    """The position of the last event read."""

    @classmethod
    def parse(cls, written: str) -> Cursor:
        """Return the cursor that was stored as this text, such as `0:42`.

        Raises:
            ValueError: The text has any other form.
        """
        txid, _, position = written.partition(":")
        return cls(int(txid), int(position))

    def __str__(self) -> str:
        return f"{self.txid}:{self.position}"


@dataclass(frozen=True, slots=True)
class UnreadableLogRow:
    """A row of an event log that cannot be read as an event."""

    position: int
    """The row's position in the log."""
    fields: Mapping[str, bytes]
    """Name of a column -> its bytes."""
    error: BadEnvelope
    """What is wrong with the row."""


@dataclass(frozen=True, slots=True)
class LogPage:
    """The next events of an event log, as `read` returns them."""

    envelopes: tuple[Envelope, ...]
    cursor: Cursor
    """Where the next page begins."""
    complete: bool
    """Whether the log holds no further committed event of the topics. If False, read again."""
    positions: tuple[int, ...] = ()
    """The position of each event."""
    unreadable: tuple[UnreadableLogRow, ...] = ()
    """The rows of the page that cannot be read as events."""


_FIELDS = ", ".join(FIELDS)
_SQLITE: LogSql = SqliteLog()
_POSTGRES: LogSql = PostgresLog()


def _sql(connection: AsyncConnection) -> LogSql:
    return _POSTGRES if is_postgres(connection) else _SQLITE


async def read(connection: AsyncConnection, log: Table, topics: Sequence[Topic], cursor: Cursor, limit: int) -> LogPage:
    """Return the next events of these topics after `cursor`, in log order.

    On PostgreSQL, an older transaction that still runs may yet commit an event that comes earlier in the log. Until it
    ends, the events after it are left for a later page, and the returned page is not `complete`.

    Args:
        limit: The greatest number of rows.
    """
    sql = _sql(connection)
    marks, values = _bound_topics(topics)
    where = f"{sql.after} AND topic IN ({marks}) ORDER BY {sql.order} LIMIT :limit"
    values |= {"txid": cursor.txid, "position": cursor.position, "limit": limit}
    rows = await _rows(connection, log, f"txid, position, {sql.settled} AS settled", where, values)
    ready = [row for row in rows if row.settled]
    last = Cursor(ready[-1].txid, ready[-1].position) if ready else cursor
    entries, unreadable = await _sorted(connection, log, ready)
    return LogPage(
        tuple(entry.envelope for entry in entries),
        last,
        complete=len(ready) == len(rows) < limit,
        positions=tuple(entry.position for entry in entries),
        unreadable=unreadable,
    )


def anything_after(store: Store, log: Table, topics: Sequence[Topic], cursor: Cursor) -> bool:
    """Return whether the event log has events of these topics after `cursor`.

    The call is synchronous, and possible on SQLite only.

    Raises:
        StoreBusy: SQLite does not answer.
    """
    marks, values = _bound_topics(topics)
    query = f"SELECT 1 FROM {log.name} WHERE position > :position AND topic IN ({marks}) LIMIT 1"  # noqa: S608 - as in _rows
    return store.glance(query, {**values, "position": cursor.position}) is not None


async def end_of(connection: AsyncConnection, log: Table, topics: Sequence[Topic]) -> int:
    """Return the position of the last committed event of these topics in an event log on SQLite.

    The result is 0 if there is no such event.
    """
    marks, values = _bound_topics(topics)
    query = f"SELECT position FROM {log.name} WHERE topic IN ({marks}) ORDER BY position DESC LIMIT 1"  # noqa: S608 - as in _rows
    return int((await connection.execute(text(query), values)).scalar() or 0)


async def waiting(connection: AsyncConnection, log: Table, topics: Sequence[Topic], cursor: Cursor, cap: int) -> int:
    """Return how many events of these topics the event log has after `cursor`, but at most `cap`."""
    after = "(txid, position) > (:txid, :position)"
    marks, values = _bound_topics(topics)
    counted = f"SELECT 1 FROM {log.name} WHERE {after} AND topic IN ({marks}) LIMIT :cap"  # noqa: S608 - as in _rows
    values |= {"txid": cursor.txid, "position": cursor.position, "cap": cap}
    return int((await connection.execute(text(f"SELECT count(*) FROM ({counted}) AS unread"), values)).scalar_one())  # noqa: S608


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An event in an event log, with its position in the log.

    The relay, which copies the log to Kafka, deletes the event by this position.
    """

    position: int
    envelope: Envelope


async def oldest(
    connection: AsyncConnection, log: Table, limit: int, *, without: Collection[str] = ()
) -> tuple[list[LogEntry], tuple[UnreadableLogRow, ...]]:
    """Return the first rows of an event log by position: (the events, the rows that cannot be read as events).

    Together they are at most `limit` rows. The relay (the task that copies the log to Kafka) calls this, and deletes
    what it has copied. An event may be committed after events with a greater position; the next call then finds it.
    Events of the same key keep their order, since their writers wait for each other's commit.

    Args:
        without: Partition keys whose events are left out.
    """
    held = sorted(without)
    names = ", ".join(f":k{number}" for number in range(len(held)))
    others = f"key NOT IN ({names})" if held else "1 = 1"
    values = {f"k{number}": key for number, key in enumerate(held)}
    where = f"{others} ORDER BY position LIMIT :limit"
    return await _sorted(connection, log, await _rows(connection, log, "position", where, {**values, "limit": limit}))


def event_row(log: Table, unreadable: UnreadableLogRow, part: str) -> QuarantineRow:
    """Return an unreadable row of an event log in the form for the quarantine.

    Args:
        log: The event log.
        unreadable: The row, which cannot be read as an event.
        part: The part of the service that could not read it, such as `relay`.
    """
    as_text = {name: value.decode("utf-8", "replace") for name, value in unreadable.fields.items()}
    headers = {f"log_{name}": as_text[name] for name in as_text if name != "data"}
    return QuarantineRow(
        part=part,
        position=f"{log.name}/{unreadable.position}",
        topic=as_text["topic"],
        key=as_text["key"],
        event=as_text["id"],
        type=as_text["type"],
        headers=headers,
        data=unreadable.fields["data"],
    )


async def remove(connection: AsyncConnection, log: Table, positions: Sequence[int]) -> None:
    """Delete the events at these positions from an event log.

    Positions without an event are skipped. Pass only positions of events that were read, not a whole range: an event
    with a position in the range may have been committed only afterwards, and would be lost.
    """
    if positions:
        await _sql(connection).delete(connection, log.name, positions)


def _bound_topics(topics: Sequence[Topic]) -> tuple[str, dict[str, Any]]:
    marks = ", ".join(f":t{number}" for number in range(len(topics)))
    return marks, {f"t{number}": topic.value for number, topic in enumerate(topics)}


async def _rows(
    connection: AsyncConnection, log: Table, extra: str, where: str, values: Mapping[str, Any]
) -> Sequence[Any]:
    """The rows of a look. When the driver cannot read one of them, all are read as the bytes that they are.

    The names come from this module and from log_table; every value is bound.
    """
    statement = text(f"SELECT {extra}, {_FIELDS} FROM {log.name} WHERE {where}")  # noqa: S608
    typed = statement.columns(*(log.c[name] for name in FIELDS), position=log.c.position.type)
    try:
        return (await connection.execute(typed, values)).all()
    except Exception as error:
        if fault_of(error) is Fault.PASSING or not _sql(connection).keeps_anything:
            raise as_retryable(error) from error
        _log.warning("log.read_raw", log=log.name, error=error_text(error)[:300])
    raw = text(f"SELECT {extra}, {_sql(connection).raw} FROM {log.name} WHERE {where}")  # noqa: S608
    return (await connection.execute(raw, values)).all()


async def _sorted(
    connection: AsyncConnection, log: Table, rows: Sequence[Any]
) -> tuple[list[LogEntry], tuple[UnreadableLogRow, ...]]:
    entries: list[LogEntry] = []
    unreadable: list[UnreadableLogRow] = []
    turn = LoopYielder()
    for row in rows:
        await turn.yield_if_due()
        try:
            entries.append(LogEntry(row.position, _envelope(row)))
        except (BadEnvelope, ValueError, OverflowError, TypeError, AttributeError) as error:
            bad = error if isinstance(error, BadEnvelope) else BadEnvelope(f"the row is no event: {error_text(error)}")
            unreadable.append(UnreadableLogRow(row.position, await _raw(connection, log, row.position), bad))
    return entries, tuple(unreadable)


async def _raw(connection: AsyncConnection, log: Table, position: int) -> dict[str, bytes]:
    query = text(f"SELECT {_sql(connection).raw} FROM {log.name} WHERE position = :position")  # noqa: S608 - as in _rows
    row = (await connection.execute(query, {"position": position})).mappings().one()
    return {name: bytes(row[name] or b"") for name in FIELDS}


def _envelope(row: Any) -> Envelope:
    if not _all_text(row):
        row = _decoded(row)
    if not EARLIEST < row.time < LATEST:
        raise BadEnvelope("its time lies outside the calendar")
    return Envelope.of_row(
        topic=row.topic,
        id=row.id,
        type=row.type,
        source=row.source,
        subject=row.subject,
        key=row.key,
        time=row.time,
        data=row.data,
    )


def _all_text(row: Any) -> bool:
    """Whether every field is text; SQLite keeps bytes in any column that they are written to."""
    return (
        type(row.data) is type(row.id) is type(row.key) is type(row.type) is str
        and type(row.topic) is type(row.source) is type(row.subject) is str
    )


@dataclass(frozen=True, slots=True)
class _Decoded:
    topic: str
    id: str
    type: str
    source: str
    subject: str
    key: str
    time: datetime
    data: str


def _decoded(row: Any) -> _Decoded:
    """A row of bytes as the driver would have read it. Raises ValueError."""
    texts = {name: getattr(row, name).decode() for name in FIELDS}
    return _Decoded(**texts | {"time": from_micros(int(texts["time"]))})
