"""Create and drop databases on any PostgreSQL server, given by an SQLAlchemy URL."""

from __future__ import annotations

import asyncpg
from sqlalchemy import URL, make_url


async def create_database(server_url: str, name: str, template: str = "template1") -> str:
    """Create a database on a PostgreSQL server, as a copy of `template`, and return its SQLAlchemy URL.

    Args:
        server_url: The SQLAlchemy URL of any database on this server.
        name: The name of the new database.

    Raises:
        asyncpg.DuplicateDatabaseError: The database exists.
        asyncpg.ObjectInUseError: The template is in use.
    """
    await _execute(server_url, f"CREATE DATABASE {_quoted(name)} TEMPLATE {_quoted(template)}")
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


async def drop_database(server_url: str, name: str) -> None:
    """Drop a database and end the connections to it.

    If there is no such database, nothing is done.

    Args:
        server_url: The SQLAlchemy URL of another database on the same PostgreSQL server.
    """
    await _execute(server_url, f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)")


async def server_version(server_url: str) -> str:
    """Return the version that the PostgreSQL server at this URL reports, such as 18.4."""
    connection = await _connect(make_url(server_url))
    try:
        return str(await connection.fetchval("SHOW server_version")).split()[0]
    finally:
        await connection.close()


async def _execute(server_url: str, statement: str) -> None:
    connection = await _connect(make_url(server_url))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _connect(url: URL) -> asyncpg.Connection[asyncpg.Record]:
    host = url.query.get("host", url.host)
    return await asyncpg.connect(
        host=host if isinstance(host, str) or host is None else list(host),
        port=url.port,
        user=url.username,
        password=url.password,
        database=url.database,
    )


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'
