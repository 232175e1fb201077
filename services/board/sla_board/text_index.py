"""An index of trigrams by which a part of a text is found in the list of incidents, where the database can have one.

SQLite has it as a virtual table (FTS5) that triggers keep; PostgreSQL as an index of its extension pg_trgm. Without it
every search finds the same, by reading the whole list.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import OperationalError

NAME = "board_listed_text"
"""The virtual table on SQLite; its shadow tables begin with this name."""
POSTGRES_INDEX = "ix_board_listed_search"
SHORTEST = 3
"""The fewest characters of a text that the index can find."""
_SQLITE = (
    "CREATE VIRTUAL TABLE board_listed_text USING fts5"
    "(search, content='board_listed', content_rowid='position', tokenize='trigram', detail='full')",
    "CREATE TRIGGER board_listed_text_come AFTER INSERT ON board_listed BEGIN"
    " INSERT INTO board_listed_text (rowid, search) VALUES (new.position, new.search); END",
    "CREATE TRIGGER board_listed_text_gone AFTER DELETE ON board_listed BEGIN"
    " INSERT INTO board_listed_text (board_listed_text, rowid, search)"
    " VALUES ('delete', old.position, old.search); END",
)
# The extension needs a right that the owner of a database has; without it the list works all the same.
_POSTGRES = f"""DO $$ BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX {POSTGRES_INDEX} ON board_listed USING gin (search gin_trgm_ops);
EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported OR undefined_object THEN
    RAISE NOTICE 'no index of texts: %', SQLERRM;
END $$"""


def create_text_index(_target: Any, connection: Connection, **_: Any) -> None:
    """Create the index for text search in the list of incidents (table `board_listed`), where the database supports
    one.

    The function is a listener for SQLAlchemy events.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(_POSTGRES))
        return
    try:
        for statement in _SQLITE:
            connection.execute(text(statement))
    except OperationalError as error:
        if "no such module" not in str(error) and "no such tokenizer" not in str(error):
            raise


def drop_text_index(_target: Any, connection: Connection, **_: Any) -> None:
    """Drop the index for text search in the list of incidents (table `board_listed`) on SQLite, before the table is
    dropped.

    The function is a listener for SQLAlchemy events.
    """
    if connection.dialect.name == "sqlite" and NAME in inspect(connection).get_table_names():
        connection.execute(text(f"DROP TABLE {NAME}"))
