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
    """Options for reading an export."""

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
    """Another SLA engine whose exports slad can read."""

    read: Read
    """Reads the records of an export."""
    metrics: tuple[str, ...]
    """slad's names of the metrics in its exports."""
    exports: str
    """What to export, in words."""


class UnreadableValue(ValueError):
    """Raised for a value of a record that cannot be read; the message says which."""


def instant(record: Record, name: str, zone: str = "UTC") -> datetime | None:
    """Return the instant in a field. None if the field is absent or empty.

    The field is ISO 8601, or like `2026-03-02 09:00:00`.

    Args:
        zone: The time zone of a time without an offset.

    Raises:
        UnreadableValue: The field holds no time.
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
    """Return the plain value of a field.

    ServiceNow may send an object with `display_value` or `value` instead of a plain value.
    """
    if isinstance(value, Mapping):
        return value.get("display_value") or value.get("value")
    return value


def text(record: Record, *names: str) -> str:
    """Return the first non-empty value of some fields as text. "" if all are empty."""
    for name in names:
        value = plain(record.get(name))
        if value not in (None, ""):
            return str(value).strip()
    return ""


def number(record: Record, name: str) -> float | None:
    """Return the number in a field. None if the field is absent or empty.

    Raises:
        UnreadableValue: The field holds no number.
    """
    value = plain(record.get(name))
    if value in (None, ""):
        return None
    try:
        return float(str(value).strip())
    except ValueError:
        raise UnreadableValue(f"{name} {str(value)[:60]!r} is no number") from None


def running(due_at: datetime | None, until: datetime) -> TheirVerdict:
    """Return the verdict on an open clock: overdue if its due instant is before `until`."""
    return TheirVerdict.OVERDUE if due_at is not None and due_at < until else TheirVerdict.OPEN


def ended(due_at: datetime, ended_at: datetime) -> TheirVerdict:
    """Return the verdict on an ended clock: met if it ended at or before its due instant."""
    return TheirVerdict.MET if ended_at <= due_at else TheirVerdict.MISSED
