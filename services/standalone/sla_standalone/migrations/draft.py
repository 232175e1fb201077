"""Drafts the next revision: `python -m sla_standalone.migrations.draft "Why the tables change"`.

It compares the tables with what the revisions so far make of an empty PostgreSQL database of its own. Read what it
writes, run `ruff format` over it, and run the tests of the history, which compare on both dialects.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import renderers
from alembic.operations import ops
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection

from sla_platform.local import FAST, PostgresServer
from sla_platform.store.engine import Store
from sla_standalone.migrate import configuration, upgrade
from sla_standalone.migrations.compare import only_dialect
from sla_standalone.migrations.tables import METADATA

_POSTGRES_INDEXES = {
    index.name
    for metadata in METADATA
    for table in metadata.sorted_tables
    for index in table.indexes
    if only_dialect(index) == "postgresql"
}


class SetStorage(ops.MigrateOperation):
    """An operation of Alembic's, for revisions that `draft` writes: set storage parameters of a table on PostgreSQL."""

    def __init__(self, table: str, parameters: dict[str, Any]) -> None:
        self.table = table
        self.parameters = parameters


class OnlyOnPostgres(ops.MigrateOperation):
    """An operation of Alembic's, for revisions that `draft` writes.

    It creates an index on PostgreSQL, and none on SQLite.

    Args:
        index: Alembic's own operation that would create the index.
    """

    def __init__(self, index: ops.CreateIndexOp) -> None:
        self.index = index


@renderers.dispatch_for(SetStorage)
def _storage(_context: Any, operation: SetStorage) -> str:
    written = ", ".join(f"{name}={value!r}" for name, value in operation.parameters.items())
    return f"column.set_storage({operation.table!r}, {written})"


@renderers.dispatch_for(OnlyOnPostgres)
def _only_on_postgres(_context: Any, operation: OnlyOnPostgres) -> str:
    index = operation.index
    columns = [column.name for column in index.to_index().columns]
    return f"column.create_postgres_index({index.index_name!r}, {index.table_name!r}, {columns!r})"


async def draft(message: str) -> None:
    """Write a new revision file, by which Alembic upgrades a database to the tables that the code defines now.

    The tables are compared with those of the newest revision, in an empty database on a PostgreSQL server started for
    this.

    Args:
        message: Why the tables change. It becomes part of the file's name.
    """
    with tempfile.TemporaryDirectory() as folder, PostgresServer(Path(folder), settings=FAST) as server:
        store = Store(await server.create_database("draft"))
        await upgrade(store)
        async with store.transaction() as connection:
            await connection.run_sync(_write, message)
        await store.close()


def _write(connection: Connection, message: str) -> None:
    config = configuration(connection)
    number = 1 + sum(1 for _ in ScriptDirectory.from_config(config).walk_revisions())
    slug = re.sub(r"\W+", "_", message.lower()).strip("_")[:40]
    config.set_main_option("file_template", f"{number:04}_{slug}")
    drafted = command.revision(
        config, message, autogenerate=True, rev_id=f"{number:04}", process_revision_directives=_complete
    )
    assert isinstance(drafted, Script)
    path = Path(drafted.path)
    lines = (line for line in path.read_text().splitlines(True) if "###" not in line)
    path.write_text("".join(lines).replace(", unique=False", ""))  # what an index is anyway


def _complete(_context: Any, _revision: Any, directives: list[ops.MigrationScript]) -> None:
    """Add what Alembic leaves out, and leave out what a dropped table takes with it."""
    script = directives[0]
    assert script.upgrade_ops is not None
    assert script.downgrade_ops is not None
    script.upgrade_ops.ops = [done for found in _flat(script.upgrade_ops.ops) for done in _completed(found)]
    back = list(_flat(script.downgrade_ops.ops))
    dropped = {found.table_name for found in back if isinstance(found, ops.DropTableOp)}
    script.downgrade_ops.ops = [
        found for found in back if not (isinstance(found, ops.DropIndexOp) and found.table_name in dropped)
    ]


def _flat(found: list[ops.MigrateOperation]) -> Iterator[ops.MigrateOperation]:
    for operation in found:
        if isinstance(operation, ops.ModifyTableOps):
            yield from _flat(operation.ops)
        else:
            yield operation


def _completed(operation: ops.MigrateOperation) -> Iterator[ops.MigrateOperation]:
    if isinstance(operation, ops.CreateTableOp):
        parameters = (operation.info or {}).pop("postgresql_with", None)
        yield operation
        if parameters:
            yield SetStorage(operation.table_name, parameters)
    elif isinstance(operation, ops.CreateIndexOp) and operation.index_name in _POSTGRES_INDEXES:
        yield OnlyOnPostgres(operation)
    else:
        yield operation


if __name__ == "__main__":
    asyncio.run(draft(sys.argv[1]))
