"""Column types that read the same on both dialects: instants as aware UTC datetimes, ids as UUIDs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import BigInteger, Dialect, Integer, String, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.types import TypeDecorator, TypeEngine

_EPOCH = datetime.fromtimestamp(0, UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(instant: datetime) -> int:
    """Return an aware instant as microseconds since 1970, UTC."""
    return (instant - _EPOCH) // _MICROSECOND


# What a database holds may lie beyond what datetime can say, and must be readable all the same: it is read as the
# nearer of these. A day inside the calendar, so that any zone can show them. `store/log` refuses events at the edges.
EARLIEST = datetime(1, 1, 2, tzinfo=UTC)
LATEST = datetime(9999, 12, 30, tzinfo=UTC)
_EARLIEST, _LATEST = (EARLIEST - _EPOCH) // _MICROSECOND, (LATEST - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the aware UTC instant that is `micros` microseconds after 1970.

    The result is never before EARLIEST (2 January of the year 1) or after LATEST (30 December 9999).
    """
    return _EPOCH + timedelta(microseconds=min(max(micros, _EARLIEST), _LATEST))


class Instant(TypeDecorator[datetime]):
    """A column type for aware instants: timestamptz on PostgreSQL, integer microseconds since 1970 on SQLite.

    On both, values are exact, sort by time, and are read as aware UTC datetimes.
    """

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the column type: timestamptz on PostgreSQL, an integer on SQLite."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(TIMESTAMP(timezone=True))
        return dialect.type_descriptor(Integer())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Return the value for the driver: a datetime on PostgreSQL, microseconds since 1970 on SQLite.

        None stays None.

        Raises:
            ValueError: The datetime has no offset.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs an offset; naive datetimes are refused")
        return value if dialect.name == "postgresql" else to_micros(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return the aware UTC instant for the driver's value, or None for NULL."""
        if value is None or dialect.name == "postgresql":
            return None if value is None else value.astimezone(UTC)
        return from_micros(value)


class JsonText(TypeDecorator[Any]):
    """A column type for JSON to which SQL statements can append: jsonb on PostgreSQL, text on SQLite.

    On SQLite a value is read as JSON text, which the reader must parse.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the column type: jsonb on PostgreSQL, text on SQLite."""
        return dialect.type_descriptor(JSONB(none_as_null=True) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Return the value for the driver.

        On SQLite a dict becomes JSON text. Any other value is returned unchanged.
        """
        return orjson.dumps(value).decode() if isinstance(value, dict) and dialect.name != "postgresql" else value


BigId = BigInteger().with_variant(Integer(), "sqlite")  # SQLite autoincrements only INTEGER PRIMARY KEY


class ClockKey(TypeDecorator[UUID]):
    """A column type for clock ids (UUIDs): uuid on PostgreSQL, text with dashes on SQLite.

    When SQL builds an event id from the column, the id is the same text on both.
    """

    impl = String(36)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the column type: uuid on PostgreSQL, 36 characters on SQLite."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Uuid(as_uuid=True))
        return dialect.type_descriptor(String(36))

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> Any:
        """Return the value for the driver: a UUID on PostgreSQL, its text on SQLite, or None for None."""
        return value if value is None or dialect.name == "postgresql" else str(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> UUID | None:
        """Return the UUID for the driver's value, or None for NULL."""
        return value if value is None or dialect.name == "postgresql" else UUID(value)
