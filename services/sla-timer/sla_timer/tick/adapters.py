"""Which adapter of the tick's ports a store wants."""

from __future__ import annotations

from sla_platform.store.engine import Store
from sla_timer.tick.port import Firing
from sla_timer.tick.postgres import PostgresFiring
from sla_timer.tick.progress import PostgresProgress, Progress, SqliteProgress
from sla_timer.tick.sqlite import SqliteFiring


def progress_of(store: Store) -> Progress:
    """Return the notes of how far this process has applied events, as this store publishes them."""
    return SqliteProgress() if store.sqlite else PostgresProgress(store)


def firing_of(store: Store, progress: Progress) -> Firing:
    """Return what fires the timers of this store. Any number of instances may do so at once on PostgreSQL."""
    return SqliteFiring(store, progress) if store.sqlite else PostgresFiring(store)
