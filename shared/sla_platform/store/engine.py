"""Engines from a URL, and the ways in: `transaction()` to change things, `reading()` to look.

SQLite gets one writer connection (BEGIN IMMEDIATE; the pool of one is the queue of writers) and several readers that
cannot write; PostgreSQL one pool for both. Only these context managers commit. A database that is away, full or
overtaxed raises StoreBusy from them, whatever the driver called it; nothing was changed then, unless the connection
was lost during the commit itself, which is why every unit of work claims its event ids.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from sla_platform.errors import BadSettings, StoreBusy
from sla_platform.outage import as_store_busy
from sla_platform.store.discreet import keep_values_out_of_errors
from sla_platform.store.types import from_micros, to_micros
from sla_platform.store.writes import WriteHealth, sqlite_lock_is_free

POSTGRES_SETTINGS = {
    "application_name": "slad",
    "timezone": "UTC",
    "jit": "off",  # a plan of microseconds must not wait for a compiler
    "statement_timeout": "60s",
    # A frozen process keeps what it has locked, such as its partitions, until then. Work takes milliseconds.
    "idle_in_transaction_session_timeout": "10s",
    "lock_timeout": "20s",
}
# For statements that claim a few rows of a big table: whatever the statistics are, the planner walks indexes, and it
# plans afresh each time, since a plan that was made for an empty table must not meet a full one.
CLAIMING_SETTINGS = {
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "plan_cache_mode": "force_custom_plan",
}
LOCK_SECONDS = 5.0  # how long a unit of work waits for another process' lock on SQLite
LOOK_SECONDS = 2.0  # how long the readiness check does
_WROTE = "slad.wrote"
_PRAGMAS = (
    "journal_mode=WAL",
    # FULL: an answer 202 means the event survives a power cut, not only a crash.
    "synchronous=FULL",
    "foreign_keys=ON",
    "temp_store=MEMORY",
    "journal_size_limit=67108864",  # bytes the log keeps after a burst has been checkpointed
)


_POSTGRES_EPOCH = to_micros(datetime(2000, 1, 1, tzinfo=UTC))


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


class Store:
    """One database. Share one Store per URL in a process: on SQLite it is the queue of writers."""

    def __init__(self, url: str, *, pool: int = 8, patient: bool = False) -> None:
        """`patient`: statements may take as long as they need (migrations)."""
        self.url = make_url(url)
        self.writes = WriteHealth()
        self._looking: asyncio.Task[str | None] | None = None
        self.sqlite = self.url.get_backend_name() == "sqlite"
        if not self.sqlite and find_spec("asyncpg") is None:
            raise BadSettings("SLAD_STORE_URL names PostgreSQL, whose driver is missing: pip install 'slad[postgres]'")
        if self.sqlite:
            self._writer, self._reader = _sqlite_engines(self.url, patient)
        else:
            self._writer = _postgres_engine(self.url, pool, patient)
            # Looking needs no BEGIN and no ROLLBACK: two round trips less.
            self._reader = self._writer.execution_options(isolation_level="AUTOCOMMIT")
            self._claimer = _postgres_engine(self.url, 2, False, CLAIMING_SETTINGS, ping=False).execution_options(
                isolation_level="AUTOCOMMIT"
            )

    @property
    def engine(self) -> AsyncEngine:
        """Return the engine for migrations and tools; it raises the driver's own errors."""
        return self._writer

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Open a unit of work that commits at the end and rolls back on any error. Raises StoreBusy (see module)."""
        try:
            async with _connected(self._writer) as connection, connection.begin():
                notes = connection.info
                notes.pop(_WROTE, None)
                yield connection
        except StoreBusy as error:
            self.writes.note_refused(error)
            raise
        if notes.get(_WROTE):
            self.writes.note_committed()

    @asynccontextmanager
    async def claiming(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection on which each statement is a unit of work and the planner walks indexes.

        PostgreSQL only; raises StoreBusy.
        """
        assert not self.sqlite, "SQLite's writers queue for transactions"
        try:
            async with _connected(self._claimer) as connection:
                yield connection
        except StoreBusy as error:
            self.writes.note_refused(error)
            raise

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection for reading, without locks. Raises StoreBusy.

        On SQLite all statements see one state of the database, on PostgreSQL each sees what is committed by then.
        """
        async with _connected(self._reader) as connection:
            yield connection

    async def takes_writes(self) -> str | None:
        """Return why writes are refused at present; None when they are accepted. A readiness check."""
        if self.writes.recently_committed:
            return None
        if self.writes.full:
            return self.writes.full
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look(), name="store.look")
        return await asyncio.shield(self._looking)

    async def _look(self) -> str | None:
        if self.sqlite:
            return await asyncio.to_thread(sqlite_lock_is_free, self.url.database or "", LOOK_SECONDS)
        try:
            async with self.reading() as connection:
                answer = await connection.exec_driver_sql("SELECT current_setting('transaction_read_only')")
                read_only = answer.scalar_one() == "on"
        except StoreBusy as error:
            return str(error)
        return "the database is read only: a standby, or default_transaction_read_only" if read_only else None

    async def close(self) -> None:
        """Close every connection."""
        if self._looking is not None:
            await asyncio.wait((self._looking,))
        await self._writer.dispose()
        await (self._reader if self.sqlite else self._claimer).dispose()


@asynccontextmanager
async def _connected(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    connecting = True
    try:
        async with engine.connect() as connection:
            connecting = False
            yield connection
    except Exception as error:
        if (passing := as_store_busy(error, connecting=connecting)) is not None:
            raise passing from error
        raise


def _postgres_engine(
    url: URL, pool: int, patient: bool, more: Mapping[str, str] = MappingProxyType({}), *, ping: bool = True
) -> AsyncEngine:
    settings = POSTGRES_SETTINGS | dict(more) | ({"statement_timeout": "0", "lock_timeout": "0"} if patient else {})
    engine = create_async_engine(
        url.set(drivername="postgresql+asyncpg"),
        hide_parameters=True,
        pool_size=pool,
        max_overflow=4,
        pool_timeout=10,
        pool_pre_ping=ping,
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
        connect_args={
            "server_settings": settings,
            "timeout": 10,  # seconds to connect
            # Longer than statement_timeout: it only ends waiting for a server that has gone silent.
            "command_timeout": None if patient else 75,
        },
    )
    keep_values_out_of_errors(engine)
    _note_writes(engine)

    @event.listens_for(engine.sync_engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.run_async(_read_every_instant)

    return engine


async def _read_every_instant(connection: Any) -> None:
    """The driver's own reading raises for instants before Christ or after 9999, and the whole answer is lost."""
    await connection.set_type_codec(
        "timestamptz", schema="pg_catalog", format="tuple", encoder=_encoded_instant, decoder=_decoded_instant
    )


