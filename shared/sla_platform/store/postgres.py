"""PostgreSQL: one pool for transactions and reading, and a small one for statements that claim rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any

import orjson
from sqlalchemy import event
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from sla_platform.errors import BadSettings, StoreBusy
from sla_platform.store.connections import Connections, unlimited
from sla_platform.store.database import json_text, note_writes
from sla_platform.store.discreet import keep_values_out_of_errors
from sla_platform.store.types import from_micros, to_micros

POSTGRES_SETTINGS = {
    "application_name": "slad",
    "timezone": "UTC",
    "jit": "off",  # JIT compilation takes longer than these queries
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
CLAIMERS = 2  # connections for them that stay open
UNDER_LOAD = 4  # connections more than those that stay open, while they are in use
_POSTGRES_EPOCH = to_micros(datetime(2000, 1, 1, tzinfo=UTC))


class PostgresDatabase:
    """A `Database` on a PostgreSQL server.

    Args:
        pool: How many connections stay open. Under load four more are opened.
        patient: Whether statements may take as long as they need (for migrations).

    Raises:
        BadSettings: The driver, asyncpg, is not installed.
    """

    def __init__(self, url: URL, pool: int, *, patient: bool) -> None:
        if find_spec("asyncpg") is None:
            raise BadSettings("SLAD_STORE_URL names PostgreSQL, whose driver is missing: pip install 'slad[postgres]'")
        self.writer = Connections(_postgres_engine(url, pool, patient), pool + UNDER_LOAD)
        # Reading needs no BEGIN and no ROLLBACK: two round trips less.
        self.reader = self.writer.with_options(isolation_level="AUTOCOMMIT")
        claiming = _postgres_engine(url, CLAIMERS, False, CLAIMING_SETTINGS, ping=False)
        self.claimer = Connections(claiming, CLAIMERS + UNDER_LOAD).with_options(isolation_level="AUTOCOMMIT")

    async def write_refusal(self) -> str | None:
        """Return why the database refuses writes now, or None if it accepts them.

        The database is asked whether it is read only. If it does not answer, the returned text is the error.
        """
        try:
            async with self.reader.connected() as connection:
                answer = await connection.exec_driver_sql("SELECT current_setting('transaction_read_only')")
                read_only = answer.scalar_one() == "on"
        except StoreBusy as error:
            return str(error)
        return "the database is read only: a standby, or default_transaction_read_only" if read_only else None

    async def close(self) -> None:
        """Close every connection to the database."""
        await self.writer.engine.dispose()
        await self.claimer.engine.dispose()


def _postgres_engine(
    url: URL, pool: int, patient: bool, more: Mapping[str, str] = MappingProxyType({}), *, ping: bool = True
) -> AsyncEngine:
    settings = POSTGRES_SETTINGS | dict(more) | ({"statement_timeout": "0", "lock_timeout": "0"} if patient else {})
    engine = create_async_engine(
        url.set(drivername="postgresql+asyncpg"),
        hide_parameters=True,
        **unlimited(pool),
        pool_pre_ping=ping,
        json_serializer=json_text,
        json_deserializer=orjson.loads,
        connect_args={
            "server_settings": settings,
            "timeout": 10,  # seconds to connect
            # Longer than statement_timeout: it only ends waiting for a server that has gone silent.
            "command_timeout": None if patient else 75,
        },
    )
    keep_values_out_of_errors(engine)
    note_writes(engine)

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
