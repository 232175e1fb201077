"""Times in a table as UTC instants; results are remembered, since a log repeats a few times on thousands of rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from sla_domain.bounds import RANGE, within_reach
from sla_domain.calendar import LocalTime, read_local

Parse = Callable[[str], datetime]
_ISO = "iso"
_EPOCH = datetime.fromtimestamp(0, UTC)
_WALL = _EPOCH.replace(tzinfo=None)
# in the order in which a datetime takes them
_DIGITS = {"Y": r"(\d{4})", "m": r"(\d{1,2})", "d": r"(\d{1,2})", "H": r"(\d{1,2})", "M": r"(\d\d)", "S": r"(\d\d)"}


class BadTableInstant(ValueError):
    """Raised when a text fits none of the mapping file's time formats, or its year is not from 1971 to 2099."""


class DoubtfulInstant(datetime):
    """A UTC instant read from a local time that came twice or never, because clocks were changed.

    Create objects by `of`, not by the constructor.
    """

    doubt: LocalTime
    """The local time, with its possible instants. `settle_instants` chooses one of them."""

    @classmethod
    def of(cls, at: datetime, doubt: LocalTime) -> DoubtfulInstant:
        """Return the instant `at` (in UTC), marked with the local time `doubt` from which it was read.

        For a local time that came twice, `at` is one of its two instants. For a local time that never came, `at` is the
        instant at which the clocks were changed.
        """
        found = cls(at.year, at.month, at.day, at.hour, at.minute, at.second, at.microsecond, UTC)
        found.doubt = doubt
        return found


def instant_parser(formats: Sequence[str], zone: str) -> Parse:
    """Return a function that converts a text to a UTC instant by the first of the formats that fits.

    For a local time that came twice or never, the function returns a DoubtfulInstant. It raises BadTableInstant for a
    text that it cannot read. It caches its results.

    Args:
        formats: `iso`, or directives of strptime such as `%d.%m.%Y %H:%M`.
        zone: The zone for times without an offset.
    """
    ways = [_way(one) for one in formats]
    plain = zone in ("UTC", "Etc/UTC")

    @lru_cache(maxsize=100_000)
    def parse(text: str) -> datetime:
        for way in ways:
            try:
                found = way(text.strip())
            except (ValueError, OverflowError):
                continue
            if found.tzinfo is not None:
                if not within_reach(found):
                    raise BadTableInstant(f"{text[:60]!r} is out of reach: a time lies {RANGE}")
                return found.astimezone(UTC)
            if plain:
                return _EPOCH + (found - _WALL)
            local = _read(found, zone)
            return DoubtfulInstant.of(local.at, local) if local.doubtful else local.at
        raise BadTableInstant(f"{text[:60]!r} is no time in the format {' or '.join(formats)}")

    return parse


def at_zone(naive: datetime, zone: str) -> datetime:
    """Return, in UTC, the first instant at which the wall clock of `zone` shows `naive` or a later time.

    Raises:
        BadTableInstant: The year is outside 1971 to 2099.
    """
    return _read(naive, zone).at


def second_of(at: datetime) -> str:
    """Return a UTC instant as `2026-03-02T09:00:00`, cut to the second."""
    return (_WALL + (at - _EPOCH)).isoformat()[:19]


def _read(naive: datetime, zone: str) -> LocalTime:
    try:
        return read_local(naive, zone)
    except ValueError as error:
        raise BadTableInstant(str(error)) from None


def _way(form: str) -> Parse:
    if form == _ISO:
        return datetime.fromisoformat
    return _numeric(form) or (lambda text: datetime.strptime(text, form))  # noqa: DTZ007 - the zone follows


def _numeric(form: str) -> Parse | None:
    """A format of plain numbers as one regular expression, five times as fast as strptime; None for any other."""
    written: list[str] = []
    pattern = ""
    for directive, text in re.findall(r"%(.)|([^%]+)", form):
        if directive in _DIGITS and directive not in written:
            written.append(directive)
            pattern += _DIGITS[directive]
        elif directive:
            return None
        else:
            pattern += re.escape(text)
    if not {"Y", "m", "d"} <= set(written):
        return None
    match = re.compile(pattern, re.ASCII).fullmatch
    places = [written.index(one) + 1 if one in written else 0 for one in _DIGITS]  # 0: what is not written is 0

    def read(text: str) -> datetime:
        found = match(text)
        if found is None:
            raise ValueError(text)
        numbers = (0, *map(int, found.groups()))
        year, month, day, hour, minute, second = [numbers[place] for place in places]
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - the zone follows

    return read
