"""Wall-clock readings around changes of the clock: the skipped, the first after, and the repeated, in several zones."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from sla_domain.calendar import load_zone, local_instant, read_local

MICROSECOND = timedelta(microseconds=1)


# The zone, the first reading that never came, the first that came after it, and the instant of the change.
FORWARD = [
    ("Europe/Berlin", "2026-03-29 02:00", "2026-03-29 03:00", "2026-03-29T01:00:00+00:00"),
    ("America/New_York", "2026-03-08 02:00", "2026-03-08 03:00", "2026-03-08T07:00:00+00:00"),
    ("Australia/Lord_Howe", "2026-10-04 02:00", "2026-10-04 02:30", "2026-10-03T15:30:00+00:00"),
    ("Asia/Beirut", "2026-03-29 00:00", "2026-03-29 01:00", "2026-03-28T22:00:00+00:00"),
    ("America/Sao_Paulo", "2018-11-04 00:00", "2018-11-04 01:00", "2018-11-04T03:00:00+00:00"),
    ("Pacific/Apia", "2011-12-30 00:00", "2011-12-31 00:00", "2011-12-30T10:00:00+00:00"),
]
# The zone, the first reading that came twice, the first that came once again, and both instants of the former.
BACK = [
    ("Europe/Berlin", "2026-10-25 02:00", "2026-10-25 03:00", "2026-10-25T00:00:00+00:00", timedelta(hours=1)),
    ("America/New_York", "2026-11-01 01:00", "2026-11-01 02:00", "2026-11-01T05:00:00+00:00", timedelta(hours=1)),
    ("Australia/Lord_Howe", "2026-04-05 01:30", "2026-04-05 02:00", "2026-04-04T14:30:00+00:00", timedelta(minutes=30)),
    ("Asia/Beirut", "2026-10-24 23:00", "2026-10-25 00:00", "2026-10-24T20:00:00+00:00", timedelta(hours=1)),
    ("America/Sao_Paulo", "2019-02-16 23:00", "2019-02-17 00:00", "2019-02-17T01:00:00+00:00", timedelta(hours=1)),
]


@pytest.mark.parametrize(("zone", "first", "after", "change"), FORWARD)
def test_what_never_came_means_the_instant_of_the_change_and_what_follows_came_once(
    zone: str, first: str, after: str, change: str
) -> None:
    begin, end, at = (datetime.fromisoformat(text) for text in (first, after, change))
    for reading in (begin, begin + (end - begin) / 2, end - MICROSECOND):
        skipped = read_local(reading, zone)
        assert (skipped.at, skipped.skipped, skipped.doubtful) == (at, True, True)
    exact = read_local(end, zone)
    assert (exact.at, exact.doubtful, exact.doubt()) == (at, False, "")
    before = read_local(begin - MICROSECOND, zone)
    assert (before.at, before.doubtful) == (at - MICROSECOND, False)


@pytest.mark.parametrize(("zone", "first", "after", "instant", "shift"), BACK)
def test_what_came_twice_means_the_first_showing_and_knows_the_second(
    zone: str, first: str, after: str, instant: str, shift: timedelta
) -> None:
    begin, end, at = (datetime.fromisoformat(text) for text in (first, after, instant))
    for since in (timedelta(), (end - begin) / 2, end - begin - MICROSECOND):
        twice = read_local(begin + since, zone)
        assert (twice.at, twice.again, twice.skipped) == (at + since, at + since + shift, False)
    exact = read_local(end, zone)
    assert (exact.at, exact.doubtful) == (at + shift + (end - begin), False)
    assert not read_local(begin - MICROSECOND, zone).doubtful


@pytest.mark.parametrize("zone", sorted({row[0] for row in (*FORWARD, *BACK)}))
def test_every_instant_that_is_written_down_is_read_back(zone: str) -> None:
    """The other direction, each quarter of an hour around the changes."""
    there = load_zone(zone)
    changes = [datetime.fromisoformat(row[3]) for row in (*FORWARD, *BACK) if row[0] == zone]
    for change in changes:
        for quarter in range(-16, 17):
            instant = change + timedelta(minutes=15) * quarter
            found = read_local(instant.astimezone(there).replace(tzinfo=None), zone)
            assert instant in (found.at, found.again)
            assert not found.skipped


@pytest.mark.parametrize(("zone", "first", "after", "change"), FORWARD)
def test_a_time_without_an_offset_is_read_by_the_same_rule(zone: str, first: str, after: str, change: str) -> None:
    at = datetime.fromisoformat(change)
    assert (
        local_instant(datetime.fromisoformat(first), zone) == local_instant(datetime.fromisoformat(after), zone) == at
    )
    assert local_instant(at, zone) is at
