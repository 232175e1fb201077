"""Time zones from one source, and one monotone map from wall-clock time to instants.

zoneinfo prefers the system's zone files; two machines of one installation may then disagree about a deadline. Here the
`tzdata` package wins whenever it is installed, and its version is visible.

The map sends a wall-clock reading to the first instant at which the wall clock shows it or something later: a reading
that the clock skips becomes the transition instant, one that it shows twice becomes the first showing. Being monotone,
it keeps windows in order on every change day.
"""

from __future__ import annotations

import io
import zoneinfo
from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib import import_module, resources

from sla_domain.calendar.instant import DAY_S, SECOND_US
from sla_domain.errors import UnknownZone

_PACKAGE = "tzdata"
_KEPT: dict[str, zoneinfo.ZoneInfo] = {}  # at most as many as there are names
_STRIDE_S = 3 * DAY_S
_ENDLESS = 10**12  # seconds; the last era of a map has no end


@dataclass(frozen=True, slots=True)
class ZoneMap:
    """The UTC offsets of one time zone over some years.

    The map converts instants to wall-clock times and back. All numbers are microseconds, counted from 1970-01-01.
    """

    starts: tuple[int, ...]
    """The instants from which the offset of the same position in `offsets` applies, until the next start."""
    offsets: tuple[int, ...]
    """The UTC offsets, in order of time."""
    highest: tuple[int, ...]
    """For each offset, the wall-clock time at which the offset ends."""

    def to_utc(self, local: int) -> int:
        """Return the instant, in microseconds since 1970 UTC, at which the wall clock shows `local`.

        A time that the clock shows twice gives the first instant. A time that the clock skips gives the instant of the
        clock change.

        Args:
            local: Microseconds since the wall clock read 1970-01-01 00:00.
        """
        era = bisect_right(self.highest, local)
        start, instant = self.starts[era], local - self.offsets[era]
        return instant if instant > start else start

    def shown_again(self, local: int) -> int | None:
        """Return the second instant at which the wall clock shows `local`.

        The result is None if the wall clock shows that time once or never. The result is in microseconds since 1970
        UTC.

        Args:
            local: Microseconds since the wall clock read 1970-01-01 00:00.
        """
        following = bisect_right(self.highest, local) + 1
        if following >= len(self.starts):
            return None
        instant = local - self.offsets[following]
        return instant if instant >= self.starts[following] else None

    def to_local(self, instant: int) -> int:
        """Return the wall-clock time at an instant.

        The result is in microseconds since the wall clock read 1970-01-01 00:00.

        Args:
            instant: Microseconds since 1970 UTC.
        """
        return instant + self.offsets[bisect_right(self.starts, instant) - 1]


def tzdata_version() -> str:
    """Return the IANA release of the time zone data, such as `2026f`.

    Without the tzdata package the result is `system`.
    """
    try:
        return str(import_module(_PACKAGE).IANA_VERSION)
    except ModuleNotFoundError:
        return "system"


@cache
def load_zone(name: str) -> zoneinfo.ZoneInfo:
    """Return the time zone with this IANA name.

    Its data come from the tzdata package, or from the system's files if that package is missing.

    Raises:
        UnknownZone: There is no time zone of this name.
    """
    names = _zone_names()
    if name not in names:
        raise UnknownZone(name, get_close_matches(name, sorted(names), n=2))
    try:
        content = resources.files(_PACKAGE).joinpath("zoneinfo", *name.split("/")).read_bytes()
    except (ModuleNotFoundError, FileNotFoundError):
        return zoneinfo.ZoneInfo(name)
    return zoneinfo.ZoneInfo.from_file(io.BytesIO(content), key=name)


def keep_zone(name: str) -> None:
    """Load a time zone by its IANA name and keep it in memory until the process ends.

    Later uses of the zone through `zoneinfo` then read no file.

    Raises:
        UnknownZone: There is no time zone of this name.
    """
    load_zone(name)
    if name not in _KEPT:
        _KEPT[name] = zoneinfo.ZoneInfo(name)


@lru_cache(maxsize=256)
def zone_map(name: str, first_year: int, last_year: int) -> ZoneMap:
    """Return the UTC offsets of a time zone (IANA name) from `first_year` to `last_year`, both included.

    Conversions of times outside these years may be wrong.

    Raises:
        UnknownZone: There is no time zone of this name.
    """
    begin = _year_start(first_year)
    starts, offsets = [begin], [_offset(load_zone(name), begin)]
    for year in range(first_year, last_year + 1):
        for start, offset in _changes(name, year):
            starts.append(start)
            offsets.append(offset)
    highest = [end + offset for end, offset in zip(starts[1:], offsets, strict=False)] + [_ENDLESS]
    return ZoneMap(*(tuple(second * SECOND_US for second in row) for row in (starts, offsets, highest)))


@cache
def _zone_names() -> frozenset[str]:
    try:
        return frozenset(resources.files(_PACKAGE).joinpath("zones").read_text().split())
    except (ModuleNotFoundError, FileNotFoundError):
        return frozenset(zoneinfo.available_timezones())


@cache
def _changes(name: str, year: int) -> tuple[tuple[int, int], ...]:
    """(instant, new offset) of each change within a UTC year, in seconds.

    zoneinfo has offsets but no changes, so look every few days and halve: no zone has changed twice in six days.
    """
    zone = load_zone(name)
    found: list[tuple[int, int]] = []
    begin, end = _year_start(year) - 1, _year_start(year + 1) - 1
    before = _offset(zone, begin)
    for low in range(begin, end, _STRIDE_S):
        high = min(low + _STRIDE_S, end)
        after = _offset(zone, high)
        if after != before:
            found.append((_change_between(zone, low, high), after))
        before = after
    return tuple(found)


def _change_between(zone: zoneinfo.ZoneInfo, low: int, high: int) -> int:
    """The first second with the offset of `high`, given that `low` has another."""
    wanted = _offset(zone, high)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, middle) == wanted:
            high = middle
        else:
            low = middle
    return high


def _offset(zone: zoneinfo.ZoneInfo, second: int) -> int:
    offset = datetime.fromtimestamp(second, zone).utcoffset()
    assert offset is not None
    return offset.days * DAY_S + offset.seconds


def _year_start(year: int) -> int:
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp())
