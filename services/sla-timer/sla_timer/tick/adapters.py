"""The adapters of the tick's ports for a store: SQLite or PostgreSQL."""

from __future__ import annotations

from sla_platform.store.engine import Store
from sla_timer.tick.port import Firing
from sla_timer.tick.postgres import PostgresFiring
from sla_timer.tick.progress import PostgresProgress, Progress, SqliteProgress
from sla_timer.tick.sqlite import SqliteFiring


def progress_of(store: Store) -> Progress:
    """Return the `Progress` for this database, PostgreSQL or SQLite.

    A `Progress` remembers up to which instant the events of each partition are applied.
    """
    return SqliteProgress() if store.sqlite else PostgresProgress(store)


def firing_of(store: Store, progress: Progress) -> Firing:
    """Return the `Firing` for this database, PostgreSQL or SQLite.

    A `Firing` fires due timers.

    Args:
        progress: Remembers up to which instant events are applied. Used only on SQLite; on PostgreSQL the table
            `timer_progress` is read.
    """
    return SqliteFiring(store, progress) if store.sqlite else PostgresFiring(store)
