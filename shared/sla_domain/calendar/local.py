"""What a wall clock's reading means as an instant: the one rule for local times without an offset, wherever they enter.

On the day the clocks go back some readings come twice: the first showing is meant, unless what is known of the order
says that it was the second (`LocalTime.after`). On the day they go forward some never come: then the instant of the
change is meant (docs/clauses.md, Conventions). Either way the instant is a reading of ours, and `doubt` says so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sla_domain.calendar.zone import zone_map

FIRST_YEAR, LAST_YEAR = 1970, 2100
_EPOCH = datetime.fromtimestamp(0, UTC)
_WALL = _EPOCH.replace(tzinfo=None)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class LocalTime:
    """A reading with its instant; `again` is the second showing of one that came twice.

    `also` are other readings that never came and mean the same instant, where nobody knows which of them was written.
    """

    reading: datetime
    zone: str
    at: datetime
    again: datetime | None = None
    skipped: bool = False
    also: tuple[datetime, ...] = ()

    def joined(self, other: LocalTime) -> LocalTime:
        """This reading, and another that means the same instant."""
        if not (self.skipped and other.skipped) or other.reading in (self.reading, *self.also):
            return self
        return replace(self, also=(*self.also, other.reading))

    @property
    def doubtful(self) -> bool:
        return self.skipped or self.again is not None

    def after(self, known: datetime) -> datetime:
        """The instant of something that did not happen before `known`: the second showing if the first lies before."""
        return self.again if self.again is not None and self.at < known <= self.again else self.at

    def doubt(self, meant: datetime | None = None) -> str:
        """What there is to remark, in words; empty for a reading that came once. `meant`: the instant chosen."""
        if self.skipped:
            readings = " and ".join(f"{reading:%Y-%m-%d %H:%M}" for reading in sorted((self.reading, *self.also)))
            never = f"{readings} never came in {self.zone}"
            return f"{never}: read as {_utc(self.at)}, when the clocks changed"
        if self.again is None:
            return ""
        second = meant == self.again
        which, why = ("second", "because of what it follows") if second else ("first", "nothing says otherwise")
        chosen = _utc(self.again if second else self.at)
        return f"{self.reading:%Y-%m-%d %H:%M} came twice in {self.zone}: read as the {which}, {chosen}, {why}"


def read_local(reading: datetime, zone: str) -> LocalTime:
    """The instant of a naive reading of the wall clock of `zone`.

    Raises ValueError for a year outside of 1971 to 2099, UnknownZone.
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


def _utc(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}Z"
