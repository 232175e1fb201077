"""Which database errors are temporary: they become StoreBusy, so that callers need to know no driver."""

from __future__ import annotations

import sqlite3

from sqlalchemy import exc

from sla_platform.errors import StoreBusy

_SQLITE_PASSING = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_CANTOPEN,  # no file descriptor is left, or the directory is away
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,  # the disk was mounted anew after an error
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_NOLFS,  # the file system cannot hold a file of this size
}
_POSTGRES_PASSING_CLASSES = {
    "08",  # the connection failed
    "53",  # out of connections, memory or disk
    "58",  # trouble outside the server: I/O
}
_POSTGRES_PASSING = {
    "25P03",  # idle in transaction for too long: this process was asleep
    "40001",  # could not serialise
    "40P01",  # deadlock: we were the victim
    "55P03",  # a lock was not available in time
    "57014",  # the statement took too long
    "57P01",  # shut down by an administrator
    "57P02",  # crashed
    "57P03",  # starting up or shutting down
    "57P05",  # the session idled for too long
    "25006",  # read only: a fail-over is under way and this is the standby
}


def as_store_busy(error: Exception, *, connecting: bool = False) -> StoreBusy | None:
    """Return a StoreBusy to raise in place of a temporary error of the database, or None for any other error.

    Temporary errors are, for example, a timeout, a lost connection, a lock that stays busy, a full disk or a fail-over.

    Args:
        connecting: Whether the error occurred while connecting. Every OSError then counts as temporary, for example a
            refused port, and so does a lack of memory or threads.
    """
    reason = _reason(error, connecting)
    return None if reason is None else store_busy(reason)


def store_busy(reason: str) -> StoreBusy:
    """Return a StoreBusy whose message gives this reason.

    Args:
        reason: A few words, such as `no answer in time`.
    """
    return StoreBusy(f"the database did not take the work ({reason}); try again shortly")


def no_thread(error: BaseException) -> bool:
    """Return whether the operating system refused a new thread."""
    return isinstance(error, RuntimeError) and "can't start new thread" in str(error)


def _reason(error: Exception, connecting: bool) -> str | None:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ConnectionError) or (connecting and isinstance(error, OSError)):
        return f"no connection: {error}"
    if connecting and (isinstance(error, MemoryError) or no_thread(error)):
        return f"no memory or thread for a connection: {str(error) or type(error).__name__}"
    cause = error.orig if isinstance(error, exc.DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        # Errors of the driver itself (a closed connection) carry no code.
        code = getattr(cause, "sqlite_errorcode", None)
        return str(cause) if code is not None and code & 0xFF in _SQLITE_PASSING else None
    state = getattr(cause, "sqlstate", None) or ""
    if state in _POSTGRES_PASSING or state[:2] in _POSTGRES_PASSING_CLASSES:
        return f"{state}: {str(cause).strip()}"
    if (isinstance(error, exc.DBAPIError) and error.connection_invalidated) or "connection is closed" in str(cause):
        return "the connection was lost"
    return None
