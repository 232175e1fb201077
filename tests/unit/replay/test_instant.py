"""Times of tables: formats, zones, what the clock skips, what is no time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sla_standalone.replay.instant import BadTableInstant, instant_parser


@pytest.mark.parametrize(
    ("formats", "zone", "text", "instant"),
    [
        (["%d-%m-%Y %H:%M"], "UTC", "29-02-2016 06:10", datetime(2016, 2, 29, 6, 10, tzinfo=UTC)),
        (["%d-%m-%Y %H:%M"], "Europe/Warsaw", "29-02-2016 06:10", datetime(2016, 2, 29, 5, 10, tzinfo=UTC)),
        (["%Y/%m/%d"], "UTC", "2016/2/29", datetime(2016, 2, 29, tzinfo=UTC)),
        (["%d %b %Y %I:%M %p"], "UTC", "29 Feb 2016 06:10 PM", datetime(2016, 2, 29, 18, 10, tzinfo=UTC)),
        (["%Y-%m-%d %H:%M:%S%z"], "UTC", "2016-02-29 06:10:00+0200", datetime(2016, 2, 29, 4, 10, tzinfo=UTC)),
        (["iso"], "Europe/Warsaw", "2016-02-29T06:10", datetime(2016, 2, 29, 5, 10, tzinfo=UTC)),
        (["iso"], "Europe/Warsaw", "2016-02-29T06:10Z", datetime(2016, 2, 29, 6, 10, tzinfo=UTC)),
        (["iso", "%d.%m.%Y"], "UTC", " 29.02.2016 ", datetime(2016, 2, 29, tzinfo=UTC)),
        # 02:30 does not exist on the day the clocks go forward, and exists twice on the day they go back
        (["iso"], "Europe/Warsaw", "2026-03-29T02:30", datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        (["iso"], "Europe/Warsaw", "2026-10-25T02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_written_time_is_this_instant(formats: list[str], zone: str, text: str, instant: datetime) -> None:
    found = instant_parser(formats, zone)(text)
    assert found == instant
    assert found.tzinfo is UTC


@pytest.mark.parametrize("text", ["31-02-2016 06:10", "29-02-2016", "29-02-2016 06:10:00", "2016-02-29 06:10", "?"])
def test_a_text_of_another_shape_is_refused_with_the_format(text: str) -> None:
    with pytest.raises(BadTableInstant, match="%d-%m-%Y %H:%M"):
        instant_parser(["%d-%m-%Y %H:%M"], "UTC")(text)


def test_a_year_beyond_any_calendar_is_refused() -> None:
    with pytest.raises(BadTableInstant):
        instant_parser(["iso"], "Europe/Warsaw")("9999-01-01")
    for text in ("9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"):
        with pytest.raises(BadTableInstant, match="out of reach"):
            instant_parser(["iso"], "UTC")(text)
