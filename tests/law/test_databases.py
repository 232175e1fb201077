"""Who asks which database it is: the store and its adapters, and whoever has a reason here."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.law.tree import FOLDERS

ADAPTERS = ("sla_platform/store/",)
REASONS = {
    "sla_platform/bus/embedded.py": "a look without a thread, and a position as the end of a log, are of SQLite alone",
    "sla_platform/bus/lease_locks.py": "chooses the adapter of its port",
    "sla_timer/tick/adapters.py": "chooses the adapters of its ports",
    "sla_notifier/intake/scheduler.py": "one writer needs one worker",
    "sla_board/history/text.py": "the planner of SQLite must be led to the index of texts",
    "sla_board/text_index.py": "makes the index of texts, of another kind in each database",
    "sla_standalone/cli/installation.py": "a file of a database can be missing",
    "sla_standalone/migrations/column.py": "a step of a migration",
    "sla_standalone/migrations/env.py": "Alembic's options",
    "sla_standalone/migrations/versions/0008_names_of_incidents.py": "a step of a migration",
}


def test_nobody_else_asks_which_database_it_is() -> None:
    asking = {name for name, path in _modules() if asks(path.read_text()) and not name.startswith(ADAPTERS)}
    assert asking - set(REASONS) == set(), "put an adapter behind a port of sla_platform.store, or give a reason here"
    assert set(REASONS) <= asking, "it asks no longer: take it off the list"


def test_the_ways_to_ask_are_seen() -> None:
    assert asks("if is_postgres(connection): pass")
    assert asks("one = 1 if self._context.store.sqlite else 2")
    assert asks("postgres = bind.dialect.name == 'postgresql'")
    assert not asks("from sqlalchemy.dialects import sqlite\nname = source.dialect")


def asks(source: str) -> bool:
    """Whether the code calls `is_postgres`, or looks at `store.sqlite` or `dialect.name`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name) and node.id == "is_postgres":
            return True
        if isinstance(node, ast.Attribute) and (
            node.attr == "sqlite" or (node.attr == "name" and getattr(node.value, "attr", "") == "dialect")
        ):
            return True
    return False


def _modules() -> list[tuple[str, Path]]:
    return [
        (str(path.relative_to(folder)), path)
        for package, folder in FOLDERS.items()
        for path in sorted((folder / package).rglob("*.py"))
    ]
