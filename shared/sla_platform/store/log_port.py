"""The port of what databases do differently about event logs (`sla_platform.store.log`).

One adapter a database (`log_sqlite`, `log_postgres`); both are held to one conformance suite,
`tests/conformance/test_log.py`. An adapter gives parts of SQL; names of tables come from `log_table` and every value is
bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

FIELDS = ("topic", "id", "type", "source", "subject", "key", "time", "data")
"""The columns of an event log that hold an event."""


class LogSql(Protocol):
    """The SQL of event logs on one database."""

    @property
    def after(self) -> str:
        """Return the condition for rows after the cursor, whose values are bound as `txid` and `position`."""
        ...

    @property
    def settled(self) -> str:
        """Return the condition for rows before which no further row can appear."""
        ...

    @property
    def order(self) -> str:
        """Return the columns in whose order the log is read."""
        ...

    @property
    def raw(self) -> str:
        """Return the list of the columns `FIELDS`, each as the bytes that are stored."""
        ...

    @property
    def keeps_anything(self) -> bool:
        """Return whether a column may hold values that the driver cannot read, because the database checks no types."""
        ...

    async def delete(self, connection: AsyncConnection, table: str, positions: Sequence[int]) -> None:
        """Delete the rows at these positions.

        Args:
            table: The name of the event log's table.
        """
