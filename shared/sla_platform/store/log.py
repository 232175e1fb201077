"""The event log every service keeps in its own database: its outbox, and on the embedded profile the bus itself.

Appending happens inside the transaction that changes state. Readers page through it by a cursor; the relay drains it
to Kafka. Where a sequence alone would lose late commits (PostgreSQL), the cursor is (transaction id, position) and
readers stop below the oldest transaction still running: what lies below can no longer change.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Column, MetaData, String, Table, Text, UniqueConstraint, text
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_platform.envelope import Envelope, Topic
from sla_platform.store.dialect import insert_new, is_postgres
from sla_platform.store.types import BigId, Instant


def log_table(metadata: MetaData, service: str) -> Table:
    """`<service>_log`; the column order matters: the transaction id is taken before the position (see module)."""
    return Table(
        f"{service}_log",
        metadata,
        Column("txid", BigInteger, nullable=False, server_default=text("0")),
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
        sqlite_autoincrement=True,
    )


# PostgreSQL fills txid itself; migrations set this default there.
POSTGRES_TXID_DEFAULT = "(pg_current_xact_id()::text::bigint)"


def row_of(envelope: Envelope) -> dict[str, Any]:
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
    """Add events to the log in the caller's transaction; an id that is already there is passed over."""
    rows = [row_of(envelope) for envelope in envelopes]
    if rows:
        await connection.execute(insert_new(connection, log), rows)


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """How far a reader has come; opaque to everybody but this module."""

    txid: int = 0
    position: int = 0

    @classmethod
    def parse(cls, written: str) -> Cursor:
        txid, _, position = written.partition(":")
        return cls(int(txid), int(position))

    def __str__(self) -> str:
        return f"{self.txid}:{self.position}"


@dataclass(frozen=True, slots=True)
class Page:
    """Events after a cursor; `complete` says that nothing visible was left behind this page."""

    envelopes: tuple[Envelope, ...]
    cursor: Cursor
    complete: bool


_COLUMNS = "txid, position, topic, id, type, source, subject, key, time, data"


async def read(connection: AsyncConnection, log: Table, topics: Sequence[Topic], cursor: Cursor, limit: int) -> Page:
    """The next events of these topics after `cursor`, in log order."""
    names = [topic.value for topic in topics]
    marks = ", ".join(f":t{n}" for n in range(len(names)))
    if is_postgres(connection):
        where = "(txid, position) > (:txid, :position) AND txid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
        order = "txid, position"
    else:
        where = "position > :position AND :txid >= 0"
        order = "position"
    # The names come from this module and from log_table; every value is bound.
    statement = text(
        f"SELECT {_COLUMNS} FROM {log.name} WHERE {where} AND topic IN ({marks}) ORDER BY {order} LIMIT :limit"  # noqa: S608
    ).columns(*(log.c[name.strip()] for name in _COLUMNS.split(",")))
    values = {"txid": cursor.txid, "position": cursor.position, "limit": limit}
    rows = (await connection.execute(statement, values | {f"t{n}": name for n, name in enumerate(names)})).all()
    envelopes = tuple(
        Envelope(
            topic=Topic(row.topic),
            id=row.id,
            type=row.type,
            source=row.source,
            subject=row.subject,
            key=row.key,
            time=row.time,
            data=row.data.encode(),
        )
        for row in rows
    )
    last = Cursor(rows[-1].txid, rows[-1].position) if rows else cursor
    return Page(envelopes, last, complete=len(rows) < limit)
