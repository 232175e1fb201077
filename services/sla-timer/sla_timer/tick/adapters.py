"""The adapters of the tick's ports for a store: SQLite or PostgreSQL."""

from __future__ import annotations

from sla_platform.store.engine import Store
from sla_timer.tick.port import Firing
from sla_timer.tick.postgres import PostgresFiring
from sla_timer.tick.progress import PostgresProgress, Progress, SqliteProgress
from sla_timer.tick.sqlite import SqliteFiring


def progress_of(store: Store) -> Progress:
    """Return the `Progress` to use with this database: it notes up to which instant this process has applied events."""
    return SqliteProgress() if store.sqlite else PostgresProgress(store)


def firing_of(store: Store, progress: Progress) -> Firing:
    """Return the `Firing` to use with this database: it fires due timers. `progress` is used on SQLite only."""
    return SqliteFiring(store, progress) if store.sqlite else PostgresFiring(store)
