"""The port of locks that a transaction holds until it ends, so that processes on one database take turns.

One adapter a database; both are held to one conformance suite, `tests/conformance/test_locks.py`. A lock is named by a
number of slad's own, or by a space and a name in it, which are hashed: at worst two names share a lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_platform.store.dialect import is_postgres

_ALONE = text("SELECT pg_advisory_xact_lock(CAST(:number AS bigint))")
_SHARED = text("SELECT pg_advisory_xact_lock_shared(CAST(:number AS bigint))")
_FREE = text(
    "SELECT name FROM unnest(CAST(:names AS text[])) AS name"
    " WHERE pg_try_advisory_xact_lock(hashtext(CAST(:space AS text)), hashtext(name))"
)


class TransactionLocks(Protocol):
    """Locks that the transaction of a connection holds until it ends."""

    async def hold(self, number: int, *, shared: bool = False) -> None:
        """Acquire a lock for the transaction, waiting until the lock is free.

        Args:
            number: The number that identifies the lock.
            shared: Whether other transactions may have the lock at the same time, if they call with True as well. False
                means that no other transaction may.
        """

    async def try_each(self, space: str, names: Sequence[str]) -> list[str]:
        """Lock those of the names that no other transaction has locked, without waiting; return the names now locked.

        The names are returned in the given order.

        Args:
            space: The kind of names, such as `slad.notifier.flow`. Equal names of different kinds are different locks.
        """
        ...


class OneWriterLocks:
    """The locks on SQLite, which do nothing: only one transaction can write at a time anyway."""

    async def hold(self, number: int, *, shared: bool = False) -> None:
        """Do nothing."""

    async def try_each(self, space: str, names: Sequence[str]) -> list[str]:
        """Return all of the names."""
        return list(names)


class AdvisoryLocks:
    """The locks on PostgreSQL: advisory locks of the connection's transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def hold(self, number: int, *, shared: bool = False) -> None:
        """Acquire a lock for the transaction, waiting until the lock is free.

        Args:
            number: The number that identifies the lock.
            shared: Whether other transactions may have the lock at the same time, if they call with True as well.
        """
        await self._connection.execute(_SHARED if shared else _ALONE, {"number": number})

    async def try_each(self, space: str, names: Sequence[str]) -> list[str]:
        """Lock these names without waiting; return those that no other transaction has locked."""
        found = await self._connection.execute(_FREE, {"space": space, "names": list(names)})
        return list(found.scalars())


_ONE_WRITER = OneWriterLocks()


def locks_of(connection: AsyncConnection) -> TransactionLocks:
    """Return the locks of the transaction that is open on a connection."""
    return AdvisoryLocks(connection) if is_postgres(connection) else _ONE_WRITER
