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
    """A wall-clock time in a time zone (`reading`), and the instant that it means.

    `at`: the instant. `again`: the second instant, if the clock shows the time twice (in autumn), else None; `at` is
    then the first. `skipped`: the clock never shows the time (in spring), and `at` is the instant of the clock change.
    """

    reading: datetime
    zone: str
    at: datetime
    again: datetime | None = None
    skipped: bool = False

    @property
    def doubtful(self) -> bool:
        """Return whether the clock shows the time twice or never, so that `at` is only a guess."""
        return self.skipped or self.again is not None

    def after(self, known: datetime) -> datetime:
        """Return the instant that the wall-clock time means if it should not lie before `known`.

        The result is the second instant, `again`, only if the first lies before `known` and the second does not.
        Otherwise it is `at`, even if both lie before `known`.
        """
        return self.again if self.again is not None and self.at < known <= self.again else self.at

    def doubt(self, meant: datetime | None = None) -> str:
        """Return a sentence for people on a time that the clock shows twice or never; else "".

        For a time shown never, it says as which instant the time was read. For a time shown twice, it says which
        instant was chosen: the second (`again`) if `meant` is equal to that, else the first.
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
    """Return the instant or instants that a wall-clock time in the time zone `zone` means.

    `reading`: a datetime without an offset. Raises ValueError for a year outside 1971 to 2099, UnknownZone for an
    unknown zone.
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
    """Return `moment` as an aware datetime; without an offset, it is a wall-clock time of `zone`.

    If the wall clock shows that time twice, the first instant is meant. If it never shows it, the result is the instant
    of the clock change. Years before 1971 or after 2099 get Python's own offset for the zone, without these rules.
    Raises UnknownZone.
    """
    if moment.tzinfo is not None:
        return moment
    if not FIRST_YEAR < moment.year < LAST_YEAR:
        return moment.replace(tzinfo=load_zone(zone))
    return read_local(moment, zone).at


def _utc(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}Z"
