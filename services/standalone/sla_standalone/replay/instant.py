"""Times as a table writes them → aware UTC instants, fast: a log repeats a few instants on thousands of rows.

A local time that the clock skips is read as the instant of the change, one that it shows twice as the first showing
(PLANS, "Conventions"), like everywhere in slad.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from sla_domain.calendar.zone import ZoneMap, zone_map

Parse = Callable[[str], datetime]
_ISO = "iso"
_FIRST_YEAR, _LAST_YEAR = 1970, 2100
_EPOCH = datetime.fromtimestamp(0, UTC)
_MICROSECOND = timedelta(microseconds=1)
_NAMES = {"d": "day", "m": "month", "Y": "year", "H": "hour", "M": "minute", "S": "second"}
_DIGITS = {"d": r"(\d{1,2})", "m": r"(\d{1,2})", "Y": r"(\d{4})", "H": r"(\d{1,2})", "M": r"(\d\d)", "S": r"(\d\d)"}


class BadInstant(ValueError):
    """The text is none of the mapping's time formats."""


def parser(formats: Sequence[str], zone: str) -> Parse:
    """Tries the formats in order. The result remembers what it has read. It raises BadInstant."""
    ways = [_way(one) for one in formats]
    local = None if zone in ("UTC", "Etc/UTC") else _local(zone)

    @lru_cache(maxsize=100_000)
    def parse(text: str) -> datetime:
        for way in ways:
            try:
                found = way(text.strip())
            except (ValueError, OverflowError):
                continue
            if found.tzinfo is not None:
                return found.astimezone(UTC)
            return found.replace(tzinfo=UTC) if local is None else _instant(found, local())
        raise BadInstant(f"{text[:60]!r} is no time in the format {' or '.join(formats)}")

    return parse


def at_zone(naive: datetime, zone: str) -> datetime:
    """The instant at which the wall clock of `zone` first reads `naive` or later."""
    return _instant(naive, _local(zone)())


def _local(zone: str) -> Callable[[], ZoneMap]:
    return lambda: zone_map(zone, _FIRST_YEAR, _LAST_YEAR)


def _instant(naive: datetime, zone: ZoneMap) -> datetime:
    if not _FIRST_YEAR < naive.year < _LAST_YEAR:
        raise BadInstant(f"the year {naive.year} is no year of an incident")
    return _EPOCH + _MICROSECOND * zone.to_utc((naive.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND)


def _way(form: str) -> Parse:
    if form == _ISO:
        return datetime.fromisoformat
    return _numeric(form) or (lambda text: datetime.strptime(text, form))  # noqa: DTZ007 - the zone follows


def _numeric(form: str) -> Parse | None:
    """A format of plain numbers as one regular expression, five times as fast as strptime; None for any other."""
    names: list[str] = []
    pattern = ""
    for directive, text in re.findall(r"%(.)|([^%]+)", form):
        if directive in _NAMES and _NAMES[directive] not in names:
            names.append(_NAMES[directive])
            pattern += _DIGITS[directive]
        elif directive:
            return None
        else:
            pattern += re.escape(text)
    if not {"year", "month", "day"} <= set(names):
        return None
    match = re.compile(pattern, re.ASCII).fullmatch
    order = [names.index(name) + 1 if name in names else 0 for name in _NAMES.values()]
    day, month, year, hour, minute, second = order

    def read(text: str) -> datetime:
        found = match(text)
        if found is None:
            raise ValueError(text)
        part = (None, *map(int, found.groups()))
        return datetime(  # noqa: DTZ001 - the zone follows
            part[year] or 0, part[month] or 0, part[day] or 0, part[hour] or 0, part[minute] or 0, part[second] or 0
        )

    return read
