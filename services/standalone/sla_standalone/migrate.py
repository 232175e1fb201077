"""Bring database and topics to what this release needs (`slad migrate`), and check whether they are."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from sla_platform.errors import BadSettings
from sla_platform.settings import Settings
from sla_platform.store.engine import Store
from sla_platform.store.locks import locks_of

_log = structlog.get_logger(__name__)
_SCRIPTS = Path(__file__).parent / "migrations"
_LOCK = 0x736C6164  # "slad": one migration at a time


async def migrate(settings: Settings) -> None:
    """Bring the database to the newest revision, and create missing Kafka topics (if Kafka is the message bus).

    Does nothing if everything is up to date.

    Raises:
        StoreBusy: The database cannot be reached.
        BadSettings: Existing topics do not fit, or a newer release has migrated the database.
        BusUnavailable: Kafka cannot be reached.
    """
    store = Store(settings.store_url, pool=1, patient=True)
    try:
        await upgrade(store)
    finally:
        await store.close()
    if not settings.embedded:
        from sla_platform.bus.kafka import ensure_topics

        for topic in await ensure_topics(settings):
            _log.info("migrate.topic_created", topic=topic)


async def upgrade(store: Store, to: str = "head") -> None:
    """Upgrade the database to a revision, in one transaction.

    If a revision fails, the database is not changed.

    Args:
        to: The revision, such as `0009`. `head` is the newest.

    Raises:
        StoreBusy: The database fails.
        BadSettings: A newer release has migrated the database.
    """
    await _run(store, command.upgrade, to)


async def downgrade(store: Store, to: str) -> None:
    """Downgrade the database to a revision.

    Args:
        to: The revision, such as `0009`. `base` removes every table with its data.

    Raises:
        StoreBusy: The database fails.
        BadSettings: A newer release has migrated the database.
    """
    await _run(store, command.downgrade, to)


async def at_head(store: Store) -> str | None:
    """Return None if the database's schema fits this release, else a text for the readiness check that says why not.

    A newer schema than that of this release fits too: in a rolling upgrade, old processes go on after the migration.
    """
    async with store.reading() as connection:
        current = await connection.run_sync(_revision)
    scripts = _history()
    if current == scripts.get_current_head():
        return None
    if current is None:
        return "the database has no schema: run `slad migrate`"
    if current not in {script.revision for script in scripts.walk_revisions()}:
        return None
    return f"the database is at revision {current}: run `slad migrate`"


async def _run(store: Store, what: Callable[[Config, str], None], to: str) -> None:
    async with store.transaction() as connection:
        await locks_of(connection).hold(_LOCK)
        before = await connection.run_sync(_revision)
        if before is not None and before not in {script.revision for script in _history().walk_revisions()}:
            raise BadSettings(
                f"the database is at revision {before}, which this release does not know: a newer release has migrated "
                "it. Run that release, or restore a backup from before its migration"
            )
        await connection.run_sync(_alembic, what, to)
        after = await connection.run_sync(_revision)
    if before != after:
        _log.info("migrate.database", before=before, after=after)


def _alembic(connection: Connection, what: Callable[[Config, str], None], to: str) -> None:
    what(configuration(connection), to)


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def configuration(connection: Connection | None = None) -> Config:
    """Return a configuration of Alembic; no configuration file is needed.

    Args:
        connection: The connection to the database. None is enough to read the revision files.
    """
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    attributes: dict[str, Any] = config.attributes
    attributes["connection"] = connection
    return config


@functools.cache
def _history() -> ScriptDirectory:
    return ScriptDirectory.from_config(configuration())
