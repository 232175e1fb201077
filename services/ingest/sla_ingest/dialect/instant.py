"""Reading times as senders write them: the nine forms seen in real deliveries."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from sla_domain.bounds import RANGE, within_reach
from sla_domain.calendar import LocalTime, read_local

_EPOCH = datetime.fromtimestamp(0, UTC)
_WRITTEN = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)[Tt ](?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)"
    r"(?:[.,](?P<fraction>\d{1,18}))?)?\s?(?P<offset>[Zz]|UTC|GMT|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)
_NUMBER = re.compile(r"\d{1,19}(\.\d{1,9})?", re.ASCII)

# The largest count of each unit that is still before the year 5138; a larger number is of the next finer unit.
_UNITS = ((10**11, 1_000_000), (10**14, 1_000), (10**17, 1))
_NANOSECONDS_BELOW = 10**20
_UTC = ("UTC", "Etc/UTC")
_YEAR_ONE = 1  # Go's zero time, which Alertmanager and Grafana send for "none"


class BadInstant(ValueError):
    """Raised for a sender's value that is not a time.

    The message quotes the value, and names the accepted forms.
    """

    def __init__(self, value: object) -> None:
        super().__init__(
            f"{str(value)[:60]!r} is no time: send RFC 3339 such as 2026-02-03T04:05:06Z, or epoch milliseconds"
        )


class OutOfReach(BadInstant):
    """Raised for a time outside the years 1970 to 2200, for which calendars are computed."""

    def __init__(self, value: object) -> None:
        ValueError.__init__(self, f"{str(value)[:60]!r} is out of reach: an instant lies {RANGE}")


def parse_instant(value: object, zone: str = "UTC") -> datetime | None:
    """Return the UTC instant of a sender's value; None if the value means no time.

    None, "", 0 and a time in the year 1 mean that there is no time.

    Args:
        value: A text such as `2026-02-03T04:05:06Z`, or a number (also as text) since 1970. The number's size decides
            whether it is in seconds, milliseconds, microseconds or nanoseconds.
        zone: The time zone of a text without an offset. If the clock in `zone` showed the time twice, the first instant
            is returned.

    Raises:
        OutOfReach: The time is outside the years 1970 to 2200.
        BadInstant: The value is not a time.
    """
    found = read_instant(value, zone)
    return found.at if isinstance(found, LocalTime) else found


def read_instant(value: object, zone: str = "UTC") -> datetime | LocalTime | None:
    """Return the UTC instant of a sender's value; None if the value means no time.

    None, "", 0 and a time in the year 1 mean that there is no time.

    Args:
        value: A text such as `2026-02-03T04:05:06Z`, or a number (also as text) since 1970. The number's size decides
            whether it is in seconds, milliseconds, microseconds or nanoseconds.
        zone: The time zone of a text without an offset. If the clock in `zone` showed the time twice or never, a
            LocalTime is returned, since the instant is not certain.

    Raises:
        OutOfReach: The time is outside the years 1970 to 2200.
        BadInstant: The value is not a time.
    """
    found = _parsed(value, zone)
    at = found.at if isinstance(found, LocalTime) else found
    if at is not None and not within_reach(at):
        raise OutOfReach(value)
    return found


def _parsed(value: object, zone: str) -> datetime | LocalTime | None:
    if value is None or value == "" or value == 0:
        return None
    if isinstance(value, bool):
        raise BadInstant(value)
    if isinstance(value, int):
        return _of_number(value)
    if isinstance(value, float):
        return _of_fraction(Decimal(repr(value)), value)
    if not isinstance(value, str):
        raise BadInstant(value)
    return _of_text(value.strip(), zone)


def _of_number(count: int) -> datetime:
    for limit, micros in _UNITS:
        if 0 < count < limit:
            return _EPOCH + timedelta(microseconds=count * micros)
    if 0 < count < _NANOSECONDS_BELOW:
        return _EPOCH + timedelta(microseconds=count // 1_000)
    raise BadInstant(count)


def _of_fraction(count: Decimal, written: object) -> datetime:
    """Seconds or milliseconds with a fraction."""
    for limit, micros in _UNITS[:2]:
        if 0 < count < limit:
            return _EPOCH + timedelta(microseconds=int(count * micros))
    raise BadInstant(written)


def _of_text(text: str, zone: str) -> datetime | LocalTime | None:
    if not text:
        return None
    if _NUMBER.fullmatch(text):
        return _of_number(int(text)) if text.isdigit() else _of_fraction(Decimal(text), text)
    match = _WRITTEN.fullmatch(text)
    if match is None:
        raise BadInstant(text)
    year, month, day, hour, minute = (int(match[name]) for name in ("year", "month", "day", "hour", "minute"))
    if year == _YEAR_ONE:
        return None
    second = int(match["second"] or 0)
    leap = second == 60  # a leap second is written :60; it is the instant before the next minute's first
    fraction = int(((match["fraction"] or "") + "000000")[:6])
    try:
        local = datetime(year, month, day, hour, minute, 59 if leap else second, fraction)  # noqa: DTZ001 - see below
        if match["offset"] is None and zone not in _UTC and (found := _doubtful(local, zone)) is not None:
            return found
        local = local.replace(tzinfo=_offset(match["offset"], zone))
        return (local + timedelta(seconds=1 if leap else 0)).astimezone(UTC)
    except OverflowError:
        raise OutOfReach(text) from None
    except ValueError:
        raise BadInstant(text) from None


def _doubtful(local: datetime, zone: str) -> LocalTime | None:
    """The reading, when the wall clock showed it twice or never."""
    try:
        found = read_local(local, zone)
    except ValueError:  # a year for which the zone data has no changes
        return None
    return found if found.doubtful else None


def _offset(written: str | None, zone: str) -> timezone | ZoneInfo:
    if written is None:
        return _zone(zone)
    if written.upper() in ("Z", "UTC", "GMT"):
        return UTC
    sign = -1 if written[0] == "-" else 1
    digits = written[1:].replace(":", "")
    hours, minutes = int(digits[:2]), int(digits[2:] or 0)
    if minutes > 59:
        raise ValueError(written)
    return timezone(sign * timedelta(hours=hours, minutes=minutes))


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
