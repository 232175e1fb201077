"""The border between datetimes outside and integers inside: microseconds since 1970-01-01T00:00Z.

Integers make every sum exact and every comparison cheap; they are used in this package alone.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sla_domain.errors import NaiveInstant

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY = date(1970, 1, 1).toordinal()
MICROSECOND = timedelta(microseconds=1)
SECOND_US = 1_000_000
DAY_S = 86_400
DAY_US = DAY_S * SECOND_US

LOCAL_EPOCH = EPOCH.replace(tzinfo=None)  # wall-clock time has no zone until a calendar reads it

_FIRST_US = (datetime.min.replace(tzinfo=UTC) - EPOCH) // MICROSECOND
_LAST_US = (datetime.max.replace(tzinfo=UTC) - EPOCH) // MICROSECOND


def micros(instant: datetime) -> int:
    """Return an aware datetime as microseconds since 1970-01-01 UTC.

    For a local time that occurs twice (clocks set back), the datetime's `fold` decides.

    Raises:
        NaiveInstant: The datetime has no offset.
    """
    try:
        since = instant - EPOCH
    except TypeError:
        raise NaiveInstant from None
    return (since.days * DAY_S + since.seconds) * SECOND_US + since.microseconds


def instant_of(us: int) -> datetime:
    """Return the UTC datetime `us` microseconds after 1970-01-01.

    Raises:
        OverflowError: A datetime cannot hold the instant.
    """
    return EPOCH + MICROSECOND * us


def nearest_instant(us: int) -> datetime:
    """Return the UTC datetime `us` microseconds after 1970-01-01, or the nearest that a datetime can hold."""
    return instant_of(max(_FIRST_US, min(us, _LAST_US)))


def local_micros(wall: datetime) -> int:
    """Return a naive wall-clock time as the number of microseconds since 1970-01-01 00:00 on the same wall clock."""
    return (wall - LOCAL_EPOCH) // MICROSECOND


def day_number(day: date) -> int:
    """Return the number of days from 1970-01-01 to `day`.

    The result is negative for an earlier day.
    """
    return day.toordinal() - EPOCH_DAY
