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
    """How to read an export.

    `until`: as of when an open clock past its due instant is overdue. `zone`: of times without an offset. `metrics`:
    what the engine calls a target, in small letters -> slad's metric.
    """

    until: datetime
    zone: str = "UTC"
    metrics: Mapping[str, str] = field(default_factory=dict)


Read = Callable[[Iterable[tuple[int, Record]], ReadOptions], Iterator[TheirClock | UnreadableRow]]
"""Reads the records of an export; of a record that cannot be read it yields why."""


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine whose verdicts can be read: how, which of slad's metrics it measures, and what it exports, in words."""

    read: Read
    metrics: tuple[str, ...]
    exports: str


class UnreadableValue(ValueError):
    """Raised for a value of a record that cannot be read; the message says which."""


def instant(record: Record, name: str, zone: str = "UTC") -> datetime | None:
    """Return the instant in a field; None if the field is absent or empty. Raises UnreadableValue.

    ISO 8601, or `2026-03-02 09:00:00`; without an offset it is local time in `zone`.
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
    """Return the value of a field that may come as an object with `display_value` or `value` (ServiceNow)."""
    if isinstance(value, Mapping):
        return value.get("display_value") or value.get("value")
    return value


def text(record: Record, *names: str) -> str:
    """Return the first of some fields that is not empty, as text; "" if all are."""
    for name in names:
        value = plain(record.get(name))
        if value not in (None, ""):
            return str(value).strip()
    return ""


def number(record: Record, name: str) -> float | None:
    """Return the number in a field; None if it is absent or empty. Raises UnreadableValue."""
    value = plain(record.get(name))
    if value in (None, ""):
        return None
    try:
        return float(str(value).strip())
    except ValueError:
        raise UnreadableValue(f"{name} {str(value)[:60]!r} is no number") from None


def running(due_at: datetime | None, until: datetime) -> TheirVerdict:
    """Return the verdict of an open clock: overdue once its due instant has passed."""
    return TheirVerdict.OVERDUE if due_at is not None and due_at < until else TheirVerdict.OPEN


def ended(due_at: datetime, ended_at: datetime) -> TheirVerdict:
    """Return the verdict of a clock that has ended: met at or before its due instant."""
    return TheirVerdict.MET if ended_at <= due_at else TheirVerdict.MISSED
