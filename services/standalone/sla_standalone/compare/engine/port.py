"""What every reader of another engine's export gets and gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sla_standalone.compare.clock import TheirClock, TheirVerdict, UnreadableRow
from sla_standalone.compare.document import Record


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """Options for reading what another SLA engine exported: time zone, names of metrics, and the present instant."""

    until: datetime
    """The instant as of which an open clock is judged as overdue."""
    zone: str = "UTC"
    """The time zone of times without an offset."""
    metrics: Mapping[str, str] = field(default_factory=dict)
    """The engine's name of a target, in small letters -> slad's metric."""


Read = Callable[[Iterable[tuple[int, Record]], ReadOptions], Iterator[TheirClock | UnreadableRow]]
"""Reads the records of an export; of a record that cannot be read it yields why."""


@dataclass(frozen=True, slots=True)
class Engine:
    """Another SLA engine, such as ServiceNow, whose exports slad can read."""

    read: Read
    """Reads the records of an export."""
    metrics: tuple[str, ...]
    """slad's names of the metrics in its exports."""
    exports: str
    """What to export, in words."""


class UnreadableValue(ValueError):
    """Raised if a field of a record has a value that cannot be read. The message names the field and the value."""


def instant(record: Record, name: str, zone: str = "UTC") -> datetime | None:
    """Return the instant in a field of a record, in UTC; None if the field is absent or empty.

    The field's text is ISO 8601, also with a space before the time, as in `2026-03-02 09:00:00`.

    Args:
        name: The field's name.
        zone: The time zone of a time without an offset.

    Raises:
        UnreadableValue: The field's text is not a time.
    """
    value = plain(record.get(name))
    if value in (None, ""):
        return None
    try:
        found = datetime.fromisoformat(str(value).strip())
    except ValueError:
        raise UnreadableValue(f"{name} {str(value)[:60]!r} is no time") from None
    aware = found if found.tzinfo is not None else found.replace(tzinfo=ZoneInfo(zone))
    return aware.astimezone(UTC)


def plain(value: Any) -> Any:
    """Return a field's value; if it is an object, return its `display_value`, or else its `value`.

    ServiceNow may write such an object instead of a plain value.
    """
    if isinstance(value, Mapping):
        return value.get("display_value") or value.get("value")
    return value


def text(record: Record, *names: str) -> str:
    """Return, as text, the first value that is not empty among the fields `names`; "" if all are empty or absent."""
    for name in names:
        value = plain(record.get(name))
        if value not in (None, ""):
            return str(value).strip()
    return ""


def number(record: Record, name: str) -> float | None:
    """Return the number in the field `name` of a record; None if the field is absent or empty.

    Raises:
        UnreadableValue: The field's value is not a number.
    """
    value = plain(record.get(name))
    if value in (None, ""):
        return None
    try:
        return float(str(value).strip())
    except ValueError:
        raise UnreadableValue(f"{name} {str(value)[:60]!r} is no number") from None


def running(due_at: datetime | None, until: datetime) -> TheirVerdict:
    """Return the verdict on an open clock: OVERDUE if its due instant is before `until`, else OPEN."""
    return TheirVerdict.OVERDUE if due_at is not None and due_at < until else TheirVerdict.OPEN


def ended(due_at: datetime, ended_at: datetime) -> TheirVerdict:
    """Return the verdict on an ended clock: MET if it ended at or before its due instant, else MISSED."""
    return TheirVerdict.MET if ended_at <= due_at else TheirVerdict.MISSED
