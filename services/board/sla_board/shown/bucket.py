"""Buckets: how soon a clock is due, in seven classes of counted time."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from enum import IntEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

SOON = timedelta(minutes=15)
HOUR = timedelta(hours=1)


class Bucket(IntEnum):
    """The groups of the board's page: how soon an open clock is due.

    The page lists the groups in this order.
    """

    BREACHED = 0
    """The target was missed, whether the clock runs or is paused."""
    SOON = 1
    """At most 15 minutes of counted time are left, or the clock is past due without a breach."""
    HOUR = 2
    """At most one hour of counted time is left."""
    TODAY = 3
    """The clock is due before midnight in the contract's zone."""
    LATER = 4
    """The clock is due after midnight, or has no due instant."""
    OUTSIDE = 5
    """The clock's hours are closed now, and the clock is not due yet."""
    PAUSED = 6
    """The clock is paused, without a breach."""

    @property
    def title(self) -> str:
        """Return the heading of this group of clocks on the page, such as `Under 15 min`."""
        return _TITLES[self]

    @property
    def slug(self) -> str:
        """Return the name of this group of clocks in URLs, JSON and style sheets, such as `soon`."""
        return self.name.lower()


_TITLES = {
    Bucket.BREACHED: "Breached",
    Bucket.SOON: "Under 15 min",
    Bucket.HOUR: "Under 1 h",
    Bucket.TODAY: "Today",
    Bucket.LATER: "Later",
    Bucket.OUTSIDE: "Outside hours",
    Bucket.PAUSED: "Paused",
}


def zone_of(name: str) -> ZoneInfo:
    """Return the time zone of this name; UTC for an unknown name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def end_of_day(now: datetime, zone: str) -> datetime:
    """Return the next midnight of `zone` after `now`, as an instant in UTC."""
    there = zone_of(zone)
    tomorrow = now.astimezone(there).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), there).astimezone(UTC)


def bucket_of(
    *,
    now: datetime,
    breached: bool,
    paused: bool,
    due_at: datetime | None,
    zone: str,
    open_: bool = True,
    soon: datetime | None = None,
    hour: datetime | None = None,
) -> Bucket:
    """Return the bucket of an open clock (how soon the clock is due) as of `now`.

    A running clock past `due_at` that is not `breached` is in SOON.

    Args:
        breached: Whether the clock is breached.
        paused: Whether the clock is paused.
        due_at: The due instant. None if the clock has no due instant (LATER).
        zone: The time zone. The bucket TODAY ends at midnight in this zone.
        open_: Whether the clock's hours are open now.
        soon: The instant when 15 minutes of the clock's hours will have passed. None means 15 minutes by the wall
            clock.
        hour: The instant when one hour of the clock's hours will have passed. None means one hour by the wall clock.
    """
    if breached:
        return Bucket.BREACHED
    if paused:
        return Bucket.PAUSED
    if due_at is None:
        return Bucket.LATER
    if due_at <= now:
        return Bucket.SOON
    if not open_:
        return Bucket.OUTSIDE
    if due_at <= (soon or now + SOON):
        return Bucket.SOON
    if due_at <= (hour or now + HOUR):
        return Bucket.HOUR
    return Bucket.TODAY if due_at < end_of_day(now, zone) else Bucket.LATER
