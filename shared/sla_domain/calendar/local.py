"""What a wall clock's reading means as an instant: the one rule for local times without an offset, wherever they enter.

On the day the clocks go back some readings come twice: the first showing is meant, unless what is known of the order
says that it was the second (`LocalTime.after`). On the day they go forward some never come: then the instant of the
change is meant (docs/clauses.md, Conventions). Either way the instant is a reading of ours, and `doubt` says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sla_domain.calendar.zone import load_zone, zone_map

FIRST_YEAR, LAST_YEAR = 1970, 2100
_EPOCH = datetime.fromtimestamp(0, UTC)
_WALL = _EPOCH.replace(tzinfo=None)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class LocalTime:
    """A wall-clock time (`reading`) in a time zone, and the instant that it means."""

    reading: datetime
    zone: str
    at: datetime
    """The instant. If the clock shows the time twice (in autumn), `at` is the first instant. If the clock skips the
    time (in spring), `at` is the instant of the clock change."""
    again: datetime | None = None
    """The second instant of a time that the clock shows twice. None for any other time."""
    skipped: bool = False
    """Whether the clock skips the time."""

    @property
    def doubtful(self) -> bool:
        """Return whether `at` is only a guess, because the clock shows the time twice or never."""
        return self.skipped or self.again is not None

    def after(self, known: datetime) -> datetime:
        """Return the instant that this wall-clock time means, given that it should not lie before `known`.

        If the clock shows the time twice, the first instant (`at`) is usually meant. The second (`again`) is returned
        only if the first lies before `known` and the second does not.

        Args:
            known: Usually the instant of an earlier event.
        """
        return self.again if self.again is not None and self.at < known <= self.again else self.at

    def doubt(self, meant: datetime | None = None) -> str:
        """Return a sentence that explains how a doubtful time was read, or "" if the time is not doubtful.

        A time is doubtful if the clock shows it twice or never.

        Args:
            meant: The instant that was chosen for a time shown twice. If it equals `again`, the sentence names the
                second instant, else the first.
        """
        if self.skipped:
            never = f"{self.reading:%Y-%m-%d %H:%M} never came in {self.zone}"
            return f"{never}: read as {_utc(self.at)}, when the clocks changed"
        if self.again is None:
            return ""
        second = meant == self.again
        which, why = ("second", "because of what it follows") if second else ("first", "nothing says otherwise")
        chosen = _utc(self.again if second else self.at)
        return f"{self.reading:%Y-%m-%d %H:%M} came twice in {self.zone}: read as the {which}, {chosen}, {why}"


def read_local(reading: datetime, zone: str) -> LocalTime:
    """Return the instant or instants that a wall-clock time means in the time zone `zone`.

    Args:
        reading: A datetime without an offset.

    Raises:
        ValueError: The year lies outside 1971 to 2099.
        UnknownZone: There is no time zone of this name.
    """
    if not FIRST_YEAR < reading.year < LAST_YEAR:
        raise ValueError(f"the year {reading.year} is no year of an incident")
    clock = zone_map(zone, FIRST_YEAR, LAST_YEAR)
    wall = (reading - _WALL) // _MICROSECOND
    first = clock.to_utc(wall)
    again = clock.shown_again(wall)
    return LocalTime(
        reading=reading,
        zone=zone,
        at=_EPOCH + _MICROSECOND * first,
        again=None if again is None else _EPOCH + _MICROSECOND * again,
        skipped=clock.to_local(first) != wall,
    )


def local_instant(moment: datetime, zone: str) -> datetime:
    """Return `moment` as an aware datetime, read as wall-clock time of `zone` if it has no offset.

    A time that the clock shows twice means the first instant. A time that the clock skips means the instant of the
    clock change. Outside the years 1971 to 2099, Python's own offset for the zone is used instead.

    Raises:
        UnknownZone: There is no time zone of this name.
    """
    if moment.tzinfo is not None:
        return moment
    if not FIRST_YEAR < moment.year < LAST_YEAR:
        return moment.replace(tzinfo=load_zone(zone))
    return read_local(moment, zone).at


def _utc(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}Z"
