"""A database with its tables, made once in a worker: making them takes longer than most tests run."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy import MetaData, make_url

from sla_platform.store.engine import Store
from sla_platform.store.schema import create_all

_TEMPLATES: dict[tuple[int, ...], Path] = {}  # of SQLite, by the metadata
_MADE: set[tuple[str, tuple[int, ...]]] = set()  # URLs of PostgreSQL that have these tables


async def opened_with_tables(url: str, *metadatas: MetaData) -> Store:
    """Open a Store with the tables of these metadatas; what is stored already stays.

    `url`: of a file of SQLite, or of a database of PostgreSQL that keeps the tables of the tests before.
    """
    kind = tuple(map(id, metadatas))
    file = make_url(url).database if url.startswith("sqlite") else None
    if file is not None and not Path(file).exists():  # noqa: ASYNC240 - a test waits for nothing else
        if kind not in _TEMPLATES:
            _TEMPLATES[kind] = await _template(metadatas)
        shutil.copyfile(_TEMPLATES[kind], file)
        return Store(url)
    store = Store(url)
    if file is not None or (url, kind) not in _MADE:
        await create_all(store, metadatas)
        _MADE.add((url, kind))
    return store


async def _template(metadatas: tuple[MetaData, ...]) -> Path:
    file = Path(_folder().name) / f"{len(_TEMPLATES)}.db"
    store = Store(f"sqlite:///{file}")
    await create_all(store, metadatas)
    async with store.engine.connect() as connection:
        await connection.exec_driver_sql("ROLLBACK")  # what the engine has begun: a checkpoint wants no transaction
        await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    await store.close()
    return file


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="slad-tables-")
