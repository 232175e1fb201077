"""The shapes in which senders write time, each row with the instant worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sla_domain.event import TimeQuality
from sla_ingest.dialect.instant import BadInstant, OutOfReach, parse_instant
from sla_ingest.dialect.read import claimed_time

PLAIN = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
# 2026-02-03T04:05:06Z is 1,770,091,506 s after 1970
SECONDS = 1_770_091_506

SHAPES: list[tuple[Any, datetime]] = [
    (SECONDS, PLAIN),
    (SECONDS * 1_000 + 7, PLAIN + timedelta(milliseconds=7)),
    (SECONDS * 1_000_000 + 7, PLAIN + timedelta(microseconds=7)),
    (SECONDS * 1_000_000_000 + 7_999, PLAIN + timedelta(microseconds=7)),  # cut, not rounded
    (SECONDS + 0.25, PLAIN + timedelta(milliseconds=250)),
    (str(SECONDS), PLAIN),
    (f"{SECONDS}.5", PLAIN + timedelta(milliseconds=500)),
    ("2026-02-03T04:05:06Z", PLAIN),
    ("2026-02-03t04:05:06z", PLAIN),
    ("2026-02-03T04:05Z", PLAIN - timedelta(seconds=6)),
    ("2026-02-03T04:05:06.1Z", PLAIN + timedelta(milliseconds=100)),
    ("2026-02-03T04:05:06.123Z", PLAIN + timedelta(milliseconds=123)),
    ("2026-02-03T04:05:06.1234Z", PLAIN + timedelta(microseconds=123_400)),
    ("2026-02-03T04:05:06.123456Z", PLAIN + timedelta(microseconds=123_456)),
    ("2026-02-03T04:05:06.304701605Z", PLAIN + timedelta(microseconds=304_701)),
    ("2026-02-03T04:05:06.999999999Z", PLAIN + timedelta(microseconds=999_999)),
    ("2026-02-03T05:05:06+01:00", PLAIN),
    ("2026-02-03T05:05:06.000+0100", PLAIN),
    ("2026-02-03T05:05:06+01", PLAIN),
    ("2026-02-02T20:05:06.000-0800", PLAIN),
    ("2026-02-03T09:35:06+05:30", PLAIN),
    ("2026-02-03 04:05:06 UTC", PLAIN),
    ("2026-02-03 04:05:06", PLAIN),
    ("2026-02-03T04:05:06,5Z", PLAIN + timedelta(milliseconds=500)),
    ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),  # a leap second
    (" 2026-02-03T04:05:06Z ", PLAIN),
]


@pytest.mark.parametrize(("written", "instant"), SHAPES, ids=lambda value: str(value))
def test_every_shape_is_read_exactly(written: Any, instant: datetime) -> None:
    assert parse_instant(written) == instant


@pytest.mark.parametrize("written", [None, "", "  ", 0, "0001-01-01T00:00:00Z", "0001-01-01 00:00:00"])
def test_what_means_no_time_is_none(written: Any) -> None:
    assert parse_instant(written) is None


def test_a_time_without_offset_is_of_the_sources_zone() -> None:
    assert parse_instant("2026-02-03 05:05:06", "Europe/Warsaw") == PLAIN
    assert parse_instant("2026-08-03 06:05:06", "Europe/Warsaw") == PLAIN.replace(month=8)


@pytest.mark.parametrize(
    ("written", "instant", "doubt"),
    [
        ("2026-10-25 02:10:00", "2026-10-25T00:10:00+00:00", "came twice in Europe/Warsaw: read as the first"),
        ("2026-10-25T02:59:59.5", "2026-10-25T00:59:59.500000+00:00", "came twice"),
        ("2026-03-29 02:30:00", "2026-03-29T01:00:00+00:00", "never came in Europe/Warsaw"),
        ("2026-10-25 03:00:00", "2026-10-25T02:00:00+00:00", ""),
        ("2026-10-25 02:10:00+0100", "2026-10-25T01:10:00+00:00", ""),
    ],
)
def test_a_local_time_that_came_twice_or_never_is_told_as_such(written: str, instant: str, doubt: str) -> None:
    assert parse_instant(written, "Europe/Warsaw") == datetime.fromisoformat(instant)
    said = claimed_time(written, TimeQuality.EXACT, zone="Europe/Warsaw")
    assert said.quality is (TimeQuality.DOUBTFUL if doubt else TimeQuality.EXACT)
    assert [doubt in str(noted) for noted in said.remarks] == [True] * bool(doubt)


@pytest.mark.parametrize(
    "written",
    [
        "yesterday", "2026-02-30T00:00:00Z", "2026-02-03", "2026-02-03T25:00:00Z", "2026-02-03T04:05:61Z",
        "2026-02-03T04:05:06+99:00", "2026-02-03T04:05:06+01:75", "٢٠٢٦-02-03T04:05:06Z",
        -1, 10**21, 1e300, -0.5, True, [], {}, "12345678901234567890123",
    ],
)  # fmt: skip
def test_what_is_no_time_says_how_to_write_one(written: Any) -> None:
    with pytest.raises(BadInstant, match="RFC 3339"):
        parse_instant(written)


@pytest.mark.parametrize(
    "written", ["1970-01-01T00:00:00Z", "1970-01-01T14:00:00+14:00", 1, "2200-12-31T23:59:59.999999Z", 7_289_654_399]
)
def test_the_first_and_the_last_instant_in_reach_are_read(written: Any) -> None:
    assert parse_instant(written) is not None


@pytest.mark.parametrize(
    "written",
    [
        "0002-01-01T00:00:00+14:00", "1969-12-31T23:59:59.999999Z",
        "1970-01-01T00:00:00+00:01", "2201-01-01T00:00:00Z", "2200-12-31T23:59:60Z", "2200-12-31T23:59:59-00:01",
        "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:60Z", 10**11 - 1, 7_289_654_400,
        10**20 - 1,
    ],
)  # fmt: skip
def test_what_no_calendar_reaches_is_told_so(written: Any) -> None:
    with pytest.raises(OutOfReach, match="between 1970-01-01 and 2200-12-31"):
        parse_instant(written)
