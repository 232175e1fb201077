"""The office hours of the stories, walked minute by minute: what a due instant must be, by an independent reckoning."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

from tests.oracle.minute_walker import MinuteWalker

_HOURS = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
_HOLIDAYS = {
    "Europe/Warsaw": ["2026-11-01", "2026-11-11", "2026-12-25", "2026-12-26", "2027-01-01", "2027-01-06", "2027-05-27",
                      "2027-11-01", "2027-11-11"],
    "Asia/Taipei": ["2027-01-01"],
    "America/New_York": ["2026-11-11", "2026-11-26", "2026-12-25", "2027-01-01"],
    "Europe/London": ["2026-12-25", "2026-12-28", "2027-01-01"],
}  # fmt: skip


def due(zone: str, start: datetime, hours: float) -> datetime:
    """The instant at which so many office hours have passed since `start`."""
    found = _walker(zone, start.replace(minute=0, second=0, microsecond=0)).add(start, timedelta(hours=hours))
    assert found is not None
    return found


@cache
def _walker(zone: str, start: datetime) -> MinuteWalker:
    layout = {"tz": zone, "weekly": _HOURS, "holidays": _HOLIDAYS[zone]}
    return MinuteWalker(layout, start, start + timedelta(days=21))
