"""The adapters of the tick's ports for a store: SQLite or PostgreSQL."""

from __future__ import annotations

from sla_platform.store.engine import Store
from sla_timer.tick.port import Firing
from sla_timer.tick.postgres import PostgresFiring
from sla_timer.tick.progress import PostgresProgress, Progress, SqliteProgress
from sla_timer.tick.sqlite import SqliteFiring


def progress_of(store: Store) -> Progress:
    """Return the record of how far this process has applied events, in the form that fits the store."""
    return SqliteProgress() if store.sqlite else PostgresProgress(store)


def firing_of(store: Store, progress: Progress) -> Firing:
    """Return the adapter that fires the timers of this store; on PostgreSQL several instances may fire at once."""
    return SqliteFiring(store, progress) if store.sqlite else PostgresFiring(store)
