"""The cause of an error in processing a row (an event, a timer, a delivery): the row, or the environment.

Three answers, and what every consumer does about each (docs/decisions/0009-one-row-never-stops-a-service.md):

- PASSING: the surroundings. A connection, the memory, the disk, file descriptors, a schema that is not migrated yet.
  The same work is tried again with patience for as long as it takes, and nothing is ever quarantined for it.
- ROW: the row holds what cannot be: a text longer than its column, an instant outside the calendar, invalid JSON.
  The row is quarantined at once and the others go on.
- UNKNOWN: anything else, such as a bug. Three attempts with pauses, then the row is quarantined like one at fault.
"""

from __future__ import annotations

import errno
import sqlite3
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from sqlalchemy import exc

from sla_domain.errors import DomainError
from sla_platform.errors import BadSettings, Fenced, Permanent, PlatformError, Retryable
from sla_platform.outage import as_store_busy, no_thread


class Fault(StrEnum):
    """Whether an error comes from the processed row, from the surroundings (network, disk, database), or is unknown.

    The value is a text that says what to do about the error.
    """

    PASSING = "the surroundings: try again with patience"
    """The surroundings, such as the network or the disk."""
    ROW = "the row's own: quarantine it"
    """The row (event, timer, delivery) that was being processed."""
    UNKNOWN = "not known: try three times, then quarantine the row"
    """Not known, such as a bug."""


class SurroundingsFailed(Retryable):
    """Raised when the database, disk, memory or network failed, so that the processed row is not at fault.

    The same work is tried again.
    """


# What an operating system reports about a name, which may have come out of the row.
_ABOUT_A_NAME = {
    errno.ENAMETOOLONG, errno.EISDIR, errno.ENOTDIR, errno.EINVAL, errno.ELOOP, errno.EILSEQ, errno.EAFNOSUPPORT,
}  # fmt: skip
_SQLITE_ROW = {sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_RANGE}
# SQLITE_ERROR stands for many faults; these words mean that the schema is not the one of this release.
_SQLITE_SCHEMA = (
    "no such table",
    "no such column",
    "has no column",
    "no such index",
    "no such function",
    "syntax error",
)
_POSTGRES_ROW_CLASSES = {
    "21",  # one statement, the same row twice
    "22",  # data: too long, out of range, not in the character set, no JSON
    "23",  # a constraint
    "54",  # beyond a limit of the server: an index entry, the number of arguments
}
_POSTGRES_SURROUNDINGS = {
    "0A",
    "0B",
    "25",
    "26",
    "28",
    "3D",
    "3F",
    "42",
    "55",
    "57",
    "72",
    "F0",
    "HV",
}  # a plan made before a migration, transaction state, login, database, schema, rights, names: not the row's


def fault_of(error: BaseException) -> Fault:
    """Return the cause of an error, which decides whether to try again or to quarantine the row.

    The result is PASSING (try again) if the error, or an error in its chain of `__cause__`, comes from the surroundings
    (network, disk, database). It is ROW if the error is about the processed data. It is UNKNOWN for any other error.
    """
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        if _judged(cause) is Fault.PASSING:
            return Fault.PASSING
        cause = cause.__cause__
    return _judged(error)


def passes_by_itself(error: BaseException) -> bool:
    """Return whether the surroundings failed (`Fault.PASSING`) in a way that may end without a restart.

    The result is False for invalid settings and for modules that cannot be imported: the process must be restarted.
    """
    return fault_of(error) is Fault.PASSING and not isinstance(error, BadSettings | ImportError)


def as_retryable(error: BaseException) -> Retryable:
    """Return the error itself if it is Retryable, else a SurroundingsFailed that quotes it.

    Call this for errors of the surroundings (`Fault.PASSING`), such as a database that is away, and raise the returned
    error. SurroundingsFailed is a Retryable, so the work is tried again later.
    """
    if isinstance(error, Retryable):
        return error
    return SurroundingsFailed(f"the surroundings failed, not the row ({error_text(error)[:500]}); trying again")


@contextmanager
def passing_as_retryable() -> Iterator[None]:
    """Convert errors within the `with` block: raise an error of the surroundings (`Fault.PASSING`) as Retryable.

    Every other error is raised unchanged.

    Raises:
        Retryable: The surroundings failed, such as the database. The same work must be tried again.
    """
    try:
        yield
    except Exception as error:
        if fault_of(error) is Fault.PASSING:
            raise as_retryable(error) from error
        raise


def error_text(error: BaseException) -> str:
    """Return an error as text for the quarantine: its class and message.

    Parameters of SQL statements are left out.
    """
    if isinstance(error, exc.StatementError) and error.orig is not None:
        return f"{type(error).__name__}: {error.orig}"
    return f"{type(error).__name__}: {error}"


def raised_at(error: BaseException, frames: int = 5) -> str:
    """Return where an error was raised: `file:line function` of each call, the innermost first.

    Values of variables are left out, since they may be a customer's data.

    Args:
        frames: The greatest number of calls.
    """
    return " < ".join(
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in reversed(traceback.extract_tb(error.__traceback__)[-frames:])
    )


def _judged(error: BaseException) -> Fault:
    match error:
        case Retryable() | Fenced() | BadSettings() | MemoryError() | ImportError() | EOFError():
            return Fault.PASSING
        case Permanent() | DomainError():
            return Fault.ROW
        case exc.SQLAlchemyError():
            return _of_the_store(error)
        case sqlite3.Error():
            return _of_sqlite(error)
        case OSError():
            return Fault.UNKNOWN if error.errno in _ABOUT_A_NAME else Fault.PASSING
        case RuntimeError() if no_thread(error):
            return Fault.PASSING
        case RecursionError() | ValueError() | OverflowError() | TypeError() | LookupError():
            return Fault.ROW
        case BaseExceptionGroup():
            return _of_several(error)
        case PlatformError():
            return Fault.PASSING
        case _:
            return Fault.UNKNOWN


def _of_several(group: BaseExceptionGroup[BaseException]) -> Fault:
    faults = {_judged(one) for one in group.exceptions}
    return next((fault for fault in (Fault.PASSING, Fault.UNKNOWN) if fault in faults), Fault.ROW)


def _of_the_store(error: exc.SQLAlchemyError) -> Fault:
    if as_store_busy(error) is not None:
        return Fault.PASSING
    if not isinstance(error, exc.StatementError):
        return Fault.UNKNOWN
    cause = error.orig
    if cause is None:
        return Fault.UNKNOWN
    if not isinstance(error, exc.DBAPIError):
        return _judged(cause)  # raised while a parameter was made ready
    if isinstance(cause, sqlite3.Error):
        return _of_sqlite(cause)
    state = str(getattr(cause, "sqlstate", None) or "")
    if state[:2] in _POSTGRES_ROW_CLASSES:
        return Fault.ROW
    if state[:2] in _POSTGRES_SURROUNDINGS or error.connection_invalidated:
        return Fault.PASSING
    return Fault.ROW if isinstance(error, exc.DataError | exc.IntegrityError) else Fault.UNKNOWN


def _of_sqlite(error: sqlite3.Error) -> Fault:
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:  # raised by the driver: a parameter that cannot be bound, a connection that is closed
        return Fault.UNKNOWN
    match code & 0xFF:
        case primary if primary in _SQLITE_ROW:
            return Fault.ROW
        case sqlite3.SQLITE_ERROR:
            schema = any(words in str(error) for words in _SQLITE_SCHEMA)
            return Fault.PASSING if schema else Fault.ROW
        case _:
            return Fault.PASSING  # cannot open, read only, no memory, corrupt: no row did that
