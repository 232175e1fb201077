"""The only place that asks "PostgreSQL or SQLite?" about statements."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Table, func
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

_KEPT = 512  # statements; to build one anew takes longer than to run it


def insert(connection: AsyncConnection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Return an INSERT into the table, in the connection's dialect of SQL.

    An ON CONFLICT clause can be added to the statement.
    """
    return _insert(connection.dialect.name, table)


def insert_new(connection: AsyncConnection, table: Table) -> Any:
    """Return an INSERT into the table that skips rows whose unique key already exists.

    The statement is in the connection's dialect of SQL.
    """
    return insert(connection, table).on_conflict_do_nothing()


def upsert(connection: AsyncConnection, table: Table, *, keep: frozenset[str] = frozenset(), newer_by: str = "") -> Any:
    """Return an INSERT into the table that updates the row with the same primary key, if there is one.

    Args:
        keep: Columns that an update leaves as they are, besides the key.
        newer_by: A column. If given, a row is updated only if its value in this column is lower than the new one.
    """
    return _upsert(connection.dialect.name, table, keep, newer_by)


def greatest(connection: AsyncConnection, *values: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the SQL expression for the greatest of some values of one row, none of which is NULL."""
    return (func.greatest if is_postgres(connection) else func.max)(*values)


def is_postgres(connection: AsyncConnection) -> bool:
    """Return whether the connection is to PostgreSQL."""
    return connection.dialect.name == "postgresql"


def _insert(dialect: str, table: Table) -> postgresql.Insert | sqlite.Insert:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


@lru_cache(_KEPT)
def _upsert(dialect: str, table: Table, keep: frozenset[str], newer_by: str) -> Any:
    statement = _insert(dialect, table)
    key = [column.name for column in table.primary_key.columns]
    changed = {
        column.name: statement.excluded[column.name]
        for column in table.columns
        if column.name not in key and column.name not in keep
    }
    newer = table.c[newer_by] < statement.excluded[newer_by] if newer_by else None
    return statement.on_conflict_do_update(index_elements=key, set_=changed, where=newer)