def _encoded_instant(instant: datetime) -> tuple[int]:
    return (to_micros(instant) - _POSTGRES_EPOCH,)


def _decoded_instant(counted: tuple[int]) -> datetime:
    return from_micros(counted[0] + _POSTGRES_EPOCH)


def _sqlite_engines(url: URL, patient: bool) -> tuple[AsyncEngine, AsyncEngine]:
    if not url.database or url.database == ":memory:" or "mode" in url.query:
        raise BadSettings(
            "SLAD_STORE_URL: slad keeps SQLite in a file, sqlite:///path/to/file.db; "
            "what is accepted must survive the process"
        )
    url = url.set(drivername="sqlite+aiosqlite")
    Path(url.database or "").parent.mkdir(parents=True, exist_ok=True)
    writer = _sqlite_engine(url, size=1, begin="BEGIN IMMEDIATE", patience=30 if patient else LOCK_SECONDS)
    reader = _sqlite_engine(url, size=4, begin="BEGIN", pragmas=("query_only=ON",))
    return writer, reader


def _sqlite_engine(
    url: URL, *, size: int, begin: str, pragmas: tuple[str, ...] = (), patience: float = LOCK_SECONDS
) -> AsyncEngine:
    engine = create_async_engine(
        url,
        hide_parameters=True,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=size,
        max_overflow=0,
        pool_timeout=10,
        connect_args={"timeout": patience},
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
    )
    keep_values_out_of_errors(engine)

    @event.listens_for(engine.sync_engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # BEGIN is sent by this module: the driver's own rules differ by statement
        cursor = connection.cursor()
        for pragma in (*_PRAGMAS, *pragmas):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    _note_writes(engine)
    return engine


def _note_writes(engine: AsyncEngine) -> None:
    @event.listens_for(engine.sync_engine, "after_cursor_execute")
    def _wrote(connection: Any, _cursor: Any, _statement: Any, _parameters: Any, context: Any, _many: Any) -> None:
        if context is not None and (context.isinsert or context.isupdate or context.isdelete):
            connection.info[_WROTE] = True
