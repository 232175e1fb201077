"""Whether the database accepts writes at present: the result of the latest write, and a probe if there was none.

Reading may go on while every write is refused: another process holds SQLite's lock, PostgreSQL is a standby or read
only, the disk is full. Such a process must not be called ready.
"""

from __future__ import annotations

import sqlite3
import time

from sqlalchemy import exc

RECENT_SECONDS = 2.0  # seconds after a successful write in which no probe is needed
FULL_SECONDS = 15.0  # seconds for which the error of a real write counts; a probe does not notice a full disk
_FULL_SQLITE = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
_FULL_POSTGRES_CLASSES = {"53", "58"}


class WriteHealth:
    """Remembers whether the database accepted the last writes of this process, for the readiness check.

    `Store` calls `note_committed` after a transaction that wrote, and `note_refused` after one that failed. The
    readiness check (`Store.write_refusal`) reads `recently_committed` and `full`.
    """

    def __init__(self) -> None:
        self._taken_at = self._full_at = float("-inf")
        self._full = ""

    def note_committed(self) -> None:
        """Note that a write was committed.

        For the next two seconds `recently_committed` is True. A remembered error about a full disk is forgotten.
        """
        self._taken_at = time.monotonic()
        self._full = ""

    def note_refused(self, error: BaseException) -> None:
        """Remember the error for 15 seconds (see `full`) if it says that the disk is full or fails.

        The driver's error (`error.__cause__`) is examined. Other errors are ignored.
        """
        if _says_full(error.__cause__):
            self._full, self._full_at = str(error), time.monotonic()

    @property
    def recently_committed(self) -> bool:
        """Return whether a write was committed in the last two seconds.

        If so, the readiness check need not ask the database.
        """
        return time.monotonic() - self._taken_at < RECENT_SECONDS

    @property
    def full(self) -> str:
        """Return the text of the error if a write failed in the last 15 seconds because the disk is full or defective.

        The result is "" if there was no such failure, or if a write has succeeded since.
        """
        return self._full if time.monotonic() - self._full_at < FULL_SECONDS else ""


def _says_full(error: BaseException | None) -> bool:
    cause = error.orig if isinstance(error, exc.DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        return (getattr(cause, "sqlite_errorcode", None) or 0) & 0xFF in _FULL_SQLITE
    return str(getattr(cause, "sqlstate", None) or "")[:2] in _FULL_POSTGRES_CLASSES


def sqlite_write_refusal(path: str, patience: float) -> str | None:
    """Return why a SQLite file cannot be written, or None when it can.

    The write lock is taken and released on a new connection to find out. The call blocks: call it in a thread.

    Args:
        path: The SQLite file.
        patience: Seconds to wait for the lock.
    """
    try:
        connection = sqlite3.connect(f"file:{path}?mode=rw", uri=True, timeout=patience, isolation_level=None)
    except sqlite3.Error as error:
        return f"the database cannot be opened: {error}"
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        return f"the database takes no writes: {error}"
    finally:
        connection.close()
    return None
