"""The only place that asks "PostgreSQL or SQLite?" about statements."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection


def insert(connection: AsyncConnection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Return an INSERT into the table, in the connection's dialect of SQL.

    An ON CONFLICT clause can be added to the statement.
    """
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def insert_new(connection: AsyncConnection, table: Table) -> Any:
    """Return an INSERT into the table that skips rows whose unique key already exists.

    The statement is in the connection's dialect of SQL.
    """
    return insert(connection, table).on_conflict_do_nothing()


def upsert(connection: AsyncConnection, table: Table, *, keep: frozenset[str] = frozenset()) -> Any:
    """Return an INSERT into the table that updates the row with the same primary key, if there is one.

    Args:
        keep: Columns that an update leaves as they are, besides the key.
    """
    statement = insert(connection, table)
    key = [column.name for column in table.primary_key.columns]
    changed = {
        column.name: statement.excluded[column.name]
        for column in table.columns
        if column.name not in key and column.name not in keep
    }
    return statement.on_conflict_do_update(index_elements=key, set_=changed)


def is_postgres(connection: AsyncConnection) -> bool:
    """Return whether the connection is to PostgreSQL."""
    return connection.dialect.name == "postgresql"
