"""The port of a database: its connections, whether it takes writes, and what both adapters need for it.

One adapter a database (`sqlite`, `postgres`), chosen by `sla_platform.store.engine`; both are held to one conformance
suite, `tests/conformance/test_store.py`.
"""

from __future__ import annotations

from typing import Any, Protocol

import orjson
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from sla_platform.store.connections import Connections

WROTE = "slad.wrote"
DERIVING = "slad_deriving"  # an execution option: a power cut may undo the transaction


class Database(Protocol):
    """The connections of one database, for a `Store`.

    SQLite and PostgreSQL implement this protocol. Errors of the connections show no values of columns or parameters,
    which may be a customer's data.
    """

    @property
    def writer(self) -> Connections:
        """Return the connections that open transactions which may change data."""
        ...

    @property
    def reader(self) -> Connections:
        """Return the connections for statements that only read.

        Such statements take no locks.
        """
        ...

    @property
    def claimer(self) -> Connections | None:
        """Return the connections on which each statement is its own transaction, or None on SQLite.

        `Store.claiming` opens these connections, for workers that find rows and mark them as their own in one
        statement.
        """
        ...

    async def write_refusal(self) -> str | None:
        """Return why the database refuses writes now, or None if it accepts them.

        The database itself is asked.
        """
        ...

    async def close(self) -> None:
        """Close every connection to the database."""
        ...


def json_text(value: Any) -> str:
    """Return a value as JSON text, for a JSON column.

    Raises:
        TypeError: JSON cannot hold the value.
    """
    return orjson.dumps(value).decode()


def note_writes(engine: AsyncEngine) -> None:
    """Make an engine mark each connection on which something was written: `connection.info[WROTE]` becomes True.

    A write is a statement INSERT, UPDATE or DELETE. The mark stays until the connection's user removes it.
    """

    @event.listens_for(engine.sync_engine, "after_cursor_execute")
    def _wrote(connection: Any, _cursor: Any, _statement: Any, _parameters: Any, context: Any, _many: Any) -> None:
        if context is not None and (context.isinsert or context.isupdate or context.isdelete):
            connection.info[WROTE] = True
