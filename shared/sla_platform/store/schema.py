"""Creating tables straight from metadata, for tests and tools; databases that live are migrated instead.

What a Table says in `info={"postgresql_with": {...}}` are PostgreSQL storage parameters, such as fillfactor for a
table whose rows are updated in place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import MetaData, Table

from sla_platform.store.engine import Store


async def create_all(store: Store, metadatas: Iterable[MetaData]) -> None:
    """Create the missing tables of these metadatas, for tests and tools.

    In an installation, migrations create the tables.
    """
    async with store.transaction() as connection:
        for metadata in metadatas:
            await connection.run_sync(metadata.create_all)
            if not store.sqlite:
                for statement in storage_statements(metadata.sorted_tables):
                    await connection.exec_driver_sql(statement)


def storage_statements(tables: Iterable[Table]) -> Iterator[str]:
    """Yield the SQL statements that set PostgreSQL's storage parameters (such as fillfactor) of these tables.

    The parameters are in a table's `info["postgresql_with"]`, name -> value. Tables without parameters are skipped.
    """
    for table in tables:
        if options := table.info.get("postgresql_with"):
            written = ", ".join(f"{name} = {value}" for name, value in options.items())
            yield f"ALTER TABLE {table.name} SET ({written})"
