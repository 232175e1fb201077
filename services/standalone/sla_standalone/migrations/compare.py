"""How a database is compared with the tables, and how types are written into a new revision."""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import Index
from sqlalchemy.schema import SchemaItem

from sla_platform.store import types
from sla_platform.store.log import TransactionId

# The virtual table of SQLite with its shadows, and the index of PostgreSQL's extension (sla_board.text_index).
_TEXT_INDEXES = ("board_listed_text", "ix_board_listed_search")


def options(dialect: str) -> dict[str, Any]:
    """Return arguments of Alembic's `context.configure`, for comparing slad's tables with those of a database.

    Left out are indexes for another kind of database, and the board's text index, which not every database can have.

    Args:
        dialect: The kind of database, such as `postgresql`.
    """

    def included(item: SchemaItem, name: str | None, kind: str, reflected: bool, _other: SchemaItem | None) -> bool:
        if reflected and name is not None and name.startswith(_TEXT_INDEXES):
            return False
        if kind != "index" or reflected or not isinstance(item, Index):
            return True
        only = only_dialect(item)
        return only is None or only == dialect

    return {"render_item": _written, "include_object": included, "compare_type": True}


def only_dialect(index: Index) -> str | None:
    """Return the only kind of database that an index is made for, such as `postgresql`; None if it is made for all.

    Such an index has an `Index.ddl_if` with a dialect.
    """
    return getattr(index._ddl_if, "dialect", None)


def _written(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """The frozen name of a type of ours; Alembic writes all others itself."""
    if kind == "server_default" and isinstance(getattr(item, "arg", None), TransactionId):
        return "column.own_transaction()"
    if kind != "type":
        return False
    if isinstance(item, types.Instant):
        return "column.INSTANT"
    if isinstance(item, types.ClockKey):
        return "column.CLOCK_KEY"
    if item is types.BigId:
        return "column.BIG_ID"
    if isinstance(item, types.JsonText):
        return "column.JSON_TEXT"
    return False
