"""What SQLAlchemy makes of a statement, made once in a process.

An engine keeps the SQL of the statements that it has seen, and each test has engines of its own: a tenth of the time of
a test on a database went into the SQL of the same statements. `remember` lets all engines of one dialect share it.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite
from sqlalchemy.engine import Engine
from sqlalchemy.util import LRUCache

STATEMENTS = 10_000
"""So many of each dialect are kept."""


def remember() -> None:
    """Have the engines of one dialect share the SQL of their statements; for tests."""
    type.__setattr__(Engine, "_compiled_cache", property(_shared, _left_alone))
    for dialect in (SQLiteDialect_aiosqlite, PGDialect_asyncpg):  # a part of what a statement is found by
        type.__setattr__(dialect, "__eq__", lambda one, other: type(one) is type(other))
        type.__setattr__(dialect, "__hash__", lambda one: hash(type(one)))


@cache
def _of(dialect: str) -> LRUCache[Any, Any]:
    return LRUCache(STATEMENTS)


def _shared(engine: Engine) -> LRUCache[Any, Any]:
    return _of(f"{engine.dialect.name}+{engine.dialect.driver}")


def _left_alone(engine: Engine, own: object) -> None:
    """An engine gives itself a cache when it is made."""
