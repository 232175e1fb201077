"""Differences between two releases of the time-zone data, found by asking both every quarter of an hour. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

_STEP = timedelta(minutes=15)  # every change in the data since 1970 lies on a quarter of an hour


@dataclass(frozen=True, slots=True)
class ZoneChange:
    """A period in which a time zone has one UTC offset in an old release of the zone data, and another in a new one."""

    zone: str
    start: datetime
    end: datetime | None
    """The end of the period, not included. None if the offsets differ until the end of the compared years."""
    old: timedelta
    new: timedelta


def zone_changes(name: str, old: tzinfo, new: tzinfo, years: range) -> Iterator[ZoneChange]:
    """Yield the periods in which two releases of the zone data give a zone different UTC offsets.

    The periods come in order of time.

    Args:
        name: The zone's name. It is only copied into each ZoneChange.
        old: The zone in the first release.
        new: The zone in the second release.
        years: The years to compare, in UTC.
    """
    begin, last = datetime(years[0], 1, 1, tzinfo=UTC), datetime(years[-1] + 1, 1, 1, tzinfo=UTC)
    since: tuple[datetime, timedelta, timedelta] | None = None
    for at in _steps(begin, last, _days_that_differ(old, new, begin, last)):
        before, after = _offset(old, at), _offset(new, at)
        if since is not None and (before, after) != since[1:]:
            yield ZoneChange(name, since[0], at, since[1], since[2])
            since = None
        if since is None and before != after:
            since = at, before, after
    if since is not None:
        yield ZoneChange(name, since[0], None, since[1], since[2])


def _steps(begin: datetime, last: datetime, days: frozenset[datetime]) -> Iterable[datetime]:
    """Every day, and every quarter of an hour of the days around which something changes."""
    day = begin
    while day < last:
        if day in days:
            yield from (day + _STEP * n for n in range(96))
        else:
            yield day
        day += timedelta(days=1)


def _days_that_differ(old: tzinfo, new: tzinfo, begin: datetime, last: datetime) -> frozenset[datetime]:
    """Days within which either side changes its offset."""
    found = set()
    day, step = begin, timedelta(days=1)
    known = _offset(old, begin), _offset(new, begin)
    while day < last:
        here = _offset(old, day + step), _offset(new, day + step)
        if here != known:
            found.add(day)
            known = here
        day += step
    return frozenset(found)


def _offset(zone: tzinfo, at: datetime) -> timedelta:
    found = at.astimezone(zone).utcoffset()
    assert found is not None
    return found
