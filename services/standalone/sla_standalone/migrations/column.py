"""Column types and defaults as revisions know them. Frozen: what a released revision means may never change.

They mirror `sla_platform.store.types`; when a type changes there, a new name is added here.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Integer, String, Text, TextClause, Uuid, text
from sqlalchemy.dialects import postgresql

INSTANT = Integer().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
CLOCK_KEY = String(36).with_variant(Uuid(as_uuid=True), "postgresql")
BIG_ID = BigInteger().with_variant(Integer(), "sqlite")
JSON_TEXT = Text().with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def on_postgres() -> bool:
    """Return whether the migration runs on PostgreSQL."""
    return op.get_bind().dialect.name == "postgresql"


def own_transaction() -> TextClause:
    """Return the default of the column `txid` of a log table, as SQL for the table's definition.

    On PostgreSQL it is the id of the transaction that writes the row, on SQLite 0.
    """
    return text("(pg_current_xact_id()::text::bigint)") if on_postgres() else text("0")


def set_storage(table: str, **parameters: float) -> None:
    """Set storage parameters of a table, such as `autovacuum_vacuum_scale_factor`; does nothing on SQLite."""
    if on_postgres():
        written = ", ".join(f"{name} = {value}" for name, value in parameters.items())
        op.execute(f"ALTER TABLE {table} SET ({written})")


def create_postgres_index(name: str, table: str, columns: list[str]) -> None:
    """Create an index on PostgreSQL; does nothing on SQLite."""
    if on_postgres():
        op.create_index(name, table, columns)
