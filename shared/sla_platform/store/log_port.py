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
    """The parts of SQL statements about event logs that differ between SQLite and PostgreSQL."""

    @property
    def after(self) -> str:
        """Return the SQL condition for the rows that come after a reader's position in the log.

        The position is bound as the parameters `txid` and `position`.
        """
        ...

    @property
    def settled(self) -> str:
        """Return the SQL condition for rows before which no other row can appear any more.

        On PostgreSQL a transaction that still runs may yet commit a row that comes earlier in the log.
        """
        ...

    @property
    def order(self) -> str:
        """Return the columns by which the log is sorted for reading, as in `ORDER BY`."""
        ...

    @property
    def raw(self) -> str:
        """Return the columns `FIELDS` as a list for SELECT, each converted to its stored bytes.

        It is used for rows whose values the driver cannot read.
        """
        ...

    @property
    def keeps_anything(self) -> bool:
        """Return whether the driver may fail to read a stored value.

        The result is True on SQLite, which does not check the types of stored values.
        """
        ...

    async def delete(self, connection: AsyncConnection, table: str, positions: Sequence[int]) -> None:
        """Delete the rows at these positions.

        Args:
            table: The name of the event log's table.
        """
