"""A database with its tables, made once in a worker: making them takes longer than most tests run."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path

from sqlalchemy import MetaData, make_url

import sla_standalone.migrate
from sla_platform.settings import Settings
from sla_platform.store.engine import Store
from sla_platform.store.schema import create_all

_TEMPLATES: dict[tuple[int, ...], Path] = {}  # of SQLite, by the metadata; by none what migrations make
_MADE: set[tuple[str, tuple[int, ...]]] = set()  # URLs of PostgreSQL that have these tables


async def opened_with_tables(url: str, *metadatas: MetaData) -> Store:
    """Open a Store with the tables of these metadatas; what is stored already stays.

    `url`: of a file of SQLite, or of a database of PostgreSQL that keeps the tables of the tests before.
    """
    kind = tuple(map(id, metadatas))
    file = make_url(url).database if url.startswith("sqlite") else None
    if file is not None and not Path(file).exists():  # noqa: ASYNC240 - a test waits for nothing else
        if kind not in _TEMPLATES:
            _TEMPLATES[kind] = await _template(lambda store: create_all(store, metadatas))
        shutil.copyfile(_TEMPLATES[kind], file)
        return Store(url)
    store = Store(url)
    if file is not None or (url, kind) not in _MADE:
        await create_all(store, metadatas)
        _MADE.add((url, kind))
    return store


async def migrate(settings: Settings) -> None:
    """Do as `slad migrate` does; a database of SQLite that is not there yet is copied from one that was migrated."""
    url = make_url(settings.store_url)
    file = url.database if url.drivername == "sqlite" else None
    if file is None or Path(file).exists():  # noqa: ASYNC240 - a test waits for nothing else
        await sla_standalone.migrate.migrate(settings)
        return
    if () not in _TEMPLATES:
        _TEMPLATES[()] = await _template(sla_standalone.migrate.upgrade)
    shutil.copyfile(_TEMPLATES[()], file)


async def _template(make: Callable[[Store], Awaitable[None]]) -> Path:
    file = Path(_folder().name) / f"{len(_TEMPLATES)}.db"
    store = Store(f"sqlite:///{file}")
    await make(store)
    async with store.engine.connect() as connection:
        await connection.exec_driver_sql("ROLLBACK")  # what the engine has begun: a checkpoint wants no transaction
        await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    await store.close()
    return file


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="slad-tables-")
