"""Periods of the calendar as people write them: `2026-11`, `2026-Q4`, `2026`. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

_WRITTEN = re.compile(r"(?P<year>\d{4})(?:-(?:Q(?P<quarter>[1-4])|(?P<month>0[1-9]|1[0-2])))?", re.ASCII)
_FIRST, _LAST = 1970, 2199  # years for which there are calendars


class BadPeriod(ValueError):
    """Raised when a text is no period of the calendar; the message says how one is written."""


@dataclass(frozen=True, slots=True)
class CalendarPeriod:
    """A month, quarter or year: `[start, end)` in UTC. `name`: as people write it, such as `2026-Q4`."""

    name: str
    start: datetime
    end: datetime


def calendar_period(written: str, zone: ZoneInfo) -> CalendarPeriod:
    """Return the month, quarter or year that a text names, with its bounds at midnight in `zone`.

    `written`: such as `2026-11`, `2026-Q4` or `2026`. Raises BadPeriod for any other text.
    """
    found = _WRITTEN.fullmatch(written.strip().upper())
    if found is None or not _FIRST <= int(found["year"]) <= _LAST:
        raise BadPeriod(
            f"{written[:40]!r} is no period: write a month as 2026-11, a quarter as 2026-Q4, a year as 2026"
        )
    first, months = 1, 12
    if found["quarter"]:
        first, months = int(found["quarter"]) * 3 - 2, 3
    elif found["month"]:
        first, months = int(found["month"]), 1
    began = int(found["year"]) * 12 + first - 1
    return CalendarPeriod(found[0], _midnight(began, zone), _midnight(began + months, zone))


def _midnight(month: int, zone: ZoneInfo) -> datetime:
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=zone).astimezone(UTC)
